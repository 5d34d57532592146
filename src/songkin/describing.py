"""The verb of the library that has songs and albums described by a language model; see ``Library``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from songkin.config import Config
from songkin.models import DescribeReport, Track
from songkin.store.catalog import Catalog

if TYPE_CHECKING:
    from songkin.importing.describing import Item
    from songkin.progress import Progress


class Describing:
    """Descriptions of one library; see ``Library``."""

    config: Config

    @property
    def catalog(self) -> Catalog:
        """The catalog that all of this is about."""
        raise NotImplementedError

    def track(self, what: str) -> Track:
        """The song that ``what`` names."""
        raise NotImplementedError

    def describe(
        self, what: str = "", *, missing: int = 0, albums: bool = False, progress: Progress | None = None
    ) -> DescribeReport:
        """Have a language model describe a song from what is known of it, or the first ``missing`` that nothing was written
        of; albums with ``albums``. It is a run that can be taken back. Raises ``NoAnswer`` where there is no model or it
        says nothing, ``NotFound``, ``Ambiguous``, ``LibraryBusy``."""
        from songkin.importing import describing
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.answers import Answers
        from songkin.store.lock import run_lock

        told = progress or Quiet()
        items = self._items(what, missing, albums=albums)
        with run_lock(self.config):
            report = describing.describe(self.catalog, Answers(self.catalog.db, self.config), items, told)
            if report.made and not albums:
                refresh.refresh(self.catalog, self.config, told)
        return report

    def undescribe(self, what: str, *, albums: bool = False) -> str:
        """Have what was written of a song or an album be there no more; what it is called. A run that can be taken back.
        Raises ``NotFound``, ``Ambiguous``, ``LibraryBusy``."""
        from songkin.importing import describing
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        (item,) = self._items(what, 0, albums=albums)
        with run_lock(self.config):
            describing.remove(self.catalog, item)
            if not albums:
                refresh.refresh(self.catalog, self.config, Quiet())
        return item.label

    def _items(self, what: str, missing: int, *, albums: bool) -> Sequence[Item]:
        from songkin.importing import describing
        from songkin.search.shown import heard
        from songkin.store import descriptions

        if albums:
            every = describing.albums(self.catalog)
            if what:
                return [describing.named(every, what)]
            return [item for item in every if not item.before.text][:missing]
        ids = [self.track(what).id] if what else descriptions.lacking(self.catalog.db, missing)
        found = self.catalog.tracks(ids)
        return [describing.song(self.catalog, found[i], heard(self.catalog, found[i])) for i in ids if i in found]
