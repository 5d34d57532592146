"""Codes of many songs' fingerprints in one sorted file, to be looked up without reading it.

    line 1          a word and a number: which kind of file this is
    line 2          JSON: songs, keys, step, encoder, sum (CRC-32 of all that follows), time (of the file, in seconds); then
                    blanks up to a multiple of 64 bytes
    ids             36 bytes a song, in the order in which their codes are counted
    starts          uint32, one more than songs: where the codes of each begin, counted over all
    keys            uint64, ascending: code << 32 | place among all codes; from a multiple of 64 bytes, for numpy copies what is
                    not aligned before it looks into it

Every ``step``-th code of a song is kept: 5 kB for four minutes at a step of 4. The file is made from the catalog and can be
made again: it appears by one rename, and one whose size or sum does not fit its own header is damaged. Up to 64 MB are summed
at every opening; a larger file only where its time is not the one that it was given when it was made.
"""

from __future__ import annotations

import errno
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import DiskFull, IndexDamaged, StoreError

Codes = NDArray[np.uint32]
Keys = NDArray[np.uint64]

STEP: Final = 4
"""Of 10,000 songs every fourth code found as much as every one, where a tenth of the bits was wrong 48 of 52."""

VERIFY_MB: Final = 64

_MAGIC: Final = b"songkin codes 2\n"
_ALIGNED: Final = 64
_ID: Final = np.dtype("S36")
_WHERE: Final = np.dtype("<u4")
_KEY: Final = np.dtype("<u8")
_CHUNK: Final = 1 << 22
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REBUILD: Final = "Run `songkin reindex`: it is made anew from the catalog."


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One such file, opened: ``ids`` (songs,), ``starts`` (songs + 1,) and ``keys`` (n,), the last left on the disk."""

    ids: NDArray[np.bytes_]
    starts: NDArray[np.uint32]
    keys: Keys
    step: int
    encoder: str

    def songs(self) -> list[str]:
        """The ids, in order."""
        return [each.decode("ascii", "replace") for each in self.ids.tolist()]

    def at(self, place: int) -> tuple[str, int]:
        """The song that holds the code at ``place`` (which must be one), and the place of its first."""
        song = int(np.searchsorted(self.starts, place, side="right")) - 1
        return bytes(self.ids[song]).decode("ascii", "replace"), int(self.starts[song])


def write(path: Path, songs: Iterable[tuple[str, Codes]], encoder: str, step: int = STEP) -> None:
    """Make the file of ``songs``: (id, all codes). Takes 8 bytes of memory for each code kept, twice while it sorts.

    Raises ``StoreError`` (``DiskFull``) where it cannot be written; the file that was there stays.
    """
    ids: list[bytes] = []
    thin: list[Codes] = []
    for song, codes in songs:
        ids.append(song.encode("ascii", "replace"))
        thin.append(np.array(codes[::step], np.uint32))
    starts = np.concatenate([[0], np.cumsum([len(each) for each in thin])]).astype(_WHERE)
    keys = np.empty(int(starts[-1]), _KEY)
    for first, codes in zip(starts.tolist(), thin, strict=False):
        keys[first : first + len(codes)] = codes
    thin.clear()
    keys <<= np.uint64(32)
    for first in range(0, len(keys), _CHUNK):
        keys[first : first + _CHUNK] |= np.arange(first, min(first + _CHUNK, len(keys)), dtype=_KEY)
    keys.sort()
    tables = np.array(ids, _ID).tobytes() + starts.tobytes()
    tables += bytes(-len(tables) % _ALIGNED)
    about = {"songs": len(ids), "keys": len(keys), "step": step, "encoder": encoder}
    now = int(time.time()) // 2 * 2  # as exact as any file system is
    header = _header({**about, "sum": _sum(chain((tables,), _pieces(keys))), "time": now})
    scratch = path.with_suffix(".new")
    try:
        with scratch.open("wb") as file:
            for part in chain((header, tables), _pieces(keys)):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.utime(scratch, (now, now))
        os.replace(scratch, path)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        kind = DiskFull if error.errno in _NO_ROOM else StoreError
        raise kind(
            f"{path} cannot be written: {error.strerror or error}.", remedy="Check the disk's space and permissions."
        ) from error


def read(path: Path) -> CodeFile | None:
    """Open the file; None where there is none. Raises ``IndexDamaged``."""
    try:
        with path.open("rb") as file:
            first, second = file.readline(64), file.readline(1024)
        about: Any = json.loads(second) if first == _MAGIC else None
        songs, count, step, encoder = (about[name] for name in ("songs", "keys", "step", "encoder"))
        ids_at = len(_header(about))
        starts_at = ids_at + songs * _ID.itemsize
        keys_at = starts_at + (songs + 1) * _WHERE.itemsize
        keys_at += -keys_at % _ALIGNED
        found = path.stat()
        if found.st_size != keys_at + count * _KEY.itemsize or step < 1:
            raise ValueError("another size")
        unsure = found.st_size <= VERIFY_MB * 1_000_000 or found.st_mtime != about["time"]
        if unsure and _sum(_blocks(path, ids_at)) != about["sum"]:
            raise ValueError("other bytes")
        ids = np.fromfile(path, _ID, songs, offset=ids_at)
        starts = np.fromfile(path, _WHERE, songs + 1, offset=starts_at)
        if starts[0] != 0 or starts[-1] != count or (np.diff(starts.astype(np.int64)) < 0).any():
            raise ValueError("its table is wrong")
        keys: Any = np.memmap(path, _KEY, "r", offset=keys_at, shape=(count,)) if count else np.empty(0, _KEY)
        return CodeFile(ids, starts, keys, int(step), str(encoder))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise IndexDamaged(f"The fingerprints in {path} are damaged.", remedy=_REBUILD) from error


def _header(about: dict[str, Any]) -> bytes:
    line = json.dumps(about).encode("ascii")
    rest = -(len(_MAGIC) + len(line) + 1) % _ALIGNED
    return _MAGIC + line + b" " * rest + b"\n"


def _pieces(keys: Keys) -> Iterator[bytes]:
    return (keys[first : first + _CHUNK].tobytes() for first in range(0, len(keys), _CHUNK))


def _blocks(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(_CHUNK):
            yield block


def _sum(parts: Iterable[bytes]) -> int:
    found = 0
    for part in parts:
        found = zlib.crc32(part, found)
    return found
