"""Writing many rows at once, past the machinery that looks at each value again."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import orjson
import sqlalchemy as sa

CACHE_KB: Final = 16_000
"""Memory that SQLite may keep pages in while very many rows are written: ids are spread over the whole of each table."""


def roomy(connection: sa.Connection) -> None:
    """Give this connection room to write very many rows."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KB}")


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from searching ten thousands of rows for cycles, again and again: there are none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def insert(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = False
) -> None:
    """Insert rows that all have the same columns in the same order, with values as Python has them (JSON columns as lists and mappings)."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(sa.insert(table), [dict(row) for row in rows])
        return
    names = tuple(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f"INSERT{' OR REPLACE' if replace else ''} INTO {table.name} ({columns}) VALUES "  # noqa: S608 - our own names
    connection.exec_driver_sql(f"{statement}({', '.join('?' * len(names))})", _values(table, names, rows))


def _values(table: sa.Table, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    encoded = [place for place, name in enumerate(names) if isinstance(table.c[name].type, sa.JSON)]
    values = []
    for row in rows:
        cells = list(row.values())
        for place in encoded:
            cells[place] = as_json(cells[place])
        values.append(tuple(cells))
    return values


def as_json(value: Any) -> str | None:
    """A value as a JSON column holds it."""
    if not value:
        return None if value is None else ("{}" if isinstance(value, Mapping) else "[]")
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half a character that stands for an undecodable byte
        return json.dumps(value)
