"""Two tracks that are one song: all that is known of one goes to the other, and can be taken back.

What both have (an embedding of one space, a vote of one listener, a play of one moment) stays with the one that stays.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from songkin.store.claims import JOINED
from songkin.store.schema import aliases, changes, claims, entries, listens, tracks, vectors, votes
from songkin.store.songbook import Songbook

KIND: Final = "joined"
"""Kind of a change that says: this track went into another."""

_BELONGING: Final = (aliases, claims, entries, listens, votes)
"""What names a track; those of the other are not overwritten. Vectors, whose bytes no JSON holds, go apart."""


def join(connection: sa.Connection, run: int, gone: str, stays: str) -> None:
    """Let ``gone``, which has no file, be the same song as ``stays`` from now on. What is said of ``stays`` counts first;
    of two votes of one listener the later one."""
    row = dict(connection.execute(sa.select(tracks).where(tracks.c.id == gone)).mappings().one())
    kept = {table.name: _rows(connection, table, gone) for table in _BELONGING}
    outputs = _outputs(connection, gone) - _outputs(connection, stays) - {"text"}
    songs = Songbook(connection, run)
    songs.note_file([stays])
    overruled = _overruled(connection, kept["votes"], stays)
    for table in _BELONGING:
        here = sa.update(table).where(table.c.track_id == gone)
        values: dict[str, Any] = {"track_id": stays}
        if table is claims:
            values["origin"] = sa.literal(_prefix(gone)) + claims.c.origin
        connection.execute(here.prefix_with("OR IGNORE").values(**values))
    left = {table.name: _rows(connection, table, gone) for table in _BELONGING}
    for output in outputs:
        where = (vectors.c.track_id == gone, vectors.c.output == output)
        connection.execute(sa.update(vectors).where(*where).values(track_id=stays))
    notes = _renamed(connection, gone, stays)
    before = {
        "stays": stays,
        "track": row,
        "rows": kept,
        "left": left,
        "overruled": overruled,
        "outputs": sorted(outputs),
        "notes": notes,
    }
    connection.execute(sa.insert(changes).values(run=run, kind=KIND, item=gone, before=before))
    connection.execute(sa.delete(tracks).where(tracks.c.id == gone))
    songs.alias([(row["key"], stays)])
    songs.merge([stays])
    songs.raise_revs([stays])


def joined_keys(connection: sa.Connection) -> set[str]:
    """Ids under which sources know songs that went into others: what they say of them later is not heard."""
    found: set[str] = set()
    for before in connection.execute(sa.select(changes.c.before).where(changes.c.kind == KIND)).scalars():
        found |= {before["track"]["key"], *(row["key"] for row in before["rows"]["aliases"])}
    return found


def _prefix(gone: str) -> str:
    return f"{JOINED}{gone}:"


def _overruled(connection: sa.Connection, moving: list[dict[str, Any]], stays: str) -> list[dict[str, Any]]:
    """Take away votes on ``stays`` that are older than those of the same listeners that come; what they were."""
    gone = []
    for vote in moving:
        where = (votes.c.track_id == stays, votes.c.user == vote["user"], votes.c.at < vote["at"])
        gone += [dict(row) for row in connection.execute(sa.select(votes).where(*where)).mappings()]
        connection.execute(sa.delete(votes).where(*where))
    return gone


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
        left = before["left"][table.name]
        for row in before["rows"][table.name]:
            if row in left or _moves_back(connection, table, row, gone, stays):
                connection.execute(sa.insert(table).prefix_with("OR IGNORE").values(**row))
    for row in before["overruled"]:
        connection.execute(sa.insert(votes).prefix_with("OR IGNORE").values(**row))
    for output in before["outputs"]:
        where = [vectors.c.track_id == stays, vectors.c.output == output]
        connection.execute(sa.update(vectors).where(*where).values(track_id=gone))
    for number in before["notes"]:
        note = sa.update(changes).where(changes.c.id == number)
        connection.execute(note.values(item=sa.func.replace(changes.c.item, stays, gone)))
    Songbook(connection, 0).merge([stays, gone])
    return [stays, gone]


def _moves_back(connection: sa.Connection, table: sa.Table, row: dict[str, Any], gone: str, stays: str) -> bool:
    """Take a row away from the track that it came to; False where it was changed since, or is there no more."""
    theirs = {**row, "track_id": stays}
    if table is claims:
        theirs["origin"] = _prefix(gone) + row["origin"]
    where = [table.c[column.name] == theirs[column.name] for column in table.primary_key]
    found = connection.execute(sa.select(table).where(*where)).mappings().first()
    if found is None or dict(found) != theirs:
        return False
    connection.execute(sa.delete(table).where(*where))
    return True


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
