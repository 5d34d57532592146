"""Tables with vectors: rows of a CSV or parquet that belong to rows of a ``.npy``, or that hold the vectors themselves.

- The ``.npy`` is the one that was named, else the one beside the table that has as many rows; one that is called like a
  table (``payload.npy``, ``payload_clap.npy``) belongs to that table alone. Any dimension will do.
- Row i of the table belongs to row i of the vectors, unless a column ``index`` says which (counted from 0 or from 1).
- As many vectors as rows, or the whole is refused: nobody could say which belong together.
- A vector that is not finite or all zero is left out; its song is kept. A second row with the same id is left out whole.
- Tables may have no names at all: songs are then numbered, and marked as having made-up names.
- A column ``vector`` or ``embedding`` (lists in parquet, ``[0.1, 0.2]`` in CSV), or an ``.npz`` with vectors and arrays
  of ids, names … of the same length, is a bundle in one file.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import SourceError
from songkin.records import BadRow, Record, Records, Remark, Song
from songkin.sources import arrays, cells, columns, headings, rows
from songkin.sources.columns import Row, Table
from songkin.sources.given import Given, Options, archive_of

KIND: Final = "bundle"
_UNKNOWN: Final = "Unknown artist"
_NUMBERS: Final = re.compile(r"[\[\](),;\s]+")
_MOST_DIMENSIONS: Final = 65_536

Vector = NDArray[np.float32]
Find = Callable[[Row], Vector | str]


def owns(given: Given) -> bool:
    """Whether it is a table of songs with vectors in it or beside it, or a file of vectors."""
    if given.suffix == ".npz":
        return given.head(2) == b"PK"
    if given.suffix == ".npy":
        return arrays.is_npy(given)
    table = columns.glance(given)
    if table is None or rows.of_albums(table):
        return False
    if "vector" in table.places:
        return True
    beside = _beside(given, (".npy",))
    if not beside or "added_at" in table.places:
        return False
    if _fitting(given, beside) is not None:
        return True
    alone = len(beside) == 1 and not _beside(given, columns.SUFFIXES)  # then the two belong together, or one is wrong
    return alone and bool({"title", "id"} & set(table.places))


def read(given: Given, options: Options) -> Records:
    """Its columns, songs with their vectors, and bad rows. Raises ``SourceError``."""
    if given.suffix == ".npy":
        yield _belongs_to(given)
    elif given.suffix == ".npz":
        with _arrays_as_table(given, options) as (table, vectors):
            yield from _songs(table, _by_place(vectors), arrays.space_name(options.space, given))
    else:
        yield from _table(given, options)


def _table(given: Given, options: Options) -> Iterator[Record]:
    with columns.opened(given, options) as table:
        if options.vectors is None and "vector" in table.places:
            yield from _songs(table, _in_column(), arrays.space_name(options.space, given))
            return
        if options.vectors and "added_at" in table.places:
            yield Remark("Its playlist was left out; import it without --vectors, too, to have that.")
        order = _Order.of(table)
    beside = _beside(given, (".npy",))
    source = options.vectors or _fitting(given, beside, order.rows)
    if source is None:
        sizes = ", ".join(f"{one.base} has {arrays.shape(one)[:1] or '?'}" for one in beside)
        raise SourceError(
            f"{given.name} has {order.rows:,} rows, and no file of vectors beside it has as many ({sizes or 'none is there'}).",
            remedy="Name it with --vectors, or import the table without vectors: --as songs.",
        )
    vectors = arrays.load(source)
    if len(vectors) != order.rows:
        raise SourceError(
            f"{given.name} has {order.rows:,} rows and {source.name} has {len(vectors):,} vectors.",
            remedy="Give the vectors that belong to this table: one for each row.",
        )
    space = arrays.space_name(options.space, source)
    size = f"{len(vectors):,} × {vectors.shape[1]:,}"
    yield Remark(f"Its vectors are the rows of {source.base} ({size}); their space is called {space}.")
    if order.said:
        yield Remark(order.said)
    with columns.opened(given, options) as table:
        yield from _songs(table, order.find(vectors), space)


def _songs(table: Table, find: Find, space: str) -> Iterator[Record]:
    maker = rows.Maker.of(table)
    yield table.columns()
    yield from maker.remarks
    nameless = not {"title", "artists"} & set(table.places)
    seen: set[str] = set()
    for row in table.rows():
        if isinstance(row, BadRow):
            yield row
            continue
        song = maker.song(row)
        if song.key and song.key in seen:
            yield BadRow(row.number, f"has the id of an earlier row ({song.key})", "Leave one of them out.")
            continue
        seen.add(song.key)
        song = _named(maker, song, nameless)
        found = find(row)
        if isinstance(found, str):
            yield BadRow(row.number, f"{found}; its song is kept without", "Compute the vector again.")
            yield song
        else:
            yield replace(song, vectors={space: found})
    yield from maker.left.told()


def _named(maker: rows.Maker, song: Song, nameless: bool) -> Song:
    song = maker.named(song)
    return replace(song, artists=(_UNKNOWN,), placeholder=True) if nameless and not song.artists else song


@dataclass(slots=True)
class _Order:
    """Which vector belongs to which row. ``places`` by a row's number, None: as they stand; -1: none."""

    rows: int
    places: dict[int, int] | None = None
    said: str = ""

    @classmethod
    def of(cls, table: Table) -> _Order:
        """Learnt from all of a table."""
        if "index" not in table.places:
            return cls(table.count())
        place, values = table.places["index"], []
        for line in table.lines:
            said = cells.number(line[place]) if isinstance(line, list) and len(line) > place else None
            values.append(int(said) if said is not None and said.is_integer() else -1)
        count, heading = len(values), table.headings[place]
        low = 1 if 0 not in values and count in values else 0
        taken: set[int] = set()
        places: dict[int, int] = {}
        for number, value in enumerate(values, 1):
            at = value - low
            places[number] = at if 0 <= at < count and at not in taken else -1
            taken.add(at)
        if sum(at < 0 for at in places.values()) * 10 > count:
            return cls(count, None, f"The column “{heading}” does not number the vectors, so row belongs to row.")
        return cls(count, places, "")

    def find(self, vectors: NDArray[Any]) -> Find:
        """The vector of a row."""
        places = self.places
        if places is None:
            return _by_place(vectors)

        def found(row: Row) -> Vector | str:
            at = places.get(row.number, -1)
            return arrays.usable(vectors[at]) if at >= 0 else "has an index that is no row of the vectors"

        return found


