"""The search index, held open between questions while a library is served.

Opening it costs more than most questions. But it can be open in one process only, and the terminal is to work beside
``songkin serve``: so it is let go as soon as another waits for it (who does touches a file, see ``store.shard``), and
opened again by the next question. When the catalog has changed it is looked at anew, as a fresh opening would do.

Several threads may ask at once. Whoever opens or closes waits until nobody asks.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from songkin.config import Config
from songkin.store import index_folder, shard
from songkin.store.catalog import Catalog

if TYPE_CHECKING:
    from songkin.store.vectors import VectorStore

Notes = tuple[str, ...]
Opened = tuple["VectorStore", Notes]
Begun = tuple["VectorStore", Notes, bool]
"""And whether the catalog knows no more than the index."""

WATCH: Final = 0.05
"""Seconds between two looks at whether another waits."""
MEANWHILE: Final = 5.0
"""Seconds for which an index that could not be brought up to the catalog does as it is, while another run writes."""


class Holding:
    """One search index, opened by ``begin`` when it is first asked; ``close`` ends it."""

    def __init__(self, catalog: Catalog, config: Config, begin: Callable[[], Begun]) -> None:
        self._catalog = catalog
        self._folder = index_folder(config.library)
        self._alone = not config.qdrant_url
        self._patience = max(1.0, config.lock_seconds)
        self._begin = begin
        self._free = threading.Condition()
        self._here = threading.local()
        self._store: VectorStore | None = None
        self._notes: Notes = ()
        self._whole = True
        self._as_of: tuple[str, float] = ("", 0.0)
        self._users = 0
        self._done = threading.Event()
        if self._alone:
            threading.Thread(target=self._watch, name="songkin-holding", daemon=True).start()

    @contextmanager
    def asked(self) -> Iterator[Opened]:
        """The index for one question. Its tuning is the question's own."""
        store, notes = self._enter()
        try:
            yield copy.copy(store), notes
        finally:
            self._leave()

    def let_go(self) -> None:
        """Close it, once nobody asks; the next question opens it again."""
        with self._free:
            deadline = time.monotonic() + self._patience
            while self._users and time.monotonic() < deadline:
                self._free.wait(WATCH)
            self._close()

    def close(self) -> None:
        """Close it for good."""
        self._done.set()
        self.let_go()

    def _enter(self) -> Opened:
        with self._free:
            if not self._depth():
                self._renew()
            assert self._store is not None
            self._users += 1
            self._here.depth = self._depth() + 1
            told, self._notes = self._notes, ()
            return self._store, told

    def _leave(self) -> None:
        with self._free:
            self._users -= 1
            self._here.depth -= 1
            self._free.notify_all()

    def _depth(self) -> int:
        """How many questions this thread is in: one that asks again must not wait for itself."""
        depth: int = getattr(self._here, "depth", 0)
        return depth

    def _renew(self) -> None:
        """See to it that the index is open and as the catalog has it. Who waits for it is let in first."""
        deadline = time.monotonic() + self._patience
        while self._store is not None and (self._wanted() or self._outdated()) and time.monotonic() < deadline:
            if self._users:
                self._free.wait(WATCH)
            else:
                self._close()
        while self._store is None and self._wanted() and time.monotonic() < deadline:
            self._free.wait(WATCH)
        if self._store is None:
            content = self._catalog.content()
            self._store, self._notes, self._whole = self._begin()
            self._as_of = (self._catalog.content() if self._notes else content, time.monotonic())

    def _outdated(self) -> bool:
        content, when = self._as_of
        return content != self._catalog.content() and (self._whole or time.monotonic() - when > MEANWHILE)

    def _wanted(self) -> bool:
        return self._alone and shard.wanted(self._folder)

    def _close(self) -> None:
        if self._store is not None and not self._users:
            store, self._store = self._store, None
            store.close()

    def _watch(self) -> None:
        while not self._done.wait(WATCH):
            if self._store is not None and self._wanted():
                self.let_go()
