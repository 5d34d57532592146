"""How a catalog file is opened, brought up to date, read and written.

An older file is copied aside and migrated step by step, a newer one is refused. Whatever the database says becomes a
``StoreError`` with a remedy.

Transactions are begun here and not by Python's ``sqlite3``, which leaves the making of tables outside of them. Writers
take their turn before they read: else what they read could have changed when they write, and SQLite would not wait.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from songkin.errors import DiskFull, LibraryTooNew, StoreError
from songkin.store.bulk import as_json
from songkin.store.migrations import MIGRATIONS
from songkin.store.schema import SCHEMA_VERSION, meta, metadata

_CHUNK: Final = 500
CONTENT: Final = "content"
"""The note that counts transactions after which questions may be answered otherwise."""
OPINIONS: Final = "opinions"
"""The note that counts votes."""
_WRITES: Final = "songkin_writes"
_LEAST_ROOM: Final = 1_000_000
"""Free bytes below which a failed write was for want of room: SQLite does not always say so."""

_SIGNS_OF_DAMAGE: Final = (
    "not a database",
    "malformed",
    "no such table",
    "no such column",
    "could not decode",
    "corrupt",
)

PATIENCE: Final = 30.0
"""Seconds to wait for another process that writes."""


def open_engine(file: Path, *, readonly: bool = False) -> sa.Engine:
    """Open (or make) the SQLite catalog at ``file``.

    Raises ``LibraryTooNew`` and ``StoreError`` (not a catalog, damaged, not writable), each with its remedy.
    """
    target = f"file:{_quoted(file)}" + (_reading_mode(file) if readonly else "")

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(target, uri=True, timeout=PATIENCE, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool, json_serializer=as_json)
    sa.event.listen(engine, "connect", _prepare_readonly if readonly else _prepare)
    sa.event.listen(engine, "begin", _begin)
    try:
        with engine.connect() as connection:
            version = _stored_version(connection)
        if version is None and not readonly:
            _create(engine)
        elif version is not None:
            _bring_up(engine, file, version, readonly=readonly)
    except sa.exc.DatabaseError as error:
        engine.dispose()
        raise _explained(error, file) from error
    except ValueError as error:
        engine.dispose()
        raise damaged(file) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _reading_mode(file: Path) -> str:
    """How a file is opened that may only be read. What a killed or a living writer has not put into it yet stands in
    the log beside it, and is read with the log's index; without a log nothing but the file is needed."""
    log, its_index = (file.with_name(file.name + end) for end in ("-wal", "-shm"))
    if not log.exists() or log.stat().st_size == 0:
        return "?mode=ro&immutable=1"
    if its_index.exists():
        return "?mode=ro"
    raise StoreError(
        f"The catalog {file} was not closed in good order, and cannot be mended where it may only be read.",
        remedy="Make its folder writable once, or copy the library to a place of your own and name that with -L DIR.",
    )


def _quoted(file: Path) -> str:
    from urllib.parse import quote

    return quote(str(file).encode("utf-8", "surrogateescape"))


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    _keep_log(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _keep_log(connection: Any) -> None:
    """Readers and a writer at once need SQLite's write-ahead log. Here it does not wait for others by itself."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _prepare_readonly(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


@contextmanager
def _writing(engine: sa.Engine, patience: float = PATIENCE) -> Iterator[sa.Connection]:
    """One transaction that writes: it waits for its turn, and is stored whole or not at all."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection:
        _wait_for(connection, patience)
        try:
            with connection.begin():
                yield connection
        finally:
            _wait_for(connection, PATIENCE)


def _count(connection: sa.Connection, what: str) -> None:
    more = sa.cast(sa.cast(meta.c.value, sa.Integer) + 1, sa.String)
    counted = connection.execute(sa.update(meta).where(meta.c.key == what).values(value=more)).rowcount
    if not counted:
        connection.execute(sa.insert(meta).values(key=what, value="1"))


def _wait_for(connection: sa.Connection, seconds: float) -> None:
    """Have SQLite wait so long for other writers, from the next transaction on."""
    raw = connection.connection.dbapi_connection
    if raw is not None:
        raw.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")


def _stored_version(connection: sa.Connection) -> int | None:
    if not sa.inspect(connection).has_table("meta"):
        return None
    value = connection.execute(sa.select(meta.c.value).where(meta.c.key == "schema")).scalar()
    if value is not None and not value.isdecimal():
        raise ValueError(f"format {value!r}")
    return int(value) if value is not None else None


def _create(engine: sa.Engine) -> None:
    with _writing(engine) as connection:
        if _stored_version(connection) is not None:  # another process was faster
            return
        metadata.create_all(connection)
        connection.execute(sa.insert(meta).values(key="schema", value=str(SCHEMA_VERSION)))
        connection.execute(sa.insert(meta).values(key="library_id", value=uuid.uuid4().hex))


def _bring_up(engine: sa.Engine, file: Path, version: int, *, readonly: bool) -> None:
    if version > SCHEMA_VERSION:
        raise LibraryTooNew(
            f"The library at {file.parent} was written by a newer songkin (format {version}, this one knows {SCHEMA_VERSION}).",
            remedy="Update songkin: pip install --upgrade songkin.",
        )
    if version == SCHEMA_VERSION:
        return
    if readonly:
        raise StoreError(
            f"The library at {file.parent} has an older format and cannot be written.",
            remedy="Make its folder writable and try again.",
        )
    with _writing(engine) as connection:
        version = _stored_version(connection) or version  # another process may have been faster
        if version < SCHEMA_VERSION:
            _keep_copy(file, version)
        for step in range(version, SCHEMA_VERSION):
            MIGRATIONS[step](connection)
        connection.execute(sa.update(meta).where(meta.c.key == "schema").values(value=str(SCHEMA_VERSION)))


def _keep_copy(file: Path, version: int) -> None:
    """Copy a catalog aside, with what still stands in the log beside it. It appears whole or not at all."""
    kept = file.with_suffix(f".format{version}.bak")
    scratch = file.with_suffix(f".format{version}.new")
    try:
        scratch.unlink(missing_ok=True)
        with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(scratch)) as new:
            old.backup(new)
        os.replace(scratch, kept)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise StoreError(
            f"The library at {file.parent} has an older format, and could not be copied before that changes: {error}.",
            remedy="Make room there and try again; nothing was changed.",
        ) from error


