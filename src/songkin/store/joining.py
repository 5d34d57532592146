"""Two tracks that are one song: all that is known of one goes to the other, and can be taken back.

What both have (an embedding of one space, a vote of one listener, a play of one moment) stays with the one that stays.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from songkin.store.schema import aliases, changes, claims, entries, listens, tracks, vectors, votes
from songkin.store.songbook import Songbook

KIND: Final = "joined"
"""Kind of a change that says: this track went into another."""

_BELONGING: Final = (aliases, claims, entries, listens, votes)
"""What names a track; those of the other are not overwritten. Vectors, whose bytes no JSON holds, go apart."""


def join(connection: sa.Connection, run: int, gone: str, stays: str) -> None:
    """Let ``gone``, which has no file, be the same song as ``stays`` from now on."""
    row = dict(connection.execute(sa.select(tracks).where(tracks.c.id == gone)).mappings().one())
    kept = {table.name: _rows(connection, table, gone) for table in _BELONGING}
    outputs = _outputs(connection, gone) - _outputs(connection, stays) - {"text"}
    songs = Songbook(connection, run)
    songs.note_file([stays])
    for table in _BELONGING:
        here = sa.update(table).where(table.c.track_id == gone)
        connection.execute(here.prefix_with("OR IGNORE").values(track_id=stays))
    for output in outputs:
        where = (vectors.c.track_id == gone, vectors.c.output == output)
        connection.execute(sa.update(vectors).where(*where).values(track_id=stays))
    notes = _renamed(connection, gone, stays)
    before = {"stays": stays, "track": row, "rows": kept, "outputs": sorted(outputs), "notes": notes}
    connection.execute(sa.insert(changes).values(run=run, kind=KIND, item=gone, before=before))
    connection.execute(sa.delete(tracks).where(tracks.c.id == gone))
    songs.alias([(row["key"], stays)])
    songs.merge([stays])
    songs.raise_revs([stays])


def has_file(connection: sa.Connection, track: str) -> bool:
    """Whether a track is a file: two files are two recordings, and neither goes into the other."""
    return connection.execute(sa.select(tracks.c.path).where(tracks.c.id == track)).scalar() is not None


def part(connection: sa.Connection, gone: str, before: dict[str, Any]) -> list[str]:
    """Let a track that went into another be one of its own again; the ids of both, where both are there."""
    stays = before["stays"]
    if not connection.execute(sa.select(tracks.c.id).where(tracks.c.id == stays)).first():
        return []
    connection.execute(sa.delete(aliases).where(aliases.c.key == before["track"]["key"]))
    connection.execute(sa.insert(tracks).prefix_with("OR IGNORE").values(**before["track"]))
    for table in _BELONGING:
        for row in before["rows"][table.name]:
            theirs = {**row, "track_id": stays}
            where = [table.c[column.name] == theirs[column.name] for column in table.primary_key]
            went = connection.execute(sa.select(table).where(*where)).mappings().first()
            if went is None or dict(went) != theirs:
                continue  # it was changed since, or was never its
            connection.execute(sa.delete(table).where(*where))
            connection.execute(sa.insert(table).prefix_with("OR IGNORE").values(**row))
    for output in before["outputs"]:
        where = [vectors.c.track_id == stays, vectors.c.output == output]
        connection.execute(sa.update(vectors).where(*where).values(track_id=gone))
    for number in before["notes"]:
        note = sa.update(changes).where(changes.c.id == number)
        connection.execute(note.values(item=sa.func.replace(changes.c.item, stays, gone)))
    Songbook(connection, 0).merge([stays, gone])
    return [stays, gone]


def _renamed(connection: sa.Connection, gone: str, stays: str) -> list[int]:
    """What runs replaced of the one that goes is the other's now; the numbers of these notes."""
    mine = changes.c.kind.in_(("vector", "vote")) & changes.c.item.startswith(f"{gone} ")
    found = list(connection.execute(sa.select(changes.c.id).where(mine)).scalars())
    connection.execute(sa.update(changes).where(mine).values(item=sa.func.replace(changes.c.item, gone, stays)))
    return found


def _rows(connection: sa.Connection, table: sa.Table, track: str) -> list[dict[str, Any]]:
    found = connection.execute(sa.select(table).where(table.c.track_id == track))
    return [dict(row) for row in found.mappings()]


def _outputs(connection: sa.Connection, track: str) -> set[str]:
    return set(connection.execute(sa.select(vectors.c.output).where(vectors.c.track_id == track)).scalars())
