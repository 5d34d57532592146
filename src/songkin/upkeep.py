"""Keeps the search index up with the catalog while questions are asked.

A run that was cut short, an index that was lost or damaged, a catalog that knows more: whoever asks has it mended first,
and is told so in one line. Where it cannot be mended now (another run writes, the disk is full) the index as it is must
do, if there is one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from songkin import store
from songkin.config import Config
from songkin.errors import DiskFull, IndexDamaged, LibraryBusy, SpaceMismatch, StoreError
from songkin.holding import Begun, Holding
from songkin.models import Query
from songkin.store.catalog import Catalog
from songkin.store.vectors import Tuning

if TYPE_CHECKING:
    from songkin.store.prints import CodeFile
    from songkin.store.vectors import VectorStore

log = logging.getLogger(__name__)

T = TypeVar("T")


class Upkeep:
    """The search index and the sorted fingerprints of one library. With ``hold`` several threads may ask."""

    def __init__(self, catalog: Catalog, config: Config) -> None:
        self.catalog = catalog
        self.config = config
        self._held: Holding | None = None

    def hold(self) -> None:
        """Keep the search index open between questions, until ``close`` or until another process wants it."""
        if self._held is None:
            self._held = Holding(self.catalog, self.config, self._begun)

    def close(self) -> None:
        """Let go of the search index, where it is held."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def ask(self, question: Callable[[VectorStore], T], query: Query = Query()) -> tuple[T, tuple[str, ...]]:
        """Ask the search index, exactly or with the ``ef`` of ``query``. One that shows only now that it is damaged is
        made anew, once."""

        def put(vectors: VectorStore) -> T:
            vectors.tuning = Tuning(query.exact, query.ef)
            began = time.monotonic()
            found = question(vectors)
            log.debug("%s answered after %.1f ms", type(vectors).__name__, 1e3 * (time.monotonic() - began))
            return found

        try:
            with self.open_index() as (vectors, notes):
                return put(vectors), notes
        except IndexDamaged:
            if self.catalog.db.readonly:
                raise
        if self._held is not None:
            self._held.let_go()
        store.drop_vectors(self.catalog, self.config)
        with self.open_index() as (vectors, notes):
            return put(vectors), notes

    @contextmanager
    def open_index(self) -> Iterator[tuple[VectorStore, tuple[str, ...]]]:
        """The search index, brought up to the catalog first if a run was cut short or the index was lost."""
        if self._held is not None:
            with self._held.asked() as opened:
                yield opened
            return
        vectors, notes, _ = self._begun()
        with vectors:
            yield vectors, notes

    def _begun(self) -> Begun:
        vectors = None if self.behind() else self._sound_index()
        if vectors is not None:
            return vectors, (), True
        notes = self.catch_up()
        return store.open_vectors(self.catalog, self.config), notes, self._held is None or not self.behind()

    def behind(self) -> bool:
        """Whether the catalog knows more than the search index, as after a run that was cut short."""
        elsewhere = self.catalog.journal.note("index_home") != store.index_home(self.config)
        other = elsewhere or not store.read_as_set(self.catalog, self.config)
        return not self.catalog.db.readonly and (other or bool(self.catalog.stale()))

    def _sound_index(self) -> VectorStore | None:
        """The search index, if it holds what the catalog has it hold."""
        readonly = self.catalog.db.readonly
        try:
            vectors = store.open_vectors(self.catalog, self.config)
        except (IndexDamaged, SpaceMismatch):
            if readonly:
                raise
            return None
        if readonly or vectors.count() == self.catalog.indexed_count():
            return vectors
        vectors.close()
        return None

    def current(self) -> tuple[str, ...]:
        """Bring the search index up to the catalog, where it is not; what is to be said of that."""
        if self._held is not None:
            with self._held.asked() as (_, notes):
                return notes
        return self.catch_up() if self.behind() else ()

    def prints(self) -> tuple[list[CodeFile], tuple[str, ...]]:
        """The sorted fingerprints, made anew where they are gone or damaged; none where that cannot be done now."""
        from songkin.indexing import prints
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        files = prints.opened(self.config)
        if files or self.catalog.db.readonly:
            return files, ()
        try:
            with run_lock(self.config, wait=0.0):
                prints.refresh(self.catalog, self.config, (), Quiet())
        except (LibraryBusy, DiskFull):  # then likely songs alone are asked
            return [], ()
        return prints.opened(self.config), ("Fingerprints were sorted anew.",)

    def catch_up(self) -> tuple[str, ...]:
        """Bring the search index up to the catalog; where that cannot be now, the index there is must do.

        Raises ``LibraryBusy``, after waiting for its turn, or ``DiskFull`` where there is none that would.
        """
        try:
            made = self._refreshed(wait=0.0)
        except LibraryBusy as error:
            try:
                return self._meanwhile(error, "Music is being added;")
            except LibraryBusy:  # the index is lost, or in the making: whoever writes is waited for
                made = self._refreshed(wait=None)
        except DiskFull as error:
            if not self.catalog.indexed_count():
                raise
            return self._meanwhile(error, error.message)
        return tuple(made) or ("The search index was brought up to the catalog.",)

    def _refreshed(self, *, wait: float | None) -> list[str]:
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        with run_lock(self.config, wait=wait):
            return refresh.refresh(self.catalog, self.config, Quiet(), patient=False)

    def _meanwhile(self, error: StoreError, why: str) -> tuple[str, ...]:
        """What to say where the search index must do as it is. Raises ``error`` where it is lost, or in the making."""
        expected = self.catalog.indexed_count()
        try:
            with store.open_vectors(self.catalog, self.config) as vectors:
                held = vectors.count()
        except (IndexDamaged, SpaceMismatch):
            raise error from None
        if held < expected or (held and not expected):
            raise error
        return (f"{why} what is not in the search index yet is left out.",)
