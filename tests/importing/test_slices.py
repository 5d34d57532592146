"""Slices of playlists that were read before are not read again."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libraries import library_at
from made_slices import mpd_slice
from songkin.library import Library
from songkin.models import ImportReport
from songkin.records import Record
from songkin.sources import million
from songkin.sources.given import Given, Options

NOT_AGAIN = "Read before and unchanged since: 2 of 2 files."


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The slices that were read."""
    found: list[str] = []
    read = million.read

    def watched(given: Given, options: Options) -> Iterator[Record]:
        found.append(given.base)
        return read(given, options)

    monkeypatch.setattr(million, "read", watched)
    return found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with library_at(tmp_path / "library") as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "million"
    where.mkdir()
    for first in (0, 3):
        (where / f"mpd.slice.{first}-{first + 2}.json").write_text(json.dumps(mpd_slice(3, 6, first)))
    return where


def unchanged(report: ImportReport) -> bool:
    return (report.added, report.updated, len(report.refused)) == (0, 0, 0) and report.found == report.unchanged > 0


def test_only_what_changed_is_read_again(library: Library, folder: Path, reads: list[str]) -> None:
    first = library.import_([folder])
    assert (len(reads), first.playlists) == (2, 6)
    second = library.import_([folder])
    assert unchanged(second)
    assert (second.found, second.playlists) == (first.found, 6)
    assert (len(reads), NOT_AGAIN in second.notes) == (2, True)
    (folder / "mpd.slice.3-5.json").write_text(json.dumps(mpd_slice(3, 5, 3)))
    library.import_([folder])
    assert reads[2:] == ["mpd.slice.3-5.json"]
    assert unchanged(library.import_([folder]))
    assert len(reads) == 3
    os.utime(folder / "mpd.slice.0-2.json", (1, 1))
    assert unchanged(library.import_([folder]))
    assert reads[3:] == ["mpd.slice.0-2.json"]


def test_a_run_that_was_taken_back_is_read_again(library: Library, folder: Path, reads: list[str]) -> None:
    first = library.import_([folder])
    library.undo(first.run)
    again = library.import_([folder])
    assert (again.added, again.playlists, len(reads)) == (first.added, 6, 4)
    before = [playlist.songs for playlist in library.playlists()]
    changed = folder / "mpd.slice.3-5.json"
    changed.write_text(json.dumps(mpd_slice(3, 5, 3)))
    library.undo(library.import_([folder]).run)
    assert [playlist.songs for playlist in library.playlists()] == before
    library.import_([folder])
    assert reads[4:] == ["mpd.slice.3-5.json"] * 2
    assert [playlist.songs for playlist in library.playlists()] != before


def test_a_slice_that_lost_a_song_is_read_again(library: Library, folder: Path, reads: list[str]) -> None:
    library.import_([folder])
    gone = library.tracks()[0]
    library.forget(gone.id)
    again = library.import_([folder])
    assert len(reads) > 2
    assert again.added == 1


def test_slices_that_lie_elsewhere_now_change_nothing(library: Library, folder: Path, reads: list[str]) -> None:
    library.import_([folder])
    there = folder.rename(folder.with_name("elsewhere"))
    assert unchanged(library.import_([there]))
    assert unchanged(library.import_([there]))
    assert len(reads) == 4
    archive = folder.with_name("mpd.zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(there.iterdir()):
            packed.write(path, f"data/{path.name}")
    assert unchanged(library.import_([archive]))
    assert unchanged(library.import_([archive]))
    assert len(reads) == 6
