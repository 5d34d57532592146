"""What songkin itself wrote, as it may be found after damage: statistics, the index's notes, rows of vectors."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import sqlalchemy as sa

from fuzz import scratch
from songkin.errors import SongkinError
from songkin.spaces import Statistics
from songkin.store import shard
from songkin.store.catalog import Catalog
from songkin.store.schema import tracks, vectors
from songkin.store.vectors import Layout, Space

ID = "12345678-1234-5234-9234-123456789abc"


def one(data: bytes) -> None:
    """The first byte chooses the reader."""
    kind, rest = (data[0] % 4 if data else 0), data[1:]
    try:
        if kind == 0:
            Statistics.unpack(rest)
        elif kind == 3:
            _row(rest)
        else:
            name = ("layout", "state")[kind - 1]
            place = scratch(f"stored/index/{name}.json")
            place.write_bytes(rest)
            (place.parent / "shard").mkdir(exist_ok=True)
            if name == "layout":
                shard.join(shard.read_layout(place.parent, "tracks"), Layout("tracks", (Space("a", 3),), {}))
            else:
                shard.read_state(place.parent)
    except SongkinError as error:
        assert error.remedy, error.message


def _row(rest: bytes) -> None:
    dtype, _, numbers = rest.partition(b"\n")
    with (book := _catalog().vectors).db.writing() as connection:
        connection.execute(sa.update(vectors).values(dtype=dtype.decode("utf-8", "replace"), data=numbers))
    for read in (lambda: book.of([ID], ["pools"]), lambda: book.matrix("pools"), lambda: book.one(ID, "pools")):
        try:
            read()
        except SongkinError as error:
            assert error.remedy


@cache
def _catalog() -> Catalog:
    made = Catalog(scratch("stored/catalog.db"))
    made.vectors.db.file  # noqa: B018
    with made.db.writing() as connection:
        if not connection.execute(sa.select(tracks.c.id)).first():
            needed = {c.name: _filler(c) for c in tracks.c if not c.nullable and c.default is None}
            connection.execute(sa.insert(tracks).values(**{**needed, "id": ID, "key": "k"}))
    made.vectors.put([(ID, "pools", "encoder/1", np.ones(4, np.float32))])
    return made


def _filler(column: sa.Column[object]) -> object:
    kind = column.type.python_type
    return kind() if kind is not object else ""


def seeds() -> list[bytes]:
    """A good one of each."""
    statistics = Statistics(3, {"mean": np.zeros(4, np.float32), "std": np.ones(4, np.float32)})
    layout = {"format": 1, "spaces": [{"name": "a", "dim": 3, "distance": "cosine"}], "fields": {"year": "integer"}}
    state = {"clean": True, "points": 1, "files": {"segments/x": 3}}
    return [
        b"\0" + statistics.pack(),
        b"\1" + json.dumps(layout).encode(),
        b"\2" + json.dumps(state).encode(),
        b"\3<f4\n" + np.ones(4, np.float32).tobytes(),
        b"\3|u1\n" + bytes(7),
    ]
