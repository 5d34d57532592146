"""Files that are made once and kept, under names that nobody from outside chooses."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from songkin.errors import StoreError

MOST_MB: Final = 4096
"""Bytes that are kept, in MB; those that were not asked for longest go first."""
_PRUNE_EVERY: Final = 64


class Kept:
    """A folder of files that can be made again at any time. May be used by several threads; one makes what several want."""

    def __init__(self, folder: Path, most_mb: int = MOST_MB) -> None:
        self.folder = folder
        self._most = most_mb << 20
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._made = 0

    def file(self, what: str, of: str, suffix: str, make: Callable[[str], None]) -> Path:
        """The file that holds ``what`` (a word) made ``of`` something (any text that names it and its state). ``make`` is
        given the place to write it to. Raises what ``make`` raises, and ``StoreError`` where there is no place."""
        name = f"{hashlib.blake2b(of.encode('utf-8', 'surrogateescape'), digest_size=16).hexdigest()}{suffix}"
        path = self.folder / what / name
        with self._turn(f"{what}/{name}"):
            if path.exists():
                with suppress(OSError):  # when it was asked for last; when it was made tells it from others
                    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
                return path
            self._write(path, make)
        self._count()
        return path

    def _write(self, path: Path, make: Callable[[str], None]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
            os.close(handle)
        except OSError as error:
            raise StoreError(
                f"{path.parent} cannot be written: {(error.strerror or str(error)).lower()}.",
                remedy="Make the library's folder writable, and make room there.",
            ) from error
        try:
            make(scratch)
            os.replace(scratch, path)
        finally:
            Path(scratch).unlink(missing_ok=True)

    def _turn(self, name: str) -> threading.Lock:
        with self._lock:
            if len(self._turns) > 4096:
                self._turns = {key: lock for key, lock in self._turns.items() if lock.locked()}
            return self._turns.setdefault(name, threading.Lock())

    def _count(self) -> None:
        with self._lock:
            self._made += 1
            due = self._made % _PRUNE_EVERY == 1
        if due:
            self.prune()

    def prune(self) -> None:
        """Remove what was not asked for longest, until the rest is no more than is kept."""
        found = []
        for path in self.folder.glob("*/*"):
            with suppress(OSError):
                about = path.stat()
                found.append((about.st_atime, about.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda each: each[0]):
            if total <= self._most:
                return
            with suppress(OSError):
                path.unlink()
                total -= size
