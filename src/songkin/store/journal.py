"""What happened to the library: runs, and files that were not taken."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from songkin.models import Refusal
from songkin.store.database import Database, parts
from songkin.store.schema import meta, refused, runs


class Journal:
    """Refused files, runs and the library's own notes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def refuse(
        self,
        path: str,
        reason: str,
        remedy: str = "",
        size: int | None = None,
        mtime_ns: int | None = None,
        deaths: int = 0,
    ) -> None:
        """Remember that a file was not taken, and why."""
        with self.db.writing() as connection:
            connection.execute(sa.delete(refused).where(refused.c.path == os.fsencode(path)))
            connection.execute(
                sa.insert(refused).values(
                    path=os.fsencode(path),
                    reason=reason,
                    remedy=remedy,
                    size=size,
                    mtime_ns=mtime_ns,
                    deaths=deaths,
                    at=time.time(),
                )
            )

    def refusals(self) -> dict[str, tuple[Refusal, int | None, int | None, int]]:
        """path -> (refusal, size, mtime_ns, worker deaths)."""
        rows = self.db.rows(sa.select(refused).order_by(refused.c.path))
        found = {}
        for row in rows:
            path = os.fsdecode(row.path)
            found[path] = (Refusal(path, row.reason, row.remedy), row.size, row.mtime_ns, row.deaths)
        return found

    def forget_refusals(self, paths: Sequence[str]) -> None:
        """Forget refused files (they are gone, or to be tried again)."""
        with self.db.writing() as connection:
            for part in parts(paths):
                connection.execute(sa.delete(refused).where(refused.c.path.in_([os.fsencode(path) for path in part])))

    def begin_run(self, command: str, arguments: Mapping[str, Any]) -> int:
        """Note that a run began; returns its number. Whoever calls this holds the library, so that a run which still
        seems to go on was killed."""
        with self.db.writing() as connection:
            connection.execute(sa.update(runs).where(runs.c.state == "running").values(state="killed"))
            result = connection.execute(
                sa.insert(runs).values(
                    command=command, arguments=dict(arguments), state="running", started_at=time.time(), counts={}
                )
            )
            return int(result.inserted_primary_key[0]) if result.inserted_primary_key else 0

    def end_run(self, run: int, state: str, counts: Mapping[str, Any]) -> None:
        """Note how a run ended."""
        with self.db.writing() as connection:
            connection.execute(
                sa.update(runs).where(runs.c.id == run).values(state=state, ended_at=time.time(), counts=dict(counts))
            )

    def last_runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        return [dict(row._mapping) for row in self.db.rows(sa.select(runs).order_by(runs.c.id.desc()).limit(limit))]

    def note(self, key: str, value: str | None = None) -> str:
        """Read, or with ``value`` write, one line of the library's notes."""
        if value is not None:
            with self.db.writing() as connection:
                connection.execute(sa.delete(meta).where(meta.c.key == key))
                connection.execute(sa.insert(meta).values(key=key, value=value))
            return value
        rows = self.db.rows(sa.select(meta.c.value).where(meta.c.key == key))
        return str(rows[0][0]) if rows else ""
