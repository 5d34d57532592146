"""Albums by words: reviews, names, and how their songs sound."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libraries import index, library_at, make_music
from songkin.errors import QueryError
from songkin.library import Library
from songkin.models import Filter
from songkin.search.filters import parse_filter
from songkin.store import albums_folder

REVIEWS = (
    ("Anna Berg", "Seasons (Deluxe Edition)", "1999", "8.1", "tender nylon guitar songs about snow", "Jazz"),
    ("Nobody Else", "Seasons", "2004", "3", "loud factory noise and angry shouting", "Industrial / Noise"),
    ("Kraft & Co", "Night Drive", "1984", "7", "shimmering synthesizers for empty motorways", "Electronic"),
    ("Björk Åkesson", "Ünder", "2011", "9", "glacial choirs, whispered and enormous", "Experimental"),
)


def reviewed(path: Path, rows: Any = REVIEWS, first: int = 0) -> Path:
    """A table of albums with reviews."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["artist", "title", "year_released", "rating", "review", "genre", "query", "album_id"])
        for number, row in enumerate(rows, first):
            table.writerow([*row, f"question {number}", number])
    return path


@pytest.fixture
def library(tmp_path: Path) -> Any:
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        make_music(tmp_path / "music", 3.0)
        index(made, tmp_path / "music")
        made.import_([reviewed(tmp_path / "albums.csv")])
        yield made


def titles(library: Library, text: str, *filters: Filter) -> list[str]:
    return [hit.album.title for hit in library.find_albums(text, filters=filters).hits]


def test_a_review_meets_the_album_whose_songs_are_here(library: Library) -> None:
    (hit, *_) = library.find_albums("nylon guitar").hits
    assert (hit.album.title, hit.album.artists, len(hit.album.tracks)) == (
        "Seasons (Deluxe Edition)",
        ("Anna Berg",),
        3,
    )
    assert hit.why == ("its words: nylon, guitar",)
    assert 0 < hit.score <= 1


def test_albums_of_one_title_by_two_artists_stay_apart(library: Library) -> None:
    hits = library.find_albums("seasons").hits
    assert sorted(hit.album.artists for hit in hits) == [("Anna Berg",), ("Nobody Else",)]


def test_own_albums_without_any_review_are_found_by_their_names_and_songs(library: Library) -> None:
    assert titles(library, "revolve")[:1] == ["Revolve"]
    assert titles(library, "yellow tram") == ["Revolve"]
    assert titles(library, "Sigur Ros") == ["Byrjun"]


def test_words_are_found_by_their_stems_and_without_accents(library: Library) -> None:
    assert titles(library, "whispering choir")[0] == "Ünder"
    assert titles(library, "bjork")[0] == "Ünder"


def test_the_question_of_an_evaluation_is_never_searched(library: Library) -> None:
    assert titles(library, "question") == []


def test_filters_keep_what_passes_and_refuse_what_albums_do_not_have(library: Library) -> None:
    assert titles(library, "seasons", parse_filter("year=2000..2010")) == ["Seasons"]
    assert titles(library, "songs about snow", parse_filter("genre=noise")) == []
    assert titles(library, "seasons", parse_filter("artist!=Nobody Else")) == ["Seasons (Deluxe Edition)"]
    with pytest.raises(QueryError, match="not filtered by 'bpm'"):
        library.find_albums("seasons", filters=(parse_filter("bpm=120"),))


@pytest.mark.parametrize("text", ["", "  ", "x" * 3000])
def test_nothing_to_look_for_is_said(library: Library, text: str) -> None:
    with pytest.raises(QueryError):
        library.find_albums(text)


@pytest.mark.parametrize("text", ["🙂🙂", "'; DROP TABLE albums; --", "<script>", 'AND OR NOT ( " *', "日本の音楽"])
def test_odd_texts_are_answered(library: Library, text: str) -> None:
    assert len(library.find_albums(text).hits) <= 10


def test_the_index_follows_what_is_imported_and_taken_back(library: Library, tmp_path: Path) -> None:
    assert titles(library, "seaside accordion") == []
    more = reviewed(tmp_path / "more.csv", [("Lu", "Tide", "2001", "5", "seaside accordion waltzes", "Folk")], 90)
    run = library.import_([more]).run
    assert titles(library, "seaside accordion") == ["Tide"]
    library.undo(run)
    assert titles(library, "seaside accordion") == []
    library.forget("Yellow Tram")
    assert titles(library, "yellow tram") == []


def test_a_damaged_index_is_made_anew(library: Library) -> None:
    before = library.find_albums("nylon guitar")
    (shelf,) = albums_folder(library.config.library).iterdir()
    for name in ("albums.json", "words.starts.npy", "text.npy"):
        (shelf / name).write_bytes(b"\0" * 7)
        assert library.find_albums("nylon guitar") == before
    (shelf / "words.albums.npy").unlink()
    assert library.find_albums("nylon guitar") == before


def test_a_library_without_albums_says_so(tmp_path: Path) -> None:
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        library.import_([reviewed(tmp_path / "albums.csv")])
        run = library.catalog.journal.last_runs(1)[0]["id"]
        library.undo(run)
        answer = library.find_albums("anything")
        assert answer.hits == ()
        assert "There is no album here" in answer.notes[0]


def test_scores_of_words_are_those_of_bm25() -> None:
    from songkin.store.shelf import Postings, exact_words

    texts = ["piano and rain", "piano piano piano night", "drums"]
    words = exact_words()
    postings = Postings.of([words.document(text) for text in texts])
    found = postings.scores(words.query("piano rain").indices)
    weight = {n: dict(zip(d.indices, d.values, strict=True)) for n, d in enumerate(map(words.document, texts))}
    piano, rain = (words.query(word).indices[0] for word in ("piano", "rain"))
    rare = np.log(1 + (3 - 1 + 0.5) / 1.5)
    usual = np.log(1 + (3 - 2 + 0.5) / 2.5)
    assert found == pytest.approx([usual * weight[0][piano] + rare * weight[0][rain], usual * weight[1][piano], 0.0])


def test_years_filter_albums_and_what_is_not_wanted_weighs_against_them(library: Library) -> None:
    answer = library.find_albums("albums from the 80s")
    assert [hit.album.title for hit in answer.hits] == ["Night Drive"]
    assert "Only albums from 1980 to 1989." in answer.notes
    assert titles(library, "angry noise")[0] == "Seasons"
    assert "Seasons" not in titles(library, "guitar songs without noise")
    assert "Night Drive" not in titles(library, "empty motorways not electronic")
    none = library.find_albums("guitar songs from the 1930s")
    assert none.hits
    assert any("No album here is from 1930" in note for note in none.notes)
    assert titles(library, "Seasons")  # a title is a title, whatever its words could mean
