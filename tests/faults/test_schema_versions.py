"""Libraries of another age. The tables have had one format so far: tests say what a next one would change."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from disks import fill, small_disks
from libraries import index, library_at
from songkin.errors import LibraryTooNew, StoreError
from songkin.store import catalog_file, database, migrations
from songkin.store.schema import SCHEMA_VERSION
from soundfiles import sound_file, tune

NEXT = SCHEMA_VERSION + 1

KILLED = """
import os, signal, sys
from songkin.store import database, migrations
version = database.SCHEMA_VERSION
def migrate(connection):
    connection.exec_driver_sql("ALTER TABLE tracks ADD COLUMN mood TEXT")
    connection.exec_driver_sql("DELETE FROM vectors")
    os.kill(os.getpid(), signal.SIGKILL)
migrations.MIGRATIONS[version] = migrate
database.SCHEMA_VERSION = version + 1
from songkin.library import Library
Library(sys.argv[1]).tracks()
"""

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, BYTES))
from songkin.errors import SongkinError
from songkin.store import database, migrations
version = database.SCHEMA_VERSION
migrations.MIGRATIONS[version] = lambda connection: connection.exec_driver_sql("DELETE FROM vectors")
database.SCHEMA_VERSION = version + 1
from songkin.library import Library
try:
    Library(sys.argv[1]).tracks()
except SongkinError as error:
    print(error.message, error.remedy)
    sys.exit(1)
"""


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A library as the present program writes it, which to the next one is old."""
    for n in range(3):
        sound_file(tmp_path / "music" / f"{n}.flac", tune(2, seed=n), {"title": f"Song {n}"})
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        library.vote("Song 1", "love")
    return tmp_path / "library"


@pytest.fixture
def updated(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[sa.Connection], None]], None]:
    """Have songkin be its next version, with this migration."""

    def update(migrate: Callable[[sa.Connection], None]) -> None:
        monkeypatch.setattr(database, "SCHEMA_VERSION", NEXT)
        monkeypatch.setitem(migrations.MIGRATIONS, SCHEMA_VERSION, migrate)

    return update


def add_mood(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE tracks ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'")


def dump(file: Path) -> list[str]:
    """All that a database holds, as SQL."""
    with closing(sqlite3.connect(file)) as connection:
        return sorted(connection.iterdump())


def columns(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(tracks)")}


def copies(library: Path) -> list[str]:
    return sorted(path.name for path in library.iterdir() if ".format" in path.name)


def test_an_older_library_is_migrated_and_a_copy_is_kept(
    older: Path, updated: Callable[[Callable[[sa.Connection], None]], None]
) -> None:
    before = dump(catalog_file(older))
    updated(add_mood)
    with library_at(older) as library:
        assert len(library.tracks()) == 3
        assert library.catalog.votes_of("me") == {library.track("Song 1").id: "love"}
        assert len(library.similar("Song 1").hits) == 2
        assert library.catalog.journal.note("schema") == str(NEXT)
    assert "mood" in columns(catalog_file(older))
    assert copies(older) == [f"catalog.format{SCHEMA_VERSION}.bak"]
    assert dump(older / copies(older)[0]) == before
    with library_at(older) as library:
        assert len(library.tracks()) == 3
    assert len(copies(older)) == 1


def test_the_copy_holds_what_still_stood_in_the_log(
    older: Path, updated: Callable[[Callable[[sa.Connection], None]], None]
) -> None:
    code = (
        "import os, sys; from songkin.library import Library; library = Library(sys.argv[1]);"
        "library.vote('Song 2', 'hate'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, older]).returncode == -signal.SIGKILL
    assert (older / "catalog.db-wal").stat().st_size > 0
    updated(add_mood)
    with library_at(older) as library:
        library.tracks()
    assert any("'hate'" in line for line in dump(older / copies(older)[0]))


def test_the_copy_is_a_library_of_its_own_to_the_older_songkin(
    older: Path, monkeypatch: pytest.MonkeyPatch, updated: Callable[[Callable[[sa.Connection], None]], None]
) -> None:
    updated(add_mood)
    with library_at(older) as library:
        library.tracks()
    monkeypatch.undo()
    with library_at(older) as library, pytest.raises(LibraryTooNew):
        library.tracks()
    os.replace(older / copies(older)[0], catalog_file(older))
    with library_at(older) as library:
        assert len(library.tracks()) == 3


def test_a_migration_that_fails_leaves_the_old_library(
    older: Path, updated: Callable[[Callable[[sa.Connection], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(catalog_file(older))

    def broken(connection: sa.Connection) -> None:
        add_mood(connection)
        connection.exec_driver_sql("DROP TABLE votes")
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")

    updated(broken)
    with library_at(older) as library, pytest.raises(StoreError) as caught:
        library.tracks()
    assert caught.value.remedy
    assert dump(catalog_file(older)) == before
    monkeypatch.undo()
    with library_at(older) as library:
        assert library.catalog.votes_of("me")


def test_a_migration_that_is_killed_leaves_the_old_library_and_is_repeated(
    older: Path, updated: Callable[[Callable[[sa.Connection], None]], None]
) -> None:
    before = dump(catalog_file(older))
    assert subprocess.run([sys.executable, "-c", KILLED, older]).returncode == -signal.SIGKILL
    assert dump(catalog_file(older)) == before
    with library_at(older) as library:
        assert len(library.tracks()) == 3
    updated(add_mood)
    with library_at(older) as library:
        assert len(library.similar("Song 1").hits) == 2
    assert "mood" in columns(catalog_file(older))
    assert dump(older / copies(older)[0]) == before


def assert_not_migrated(library: Path, before: list[str], error: str) -> None:
    assert "could not be copied" in error
    assert "Make room" in error
    assert "nothing was changed" in error
    assert copies(library) == []
    assert dump(catalog_file(library)) == before


def test_on_a_full_disk_nothing_is_migrated_until_there_is_room(
    older: Path, tmp_path: Path, updated: Callable[[Callable[[sa.Connection], None]], None]
) -> None:
    before = dump(catalog_file(older))
    with small_disks(tmp_path / "disk") as mount:
        library = mount(10) / "library"
        library.mkdir()
        shutil.copy2(catalog_file(older), catalog_file(library))
        filler = fill(library.parent, catalog_file(library).stat().st_size // 2)
        updated(add_mood)
        with library_at(library) as opened, pytest.raises(StoreError) as caught:
            opened.tracks()
        assert "full" in caught.value.message
        assert_not_migrated(library, before, f"{caught.value.message} {caught.value.remedy}")
        filler.unlink()
        with library_at(library) as opened:
            assert len(opened.tracks()) == 3
        assert "mood" in columns(catalog_file(library))
        assert dump(library / copies(library)[0]) == before


def test_where_the_copy_would_be_too_large_a_file_nothing_is_migrated(older: Path) -> None:
    before = dump(catalog_file(older))
    limit = catalog_file(older).stat().st_size // 2
    code = LIMITED.replace("BYTES", str(limit))
    done = subprocess.run([sys.executable, "-c", code, older], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert_not_migrated(older, before, done.stdout)


def test_two_processes_migrate_once(older: Path) -> None:
    code = KILLED.replace("os.kill(os.getpid(), signal.SIGKILL)", "pass").replace(
        'connection.exec_driver_sql("DELETE FROM vectors")', "import time; time.sleep(0.3)"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, older], stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == [b"", b""]
    assert [process.returncode for process in both] == [0, 0]
    assert "mood" in columns(catalog_file(older))
    assert "mood" not in columns(older / copies(older)[0])


def test_a_newer_library_is_refused_and_left_as_it_is(older: Path) -> None:
    with library_at(older) as library:
        library.catalog.journal.note("schema", "999")
    files = {path: path.read_bytes() for path in older.rglob("*") if path.is_file() and path.stat().st_size < 10**6}
    for words in (
        ["list"],
        ["find", "x"],
        ["index", str(older.parent / "music"), "--no-pull"],
        ["reindex"],
        ["forget", "Song 1"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "songkin", *words, "-L", str(older)], capture_output=True, text=True
        )
        assert done.returncode == 1, words
        assert "newer songkin" in done.stderr
        assert "pip install --upgrade" in done.stderr
        assert done.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in files} == files
