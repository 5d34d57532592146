"""Ctrl-C, as a person presses it: the program ends soon, keeps what it has, and whoever comes next goes on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from songkin.encoders import text_encoder
from songkin.encoders.weights import default_cache, installed

FILES, SONGS = 8, 1000
SOON = 10.0
"""Seconds within which the program must have ended: two on a quiet machine; all names would take longer."""

pytestmark = pytest.mark.skipif(
    not installed(text_encoder("minilm", default_cache()).spec, default_cache()),
    reason="MiniLM's weights are not on this machine",
)


def importing(folder: Path) -> subprocess.Popen[bytes]:
    """A process that imports eight tables of a thousand songs into ``folder / "library"``."""
    for number in range(FILES):
        rows = "".join(
            f"Artist {n % 97},Song {number}-{n} of the long and winding road to the sea,Album {n % 31}\n"
            for n in range(SONGS)
        )
        (folder / f"{number}.csv").write_text("artist,title,album\n" + rows)
    words = [sys.executable, "-m", "songkin", "import", "-L", str(folder / "library"), "--no-pull"]
    words += [str(folder / f"{number}.csv") for number in range(FILES)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def rows(library: Path, table: str) -> int:
    """How many rows of a table another process has stored so far."""
    if not (library / "catalog.db").exists():
        return 0
    with closing(sqlite3.connect(library / "catalog.db")) as connection:
        try:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        except sqlite3.OperationalError:  # its tables are being made
            return 0


def interrupted(process: subprocess.Popen[bytes], library: Path, table: str) -> tuple[float, bytes]:
    """Press Ctrl-C when the table has a first row: seconds until the process ended, and what it said on stderr."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None and not rows(library, table):
        time.sleep(0.05)
    pressed = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=240)
    assert process.returncode == 130
    assert b"Traceback" not in told
    return time.monotonic() - pressed, told


def test_ctrl_c_between_files_ends_an_import_at_once_and_its_songs_are_found_afterwards(tmp_path: Path) -> None:
    library = tmp_path / "library"
    seconds, told = interrupted(importing(tmp_path), library, "tracks")
    assert seconds < SOON
    assert b"the files that were read whole are kept" in told
    assert rows(library, "vectors") == 0  # no name was read
    kept = rows(library, "tracks")
    assert kept % SONGS == 0
    assert 0 < kept < FILES * SONGS


def test_ctrl_c_while_names_are_read_ends_soon_and_keeps_what_was_read(tmp_path: Path) -> None:
    library = tmp_path / "library"
    seconds, told = interrupted(importing(tmp_path), library, "vectors")
    assert seconds < SOON
    assert told.splitlines()[-1] == b"Interrupted."
    read = rows(library, "vectors")
    assert 0 < read < FILES * SONGS
    words = [sys.executable, "-m", "songkin", "find", "Song 7-12", "-n", "1", "-L", str(library)]
    found = subprocess.run(words, capture_output=True, timeout=240)
    assert found.returncode == 0
    assert b"Song 7-12" in found.stdout
    assert rows(library, "vectors") == read  # a question does not wait for them
    assert b"songs are not read yet" in found.stderr
