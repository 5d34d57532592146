"""The file of sorted fingerprints: what goes in comes out, and what is damaged is noticed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from songkin.encoders.fingerprint import laid, no_codes, proposed
from songkin.errors import DiskFull, IndexDamaged
from songkin.models import track_id
from songkin.store import prints

RNG = np.random.default_rng(5)
SONGS = {track_id(str(n)): RNG.integers(0, 2**32, 150 + n, dtype=np.uint32) for n in range(40)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prints.write(tmp_path / "codes.large", SONGS.items(), "fingerprint/1/")
    return tmp_path / "codes.large"


def test_every_fourth_code_stands_at_its_place(path: Path) -> None:
    file = prints.read(path)
    assert file is not None
    assert (file.songs(), file.step, file.encoder) == (list(SONGS), 4, "fingerprint/1/")
    keys = np.asarray(file.keys)
    assert (np.diff(keys.astype(np.float64)) >= 0).all()
    kept = {}
    for key in keys.tolist():
        song, first = file.at(key & 0xFFFFFFFF)
        kept[song, (key & 0xFFFFFFFF) - first] = key >> 32
    assert kept == {(i, n): code for i, codes in SONGS.items() for n, code in enumerate(codes[::4].tolist())}


def test_a_clip_leads_to_its_song_and_place(path: Path) -> None:
    file = prints.read(path)
    assert file is not None
    song = list(SONGS)[17]
    clip = SONGS[song][61:141] ^ np.uint32(1 << 9)  # one bit of every code is wrong
    ((start, votes), *_) = proposed(file.keys, clip, bits=1, most=5, step=file.step)
    found, first = file.at((start + 40) // file.step)
    assert (found, start - first * file.step, votes) == (song, 61, 20)
    hit = laid(song, SONGS[song], clip, 60)
    assert hit is not None
    assert (hit.error, round(hit.at, 2)) == (1 / 32, round(61 * 512 / 5512, 2))


def test_songs_without_codes_and_no_songs_at_all_can_be_kept(tmp_path: Path) -> None:
    prints.write(tmp_path / "a.large", [], "x")
    prints.write(tmp_path / "b.large", [(i, no_codes()) for i in SONGS], "x")
    for name, songs in (("a", []), ("b", list(SONGS))):
        file = prints.read(tmp_path / f"{name}.large")
        assert file is not None
        assert (file.songs(), len(file.keys)) == (songs, 0)
        assert proposed(file.keys, np.arange(80, dtype=np.uint32), bits=1, most=5, step=4) == []


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert prints.read(tmp_path / "none.large") is None


@pytest.mark.parametrize("kept", [0, 5, 40, 90, 900, -1])
def test_a_file_that_was_cut_is_damaged(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(IndexDamaged) as caught:
        prints.read(path)
    assert "songkin reindex" in caught.value.remedy


def test_a_file_of_anything_else_is_damaged(path: Path) -> None:
    data = path.read_bytes()
    for other in (
        b"\0" * len(data),
        data.replace(b'"songs": 40', b'"songs": -4'),
        data.replace(b"codes 2", b"codes 1"),
    ):
        path.write_bytes(other)
        with pytest.raises(IndexDamaged):
            prints.read(path)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
def test_a_byte_that_was_changed_in_a_file_of_the_right_size_is_noticed(path: Path, place: float) -> None:
    data = bytearray(path.read_bytes())
    data[128 + int(place * (len(data) - 128))] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(IndexDamaged):
        prints.read(path)


def test_a_large_file_is_summed_only_if_its_time_is_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints, "VERIFY_MB", 0)
    made, data = path.stat(), bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, (made.st_mtime + 2, made.st_mtime + 2))
    with pytest.raises(IndexDamaged):
        prints.read(path)
    data[-1] ^= 0xFF
    path.write_bytes(data)
    assert prints.read(path) is not None
    monkeypatch.setattr(prints, "_sum", None)
    os.utime(path, (made.st_mtime, made.st_mtime))
    assert prints.read(path) is not None


def test_where_it_cannot_be_written_the_old_file_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFull, match="No space left"):
        prints.write(path, SONGS.items(), "x")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
