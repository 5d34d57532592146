from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from songkin.errors import SourceError
from songkin.sources.folder import walk
from songkin.sources.found import SoundFile, Unreadable


def touch(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(*paths: Path | str) -> list[str]:
    """Paths of what a walk finds, all of it readable."""
    files = list(walk([str(path) for path in paths]))
    assert all(isinstance(file, SoundFile) for file in files), files
    return [file.path for file in files]


def below(root: Path, *paths: Path | str) -> list[str]:
    return [os.path.relpath(path, root) for path in found(*(paths or (root,)))]


def test_sound_files_are_found_in_order_and_others_are_not(tmp_path: Path) -> None:
    for name in (
        "b.mp3",
        "a.FLAC",
        "c/d/e.ogg",
        "c/a.opus",
        "a/z.m4a",
        "cover.jpg",
        "list.m3u",
        "mp3",
        "notes.mp3.txt",
    ):
        touch(tmp_path / name)
    assert below(tmp_path) == ["a.FLAC", "b.mp3", "a/z.m4a", "c/a.opus", "c/d/e.ogg"]


def test_a_file_carries_its_root_size_and_time(tmp_path: Path) -> None:
    path = touch(tmp_path / "Artist" / "song.mp3", b"12345")
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    assert list(walk([str(tmp_path)])) == [SoundFile(str(path), str(tmp_path), 5, 1_700_000_000_123_456_789)]
    assert list(walk([str(path)])) == [SoundFile(str(path), str(path.parent), 5, 1_700_000_000_123_456_789)]


def test_a_file_that_is_named_itself_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    path = touch(tmp_path / ".hidden.xyz")
    assert found(path) == [str(path)]
    assert found(tmp_path) == []


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "music" / "song.mp3")
    monkeypatch.chdir(tmp_path)
    assert found("music") == [str(tmp_path / "music" / "song.mp3")]


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    for name in (".song.mp3", "._song.mp3", ".trash/song.mp3", "__MACOSX/._song.mp3", "song.mp3"):
        touch(tmp_path / name)
    assert below(tmp_path) == ["song.mp3"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "song.mp3")
    music = tmp_path / "music"
    touch(music / "a" / "one.mp3")
    (music / "a" / "up").symlink_to(music, target_is_directory=True)
    (music / "self").symlink_to("self")
    (music / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert below(music, music) == ["a/one.mp3", "linked/song.mp3"]


def test_a_file_that_two_ways_lead_to_is_found_once(tmp_path: Path) -> None:
    song = touch(tmp_path / "a" / "song.mp3")
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "also.mp3").symlink_to(song)
    assert below(tmp_path) == ["also.mp3"]
    assert found(song, tmp_path, tmp_path / "a", song) == [str(song)]


def test_copies_and_hard_links_are_files_of_their_own(tmp_path: Path) -> None:
    song = touch(tmp_path / "a.mp3")
    os.link(song, tmp_path / "b.mp3")
    shutil.copy(song, tmp_path / "c.mp3")
    assert below(tmp_path) == ["a.mp3", "b.mp3", "c.mp3"]


def test_names_that_are_no_unicode_are_kept(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9 \xff.mp3")
    with open(path, "wb"):
        pass
    (file,) = walk([str(tmp_path)])
    assert os.fsencode(file.path) == path


def test_long_names_and_deep_folders_are_walked(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(100):
        folder /= "d"
    touch(folder / ("n" * 251 + ".mp3"))
    assert len(found(tmp_path)) == 1


def test_a_root_that_does_not_exist_is_refused_before_anything_is_found(tmp_path: Path) -> None:
    touch(tmp_path / "song.mp3")
    with pytest.raises(SourceError, match="no file or folder") as caught:
        walk([str(tmp_path), str(tmp_path / "missing")])
    assert caught.value.remedy


def test_links_to_nowhere_and_special_files_are_reported(tmp_path: Path) -> None:
    (tmp_path / "broken.mp3").symlink_to(tmp_path / "nowhere.mp3")
    (tmp_path / "loop.mp3").symlink_to(tmp_path / "loop.mp3")
    os.mkfifo(tmp_path / "pipe.mp3")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.mp3"))
        items = list(walk([str(tmp_path)]))
    assert all(isinstance(item, Unreadable) for item in items)
    assert [os.path.basename(item.path) for item in items] == ["broken.mp3", "loop.mp3", "pipe.mp3", "socket.mp3"]


def test_a_file_that_vanishes_during_the_walk_is_reported(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp3")
    gone = touch(tmp_path / "b" / "song.mp3")
    walking = walk([str(tmp_path)])
    assert isinstance(next(walking), SoundFile)
    shutil.rmtree(gone.parent)
    (item,) = walking
    assert isinstance(item, Unreadable)
    assert "vanished" in item.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_reported_and_the_rest_is_found(tmp_path: Path) -> None:
    touch(tmp_path / "open" / "song.mp3")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    unreadable, file = walk([str(tmp_path)])
    assert unreadable == Unreadable(str(locked), "may not be read")
    assert isinstance(file, SoundFile)
