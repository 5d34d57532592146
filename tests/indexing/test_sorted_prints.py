"""Sorted fingerprints follow the catalog: songs come, change and go, files break, libraries may be read only."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from libraries import index, library_at
from songkin.errors import DiskFull
from songkin.indexing import prints
from songkin.library import Library
from songkin.models import Answer, Filter, Query
from songkin.search import seeds
from songkin.store import print_files
from songkin.store import prints as sorted_codes
from soundfiles import RATE, noise, sound_file

SECONDS = 24.0
BOTH = ("descriptors", "fingerprint")


def song(folder: Path, number: int) -> str:
    """Noise: every other one sounds the same to vectors, and none has its fingerprint."""
    return sound_file(folder / f"{number:02}.flac", noise(SECONDS, seed=number))


def clip_of(folder: Path, number: int) -> str:
    sound = noise(SECONDS, seed=number)[round(6.03 * RATE) : 14 * RATE]
    return sound_file(folder / f"clip {number}.mp3", sound, bit_rate=192_000)


def recognised(answer: Answer) -> str:
    """The name of the file that was recognised, if one was."""
    first = answer.hits[0]
    return os.path.basename(first.track.path or "") if first.why[0].startswith("this is the recording") else ""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for number in range(6):
        song(tmp_path / "music", number)
    with library_at(tmp_path / "library") as made:
        index(made, tmp_path / "music", encoders=BOTH)
    return library_at(tmp_path / "library")


def test_a_clip_is_known_that_vectors_do_not_propose(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backwards(*given: Any) -> seeds.Seed:
        seed = heard(*given)
        return replace(seed, vectors={space: -vector for space, vector in seed.vectors.items()})

    heard = seeds.seed_of
    monkeypatch.setattr(seeds, "seed_of", backwards)  # what is most alike comes last
    monkeypatch.setattr("songkin.search.similar.CANDIDATES", 1)
    with library:
        for number in range(6):
            assert recognised(library.similar(clip_of(tmp_path, number), Query(limit=1))) == f"{number:02}.flac"
        monkeypatch.setattr("songkin.search.similar.PROPOSED", 1)
        monkeypatch.setattr(prints, "opened", lambda _config: [])
        assert recognised(library.similar(clip_of(tmp_path, 0), Query(limit=1))) == ""  # without the file


def test_filters_hold_for_what_is_recognised(library: Library, tmp_path: Path) -> None:
    with library:
        (track,) = [each for each in library.tracks() if os.path.basename(each.path or "") == "03.flac"]
        assert track.duration is not None
        wrong = Filter("duration", "range", high=track.duration - 1)
        assert not library.similar(clip_of(tmp_path, 3), Query(filters=(wrong,))).hits


def songs_of(path: Path) -> list[str]:
    file = sorted_codes.read(path)
    assert file
    return file.songs()


def test_a_small_run_makes_the_small_file_alone(library: Library, tmp_path: Path) -> None:
    large, small = print_files(library.config.library)
    before = large.stat().st_mtime_ns
    assert len(songs_of(small)) == 0
    song(tmp_path / "music", 6)
    with library:
        index(library, tmp_path / "music", encoders=BOTH)
        assert large.stat().st_mtime_ns == before
        assert songs_of(small)
        for number in (2, 6):
            assert recognised(library.similar(clip_of(tmp_path, number))) == f"{number:02}.flac"


def test_when_much_has_come_both_files_become_one(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "FEWEST", 0)
    song(tmp_path / "music", 6)
    with library:
        index(library, tmp_path / "music", encoders=BOTH)
        large, small = print_files(library.config.library)
        assert (len(songs_of(large)), len(songs_of(small))) == (7, 0)
        assert recognised(library.similar(clip_of(tmp_path, 6))) == "06.flac"


def test_a_song_that_is_forgotten_or_another_is_not_recognised(library: Library, tmp_path: Path) -> None:
    with library:
        library.forget(str(tmp_path / "music" / "02.flac"))
        assert recognised(library.similar(clip_of(tmp_path, 2))) == ""
        sound_file(tmp_path / "music" / "04.flac", noise(SECONDS, seed=77))
        index(library, tmp_path / "music" / "04.flac", encoders=BOTH)
        assert recognised(library.similar(clip_of(tmp_path, 4))) == ""
        assert recognised(library.similar(clip_of(tmp_path, 77))) == "04.flac"


@pytest.mark.parametrize("how", ["gone", "cut", "other"])
def test_files_that_are_damaged_are_made_anew_with_one_line(library: Library, tmp_path: Path, how: str) -> None:
    clip = clip_of(tmp_path, 1)
    large, _ = print_files(library.config.library)
    data = large.read_bytes()
    large.unlink() if how == "gone" else large.write_bytes(data[:-9] if how == "cut" else b"x" * 500)
    with library:
        answer = library.similar(clip)
        assert recognised(answer) == "01.flac"
        assert "Fingerprints were sorted anew." in answer.notes
        assert (
            large.read_bytes().split(b"\n", 2)[2] == data.split(b"\n", 2)[2]
        )  # all but the header, which tells the time
        assert library.similar(clip).notes == ()
        large.unlink()
        index(library, tmp_path / "music", encoders=BOTH)  # finds nothing to do but this
        assert (
            large.read_bytes().split(b"\n", 2)[2] == data.split(b"\n", 2)[2]
        )  # all but the header, which tells the time


def test_on_a_full_disk_likely_songs_alone_are_asked(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise DiskFull("There is no room.")

    clip = clip_of(tmp_path, 1)
    large, _ = print_files(library.config.library)
    large.unlink()
    monkeypatch.setattr("songkin.store.prints.write", full)
    with library:
        assert recognised(library.similar(clip)) == "01.flac"
    assert not large.exists()


def test_a_library_that_may_not_be_written_to_is_asked_with_and_without_the_file(
    library: Library, tmp_path: Path
) -> None:
    clip = clip_of(tmp_path, 1)
    with library:
        library.catalog.db.readonly = True
        assert recognised(library.similar(clip)) == "01.flac"
        for path in print_files(library.config.library):
            path.unlink(missing_ok=True)
        assert recognised(library.similar(clip)) == "01.flac"  # few songs: vectors propose all of them
        assert not any(path.exists() for path in print_files(library.config.library))