def damaged(file: Path) -> StoreError:
    """The error for a catalog that does not hold what songkin writes."""
    return StoreError(
        f"The catalog {file} is damaged or not a songkin catalog.",
        remedy="Restore it from a backup, or move it away and index again.",
    )


def _explained(error: sa.exc.DatabaseError, file: Path) -> StoreError:
    text = str(error.orig).lower()
    if any(sign in text for sign in _SIGNS_OF_DAMAGE) or not file.is_file():
        return damaged(file)
    if "full" in text or (set(text.split()) & {"i/o", "open"} and shutil.disk_usage(file.parent).free < _LEAST_ROOM):
        return DiskFull(
            f"The disk of {file.parent} is full.",
            remedy="Make room and run the command again; it goes on where it stopped.",
        )
    if "unable to open" in text or "readonly" in text or "disk i/o" in text:
        return StoreError(
            f"The library at {file.parent} cannot be written.",
            remedy="Check the folder's permissions and free space, or choose another with -L DIR.",
        )
    if "locked" in text:
        return StoreError(
            f"The catalog {file} is held by another program.", remedy="Wait until it is done and try again."
        )
    return StoreError(f"The catalog {file} cannot be used: {error.orig}.", remedy="Run `songkin doctor`.")


class Database:
    """One SQL database with transactions whose errors are songkin's. ``because`` is raised where one that is opened
    ``readonly`` is to be written."""

    def __init__(self, file: Path, *, readonly: bool = False, because: StoreError | None = None) -> None:
        self.file = file
        self.readonly = readonly
        self._because = because or StoreError(
            f"The library at {file.parent} can only be read.", remedy="Make its folder writable."
        )
        self._engine = open_engine(file, readonly=readonly)
        self.commits = 0
        """How many transactions were stored through this object."""

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def writing(self, *, patience: float = PATIENCE, counts: str = CONTENT) -> Iterator[sa.Connection]:
        """One transaction: all of it is stored, or nothing. It waits for others at most ``patience`` seconds. ``counts`` is
        the note that counts it: ``OPINIONS`` where votes alone are written, none for what was heard and searched for."""
        if self.readonly:
            raise self._because
        try:
            with _writing(self._engine, patience) as connection:
                yield connection
                if counts:
                    _count(connection, counts)
            self.commits += 1
        except sa.exc.DatabaseError as error:
            raise _explained(error, self.file) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One connection for several questions."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.DatabaseError as error:
            raise _explained(error, self.file) from error

    def rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """All rows of a query."""
        try:
            with self._engine.connect() as connection:
                return connection.execute(query).all()
        except sa.exc.DatabaseError as error:
            raise _explained(error, self.file) from error
        except (ValueError, TypeError) as error:  # what stands in a column is not of its kind
            raise damaged(self.file) from error

    def check(self) -> str:
        """``ok``, or what SQLite's integrity check found."""
        try:
            with self._engine.connect() as connection:
                return str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
        except sa.exc.DatabaseError as error:
            raise _explained(error, self.file) from error


def parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list of ids into pieces that one statement takes."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
