"""Files of very many playlists that were taken in and have not changed since: a second import passes them by.

What a slice brought is known by its playlists (``playlists.origin``). Where one of them is gone, or has lost a song, the
slice is read again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from songkin.store.database import Database
from songkin.store.schema import entries, playlists, slices


def note(connection: sa.Connection, run: int, name: str, state: tuple[int, int]) -> None:
    """Remember that a file with this size and time of change (ns) was taken in."""
    lists = connection.execute(_lists(name)).scalar_one()
    connection.execute(sa.delete(slices).where(slices.c.name == name))
    row = {"name": name, "size": state[0], "mtime_ns": state[1], "lists": lists, "run": run}
    connection.execute(sa.insert(slices).values(**row))


def brought(db: Database, name: str, state: tuple[int, int]) -> tuple[int, set[str]] | None:
    """How many playlists a file brought and the ids of their songs; None where it is to be read (again)."""
    row = next(iter(db.rows(sa.select(slices).where(slices.c.name == name))), None)
    if row is None or (row.size, row.mtime_ns) != state or row.lists != db.rows(_lists(name))[0][0]:
        return None
    mine = sa.select(playlists.c.id).where(playlists.c.origin == name)
    songs = {
        each[0] for each in db.rows(sa.select(entries.c.track_id).where(entries.c.playlist_id.in_(mine)).distinct())
    }
    return None if None in songs else (row.lists, songs)


def _lists(name: str) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(playlists).where(playlists.c.origin == name)
