"""A library that may only be read: it answers as ever, says why it is not written, and no byte of it changes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from libraries import library_at, make_library
from songkin.errors import StoreError
from songkin.store import index_folder, shard

READING: tuple[tuple[str, ...], ...] = (
    ("similar", "Song 1"),
    ("find", "song 2 jazz"),
    ("list",),
    ("show", "Song 1"),
    ("stats",),
    ("runs",),
)
WRITING: tuple[tuple[str, ...], ...] = (
    ("forget", "Song 3"),
    ("reindex",),
    ("reindex", "--recreate"),
    ("index", "MUSIC", "--encoder", "descriptors", "--no-pull"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("readable"), 6)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Have ``folder`` be one that nobody may write to: a mount for root, whom permissions do not stop."""
    if os.geteuid():
        paths = [folder, *folder.rglob("*")]
        modes = [path.stat().st_mode for path in paths]
        for path in paths:
            path.chmod(path.stat().st_mode & ~0o222)
        try:
            yield
        finally:
            for path, mode in zip(paths, modes, strict=True):
                path.chmod(mode)
        return
    for words in (["--bind", str(folder)], ["-o", "remount,ro,bind"]):
        done = subprocess.run(["mount", *words, str(folder)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"a folder cannot be mounted read-only here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Time and bytes of every file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, hashlib.blake2b(path.read_bytes()).hexdigest()) for path in files}


def command(library: Path, *words: str, temporary: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "songkin", *words, "-L", str(library)],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "TMPDIR": str(temporary),
            "SONGKIN_CACHE": "/nonexistent",
            "HOME": str(temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def answer(out: str) -> Any:
    found = json.loads(out)
    return {key: value for key, value in found.items() if key != "notes"} if isinstance(found, dict) else found


def test_a_library_on_a_read_only_disk_answers_and_is_not_changed(whole: Path, tmp_path: Path) -> None:
    library, temporary = tmp_path / "library", tmp_path / "temporary"
    temporary.mkdir()
    shard.copy(whole / "library", library)
    expected = {words: answer(command(library, *words, "--json", temporary=temporary)[1]) for words in READING}
    with read_only(library):
        before = state(library)
        for words in READING:
            code, out, err = command(library, *words, "--json", temporary=temporary)
            assert code == 0, (words, err)
            assert answer(out) == expected[words], words
        for writing in WRITING:
            words = tuple(str(whole / "music") if word == "MUSIC" else word for word in writing)
            code, out, err = command(library, *words, temporary=temporary)
            assert code == 1, (words, out, err)
            told = [each for each in err.splitlines() if "weights of" not in each]
            assert len(told) == 1, (words, err)
            assert "cannot be written" in told[0] or "can only be read" in told[0], (words, told)
            assert "writable" in told[0] or "-L DIR" in told[0], (words, told)
        assert "can only be read" in command(library, "doctor", "--json", temporary=temporary)[1]
        assert state(library) == before
    assert list(temporary.iterdir()) == []


SOMEBODY = """
import json, os, sys
from songkin.cli import run
own, other, commands = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
for words in commands:
    run([*words, "-L", own, "--json"])  # whatever is needed is imported while it may be read
print("=====")
os.setgid(65534)
os.setuid(65534)
for words in commands:
    print("=====", flush=True)
    print("=====", run([*words, "-L", other, "--json"]), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_a_library_of_somebody_else_answers_and_is_not_changed(whole: Path, tmp_path: Path) -> None:
    commands = [*READING, *WRITING[:3]]
    with tempfile.TemporaryDirectory() as name:
        own, library, temporary = tmp_path / "own", Path(name) / "library", Path(name) / "temporary"
        shard.copy(whole / "library", own)
        shard.copy(whole / "library", library)
        temporary.mkdir()
        Path(name).chmod(0o755)
        temporary.chmod(0o777)
        before = state(library)
        expected = [answer(command(whole / "library", *words, "--json", temporary=tmp_path)[1]) for words in READING]
        done = subprocess.run(
            [sys.executable, "-c", SOMEBODY, own, library, json.dumps(commands)],
            capture_output=True,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary), "SONGKIN_CACHE": "/none", "SONGKIN_CONFIG": "/none"},
        )
        assert "Traceback" not in done.stderr, done.stderr
        answered = [part.rpartition("=====")[::2] for part in done.stdout.split("=====\n")[2:]]
        assert [int(code) for _, code in answered] == [0] * len(READING) + [1] * 3, done.stdout
        assert [answer(out) for out, _ in answered[: len(READING)]] == expected
        for out, _ in answered[len(READING) :]:
            message = json.loads(out)["error"]["message"]
            assert "cannot be written" in message or "can only be read" in message
        assert state(library) == before
        assert list(temporary.iterdir()) == []


def test_a_vote_on_a_read_only_library_says_why_not(whole: Path, tmp_path: Path) -> None:
    shard.copy(whole / "library", tmp_path / "library")
    with read_only(tmp_path / "library"), library_at(tmp_path / "library") as library:
        with pytest.raises(StoreError) as caught:
            library.vote("Song 1", "love")
        assert "can only be read" in caught.value.message
        assert caught.value.remedy


def test_what_a_killed_writer_left_in_the_log_is_read_or_told(whole: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    shard.copy(whole / "library", library)
    code = (
        "import os, sys; from songkin.library import Library; library = Library(sys.argv[1]);"
        "library.vote('Song 2', 'hate'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, library]).returncode == -signal.SIGKILL
    with read_only(library):
        before = state(library)
        _, out, err = command(library, "show", "Song 2", "--json", temporary=tmp_path)
        assert json.loads(out)["votes"] == {"me": "hate"}, err
        assert state(library) == before
    (library / "catalog.db-shm").unlink()
    with read_only(library):
        code_, _, err = command(library, "show", "Song 2", temporary=tmp_path)
        assert code_ == 1
        assert "not closed in good order" in err
        assert "writable" in err


def test_a_damaged_index_that_may_only_be_read_is_told_and_never_believed(whole: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    shard.copy(whole / "library", library)
    vectors = next(index_folder(library).rglob("vector_storage-descriptors/vectors/chunk_0.mmap"))
    with vectors.open("r+b") as file:
        file.write(b"\x3f")
    with read_only(library):
        code, out, err = command(library, "similar", "Song 1", temporary=tmp_path)
        assert (code, out) == (1, "")
        assert "damaged" in err
        assert "songkin reindex" in err


def test_without_room_for_the_copy_a_read_only_library_says_so(whole: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    shard.copy(whole / "library", library)
    full = tmp_path / "full"
    full.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "songkin-test", full], capture_output=True
    ).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        with read_only(library):
            code, out, err = command(library, "similar", "Song 1", temporary=full)
        assert (code, out) == (1, "")
        assert "room for temporary files" in err
        assert list(full.iterdir()) == []
    finally:
        subprocess.run(["umount", full], check=True)