def _by_place(vectors: NDArray[Any]) -> Find:
    return lambda row: arrays.usable(vectors[row.number - 1])


def _in_column() -> Find:
    """Vectors that stand in the rows themselves; the first says how long they are."""
    size = 0

    def found(row: Row) -> Vector | str:
        nonlocal size
        cell = row.cells.get("vector")
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return "has no vector"
        try:
            values = np.asarray(_NUMBERS.sub(" ", cell).split() if isinstance(cell, str) else cell, dtype=np.float64)
        except (ValueError, TypeError, OverflowError):
            return "has a vector that is not written out as numbers"
        if values.ndim != 1 or not 0 < len(values) <= _MOST_DIMENSIONS:
            return "has a vector that is no list of numbers"
        vector = arrays.usable(values)
        if isinstance(vector, str):
            return vector
        size = size or len(vector)
        return vector if len(vector) == size else f"has a vector of {len(vector):,} numbers; the first has {size:,}"

    return found


@contextmanager
def _arrays_as_table(given: Given, options: Options) -> Iterator[tuple[Table, NDArray[Any]]]:
    with arrays.members(given) as found:
        flat = {name: array for name, array in found.items() if array.ndim == 2 and array.dtype.kind == "f"}
        if not flat:
            raise SourceError(
                f"{given.name} holds no vectors: no array of floats in two dimensions.", remedy="Save one as “vectors”."
            )
        wanted = [name for name in flat if headings.match([name]).get("vector") == 0]
        vectors = flat[wanted[0]] if wanted else max(flat.values(), key=len)
        beside = {name: array for name, array in found.items() if array.ndim == 1 and len(array) == len(vectors)}
        if not beside:
            raise SourceError(
                f"{given.name} has {len(vectors):,} vectors and no array of as many ids.", remedy="Save one as “id”."
            )
        table = columns.of_rows(given, tuple(beside), zip(*map(_as_cells, beside.values()), strict=True), options)
        yield table, vectors


def _as_cells(array: NDArray[Any]) -> list[Any]:
    return [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in array.tolist()]


def _belongs_to(given: Given) -> Remark:
    """What to say of a file of vectors that was given itself. Raises ``SourceError`` if no table goes with it."""
    for table in _beside(given, columns.SUFFIXES):
        if owns(table) and _fitting(table, [given]) is not None:
            return Remark(f"Its vectors are read together with {table.base}.")
    raise SourceError(
        f"{given.name} has vectors and does not say of which songs.",
        remedy="Import the table that its rows belong to, and name this file with --vectors.",
    )


def _beside(given: Given, suffixes: tuple[str, ...]) -> list[Given]:
    """The files of these kinds that lie beside it, in the same folder or in the same folder of the zip."""
    if not given.member:
        folder = os.path.dirname(given.path)
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            raise SourceError(f"{given.name}: its folder cannot be listed ({error.strerror}).") from error
        found = [replace(given, path=os.path.join(folder, name)) for name in names if not name.startswith(".")]
        return [one for one in found if one.suffix in suffixes and os.path.isfile(one.path) and one.path != given.path]
    try:
        with archive_of(given.path) as archive:
            members = [replace(given, member=name) for name in sorted(archive.namelist())]
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{given.name} cannot be read: {error}.", remedy="Fetch it again.") from error
    folder = os.path.dirname(given.member)
    near = [one for one in members if os.path.dirname(one.member) == folder and one.member != given.member]
    return [one for one in near if one.suffix in suffixes]


def _fitting(given: Given, beside: list[Given], count: int | None = None) -> Given | None:
    """The one file of vectors that has as many rows as the table; None if none has, or several have. Where vectors are
    called like the table, these are meant, and those that are called like another table never."""
    shapes = {one.name: arrays.shape(one) for one in beside}
    if not any(len(found) == 2 for found in shapes.values()):
        return None
    if count is None:
        with columns.opened(given, Options()) as table:
            count = table.count()
    fits = [one for one in beside if len(shapes[one.name]) == 2 and shapes[one.name][0] == count]
    tables = _beside(given, columns.SUFFIXES)
    fits = [one for one in fits if _called_like(one, given)] or [
        one for one in fits if not any(_called_like(one, table) for table in tables)
    ]
    return fits[0] if len(fits) == 1 else None


def _called_like(vectors: Given, table: Given) -> bool:
    """Whether vectors have the name of a table, perhaps with more behind it (``payload_clap.npy``)."""
    name, stem = vectors.stem.casefold(), table.stem.casefold()
    return name == stem or (name.startswith(stem) and not name[len(stem)].isalnum())
