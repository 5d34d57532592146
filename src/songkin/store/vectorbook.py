"""Raw vectors of the catalog, and what was fitted over them: statistics and hub radii."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from songkin.errors import StoreError
from songkin.spaces import TABLE_ENCODER, table_row
from songkin.store.database import Database, parts
from songkin.store.rows import Array
from songkin.store.schema import reach, statistics, tracks, vectors

_DESCRIBED: Final = sa.cast(tracks.c.table_features, sa.String) != "{}"
"""Whether a table tells of a track."""


class VectorBook:
    """Every vector as the encoder gave it, with the encoder's fingerprint beside it."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def put(self, rows: Iterable[tuple[str, str, str, Array]]) -> None:
        """Store (track id, output, encoder, vector) rows, replacing older ones."""
        given = list(rows)
        if not given:
            return
        mine, column = tracks.c.id == sa.bindparam("track"), vectors.c
        old = sa.delete(vectors).where(column.track_id == sa.bindparam("track"), column.output == sa.bindparam("named"))
        with self.db.writing() as connection:
            connection.execute(old, [{"track": row[0], "named": row[1]} for row in given])
            add_vectors(connection, given)
            connection.execute(
                sa.update(tracks).where(mine).values(rev=tracks.c.rev + 1), [{"track": row[0]} for row in given]
            )

    def one(self, track: str, output: str) -> Array | None:
        """One stored vector."""
        return self.of([track], (output,)).get(track, {}).get(output)

    def of(self, ids: Sequence[str], outputs: Sequence[str]) -> dict[str, dict[str, Array]]:
        """Stored vectors: id -> output -> array."""
        found: dict[str, dict[str, Array]] = {}
        for part in parts(ids):
            for row in self.db.rows(
                sa.select(vectors).where(vectors.c.track_id.in_(part), vectors.c.output.in_(outputs))
            ):
                found.setdefault(row.track_id, {})[row.output] = _numbers(row)
            if "table" in outputs:
                for i, numbers in self._tables(part):
                    found.setdefault(i, {})["table"] = numbers
        return found

    def _tables(self, ids: Sequence[str]) -> Iterator[tuple[str, Array]]:
        """The output ``table`` of tracks: it is not stored, for it is made of what tables say in no time."""
        for row in self.db.rows(sa.select(tracks.c.id, tracks.c.table_features).where(tracks.c.id.in_(ids))):
            numbers = table_row(row.table_features) if row.table_features else None
            if numbers is not None:
                yield row.id, numbers

    def matrix(self, output: str, encoder: str | None = None) -> tuple[list[str], Array]:
        """All vectors of one output with fixed length, as (ids, float32 (n, d)), ordered by id."""
        query = (
            sa.select(vectors.c.track_id, vectors.c.data).where(vectors.c.output == output).order_by(vectors.c.track_id)
        )
        if encoder is not None:
            query = query.where(vectors.c.encoder == encoder)
        rows = self.db.rows(query)
        ids = [row.track_id for row in rows]
        if not ids:
            return [], np.zeros((0, 0), np.float32)
        size = len(rows[0].data)
        if odd := [row.track_id for row in rows if len(row.data) != size or size % 4]:
            raise _damaged(output, odd[0])
        return ids, np.frombuffer(b"".join(row.data for row in rows), np.float32).reshape(len(ids), -1)

    def drop_others(self, output: str, prefix: str) -> None:
        """Remove the vectors of ``output`` whose encoder does not begin so."""
        others = sa.and_(vectors.c.output == output, ~vectors.c.encoder.startswith(prefix, autoescape=True))
        with self.db.writing() as connection:
            gone = sa.select(vectors.c.track_id).where(others)
            connection.execute(sa.update(tracks).where(tracks.c.id.in_(gone)).values(rev=tracks.c.rev + 1))
            connection.execute(sa.delete(vectors).where(others))

    def encoders_of(self, output: str) -> dict[str, str]:
        """Which encoder made the stored vectors of ``output``: track id -> fingerprint."""
        query = sa.select(vectors.c.track_id, vectors.c.encoder).where(vectors.c.output == output)
        return {row.track_id: row.encoder for row in self.db.rows(query)}

    def having(self, output: str, encoder: str) -> list[str]:
        """Ids of the tracks of which this encoder made this output, sorted."""
        if output == "table":
            query = sa.select(tracks.c.id).where(_DESCRIBED)
        else:
            query = sa.select(vectors.c.track_id.label("id"))
            query = query.where(vectors.c.output == output, vectors.c.encoder == encoder)
        return sorted(row.id for row in self.db.rows(query))

    def origins(self, track: str) -> dict[str, str]:
        """Which vectors a track has, and the encoder of each: output -> fingerprint."""
        rows = self.db.rows(sa.select(vectors.c.output, vectors.c.encoder).where(vectors.c.track_id == track))
        told = {"table": TABLE_ENCODER} if any(True for _ in self._tables([track])) else {}
        return {**{row.output: row.encoder for row in rows}, **told}

    def counts(self) -> list[tuple[str, str, int]]:
        """(output, encoder, how many vectors)."""
        c = vectors.c
        query = (
            sa.select(c.output, c.encoder, sa.func.count()).group_by(c.output, c.encoder).order_by(c.output, c.encoder)
        )
        described = sa.select(sa.func.count()).where(_DESCRIBED)
        tables = int(self.db.rows(described)[0][0])
        return [*(tuple(row) for row in self.db.rows(query)), *([("table", TABLE_ENCODER, tables)] if tables else [])]

    def statistic(self, name: str) -> tuple[int, str, int, bytes] | None:
        """(version, encoder, fitted on how many, data) of what was fitted for a space."""
        rows = self.db.rows(
            sa.select(statistics.c.version, statistics.c.encoder, statistics.c.fitted_on, statistics.c.data).where(
                statistics.c.name == name
            )
        )
        return tuple(rows[0]) if rows else None

    def put_statistic(self, name: str, encoder: str, fitted_on: int, data: bytes) -> int:
        """Replace what was fitted for a space; returns its new version."""
        old = self.statistic(name)
        version = old[0] + 1 if old else 1
        with self.db.writing() as connection:
            connection.execute(sa.delete(statistics).where(statistics.c.name == name))
            connection.execute(
                sa.insert(statistics).values(
                    name=name, version=version, encoder=encoder, fitted_on=fitted_on, data=data
                )
            )
        return version

    def put_reach(self, space: str, radii: Mapping[str, float], *, replace: bool) -> None:
        """Store hub radii of a space."""
        with self.db.writing() as connection:
            if replace:
                connection.execute(sa.delete(reach).where(reach.c.space == space))
            for part in parts(list(radii)):
                connection.execute(sa.delete(reach).where(reach.c.space == space, reach.c.track_id.in_(part)))
                connection.execute(
                    sa.insert(reach), [{"track_id": i, "space": space, "radius": radii[i]} for i in part]
                )

    def reach_of(self, ids: Sequence[str]) -> dict[str, dict[str, float]]:
        """space -> id -> radius."""
        # The ids go as one JSON text: to make a statement of a thousand of them takes longer than to look them up.
        given = sa.func.json_each(json.dumps(list(ids))).table_valued("value")
        query = sa.select(reach.c.space, reach.c.track_id, reach.c.radius)
        found: dict[str, dict[str, float]] = {}
        for row in self.db.rows(query.where(reach.c.track_id.in_(sa.select(given.c.value)))):
            found.setdefault(row.space, {})[row.track_id] = row.radius
        return found


