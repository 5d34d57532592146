"""Runs that are taken back in any order: what others brought stays, and is called what it was called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libraries import library_at
from songkin.library import Library
from songkin.models import Query
from tablefiles import npy_beside, spotify


@pytest.fixture
def library(tmp_path: Path) -> Any:
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        yield made


def table(path: Path, count: int, title: str = "Song") -> Path:
    rows = "".join(f"{spotify(n)},{title} {n},Artist {n}\n" for n in range(count))
    path.write_text(f"id,title,artist\n{rows}")
    return path


def with_spaces(library: Library, folder: Path, *names: str) -> list[int]:
    """The same table with several files of vectors; the runs."""
    songs, runs = table(folder / "payload.csv", 20), []
    for seed, name in enumerate(names):
        npy_beside(folder / "v.npy", 20, 4 + seed)
        runs.append(library.import_([songs], vectors=str(folder / "v.npy"), space=name).run)
        (folder / "v.npy").unlink()
    return runs


def spaces(library: Library) -> set[str]:
    return {name for track in library.tracks() for name in library.catalog.vectors.origins(track.id)}


def names(library: Library) -> set[tuple[str, tuple[str, ...]]]:
    return {(track.title, track.artists) for track in library.tracks()}


def test_vectors_that_later_runs_brought_keep_their_songs(library: Library, tmp_path: Path) -> None:
    runs = with_spaces(library, tmp_path, "a", "b", "c")
    named = names(library)
    done = library.undo(runs[0])
    assert (done["removed"], done["stayed"], done["updated"]) == (0, 20, 0)
    assert names(library) == named
    assert spaces(library) == {"own:b", "own:c"}
    answer = library.similar("Song 3", Query(limit=5, per_artist=None, per_album=None))
    assert len(answer.hits) == 5
    done = library.undo(runs[1])
    assert (done["removed"], done["updated"]) == (0, 20)
    assert spaces(library) == {"own:c"}
    assert library.undo(runs[2])["removed"] == 20
    assert library.tracks() == []


def test_a_song_that_stays_for_its_vectors_can_be_edited_and_is_told_anew(library: Library, tmp_path: Path) -> None:
    first, _ = with_spaces(library, tmp_path, "a", "b")
    library.undo(first)
    library.set("Song 3", {"year": "1999"})
    track = library.track("Song 3")
    assert (track.title, track.artists, track.year) == ("Song 3", ("Artist 3",), 1999)
    table(tmp_path / "payload.csv", 20, "Renamed")
    library.import_([tmp_path / "payload.csv"])
    assert {track.title for track in library.tracks()} == {f"Renamed {n}" for n in range(20)}


def test_of_vectors_that_several_runs_wrote_the_latest_that_is_left_counts(library: Library, tmp_path: Path) -> None:
    songs, kept, runs = table(tmp_path / "payload.csv", 20), [], []
    for scale in (1, 2, 3):
        vectors = npy_beside(tmp_path / "v.npy", 20, 4) ** scale
        np.save(tmp_path / "v.npy", vectors)
        runs.append(library.import_([songs], vectors=str(tmp_path / "v.npy"), space="a").run)
        kept.append(vector_of(library))
    library.undo(runs[1])
    assert vector_of(library) == kept[2]
    library.undo(runs[2])
    assert vector_of(library) == kept[0]


def vector_of(library: Library) -> list[float]:
    track = library.track("Song 3").id
    return [float(x) for x in library.catalog.vectors.of([track], ("own:a",))[track]["own:a"]]


def test_a_song_that_only_a_person_edited_goes_with_its_last_source(library: Library, tmp_path: Path) -> None:
    first = library.import_([table(tmp_path / "t.csv", 3)]).run
    second = library.import_([table(tmp_path / "t.csv", 3, "Other")]).run
    library.set("Other 1", {"title": "New Title", "year": "1999"})
    library.undo(first)
    assert library.undo(second)["removed"] == 3
    assert library.tracks() == []


def test_an_edited_song_that_a_playlist_keeps_is_called_what_it_was_called(library: Library, tmp_path: Path) -> None:
    run = library.import_([table(tmp_path / "t.csv", 3)]).run
    (tmp_path / "list.m3u").write_text("#EXTINF:-1,Artist 1 - Song 1\nx.mp3\n")
    listed = library.import_([tmp_path / "list.m3u"]).run
    edit = library.set("Song 1", {"year": "1999"})
    assert library.undo(run)["removed"] == 2
    (track,) = library.tracks()
    assert (track.title, track.artists, track.year) == ("Song 1", ("Artist 1",), 1999)
    last = library.catalog.journal.last_runs()
    library.undo(next(each["id"] for each in last if each["command"] == "set"))
    assert library.track(edit.id).year is None
    assert library.track(edit.id).title == "Song 1"
    assert library.undo(listed)["removed"] == 1
    assert library.tracks() == []


def test_runs_that_are_taken_back_in_another_order_leave_nothing(library: Library, tmp_path: Path) -> None:
    runs = with_spaces(library, tmp_path, "a", "b")
    (tmp_path / "list.m3u").write_text("#EXTINF:-1,Artist 1 - Song 1\nx.mp3\n")
    runs.append(library.import_([tmp_path / "list.m3u"]).run)
    for run in (runs[0], runs[2], runs[1]):
        library.undo(run)
    assert library.tracks() == []
    assert library.playlists() == []


def test_songs_of_a_run_that_stay_are_not_said_to_be_as_before(library: Library, tmp_path: Path) -> None:
    first = library.import_([table(tmp_path / "t.csv", 3)]).run
    second = library.import_([table(tmp_path / "t.csv", 2, "Other")]).run
    third = library.import_([table(tmp_path / "t.csv", 2, "Last")]).run
    done = library.undo(third)
    assert (done["removed"], done["stayed"], done["updated"]) == (0, 0, 2)
    done = library.undo(first)
    assert (done["removed"], done["stayed"], done["updated"]) == (1, 2, 0)
    assert library.undo(second)["removed"] == 2
