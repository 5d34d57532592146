"""One writer at a time: the lock that a run holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from songkin.config import Config
from songkin.errors import LibraryBusy, StoreError


@contextmanager
def run_lock(config: Config, *, wait: float | None = None) -> Iterator[None]:
    """Only one run at a time writes to a library. Raises ``LibraryBusy``, ``StoreError`` where nothing can be written."""
    lock = FileLock(config.library / "run.lock")
    try:
        lock.acquire(timeout=config.lock_seconds if wait is None else wait)
    except Timeout:
        raise LibraryBusy(
            f"Another songkin is writing to the library at {config.library}.",
            remedy="Wait until it is done and try again; it keeps what it stored.",
        ) from None
    except (OSError, NotImplementedError) as error:
        raise StoreError(
            f"The library at {config.library} cannot be written: {getattr(error, 'strerror', None) or error}.",
            remedy="Make its folder writable and make room there, or choose another with -L DIR.",
        ) from error
    try:
        yield
    finally:
        lock.release()