def _numbers(row: sa.Row[Any]) -> Array:
    try:
        found = np.frombuffer(row.data, dtype=row.dtype)
    except (TypeError, ValueError, SyntaxError) as error:  # a kind of number that there is none of, half a number
        raise _damaged(row.output, row.track_id) from error
    if found.dtype.kind not in "fiu":
        raise _damaged(row.output, row.track_id)
    return found


def _damaged(output: str, track: str) -> StoreError:
    return StoreError(
        f"The vector {output} of the song {track} is damaged in the catalog.",
        remedy="`songkin forget` the song and index its file again, or go back to a copy of the catalog.",
    )


def put_vectors(connection: sa.Connection, track: str, found: Mapping[str, tuple[str, Array]]) -> None:
    """Write the vectors of one track inside a transaction."""
    for output in found:
        connection.execute(sa.delete(vectors).where(vectors.c.track_id == track, vectors.c.output == output))
    add_vectors(connection, [(track, output, encoder, vector) for output, (encoder, vector) in found.items()])


def add_vectors(connection: sa.Connection, rows: Sequence[tuple[str, str, str, Array]]) -> None:
    """Write (track id, output, encoder, vector) that are not there yet, inside a transaction."""
    for track, output, _, vector in rows:
        if vector.dtype.kind == "f" and not np.isfinite(vector).all():
            raise StoreError(
                f"The vector {output} of {track} is not finite.",
                remedy="This is a fault of the encoder; please report it.",
            )
    made = [
        {
            "track_id": track,
            "output": output,
            "encoder": encoder,
            "dtype": vector.dtype.str,
            "length": vector.size,
            "data": np.ascontiguousarray(vector).tobytes(),
        }
        for track, output, encoder, vector in rows
    ]
    if made:
        connection.execute(sa.insert(vectors), made)
