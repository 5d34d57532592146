"""Words that promise audio features, learned from a library's own songs, and questions that are understood."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from libraries import library_at
from songkin.cli import run
from songkin.doctor import examine
from songkin.encoders import text_encoder
from songkin.encoders.weights import default_cache, installed
from songkin.errors import NotFound, StoreError
from songkin.library import Library
from songkin.models import Answer, Query
from songkin.search import described
from songkin.spaces import TABLE_DIM, Statistics

WORDS = installed(text_encoder("minilm", default_cache()).spec, default_cache())
needs_words = pytest.mark.skipif(not WORDS, reason="MiniLM's weights are not on this machine")
PAGE = Query(limit=10, per_artist=None, per_album=None)

# Each kind of playlist: genre, energy, acousticness, valence, tempo, year.
LISTS = {
    "Peaceful Piano": ("classical", 0.1, 0.95, 0.3, 70, 1985),
    "Quiet Sleep Sounds": ("ambient", 0.1, 0.9, 0.2, 65, 2012),
    "Acoustic Evenings": ("folk", 0.3, 0.9, 0.5, 95, 1974),
    "Soft Lullabies": ("children", 0.15, 0.9, 0.5, 80, 1999),
    "Calm Guitar": ("folk", 0.2, 0.92, 0.4, 90, 2003),
    "Campfire Unplugged": ("singer-songwriter", 0.3, 0.88, 0.5, 100, 1978),
    "Heavy Metal Workout": ("metal", 0.95, 0.02, 0.4, 150, 1986),
    "Club Party Bangers": ("dance", 0.9, 0.05, 0.8, 126, 2015),
    "Hard Rock Anthems": ("rock", 0.92, 0.05, 0.5, 140, 1979),
    "Techno Warehouse": ("techno", 0.93, 0.02, 0.3, 132, 1995),
    "Punk Power": ("punk", 0.97, 0.03, 0.6, 175, 1977),
    "Drum and Bass Rush": ("drum and bass", 0.95, 0.02, 0.5, 174, 1997),
}


def write_table(path: Path, each: int = 6) -> None:
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            [
                "track_id",
                "track_name",
                "track_artist",
                "track_album_name",
                "track_album_release_date",
                "playlist_name",
                "playlist_genre",
                "danceability",
                "energy",
                "loudness",
                "speechiness",
                "acousticness",
                "instrumentalness",
                "liveness",
                "valence",
                "tempo",
                "key",
                "mode",
                "time_signature",
            ]
        )
        for number, (name, (genre, energy, acoustic, valence, tempo, year)) in enumerate(LISTS.items()):
            for song in range(each):
                near = np.clip(np.array([0.5, energy, acoustic, valence]) + rng.normal(0, 0.03, 4), 0, 1)
                cells = [f"id{number:02}x{song}", f"Piece {number}{song}", f"Maker {number}", f"Record {number}", year]
                numbers = [near[0], near[1], -30 + 25 * near[1], 0.05, near[2], 0.1, 0.1, near[3], tempo + song]
                table.writerow([*cells, name, genre, *numbers, (number + song) % 12, song % 2, 4])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("described")
    write_table(folder / "songs.csv")
    with library_at(folder / "library") as made:
        made.import_([str(folder / "songs.csv")])
        if WORDS:
            made.learn_features()
        yield made


def mean(answer: Answer, name: str) -> float:
    return float(np.mean([hit.track.table_features[name] for hit in answer.hits]))


@needs_words
def test_what_words_promise_is_learned_and_told(library: Library) -> None:
    learned = described.kept(library.catalog)
    assert learned is not None
    assert (learned.songs, learned.groups) == (72, 12)
    energy, liveness = learned.explained[1], learned.explained[6]
    assert energy > 0.2 > liveness


@needs_words
def test_calm_acoustic_finds_acoustic_songs_and_says_so(library: Library) -> None:
    everything = np.mean([track.table_features["acousticness"] for track in library.tracks()])
    answer = library.find("calm acoustic", PAGE)
    assert mean(answer, "acousticness") > everything + 0.2
    assert any("its features: " in why and "acousticness 0.9" in why for hit in answer.hits for why in hit.why)


@needs_words
def test_what_is_not_wanted_is_asked_the_other_way_round(library: Library) -> None:
    loud, quiet = library.find("heavy metal", PAGE), library.find("no heavy metal", PAGE)
    assert mean(quiet, "energy") < 0.5 < mean(loud, "energy")


@needs_words
def test_doctor_says_when_what_was_learned_is_stale(tmp_path: Path) -> None:
    write_table(tmp_path / "songs.csv")
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "songs.csv")])
        learned = library.learn_features()

        def told() -> tuple[str, str]:
            finding = next(each for each in examine(library) if each.what == "trained features")
            return finding.state, finding.told

        assert told()[0] == "ok"
        arrays = {name: getattr(learned, name) for name in ("middle", "map", "explained", "mean", "std")}
        facts = {"songs": 72, "library": 50, "groups": 12, "ridge": 1.0, **arrays}
        described.keep(library.catalog, described.Described(learned.encoder, **facts))
        assert told() == ("note", "learned when there were 50 songs, now 72")
        described.keep(library.catalog, described.Described("another/1/", **facts))
        assert told()[0] == "note"
        library.catalog.vectors.put_statistic(described.KEPT, learned.encoder, 1, b"no archive")
        assert told()[0] == "bad"


@needs_words
def test_train_features_prints_what_it_learned(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "features", "-L", str(library.config.library), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["songs"] == 72
    assert set(told["explained"]) == set(described.NUMBERS)


def test_too_few_songs_to_learn_from_are_one_clear_line(tmp_path: Path) -> None:
    write_table(tmp_path / "songs.csv", each=2)
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "songs.csv")])
        with pytest.raises(NotFound, match="Only 24 songs"):
            library.learn_features()


def some(**changes: object) -> described.Described:
    row = np.ones(TABLE_DIM, np.float32)
    facts = {"middle": np.zeros(3, np.float32), "map": np.ones((3, TABLE_DIM), np.float32)}
    rest = {"explained": row, "mean": row, "std": row, **facts, **changes}
    return described.Described("a/1/", 5, 6, 7, 8.0, **rest)  # type: ignore[arg-type]


def test_a_feature_that_cannot_be_predicted_counts_nothing() -> None:
    explained = np.zeros(TABLE_DIM, np.float32)
    explained[1], explained[2] = 0.5, -0.5
    flat = Statistics(5, {"mean": np.zeros(TABLE_DIM, np.float32), "std": np.ones(TABLE_DIM, np.float32)})
    asked = described.wanted(some(explained=explained), np.full(TABLE_DIM, 2, np.float32), flat)
    assert asked is not None
    assert np.flatnonzero(asked.vector).tolist() == [1]
    assert asked.strength == pytest.approx(2.0)
    assert described.wanted(some(explained=-explained * 0), np.ones(TABLE_DIM, np.float32), flat) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"middle": np.zeros(4, np.float32)},
        {"mean": np.full(TABLE_DIM, np.nan, np.float32)},
        {"explained": np.zeros(3, np.float32)},
        {"map": np.zeros((0, 0), np.float32)},
    ],
)
def test_a_map_that_does_not_fit_itself_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    write_table(tmp_path / "songs.csv", each=1)
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "songs.csv")])
        described.keep(library.catalog, some(**changes))
        with pytest.raises(StoreError, match="damaged"):
            described.kept(library.catalog)


# Questions that are understood -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "low", "high"), [("70s rock", 1970, 1979), ("folk before 1980", 0, 1979), ("since 2010", 2010, 2100)]
)
def test_years_filter_and_a_note_says_so(library: Library, text: str, low: int, high: int) -> None:
    answer = library.find(text, PAGE)
    assert answer.hits
    assert all(low <= (hit.track.year or 0) <= high for hit in answer.hits)
    assert answer.notes[0].startswith("Only songs ")


def test_a_year_in_which_nothing_came_out_is_left_out_and_a_note_says_so(library: Library) -> None:
    answer = library.find("folk from 1901", PAGE)
    assert any(hit.track.genres == ("folk",) for hit in answer.hits)
    assert answer.notes[0] == "No song here is from 1901: that was left out."


def test_a_key_and_a_tempo_filter(library: Library) -> None:
    answer = library.find("music in C minor", PAGE)
    assert {hit.track.key for hit in answer.hits} == {"C minor"}
    slow = library.find("under 80 bpm", PAGE)
    assert slow.hits
    assert all((hit.track.bpm or 999) <= 80 for hit in slow.hits)


def test_a_title_that_looks_like_a_year_comes_first_and_filters_nothing(library: Library) -> None:
    track = library.tracks()[0]
    try:
        library.set(track.id, {"title": "1999"})
        answer = library.find("1999", PAGE)
    finally:
        library.set(track.id, {"title": track.title})
    assert answer.hits[0].track.id == track.id
    assert not any(note.startswith("Only songs") for note in answer.notes)


@needs_words
def test_like_an_artist_but_calmer_goes_in_that_direction_without_the_artist(library: Library) -> None:
    answer = library.find("something like Maker 8 but calmer", PAGE)
    assert answer.hits
    assert "Maker 8" not in {artist for hit in answer.hits for artist in hit.track.artists}
    own = np.mean([track.table_features["energy"] for track in library.tracks() if track.artists == ("Maker 8",)])
    assert all(hit.track.table_features["energy"] <= own + 0.001 for hit in answer.hits)
    assert answer.notes[0].startswith("Like Maker 8; only less energy than its 0.9")


def test_like_something_that_the_library_does_not_have_is_a_question_as_any(library: Library) -> None:
    assert not any(note.startswith("Like ") for note in library.find("like a summer rain", PAGE).notes)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "🎹🥁",
            "春の海",
            "Фортепиано",
            "\"'`",
            "' OR 1=1; --",
            "<script>alert(1)</script>",
            "-",
            "NOT AND OR ()*?~^",
        ),
        *(
            "like",
            "like  but",
            "like but happier",
            "but happier",
            "-metal",
            "19991999",
            "0 bpm",
            "999 bpm",
            "in Z minor",
        ),
        *("70s 80s", "between 1990 and 1980", "not not not", "without", "C" * 1990, "a " * 900, "1999 " * 300),
    ],
)
def test_any_odd_text_is_answered(library: Library, text: str) -> None:
    library.find(text, PAGE)
    assert len(library.tracks()) == 72


def test_ten_thousand_words_and_nothing_are_one_clear_line(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("word " * 10_000, "", " \t\n"):
        assert run(["find", text, "-L", str(library.config.library)]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) <= 2
