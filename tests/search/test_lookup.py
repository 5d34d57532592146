"""Names while they are being typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from libraries import library_at
from songkin.library import Library
from songkin.store.songbook import New, Songbook

SONGS = (
    ("Nina Simone", "Feeling Good", "I Put a Spell on You"),
    ("Muse", "Feeling Good", "Origin of Symmetry"),
    ("Sigur Rós", "Festival", "Með suð í eyrum"),
    ("Nina Hagen", "Smack Jack", ""),
    ("The Beatles", "All You Need Is Love", "Magical Mystery Tour"),
    ("Moby", "Feel", ""),
)


@pytest.fixture
def library(tmp_path: Path) -> Any:
    with library_at(tmp_path / "library") as made:
        made.begin()
        with made.catalog.db.writing() as connection:
            new = [
                New(f"{n:08}-0000-5000-8000-000000000000", f"x:{n}", "songs", {"title": t, "artists": [a], "album": b})
                for n, (a, t, b) in enumerate(SONGS)
            ]
            Songbook(connection, 1).add(new, "test")
        yield made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("feel", ["Moby - Feel", "Muse - Feeling Good", "Nina Simone - Feeling Good"]),
        ("FEELING G", ["Muse - Feeling Good", "Nina Simone - Feeling Good"]),
        ("nina", ["Nina Hagen - Smack Jack", "Nina Simone - Feeling Good"]),
        ("nina si feel", ["Nina Simone - Feeling Good"]),
        ("sigur ros fest", ["Sigur Rós - Festival"]),
        ("need is", ["The Beatles - All You Need Is Love"]),
        ("feelng good", ["Muse - Feeling Good", "Nina Simone - Feeling Good"]),
        ("nina simonne", ["Nina Simone - Feeling Good"]),
        ("zzzz", []),
        ("  ", []),
    ],
)
def test_names_are_found_by_beginnings_words_and_misspelt(library: Library, text: str, expected: list[str]) -> None:
    assert [track.label for track in library.lookup(text)][: len(expected) or 1] == expected


def test_no_more_songs_are_shown_than_asked_for(library: Library) -> None:
    assert len(library.lookup("f", 2)) == 2
    assert len(library.lookup("f", 20)) == 4
