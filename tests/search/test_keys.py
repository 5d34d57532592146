"""Keys, modes and time signatures: how they are written, and songs filtered by them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libraries import library_at
from songkin.errors import QueryError
from songkin.models import Filter
from songkin.records import PITCH_CLASSES
from songkin.search.filters import conditions, parse_filter
from songkin.text import key_named

KEYS = [f"{pitch} {mode}" for pitch in PITCH_CLASSES for mode in ("major", "minor")]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *[(key, key) for key in KEYS],
        *[("Cm", "C minor"), ("c", "C major"), ("C#m", "C# minor"), ("Db min", "C# minor"), ("Bbm", "Bb minor")],
        *[
            ("F♯ maj", "F# major"),
            ("e flat major", "Eb major"),
            ("BM", "B major"),
            ("Cb", "B major"),
            ("B#m", "C minor"),
        ],
        *[("8A", "A minor"), ("8B", "C major"), ("12a", "C# minor"), ("01B", "B major"), ("5A", "C minor")],
        *[("H", ""), ("", ""), ("13A", ""), ("0A", ""), ("Cmajestic", ""), ("C minor!", "")],
    ],
)
def test_a_key_has_one_name_however_it_is_written(written: str, name: str) -> None:
    assert key_named(written) == name


@given(st.text(max_size=12))
def test_any_text_is_one_of_the_24_keys_or_none(text: str) -> None:
    assert key_named(text) in {"", *KEYS}


@pytest.mark.parametrize("text", ["key=H", "explicit=maybe", "source=foo", "mode=dorian", "key!=nothing"])
def test_values_that_no_song_can_have_are_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_filter(text)
    assert caught.value.remedy.startswith("Write one like")
    field, value = text.replace("!", "").split("=")
    with pytest.raises(QueryError):
        conditions([Filter(field, "is", (value,))])


SONGS = "title,key,mode,time_signature\nOne,0,0,4\nTwo,1,0,3\nThree,0,1,4\nFour,9,0,\nFive,,1,5\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key=Cm", {"One"}),
        ("key=C# minor", {"Two"}),
        ("key=8A|5A", {"One", "Four"}),
        ("mode=minor", {"One", "Two", "Four"}),
        ("mode!=minor", {"Three", "Five"}),
        ("time_signature=3..4", {"One", "Two", "Three"}),
        ("time_signature>=5", {"Five"}),
    ],
)
def test_songs_are_filtered_by_key_mode_and_time_signature(tmp_path: Path, text: str, expected: set[str]) -> None:
    (tmp_path / "songs.csv").write_text(SONGS)
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "songs.csv")], kind="songs")
        assert {track.title for track in library.passing([parse_filter(text)])[0]} == expected


def test_a_search_index_of_before_learns_what_new_filters_see(tmp_path: Path) -> None:
    (tmp_path / "songs.csv").write_text(SONGS)
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "songs.csv")], kind="songs")
        library.catalog.journal.note("index_home", "embedded")  # as it was noted before
        found, notes = library.passing([parse_filter("mode=minor")])
        assert len(found) == 3
        assert notes
        assert library.passing([parse_filter("mode=minor")])[1] == ()


def test_a_key_is_set_by_any_of_its_names_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "songs.csv").write_text(SONGS)
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "songs.csv")], kind="songs")
        assert library.set("Four", {"key": "dbm"}).key == "C# minor"
        with pytest.raises(QueryError, match="no value for key"):
            library.set("Four", {"key": "H"})
