"""Words that find songs: marks counted by hand, questions with rules, and all of it on a few short pieces."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from songkin import config as settings
from songkin.cli.eval_ import command
from songkin.demo.pieces import KINDS, make_piece
from songkin.encoders import audio_encoder, text_encoder
from songkin.encoders.weights import default_cache, installed
from songkin.errors import SourceError
from songkin.evaluation import words, words_gtzan, words_marks, words_names, words_rankers, words_shelves, words_tuning
from songkin.evaluation.report import Report
from songkin.evaluation.words_queries import TOPICS, UNVERIFIED, both, kind, lacks, plays
from songkin.evaluation.words_shelves import truth_of
from songkin.progress import Quiet
from songkin.search.trust import TUNED

CACHE = default_cache()
HAVE = all(installed(e.spec, CACHE) for e in (text_encoder("minilm", CACHE), audio_encoder("musicnn", CACHE)))
needs_weights = pytest.mark.skipif(not HAVE, reason="the weights of MusiCNN and MiniLM are not on this machine")
FEW = ("techno", "choir", "piano_ballad", "drum_solo", "flute", "metal", "harp", "string_quartet", "sitar", "ambient")
PIECES = [make_piece(name, 100, 4.0) for name in FEW]
SHARED = Path(__file__).parents[2] / "../shared/data"


# Marks ---------------------------------------------------------------------------------------------------------------


def test_marks_of_a_ranking_are_those_counted_by_hand() -> None:
    precision, ndcg, average = words_marks.graded(["a", "x", "b", "y", "z"], {"a", "b", "c"})
    assert precision == pytest.approx(2 / 5)
    assert ndcg == pytest.approx((1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3) + 1 / np.log2(4)))
    assert average == pytest.approx((1 + 2 / 3) / 3)


def test_doubtful_songs_are_taken_out_before_a_ranking_is_scored() -> None:
    assert words_marks.graded(["d", "a", "d2", "x"], {"a"}, {"d", "d2"}) == words_marks.graded(["a", "x"], {"a"})


def test_songs_that_are_not_found_cost() -> None:
    assert words_marks.graded([], {"a"}) == (0.0, 0.0, 0.0)
    assert words_marks.graded(["a"], {"a", "b"})[2] == pytest.approx(0.5)


@pytest.mark.parametrize(("right", "candidates"), [(1, 7), (3, 12), (12, 12)])
def test_chance_is_what_random_orders_earn(right: int, candidates: int) -> None:
    rng = np.random.default_rng(0)
    ids = [str(i) for i in range(candidates)]
    orders = [words_marks.graded([ids[i] for i in rng.permutation(candidates)], set(ids[:right])) for _ in range(4000)]
    expected = np.array(words_marks.by_chance(right, candidates))
    found = np.mean(orders, axis=0)
    assert found[1:] == pytest.approx(expected[1:], abs=0.02)
    assert found[0] == pytest.approx(expected[0], abs=0.02)


def test_a_name_is_judged_by_its_first_right_song() -> None:
    assert words_marks.named(["x", "a", "b"], {"a", "b"}) == (0.0, 1.0, 0.5)
    assert words_marks.named(["x"] * 100 + ["a"], {"a"}) == (0.0, 0.0, 0.0)


def test_halves_are_halves_of_every_group_and_the_same_each_time() -> None:
    groups = ["a"] * 10 + ["b"] * 5
    chosen = words_marks.halves(groups, 3)
    assert (chosen[:10].sum(), chosen[10:].sum()) == (5, 3)
    assert chosen.tolist() == words_marks.halves(groups, 3).tolist()
    assert chosen.tolist() != words_marks.halves(groups, 4).tolist()


# Questions -----------------------------------------------------------------------------------------------------------


def test_there_are_sixty_questions_and_more_of_every_group() -> None:
    judged = [topic for topic in TOPICS if topic.rule is not None]
    assert len(judged) >= 60
    assert len({topic.text for topic in TOPICS}) == len(TOPICS)
    groups = Counter(topic.group for topic in TOPICS)
    assert {"instrument", "voice", "tempo", "genre", "mood", "occasion"} <= set(groups)
    assert set(UNVERIFIED) == {"mood", "occasion"}


def test_every_rule_is_met_by_some_pieces_and_not_by_others() -> None:
    truths = [truth_of(make_piece(name, 1, 5.0)) for name in KINDS]
    for topic in TOPICS:
        if topic.rule is not None:
            verdicts = {topic.rule.judge(truth) for truth in truths}
            assert {True, False} <= verdicts, topic.text
            assert topic.rule.says


def test_rules_have_three_values() -> None:
    techno = truth_of(make_piece("techno", 1, 5.0))
    drums = plays("drums", perhaps=("drum machine",))
    assert drums.judge(techno) is None
    assert lacks(drums).judge(techno) is None
    assert both(drums, kind("house")).judge(techno) is False
    assert both(drums, kind("techno")).judge(techno) is None


# Names ---------------------------------------------------------------------------------------------------------------


def write_table(path: Path, songs: int = 60) -> Path:
    """A table such as the real one, of made-up songs by made-up artists."""
    rng = np.random.default_rng(0)
    syllables = ("ka", "lo", "mi", "ne", "ru", "sto", "va", "zen", "dri", "pol")

    def word() -> str:
        return "".join(rng.choice(syllables, 3))

    artists = [f"{word()} {word()}".title() for _ in range(20)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("index", *words_names.COLUMNS))
        for number in range(songs):
            genre = ("blues", "jazz")[number % 2]
            title = f"{word()} {word()} {word()}".title()
            rows.writerow((number, f"id{number}", artists[number % 20], title, genre, f"['{genre}---old {genre}']"))
    return path


def test_a_table_is_read_with_genres_and_subgenres(tmp_path: Path) -> None:
    tracks = words_names.read(write_table(tmp_path / "songs.csv.gz"))
    assert len(tracks) == 60
    assert tracks[1].genres == ("jazz", "old jazz")
    assert len({track.id for track in tracks}) == 60


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\xff\xfe,\n", b"\x1f\x8b broken"])
def test_a_table_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / ("songs.csv.gz" if data.startswith(b"\x1f") else "songs.csv")
    file.write_bytes(data)
    with pytest.raises(SourceError):
        words_names.read(file)


def test_questions_for_names_are_drawn_by_a_seed_and_have_answers(tmp_path: Path) -> None:
    tracks = words_names.read(write_table(tmp_path / "songs.csv.gz"))
    asked = words_names.questions(tracks, 1, each=8)
    assert asked == words_names.questions(tracks, 1, each=8)
    assert asked != words_names.questions(tracks, 2, each=8)
    assert all(topic.right for topic in asked)
    assert len({topic.group for topic in asked}) == 6
    by_id = {track.id: track for track in tracks}
    for topic in asked:
        if topic.group == "misspelt artist":
            assert topic.text not in {by_id[i].artist.casefold() for i in topic.right}


def test_the_real_table_gives_questions_of_every_group() -> None:
    table = SHARED / words_names.TABLE
    if not table.exists():
        pytest.skip("the table of real songs is not on this machine")
    tracks = words_names.read(table)
    assert len(tracks) == 11_294
    asked = Counter(topic.group for topic in words_names.questions(tracks, 0, each=20))
    assert min(asked.values()) == 20


# Published tag vectors -----------------------------------------------------------------------------------------------


def write_taggrams(folder: Path, windows: object = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ids = np.array([f"{genre}/{genre}.0000{n}.au" for genre in words_gtzan.PHRASES for n in range(2) for _ in range(3)])
    rng = np.random.default_rng(0)
    rows = rng.random((len(ids), 50)).astype(np.float32) if windows is None else windows
    np.savez(folder / "training_data_GTZAN_MSDmusicnn_taggram.npz", X=rows, Y=np.arange(len(ids)), IDS=ids)  # type: ignore[arg-type]


def test_tag_vectors_are_averaged_by_song_and_their_hashes_shown(tmp_path: Path) -> None:
    write_taggrams(tmp_path)
    labels, probabilities, told = words_gtzan.read(tmp_path)
    assert probabilities.shape == (20, 50)
    assert Counter(labels) == dict.fromkeys(words_gtzan.PHRASES, 2)
    assert "training_data_GTZAN_MSDmusicnn_taggram.npz " in told


def test_tag_vectors_of_another_shape_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no"):
        words_gtzan.read(tmp_path)
    write_taggrams(tmp_path, np.zeros((3, 7), np.float32))
    with pytest.raises(SourceError, match="50 tags"):
        words_gtzan.read(tmp_path)


@pytest.mark.parametrize("option", ["--data", "--gtzan"])
def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, option: str) -> None:
    ran = CliRunner().invoke(command, ["words", option, str(tmp_path / "nope")])
    assert ran.exit_code == 2
    assert "does not exist" in ran.output


# All of it -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("words")


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    if not HAVE:
        pytest.skip("the weights of MusiCNN and MiniLM are not on this machine")
    write_table(folder / "data" / words_names.TABLE)
    write_taggrams(folder / "gtzan")
    options = words.Options("few", folder / "data", folder / "gtzan", kept=folder / "kept", each=8)
    return words.evaluate(settings.load({"workers": 1}), PIECES, options)


@needs_weights
def test_find_beats_chance_and_what_reads_only_metadata(report: Report) -> None:
    table = report.table("sound")
    found = table.value("find", "nDCG@10")
    assert found > 1.4 * table.value("random", "nDCG@10")
    assert found > 1.4 * table.value("text", "nDCG@10")
    assert table.value("words", "nDCG@10") == 0.0
    assert table.n == len(FEW)


@needs_weights
def test_what_cannot_be_judged_is_named_and_not_scored(report: Report) -> None:
    assert any("mood" in line and "occasion" in line for line in report.notes)
    groups = {row.method for row in report.table("sound_groups").rows}
    assert "negation" in groups
    assert not groups & set(UNVERIFIED)


@needs_weights
def test_names_are_found_in_a_table_and_among_songs_that_merely_sound_so(report: Report) -> None:
    table = report.table("names")
    assert table.n == 60
    for group in ("title", "artist", "misspelt artist"):
        assert table.value(f"{group}/find", "R@10") > 0.9
        assert table.value(f"{group}/find with sound", "R@10") > 0.9
    assert report.table("mixed").value("find", "names R@1") > 0.9


@needs_weights
def test_what_is_shipped_beats_what_was_first_assumed(report: Report) -> None:
    table = report.table("tuning")
    assert table.value("shipped", "mean, other half") > table.value("first assumed", "mean, other half")
    assert len(report.table("gtzan").rows) == 8
    assert "not checked" in report.table("gtzan").about
    assert report.as_json()["settings"]["tuned"]["k"] == TUNED.k


@needs_weights
def test_the_grid_fuses_as_the_engine_does(report: Report, folder: Path, tmp_path: Path) -> None:
    with (
        words_shelves.bare(settings.load({}), folder / "kept" / "few", PIECES, Quiet()) as bare,
        words_shelves.dressed(bare, tmp_path / "dressed", 0) as shelf,
    ):
        for tuning in (TUNED, words_tuning.FIRST):
            engine = words_rankers.by_fusion(shelf, tuning)
            for text in ("fast drums", "choir singing", "piano without drums", "Vera River"):
                asked = words_tuning.asked(shelf, text, words_tuning.name_mark(()))
                assert list(engine(text)) == words_tuning.order(asked, tuning)
