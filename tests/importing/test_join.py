"""Two songs that are one: joined by hand, and taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from libraries import counts, index, library_at, make_numbered, snapshot
from made_slices import sync_page
from songkin.errors import NotFound, QueryError
from songkin.library import Library
from songkin.models import Query
from songkin.search.filters import parse_filter
from songkin.sources.corrections import write


@pytest.fixture
def library(tmp_path: Path) -> Any:
    """Three files, and another program's analysis of two songs that are called otherwise there."""
    make_numbered(tmp_path / "music", range(3))
    (tmp_path / "sync.json").write_text(json.dumps(sync_page(0, 2, 2)))
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        index(made, tmp_path / "music")
        yield made


def test_songs_of_an_analysis_that_none_here_is_like_are_told_and_joined_by_hand(
    library: Library, tmp_path: Path
) -> None:
    report = library.import_([tmp_path / "sync.json"])
    assert counts(report) == (2, 0, 0, 0)
    assert [(each.title, each.key) for each in report.unmatched] == [
        ("Title 0", "audiomuse:id0"),
        ("Title 1", "audiomuse:id1"),
    ]
    assert library.import_([tmp_path / "sync.json"]).unmatched == report.unmatched  # until somebody says what they are
    table = tmp_path / "by hand.csv"
    write(table, report.unmatched)
    table.write_text(table.read_text().replace("audiomuse:id1,", "audiomuse:id1,Song 1").replace("id0,", "id0,Nobody"))
    corrected = library.import_([table])
    assert counts(corrected) == (0, 1, 0, 1)
    assert "no song that is called 'Nobody'" in corrected.refused[0].reason
    assert {track.title for track in library.tracks()} == {"Song 0", "Song 1", "Song 2", "Title 0"}
    one = library.track("Song 1")
    assert {"own:audiomuse", "own:audiomuse_clap"} <= set(library.catalog.vectors.origins(one.id))
    assert (one.artists, one.path.endswith("1.flac")) == (("Artist 1",), True)
    assert counts(library.import_([tmp_path / "sync.json"])) == (0, 0, 2, 0)  # it is known by its id from now on


def test_a_join_brings_votes_and_places_of_playlists_and_is_taken_back(library: Library, tmp_path: Path) -> None:
    library.import_([tmp_path / "sync.json"])
    library.vote("Title 0", "love")
    (tmp_path / "Late.m3u").write_text("#EXTM3U\n#EXTINF:2,Artist 0 - Title 0\nnowhere.mp3\n")
    library.import_([tmp_path / "Late.m3u"])
    before = snapshot(library)
    joined = library.join("Song 0", "Title 0")  # the file stays, whichever is named first
    assert joined.path.endswith("0.flac")
    assert [entry.track.id for entry in library.entries("Late") if entry.track] == [joined.id]
    assert [vote.track.id for vote in library.votes()] == [joined.id]
    assert [
        hit.track.title for hit in library.similar("Song 0", Query(limit=9)).hits if hit.track.title == "Title 0"
    ] == []
    library.undo(library.catalog.journal.last_runs(1)[0]["id"])
    assert snapshot(library) == before
    assert library.passing([parse_filter("playlist=Late")])[0][0].title == "Title 0"


def test_taking_the_import_back_takes_what_it_brought_from_the_song_it_was_joined_with(
    library: Library, tmp_path: Path
) -> None:
    before = snapshot(library)
    brought = library.import_([tmp_path / "sync.json"])
    library.join("Title 0", "Song 0")
    library.undo(brought.run)
    after = snapshot(library)
    assert after["tracks"].keys() == before["tracks"].keys()
    assert after["vectors"] == before["vectors"]


def table(path: Path, *names: tuple[str, str]) -> Path:
    """A table of songs with these artists and titles."""
    lines = [
        f"spotify:track:0123456789ABCDEFabcd{n:02},{title},{artist},0.{n + 1}"
        for n, (artist, title) in enumerate(names)
    ]
    path.write_text("\n".join(["id,name,artist,energy", *lines, ""]))
    return path


def test_two_rows_of_one_table_are_joined_stay_so_and_are_parted_again(library: Library, tmp_path: Path) -> None:
    rows = table(tmp_path / "two.csv", ("Ann", "Alpha"), ("Bob", "Beta"), ("Cid", "Gamma"))
    library.import_([rows])
    library.vote("Beta", "hate", at=1_000.0)
    library.vote("Alpha", "love", at=2_000.0)
    before = snapshot(library)
    ballots = [(each.track.id, each.vote) for each in library.votes()]
    assert library.join("Alpha", "Beta").label == "Bob - Beta"
    joined = library.catalog.journal.last_runs(1)[0]["id"]
    assert [each.vote for each in library.votes()] == ["love"]
    assert counts(library.import_([rows])) == (0, 0, 2, 0)
    assert {track.label for track in library.tracks() if track.title in "Alpha Beta"} == {"Bob - Beta"}
    library.undo(joined)
    assert snapshot(library) == before
    assert [(each.track.id, each.vote) for each in library.votes()] == ballots


def test_two_songs_of_an_analysis_are_one_file(library: Library, tmp_path: Path) -> None:
    library.import_([tmp_path / "sync.json"])
    library.join("Title 0", "Song 2")
    library.join("Title 1", "Song 2")
    assert counts(library.import_([tmp_path / "sync.json"])) == (0, 0, 1, 0)
    assert [track.title for track in library.tracks()] == ["Song 0", "Song 1", "Song 2"]


def test_two_files_and_one_song_twice_are_not_joined(library: Library) -> None:
    with pytest.raises(QueryError, match="two files"):
        library.join("Song 0", "Song 1")
    with pytest.raises(QueryError, match="one song already"):
        library.join("Song 0", "Song 0")


def test_a_playlist_that_is_not_there_is_no_filter(library: Library) -> None:
    for ask in (
        lambda query: library.find("jazz", query),
        lambda query: library.similar("Song 0", query),
        lambda query: library.passing(query.filters),
    ):
        with pytest.raises(NotFound, match="no playlist 'Nowhere'"):
            ask(Query(filters=(parse_filter("playlist=Nowhere"),)))
