"""A disk without room: one clear line, nothing half written, old answers still given, and with room again the same end."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from disks import fill, grow, small_disks
from libraries import library_at
from snapshots import check_catalog, snapshot
from songkin.cli import run
from songkin.store import catalog_file, shard
from soundfiles import sound_file, tune

ENCODERS = ("--encoder", "descriptors", "--encoder", "fingerprint", "--no-pull", "--workers", "1")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[float], Path]]:
    """Mounts a small disk at the same path each time."""
    with small_disks(tmp_path / "disk") as mount:
        yield mount


def music(folder: Path, first: int, last: int) -> Path:
    for n in range(first, last):
        sound_file(folder / f"{n:02}.flac", tune(2, seed=n), {"title": f"Song {n}", "genre": "jazz"})
    return folder


def command(*words: str | Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """A command in a process of its own: a full disk may end one by a signal."""
    done = subprocess.run(
        [sys.executable, "-m", "songkin", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "SONGKIN_CACHE": "/nonexistent/models", **(env or {})},
    )
    return done.returncode, done.stdout, done.stderr


def told(err: str) -> str:
    """The line that says what failed; notes about weights stand before it."""
    assert "Traceback" not in err
    (line,) = (each for each in err.splitlines() if "weights of" not in each)
    return line


def whole(library: Path) -> dict[str, Any]:
    return snapshot(library, ("Song 1",), {"cache": "/nonexistent/models"})


SIZES = {
    False: (0.1, 0.4, 130),
    True: (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7, 1, 3, 30, 99, 110, 130, 150, 190, 215, 225, 250),
}
"""Megabytes of the whole disk, from too little for an empty catalog to just about enough for the search index."""


def test_a_run_that_finds_the_disk_full_goes_on_when_there_is_room(
    disk: Callable[[float], Path], tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    songs = music(tmp_path / "music", 0, 8)
    words = ("index", songs, *ENCODERS, "-L", tmp_path / "disk" / "library")
    disk(400)
    code, _, err = command(*words)
    assert code == 0, err
    expected = whole(tmp_path / "disk" / "library")
    rows = []
    for megabytes in SIZES[long]:
        place = disk(megabytes)
        code, _, err = command(*words)
        if code:
            line = told(err)
            assert code == 1
            assert "full" in line or "MB left" in line or "No space left" in line, line
            assert "room" in line or "space" in line, line
            if catalog_file(place / "library").exists() and catalog_file(place / "library").stat().st_size:
                shutil.rmtree(tmp_path / "copy", ignore_errors=True)
                shard.copy(place / "library", tmp_path / "copy")
                check_catalog(tmp_path / "copy")
            rows.append(f"| {megabytes} | {line.replace(str(place / 'library'), 'LIBRARY')[:150]} |")
        else:
            rows.append(f"| {megabytes} | done |")
        grow(place, 400)
        code, _, err = command(*words)
        assert code == 0, (megabytes, err)
        assert whole(place / "library") == expected, megabytes
    report("| MB | an index run says |\n|---|---|\n" + "\n".join(rows))


LEFT = {False: (0,), True: (0, 4096, 40_000, 200_000, 1_000_000, 5_000_000, 20_000_000, 90_000_000)}
"""Bytes left on a disk that holds a library."""


def hits(out: str) -> Any:
    return [(hit["track"]["id"], hit["score"], hit["why"]) for hit in json.loads(out)["hits"]]


def test_a_full_disk_leaves_the_old_answers(
    disk: Callable[[float], Path], tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    songs = music(tmp_path / "music", 0, 8)
    place = disk(400)
    library = place / "library"
    assert command("index", songs, *ENCODERS, "-L", library)[0] == 0
    asked: tuple[tuple[str, ...], ...] = (("similar", "Song 1", "--json"), ("find", "song 2 jazz", "--json"))
    before = [hits(command(*words, "-L", library)[1]) for words in asked]
    shard.copy(library, tmp_path / "saved")
    expected_before = whole(tmp_path / "saved")
    music(songs, 8, 11)
    rows = []
    for left in LEFT[long]:
        filler = fill(place, left)
        writing: tuple[tuple[str | Path, ...], ...] = (
            ("forget", "Song 3"),
            ("reindex",),
            ("reindex", "--recreate"),
            ("index", songs, *ENCODERS),
        )
        for words in writing:
            code, out, err = command(*words, "-L", library)
            assert code == 1, (left, words, out, err)
            line = told(err)
            assert "full" in line or "MB left" in line or "No space left" in line, (left, words, line)
            rows.append(f"| {left / 1e6:g} | {words[0]} | {line.replace(str(library), 'LIBRARY')[:110]} |")
            for asking, answered in zip(asked, before, strict=True):
                code, out, err = command(*asking, "-L", library)
                assert code == 0, (left, words, asking, out, err)
                assert hits(out) == answered, (left, words, asking)
        rows.append(f"| {left / 1e6:g} | find, similar | the old answers |")
        filler.unlink()
        shutil.rmtree(library)
        shard.copy(tmp_path / "saved", library)
    assert whole(library) == expected_before
    report("| MB left | command | says |\n|---|---|---|\n" + "\n".join(rows))


LIMITS = {
    False: (4096, 50_000, 1_000_000),
    True: (0, 4096, 20_000, 50_000, 100_000, 140_000, 150_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000),
}
"""Bytes that no file may exceed, from none for a catalog to nearly enough for the log of the search index (32 MB)."""


def limited_command(limit: int, *words: str | Path) -> tuple[int, str]:
    """A command whose files may not grow beyond ``limit`` bytes: its exit code, and what it says went wrong."""
    import resource

    done = subprocess.run(
        [sys.executable, "-m", "songkin", *map(str, words)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        env={**os.environ, "SONGKIN_CACHE": "/nonexistent/models"},
    )
    return done.returncode, told(done.stderr)


def place_of(line: str, library: Path) -> str:
    """Which part of a library found its limit; the line must name that part, its cause and a way out."""
    if line.startswith("The search index"):
        assert f"{library / 'index'}" in line
        assert "File too large" in line or "No space left" in line
        assert "Check the disk's space" in line
        return "search index"
    assert line.startswith(f"The library at {library} cannot be written") or f"The disk of {library} is full" in line
    assert "free space" in line or "Make room" in line
    return "catalog"


def test_a_limit_on_the_size_of_files_is_told_like_a_full_disk(
    tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    """RLIMIT_FSIZE fails in other places than a full disk: single files reach it, the database first."""
    songs = music(tmp_path / "music", 0, 4)
    assert command("index", songs, *ENCODERS, "-L", tmp_path / "undisturbed")[0] == 0
    expected = whole(tmp_path / "undisturbed")
    rows, places = [], []
    for limit in LIMITS[long]:
        library = tmp_path / f"library {limit}"
        words = ("index", songs, *ENCODERS, "-L", library)
        code, line = limited_command(limit, *words)
        assert code == 1, (limit, line)
        places.append(place_of(line, library))
        if places[-1] == "search index":  # what was heard is stored before
            with library_at(library) as opened:
                assert opened.catalog.count() == 4
        assert command(*words)[0] == 0
        assert whole(library) == expected, limit
        rows.append(f"| {limit} | {places[-1]} | {line.replace(str(library), 'LIBRARY')[:150]} |")
        shutil.rmtree(library)
    assert set(places) == {"catalog", "search index"}
    assert places == sorted(places)  # the catalog needs less
    report("| bytes | reached by | says |\n|---|---|---|\n" + "\n".join(rows))


def test_a_full_temporary_folder_hinders_no_index_run(disk: Callable[[float], Path], tmp_path: Path) -> None:
    small = disk(0.02)
    songs = music(tmp_path / "music", 0, 3)
    code, _, err = command("index", songs, *ENCODERS, "-L", tmp_path / "library", env={"TMPDIR": str(small)})
    assert code == 0, err


def test_weights_that_find_no_room_are_told_and_the_rest_goes_on(disk: Callable[[float], Path], tmp_path: Path) -> None:
    small = disk(0.02)
    fill(small, 0)
    songs = music(tmp_path / "music", 0, 2)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONGKIN_CACHE", str(small / "cache"))
        assert run(["models", "pull", "minilm"]) == 1
        assert "No space left" in said.getvalue()
        assert (
            run(["index", str(songs), "-L", str(tmp_path / "library"), "--workers", "1", "--encoder", "descriptors"])
            == 0
        )
    assert "Traceback" not in said.getvalue()
