"""Parquet, read in batches through pyarrow, which the extra ``parquet`` brings.

A column of lists comes as lists, one of lists of numbers (vectors) as NumPy arrays. Columns of structs, maps, bytes and
lists of lists hold nothing that a song has; they come as empty.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from songkin.errors import SourceError
from songkin.sources.given import Given

_BATCH: Final = 1024
_WIDE_BATCH: Final = 128


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of parquet: the names of its columns, which of them hold ``lists`` and which no text (``useless``), each
    with the name of its type, and its rows."""

    names: tuple[str, ...]
    lists: dict[str, str]
    useless: dict[str, str]
    lines: Iterator[list[Any]]


@contextmanager
def opened(given: Given) -> Iterator[Opened]:
    """Raises ``SourceError``: pyarrow is not installed, or the file is damaged, also while its rows are read."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise SourceError(
            f"{given.name} is parquet, which needs pyarrow.", remedy="Install it with: pip install 'songkin[parquet]'"
        ) from None
    with given.open() as raw:
        try:
            file = ParquetFile(io.BytesIO(raw.read()) if given.packed else raw)
            fields = list(file.schema_arrow)
        except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            raise _broken(given, error) from error
        lists = {str(one.name): str(one.type) for one in fields if _is_list(one.type)}
        useless = {str(one.name): str(one.type) for one in fields if _is_useless(pyarrow.types, one.type)}
        with file:
            yield Opened(tuple(str(one.name) for one in fields), lists, useless, _rows(pyarrow, given, file, fields))


def _is_list(kind: Any) -> bool:
    return hasattr(kind, "value_type") and not hasattr(kind, "index_type")


def _is_useless(types: Any, kind: Any) -> bool:
    inner = kind.value_type if _is_list(kind) else kind
    tests = (types.is_struct, types.is_map, types.is_union, types.is_binary, types.is_large_binary, types.is_list)
    return any(test(inner) for test in tests)


def _rows(pyarrow: Any, given: Given, file: Any, fields: list[Any]) -> Iterator[list[Any]]:
    types = pyarrow.types
    vectors = [_is_list(one.type) and types.is_floating(one.type.value_type) for one in fields]
    useless = [_is_useless(types, one.type) for one in fields]
    try:
        for batch in file.iter_batches(_WIDE_BATCH if any(vectors) else _BATCH):
            columns = [
                [None] * len(column) if nothing else _arrays(column) if vector else column.to_pylist()
                for column, vector, nothing in zip(batch.columns, vectors, useless, strict=True)
            ]
            yield from map(list, zip(*columns, strict=True))
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        raise _broken(given, error) from error


def _arrays(column: Any) -> list[Any]:
    return [one.values.to_numpy(zero_copy_only=False) if one.is_valid else None for one in column]


def _broken(given: Given, error: Exception) -> SourceError:
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return SourceError(
        f"{given.name} is no parquet that can be read: {line[:200].rstrip('.')}.", remedy="Write or fetch it again."
    )
