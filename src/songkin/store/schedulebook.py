"""Playlists that songkin fills by itself: of what, how often, and when it did last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from songkin.store.database import Database
from songkin.store.schema import schedules

EVERY: Final = ("day", "week", "month")
"""How often a playlist may be filled."""


class Schedule(NamedTuple):
    """``every`` is one of ``EVERY``, or empty for a list that is filled when that is asked for;
    ``filled_at`` in seconds since 1970."""

    playlist: str
    rule: Mapping[str, Any]
    every: str
    filled_at: float


class Schedules:
    """Reads and writes them. They go with their playlists."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def all(self) -> list[Schedule]:
        """Every one, by the playlist's id."""
        return [_schedule(row) for row in self.db.rows(sa.select(schedules).order_by(schedules.c.playlist_id))]

    def of(self, playlist: str) -> Schedule | None:
        """That of one playlist."""
        rows = self.db.rows(sa.select(schedules).where(schedules.c.playlist_id == playlist))
        return _schedule(rows[0]) if rows else None

    def put(self, found: Sequence[Schedule]) -> None:
        """Write these, whatever was written of their playlists before."""
        with self.db.writing() as connection:
            for each in found:
                connection.execute(sa.delete(schedules).where(schedules.c.playlist_id == each.playlist))
                row = {"playlist_id": each.playlist, "rule": dict(each.rule), "every": each.every}
                connection.execute(sa.insert(schedules).values(**row, filled_at=each.filled_at))


def _schedule(row: sa.Row[Any]) -> Schedule:
    return Schedule(row.playlist_id, row.rule, row.every, row.filled_at)
