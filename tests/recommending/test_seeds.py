"""What never comes back, and listeners of whom nothing is known."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from libraries import library_at
from songkin.library import Library
from songkin.models import Query
from songkin.recommending.asking import Wanted

ALL = Query(limit=50, per_artist=None, per_album=None)


@pytest.fixture
def library(tmp_path: Path) -> Any:
    """Eight songs of an export; one of them twice, under another id."""
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        for name, numbers in (("A", range(5)), ("B", range(3, 9))):
            with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                table = csv.writer(file)
                table.writerow(
                    ["Track URI", "Track Name", "Album Name", "Artist Name(s)", "Added By", "Added At", "Genres"]
                )
                for n in numbers:
                    title = "Song 3" if n == 8 else f"Song {n}"
                    artist = "Artist 1" if n == 8 else f"Artist {n % 2}"
                    uri = f"spotify:track:0123456789ABCDEFabcd{n:02}"
                    table.writerow([uri, title, f"Album {n}", artist, "me", "2024-01-05T10:00:00Z", "soul"])
            made.import_([tmp_path / f"{name}.csv"])
        yield made


def titles(library: Library, **wanted: Any) -> list[str]:
    return [hit.track.title for hit in library.recommend(Wanted(**wanted), ALL).hits]


def test_a_song_that_is_called_as_a_seed_by_the_same_artist_does_not_come_back(library: Library) -> None:
    seed = next(track for track in library.tracks() if track.title == "Song 3")
    found = titles(library, like=(seed.id,))
    assert found
    assert "Song 3" not in found


def test_what_is_hated_never_comes_back_whoever_asks_from_what(library: Library) -> None:
    library.vote("Song 4", "hate")
    assert "Song 4" not in titles(library, like=("Song 0",))


def test_who_has_said_nothing_and_added_everything_gets_what_many_like(library: Library) -> None:
    answer = library.recommend(Wanted(user="me"), ALL)
    assert len(answer.hits) >= 5
    assert any("what many like" in note for note in answer.notes)


def test_a_song_that_was_played_may_return_but_not_for_its_own_sake(library: Library) -> None:
    library.played("Song 0")
    for hit in library.recommend(Wanted(user="me"), ALL).hits:
        assert not any(f"like {hit.track.label}" in why for why in hit.why)


def test_a_playlist_in_a_library_without_any_song_is_answered(tmp_path: Path) -> None:
    (tmp_path / "Solo.m3u").write_text("#EXTM3U\n#EXTINF:3,Nobody - Nothing\nnowhere.mp3\n")
    with library_at(tmp_path / "empty", cache=str(tmp_path / "no models")) as library:
        library.import_([tmp_path / "Solo.m3u"])
        assert library.recommend(Wanted(playlists=("Solo",)), ALL).hits == ()
