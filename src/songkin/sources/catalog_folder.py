"""A whole catalog as songkin exports it: a folder with ``songkin-catalog.json``, which says what is in its other files.

Tables are parquet or CSV, vectors ``.npy`` with a table of whose they are (``exports.catalog_folder`` says how values
stand in them). The other files of the folder are read with that one, and give nothing by themselves. A catalog that
lacks anything is refused whole: half of one would be another library.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import SourceError
from songkin.records import Kept, Records, Remark
from songkin.sources import arrays
from songkin.sources.given import Given, Options, archive_of
from songkin.text import unguarded

KIND: Final = "catalog_folder"
MANIFEST: Final = "songkin-catalog.json"
WHAT: Final = "songkin catalog"
FORMAT: Final = 1
_TABLES: Final = (
    *("runs", "tracks", "aliases", "claims", "playlists", "entries", "albums", "descriptions"),
    *("own_spaces", "changes", "links", "votes", "listens", "searches", "refused"),
    *("schedules", "statistics"),
)
_LATER: Final = frozenset({"schedules", "statistics"})
"""Tables that catalogs of the first songkins have not."""
_PART: Final = re.compile(rf"(?:(?:{'|'.join(_TABLES)}|vectors\..*)\.(?:parquet|csv)|vectors\..*\.npy)", re.DOTALL)
_MOST_MANIFEST: Final = 16 << 20
_MOST_CELL: Final = 256 << 20
_BROKEN: Final = "A catalog is imported whole or not at all: export it again."
_HEAP: Final = {"track_id": "text", "encoder": "text", "length": "integer"}


def owns(given: Given) -> bool:
    """Whether it says what is in a catalog's folder, or lies in such a folder as a part of it."""
    if given.base == MANIFEST:
        return WHAT in given.head(200).decode("utf-8", "replace")
    return bool(_PART.fullmatch(given.base)) and _is_there(_beside(given, MANIFEST))


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """Every row of every table, then the vectors, as ``Kept``. Raises ``SourceError``."""
    if given.base != MANIFEST:
        if not given.root:
            raise SourceError(f"{given.name} is a part of a catalog.", remedy="Import the folder that it lies in.")
        return
    told = _manifest(given)
    made = told.get("made_by")
    yield Remark(f"A whole catalog{f', written by songkin {made}' if isinstance(made, str) else ''}.")
    for name in _TABLES:
        if name in _LATER and name not in told["tables"]:
            continue
        sheet = _Sheet.of(given, told["tables"].get(name), name)
        for number, values in sheet.rows():
            yield Kept(number, name, values)
    for about in told["vectors"]:
        yield from _vectors(given, about)


