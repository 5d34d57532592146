"""A whole catalog in a folder that other programs can read: a table each as parquet (CSV where pyarrow is not
installed), the vectors of each output as ``.npy`` with a table of whose they are, and ``songkin-catalog.json``, which
says what is in which file.

Values stand as they are; lists and objects as JSON, bytes in base64, a path that is no text as its ``file:`` URI. In CSV
a cell that a spreadsheet would run has an apostrophe in front. The vectors of an output stand in one array of rows; where
they are of several lengths, one after another in one row, with their lengths in the table.

The folder is complete or not there: it is written beside its place and moved to it.
"""

from __future__ import annotations

import base64
import csv
import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from songkin.errors import DiskFull, ExportError, StoreError
from songkin.exports.places import file_uri
from songkin.text import guarded

MANIFEST: Final = "songkin-catalog.json"
WHAT: Final = "songkin catalog"
FORMAT: Final = 1
_BATCH: Final = 1_000
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ARROW: Final = {"integer": "int64", "number": "float64"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its columns with their kinds (``text``, ``integer``, ``number``, ``json``, ``bytes``, ``path``), its
    rows."""

    name: str
    columns: Mapping[str, str]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors of one output: their kind of number, how many they are, of what length (None: of several), how many
    numbers in all, and (track, encoder, length, bytes) of each."""

    output: str
    dtype: str
    many: int
    length: int | None
    total: int
    rows: Iterable[tuple[str, str, int, bytes]]


@dataclass(slots=True)
class _Writer:
    folder: Path
    parquet: Any
    tables: dict[str, Any] = field(default_factory=dict)
    vectors: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def sheet(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> tuple[str, int]:
        """Write a table; its file's name, and how many rows it has."""
        file = f"{name}.{'parquet' if self.parquet else 'csv'}"
        self.files.append(file)
        write = self._as_parquet if self.parquet else self._as_csv
        kinds = tuple(columns.values())
        cells = ([_cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows)
        return file, write(self.folder / file, columns, cells)

    def _as_csv(self, path: Path, columns: Mapping[str, str], rows: Iterator[list[Any]]) -> int:
        count = 0
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file)
            table.writerow(columns)
            for row in rows:
                table.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
                count += 1
            _settled(file)
        return count

    def _as_parquet(self, path: Path, columns: Mapping[str, str], rows: Iterator[list[Any]]) -> int:
        import pyarrow

        kinds = [(name, getattr(pyarrow, _ARROW.get(kind, "string"))()) for name, kind in columns.items()]
        schema, count = pyarrow.schema(kinds), 0
        with path.open("xb") as file:
            with self.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
                while block := list(islice(rows, _BATCH)):
                    arrays = [
                        pyarrow.array(cells, kind)
                        for cells, (_, kind) in zip(zip(*block, strict=True), kinds, strict=True)
                    ]
                    writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
                    count += len(block)
            _settled(file)
        return count

    def heap(self, heap: Vectors) -> None:
        """Write the vectors of an output."""
        base = name = "vectors." + re.sub(r"[^A-Za-z0-9_-]+", ".", heap.output)
        while f"{name}.npy" in self.files:  # another output, or other numbers, under nearly the same name
            name = f"{base}.{len(self.vectors)}"
        self.files.append(f"{name}.npy")
        shape = (heap.total,) if heap.length is None else (heap.many, heap.length)
        columns = {"track_id": "text", "encoder": "text", "length": "integer"}
        with (self.folder / f"{name}.npy").open("xb") as file:
            head = {"descr": np.lib.format.dtype_to_descr(np.dtype(heap.dtype)), "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, head)
            ids, count = self.sheet(name, columns, _numbers_to(file, heap))
            _settled(file)
        told = {"output": heap.output, "file": f"{name}.npy", "ids": ids, "rows": count, "length": heap.length}
        self.vectors.append(told)


def write(
    folder: str, sheets: Iterable[Sheet], heaps: Iterable[Vectors], about: Mapping[str, Any], *, force: bool
) -> tuple[list[str], dict[str, int]]:
    """Write a catalog, and say which files, and how many rows each table has; ``about`` goes into its ``songkin-catalog.json``. With ``force`` an older
    one is replaced, and nothing else ever is. Raises ``ExportError``, ``DiskFull``."""
    shown = os.fsencode(folder).decode("utf-8", "replace")
    place = Path(os.path.realpath(folder))
    _check(place, shown, force=force)
    scratch = place.with_name(f".songkin-{secrets.token_hex(6)}.part")
    try:
        try:
            scratch.mkdir(parents=True)
            writer = _Writer(scratch, _pyarrow())
            for sheet in sheets:
                file, count = writer.sheet(sheet.name, sheet.columns, sheet.rows)
                writer.tables[sheet.name] = {"file": file, "rows": count, "columns": dict(sheet.columns)}
            for heap in heaps:
                writer.heap(heap)
            told = {"what": WHAT, "format": FORMAT, **about, "tables": writer.tables, "vectors": writer.vectors}
            with (scratch / MANIFEST).open("x", encoding="utf-8") as file_:
                json.dump(told, file_, indent=1)
                _settled(file_)
            _moved(scratch, place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFull(f"There is no room for {shown}.", remedy="Free some space, or write elsewhere.") from error
        raise ExportError(
            f"{shown} cannot be written: {(error.strerror or str(error)).lower()}.", remedy="Write to another folder."
        ) from error
    counts = {name: sheet["rows"] for name, sheet in writer.tables.items()}
    return [os.path.join(folder, file) for file in (MANIFEST, *writer.files)], counts


def has_parquet() -> bool:
    """Whether tables are written as parquet here."""
    return _pyarrow() is not None


def _pyarrow() -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        return None
    return parquet


def _check(place: Path, shown: str, *, force: bool) -> None:
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise ExportError(f"{shown} is a file.", remedy="A catalog is a folder: give another name.")
    names = set(os.listdir(place))
    if names and names != _listed(place):
        raise ExportError(f"{shown} holds other things.", remedy="Give the name of a folder that is not there yet.")
    if names and not force:
        raise ExportError(f"{shown} is there already.", remedy="Give another name, or --force to replace it.")


def _listed(place: Path) -> set[str]:
    """The files of the catalog that lies there, if there is one."""
    try:
        told = json.loads((place / MANIFEST).read_text("utf-8"))
        sheets = [sheet["file"] for sheet in told["tables"].values()]
        return {MANIFEST, *sheets, *(heap[name] for heap in told["vectors"] for name in ("file", "ids"))}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return set()


def _moved(scratch: Path, place: Path) -> None:
    old = scratch.with_suffix(".old")
    if os.path.lexists(place):
        os.rename(place, old)
    try:
        os.rename(scratch, place)
    except OSError:
        with suppress(OSError):
            os.rename(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _numbers_to(file: BinaryIO, heap: Vectors) -> Iterator[tuple[str, str, int]]:
    """Write the numbers while the table of whose they are is written."""
    size = np.dtype(heap.dtype).itemsize
    for track, encoder, length, data in heap.rows:
        if len(data) != length * size:
            raise StoreError(
                f"The vector {heap.output} of the song {track} is damaged in the catalog.",
                remedy="`songkin forget` the song and index its file again, or go back to a copy of the catalog.",
            )
        file.write(data)
        yield track, encoder, length


def _cell(value: Any, kind: str) -> Any:
    if value is None or kind in {"text", "integer", "number"}:
        return value
    if kind == "json":
        return json.dumps(value)
    if kind == "bytes":
        return base64.b64encode(value).decode()
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        return file_uri(os.fsdecode(value))


def _settled(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
