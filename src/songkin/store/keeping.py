"""The whole catalog as plain rows, to be written elsewhere, and put back into one that is empty.

What is made of it (statistics of spaces, radii, the search index) is left out, and so are the library's own notes; of the
statistics those go that a person had made: saved clusters, learned weights. Runs keep
their order: in the catalog they are put into, they are numbered on from its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from songkin.store import schema
from songkin.store.bulk import insert
from songkin.store.database import Database

TABLES: Final[Mapping[str, sa.Table]] = {
    table.name: table
    for table in (
        *(schema.runs, schema.tracks, schema.aliases, schema.claims, schema.playlists, schema.entries, schema.albums),
        *(schema.schedules, schema.statistics, schema.descriptions),
        *(
            schema.own_spaces,
            schema.changes,
            schema.links,
            schema.votes,
            schema.listens,
            schema.searches,
            schema.refused,
        ),
    )
}
"""In an order in which each names only rows of those before it."""

LISTS: Final = frozenset({"artists", "genres", "subgenres", "guessed", "heard_by"})
"""Columns of JSON that hold lists of text; ``before`` may be nothing, all others hold objects."""

CLUSTERS: Final = "clusters:"
"""Begins the names of statistics that saved clusters are filled by."""
BLEND: Final = "blend"
"""Name of the statistic that holds learned weights."""

RESTORED: Final = "restored"
"""Kind of a change that says: this run brought a whole catalog."""

_BLOCK: Final = 1_000
_PATHS: Final = frozenset({("tracks", "path"), ("refused", "path")})
_INNER: Final = frozenset({"indexed_rev"})


class Heap(NamedTuple):
    """Vectors of one output and one kind of number. ``length`` is None where they are of several lengths."""

    output: str
    dtype: str
    many: int
    length: int | None
    total: int


def columns(table: str) -> dict[str, str]:
    """The columns of a table: name -> ``text``, ``integer``, ``number``, ``json``, ``bytes`` or ``path``."""
    found = {}
    for column in TABLES[table].columns:
        kind = column.type
        if column.name in _INNER:
            continue
        if (table, column.name) in _PATHS:
            found[column.name] = "path"
        elif isinstance(kind, sa.JSON):
            found[column.name] = "json"
        elif isinstance(kind, sa.LargeBinary):
            found[column.name] = "bytes"
        elif isinstance(kind, sa.Integer):
            found[column.name] = "integer"
        else:
            found[column.name] = "number" if isinstance(kind, sa.Float) else "text"
    return found


def nullable(table: str) -> frozenset[str]:
    """Columns of a table that may hold nothing."""
    return frozenset(column.name for column in TABLES[table].columns if column.nullable)


def rows(connection: sa.Connection, table: str) -> Iterator[Sequence[Any]]:
    """All rows of a table, in the order of ``columns``."""
    found = TABLES[table]
    query = sa.select(*(found.c[name] for name in columns(table))).order_by(*found.primary_key.columns)
    if found is schema.statistics:
        query = query.where((found.c.name == BLEND) | found.c.name.startswith(CLUSTERS))
    return iter(connection.execute(query.execution_options(yield_per=_BLOCK)))


def heaps(connection: sa.Connection) -> list[Heap]:
    """Which vectors there are."""
    c = schema.vectors.c
    query = sa.select(
        c.output, c.dtype, sa.func.count(), *(f(c.length) for f in (sa.func.min, sa.func.max, sa.func.sum))
    )
    found = connection.execute(query.group_by(c.output, c.dtype).order_by(c.output, c.dtype)).all()
    return [
        Heap(output, dtype, count, low if low == high else None, total)
        for output, dtype, count, low, high, total in found
    ]


def vectors(connection: sa.Connection, heap: Heap) -> Iterator[tuple[str, str, int, bytes]]:
    """(track id, encoder, length, numbers) of each vector, by track."""
    c = schema.vectors.c
    query = sa.select(c.track_id, c.encoder, c.length, c.data).where(c.output == heap.output, c.dtype == heap.dtype)
    for row in connection.execute(query.order_by(c.track_id).execution_options(yield_per=_BLOCK)):
        yield row.track_id, row.encoder, row.length, row.data


def is_kept(statistic: str) -> bool:
    """Whether a statistic of this name is one that a person had made."""
    return statistic == BLEND or statistic.startswith(CLUSTERS)


def empty(connection: sa.Connection) -> bool:
    """Whether a catalog holds nothing yet that a person would miss."""
    tables = (schema.tracks, schema.playlists, schema.albums, schema.own_spaces)
    return all(
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is None for table in tables
    )


def put(connection: sa.Connection, table: str, found: Sequence[Mapping[str, Any]], run: int) -> None:
    """Put rows of a table into an empty catalog; ``run`` is the number of the run that does."""
    target = TABLES[table]
    more = {name: 0 for name in _INNER if name in target.c}
    number = "id" if table == "runs" else "run" if "run" in target.c else ""
    made = [{**row, **more} for row in found]
    for row in made:
        if number and row[number] > 0:
            row[number] += run
        if table == "runs" and row["state"] == "running":
            row["state"] = "killed"
    insert(connection, target, made, replace=table in {"refused", "statistics"})


def mark_restored(connection: sa.Connection, run: int) -> None:
    """Note that this run brought a whole catalog."""
    connection.execute(sa.insert(schema.changes).values(run=run, kind=RESTORED, item=""))


def is_restored(db: Database, run: int) -> bool:
    """Whether this run brought a whole catalog."""
    query = sa.select(schema.changes.c.id).where(schema.changes.c.run == run, schema.changes.c.kind == RESTORED)
    return bool(db.rows(query.limit(1)))