@dataclass(frozen=True, slots=True)
class _Sheet:
    given: Given
    count: int
    kinds: Mapping[str, str]

    @classmethod
    def of(cls, manifest: Given, about: Any, name: str) -> _Sheet:
        try:
            kinds = {str(column): str(kind) for column, kind in about["columns"].items()}
            return cls(_file(manifest, about["file"]), int(about["rows"]), kinds)
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
            raise SourceError(f"{manifest.name} does not say where its {name} are.", remedy=_BROKEN) from error

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Its rows, numbered from 1. Raises ``SourceError``: a value is not of its kind, rows are missing."""
        count = 0
        with _lines(self.given) as (names, lines):
            if set(names) != set(self.kinds):
                raise SourceError(f"{self.given.name} has not the columns it should have.", remedy=_BROKEN)
            for count, line in enumerate(lines, 1):
                if len(line) != len(names):
                    raise SourceError(f"{self.given.name}, row {count}, is not whole.", remedy=_BROKEN)
                try:
                    yield count, {n: _value(cell, self.kinds[n]) for n, cell in zip(names, line, strict=True)}
                except (ValueError, TypeError, OverflowError, RecursionError) as error:
                    raise SourceError(
                        f"{self.given.name}, row {count}, holds what is not of its kind.", remedy=_BROKEN
                    ) from error
        if count != self.count:
            raise SourceError(f"{self.given.name} has {count:,} rows instead of {self.count:,}.", remedy=_BROKEN)


def _manifest(given: Given) -> dict[str, Any]:
    try:
        told = json.loads(given.head(_MOST_MANIFEST))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{given.name} is damaged.", remedy=_BROKEN) from error
    if not isinstance(told, dict) or told.get("what") != WHAT:
        raise SourceError(f"{given.name} is of no songkin catalog.", remedy=_BROKEN)
    if told.get("format") != FORMAT:
        raise SourceError(
            f"{given.name} was written by another songkin (format {told.get('format')!s:.20}, this one knows {FORMAT}).",
            remedy="Update songkin: pip install --upgrade songkin.",
        )
    if not isinstance(told.get("tables"), dict) or not isinstance(told.get("vectors"), list):
        raise SourceError(f"{given.name} does not say what is in the catalog.", remedy=_BROKEN)
    return told


def _vectors(manifest: Given, about: Any) -> Iterator[Kept]:
    try:
        output, length = str(about["output"]), about["length"]
        ids = _Sheet(_file(manifest, about["ids"]), int(about["rows"]), _HEAP)
        heap = _file(manifest, about["file"])
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise SourceError(f"{manifest.name} does not say where its vectors are.", remedy=_BROKEN) from error
    array = arrays.stored(heap)
    flat = length is None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or array.ndim != (1 if flat else 2):
        raise SourceError(f"{heap.name} holds no vectors.", remedy=_BROKEN)
    end = 0
    for number, values in ids.rows():
        start, end = end, end + (values["length"] or 0 if flat else 1)
        if end > len(array) or end < start:
            raise SourceError(f"{heap.name} has fewer vectors than {ids.given.name} names.", remedy=_BROKEN)
        vector: NDArray[Any] = np.array(array[start:end] if flat else array[start])
        if vector.dtype.kind == "f" and not np.isfinite(vector).all():
            raise SourceError(f"{heap.name}, row {number}, has values that are no finite numbers.", remedy=_BROKEN)
        named = {"track_id": values["track_id"], "encoder": values["encoder"]}
        yield Kept(number, "vectors", {**named, "output": output, "vector": vector})
    if end != len(array):
        raise SourceError(f"{heap.name} has more vectors than {ids.given.name} names.", remedy=_BROKEN)


@contextmanager
def _lines(given: Given) -> Iterator[tuple[Sequence[str], Iterator[list[Any]]]]:
    if given.suffix == ".parquet":
        from songkin.sources import parquet

        with parquet.opened(given) as found:
            yield found.names, found.lines
        return
    before = csv.field_size_limit(_MOST_CELL)  # the history of a long playlist stands in one cell
    try:
        with given.text() as file:
            table = csv.reader(file, strict=True)
            yield next(table, []), ([unguarded(cell) for cell in line] for line in table)
    except csv.Error as error:
        raise SourceError(f"{given.name} cannot be read: {error}.", remedy=_BROKEN) from error
    finally:
        csv.field_size_limit(before)


def _value(cell: Any, kind: str) -> Any:
    """The value of a cell, None where it holds nothing (the empty text is one). Raises ``ValueError``, ``TypeError``."""
    if kind == "text":
        return None if cell is None else _text(cell)
    if cell is None or cell == "":
        return None
    if kind == "integer":
        return int(cell)
    if kind == "number":
        found = float(cell)
        if not np.isfinite(found):
            raise ValueError(cell)
        return found
    if kind == "json":
        return json.loads(cell)
    if kind == "bytes":
        return base64.b64decode(cell, validate=True)
    if kind != "path":
        raise ValueError(kind)
    path = _text(cell)
    return _raw(path) if path.startswith("file:") else path.encode()


def _text(cell: Any) -> str:
    if not isinstance(cell, str):
        raise TypeError(type(cell))
    return cell


def _raw(uri: str) -> bytes:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(uri.removeprefix("file:").removeprefix("//"))


def _file(manifest: Given, name: Any) -> Given:
    """A file of the folder. Raises ``SourceError`` for a name that leads anywhere else, or to nothing."""
    if not isinstance(name, str) or not _PART.fullmatch(name) or set(name) & set("/\\\0"):
        raise SourceError(f"{manifest.name} names a file that is no part of a catalog.", remedy=_BROKEN)
    found = _beside(manifest, name)
    if not _is_there(found):
        raise SourceError(f"{found.name} is missing.", remedy=_BROKEN)
    return found


def _beside(given: Given, name: str) -> Given:
    if given.member:
        return replace(given, member=given.member.rpartition("/")[0] + "/" * ("/" in given.member) + name)
    return replace(given, path=os.path.join(os.path.dirname(given.path), name))


def _is_there(given: Given) -> bool:
    if not given.member:
        return os.path.isfile(given.path)
    try:
        with archive_of(given.path) as archive:
            return given.member in archive.namelist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        return False
