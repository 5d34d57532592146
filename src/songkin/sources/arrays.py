"""NumPy's files of numbers: ``.npy``, mapped into memory where they lie on the disk, and ``.npz``. Never pickles."""

from __future__ import annotations

import io
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from tokenize import TokenError
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import SourceError
from songkin.sources.given import MOST_BYTES, MOST_GROWTH, SMALL, Given

_MAGIC: Final = b"\x93NUMPY"
_BROKEN: Final = (
    ValueError,
    OSError,
    EOFError,
    TypeError,
    OverflowError,
    SyntaxError,
    TokenError,
    MemoryError,
    KeyError,
)
_UNSAFE: Final = re.compile(r"[^a-z0-9]+")


def is_npy(given: Given) -> bool:
    """Whether it is a ``.npy``, by its first bytes."""
    return given.suffix == ".npy" and given.head(6) == _MAGIC


def shape(given: Given) -> tuple[int, ...]:
    """The shape of the array in a ``.npy``, of which only the head is read; empty if it is none."""
    try:
        with _quiet():
            file = io.BytesIO(given.head())
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            found: tuple[int, ...] = read(file)[0]
            return found
    except (SourceError, *_BROKEN):
        return ()


def load(given: Given) -> NDArray[Any]:
    """The vectors in a ``.npy``: two dimensions of floats. Raises ``SourceError``."""
    if given.head(6) != _MAGIC:  # numpy would take it for a pickle
        raise SourceError(f"{given.name} is no .npy file.", remedy="Save the vectors with numpy.save.")
    return vectors(given, stored(given))


def stored(given: Given) -> Any:
    """Whatever numbers are in a ``.npy``. Raises ``SourceError``."""
    try:
        with _quiet():
            if given.packed:
                with given.open() as file:
                    return np.lib.format.read_array(file, allow_pickle=False)
            return np.load(given.path, mmap_mode="r", allow_pickle=False)
    except _BROKEN as error:
        raise _broken(given, error) from error


def vectors(given: Given, array: Any) -> NDArray[Any]:
    """``array``, if it is of vectors. Raises ``SourceError``."""
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind != "f" or not array.shape[1]:
        about = f"{array.dtype} in {array.ndim} dimensions" if isinstance(array, np.ndarray) else "no array"
        raise SourceError(
            f"{given.name} holds {about}; vectors are floats in two.",
            remedy="Write it as an array of rows by dimensions.",
        )
    return array


@contextmanager
def members(given: Given) -> Iterator[dict[str, NDArray[Any]]]:
    """The arrays of an ``.npz`` by their names. Raises ``SourceError``."""
    try:
        with given.open() as raw, _quiet():
            file: BinaryIO = io.BytesIO(raw.read()) if given.packed else raw
            _check_growth(given, file)
            with np.load(file, allow_pickle=False) as archive:
                found = {name: archive[name] for name in archive.files}
    except (*_BROKEN, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise _broken(given, error) from error
    yield found


def space_name(asked: str, given: Given) -> str:
    """What the space of a file's vectors is called: as asked for, else after the file, in small letters and ``_``."""
    return _UNSAFE.sub("_", (asked or given.stem).casefold()).strip("_")[:40].strip("_") or "vectors"


def usable(row: NDArray[Any]) -> NDArray[np.float32] | str:
    """A vector, or what is wrong with it."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.array(row, dtype=np.float32)
    if not np.isfinite(found).all():
        return "has a vector with values that are no finite numbers"
    return found if found.any() else "has a vector of zeros alone"


def _check_growth(given: Given, file: BinaryIO) -> None:
    packed = file.seek(0, os.SEEK_END)
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        size = sum(info.file_size for info in archive.infolist())
    file.seek(0)
    if size > min(MOST_BYTES, max(SMALL, MOST_GROWTH * packed)):
        raise SourceError(
            f"{given.name} would grow to {size >> 20:,} MB when it is unpacked.",
            remedy="Save its arrays as .npy instead.",
        )


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():  # a head in an old form is read all the same
        warnings.simplefilter("ignore")
        yield


def _broken(given: Given, error: BaseException) -> SourceError:
    if any(word in str(error) for word in ("pickle", "Object arrays", "Python objects")):
        return SourceError(
            f"{given.name} holds pickled objects, which could run code: they are never read.",
            remedy="Save it as an array of floats.",
        )
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return SourceError(
        f"{given.name} cannot be read as vectors: {line[:200].rstrip('.')}.", remedy="Save or fetch it again."
    )
