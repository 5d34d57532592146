"""``songkin eval features`` on a table whose features follow from its genres."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from songkin.cli import run
from songkin.encoders import text_encoder
from songkin.encoders.weights import default_cache, installed
from songkin.errors import NotFound
from songkin.evaluation import features
from songkin.evaluation.features_songs import Material, of_tables
from songkin.progress import Quiet
from tablefiles import SHARED

WORDS = installed(text_encoder("minilm", default_cache()).spec, default_cache())
TABLES = SHARED / "no_licence_stated/songs"
HEAD = (
    "track_id,track_name,track_artist,playlist_name,playlist_genre,danceability,energy,loudness,speechiness,acousticness,"
    "instrumentalness,liveness,valence,tempo,key,mode,time_signature"
)
GENRES = ("calm piano", "heavy metal", "acoustic folk", "hard techno", "quiet ambient", "punk rock")


def material(lists: int = 24, each: int = 8) -> Material:
    """Songs of playlists; the first feature follows from the text, the others from nothing."""
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(4, 16))
    texts = np.repeat(kinds[np.arange(lists) % 4] + 0.1 * rng.normal(size=(lists, 16)), each, axis=0)
    numbers = rng.normal(size=(lists * each, 12))
    numbers[:, 0] += 3 * texts[:, 0]
    names = tuple(f"list {number // each}" for number in range(lists * each))
    return Material(texts.astype(np.float32), numbers, names, tuple(frozenset({name}) for name in names))


def test_hidden_playlists_share_no_song_with_what_is_learned_from() -> None:
    songs = material()
    both = tuple(names | {"list 0"} if number % 50 == 0 else names for number, names in enumerate(songs.playlists))
    songs = Material(songs.texts, songs.features, songs.groups, both)
    judged = []
    for own, hidden in features.hidden_lists(songs, 0):
        seen = {name for i in own for name in songs.playlists[i]}
        assert not seen & {name for i in hidden for name in songs.playlists[i]}
        judged += hidden.tolist()
    assert len(judged) == len(set(judged))
    assert len(judged) < len(songs.texts)


def test_rows_are_split_in_nine_tenths_and_one() -> None:
    for own, hidden in features.rows(95, 0):
        assert sorted([*own, *hidden]) == list(range(95))
        assert len(hidden) == 9


def test_what_can_be_told_is_told_and_what_cannot_earns_what_the_mean_does() -> None:
    report = features.evaluate(material(), Quiet())
    for name in ("rows", "playlists"):
        table = report.table(name)
        assert table.value("ridge", "MSE over songs") < table.value("mean", "MSE over songs") - 0.03
        assert all(row.interval for row in table.rows)
    told = report.table("features")
    assert told.rows[0].values[1] > 0.5
    assert max(row.values[1] for row in told.rows[1:]) < 0.1


def write_table(path: Path, lists: int = 24, each: int = 8) -> None:
    rng = np.random.default_rng(0)
    lines = [HEAD]
    for number in range(lists * each):
        genre = GENRES[number // each % len(GENRES)]
        energy = 0.9 if genre.split()[0] in {"heavy", "hard", "punk"} else 0.2
        numbers = np.round(np.clip(rng.normal(0.5, 0.1, 8), 0, 1), 3).tolist()
        numbers[1], numbers[2], numbers[4] = energy + 0.001 * (number % 50), -20 + 15 * energy, 1 - energy
        cells = [f"id{number}", f"Song {number}", f"Maker {number % 40}", f"{genre} {number // each}", genre, *numbers]
        lines.append(",".join(map(str, [*cells, 90 + 60 * energy, number % 12, number % 2, 4])))
    path.write_text("\n".join(lines), "utf-8")


@pytest.mark.skipif(not WORDS, reason="MiniLM's weights are not on this machine")
def test_eval_features_prints_tables_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(tmp_path / "songs.csv")
    assert run(["eval", "features", str(tmp_path / "songs.csv"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [table["name"] for table in report["tables"]] == ["rows", "playlists", "features", "promises", "genres"]
    assert report["songs"] == 192
    promises = {row["method"]: row["other half"] for row in report["tables"][3]["rows"]}
    assert promises["find"] > promises["without"]


@pytest.mark.skipif(not WORDS, reason="MiniLM's weights are not on this machine")
def test_a_table_without_features_is_refused(tmp_path: Path) -> None:
    (tmp_path / "songs.csv").write_text("track_id,track_name,track_artist,playlist_genre\na,A,B,rock\n", "utf-8")
    with pytest.raises(NotFound, match="Only 0 songs"):
        of_tables([str(tmp_path / "songs.csv")], text_encoder("minilm", default_cache()), Quiet())


@pytest.mark.skipif(not WORDS, reason="MiniLM's weights are not on this machine")
@pytest.mark.skipif(not TABLES.is_dir(), reason="the real tables are not beside the repository")
def test_the_real_tables_are_told_as_well_as_they_must_be() -> None:
    paths = sorted(str(path) for path in TABLES.glob("*_popularity_*.csv.gz"))
    songs = of_tables(paths, text_encoder("minilm", default_cache()), Quiet())
    assert len(songs.texts) == 4494
    report = features.evaluate(songs, Quiet())
    assert report.table("rows").value("ridge", "mean of splits") <= 0.64
    lists = report.table("playlists")
    assert lists.value("ridge", "mean of splits") < lists.value("mean", "mean of splits")
