"""The search index inside this process: Qdrant's engine as ``qdrant-edge-py`` 0.9.0, with its traps guarded.

The engine is a beta. Each guard here answers something that was seen to happen:

- a second opening of a shard breaks the first one's next flush: our own lock is taken before (``shard.py``)
- a refused or half-refused batch is in its log already and may come back: batches are checked before (``checks.py``)
- a panic of the engine is no ``Exception``: it is caught by its name and reported as a damaged index
- payload indexes exist from the start: facets fail without, and their absence is a sign of damage
- ``optimize`` holds the whole process: only a store opened with ``exclusive=True`` does it
- examples are not left out of recommendations, ids come back as ``uuid.UUID``, payloads only when asked for

One thing is left as it is: a fraction in a payload may come back one unit off in its 16th or 17th digit.

Writing replaces whole points and is idempotent. The log survives a killed process. After one, a point may be left
that was never acknowledged: compare ``ids`` with the catalog and delete strangers.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import qdrant_edge as edge
from filelock import BaseFileLock

from songkin.errors import SongkinError, StoreError
from songkin.store import edges
from songkin.store import shard as home
from songkin.store.checks import (
    checked,
    checked_ask,
    checked_facet,
    checked_recommend,
    checked_where,
    is_empty,
    is_id,
)
from songkin.store.vectors import Ask, Condition, Layout, Match, Point, Recommend, Tuning, average, batches, examples

GRAPH_FROM: Final = 50_000
"""Points from which a graph index pays: below, the exact scan takes a few milliseconds and finds everything."""

_PAGE: Final = 1000


class EmbeddedStore:
    """A ``VectorStore`` in ``folder``, held by one process at a time.

    Waits up to ``wait`` seconds for another holder. Spaces and fields that ``layout`` adds to what is stored are
    added to the index; changed ones raise ``SpaceMismatch``. In a folder that may not be written to, or on a full disk,
    a temporary copy is searched, and writing is refused. ``create=False`` raises ``StoreError`` where there is no index yet.
    ``exclusive`` allows ``optimize``.
    """

    def __init__(
        self, folder: Path, layout: Layout, *, wait: float = 5.0, create: bool = True, exclusive: bool = False
    ) -> None:
        self.layout = layout
        self.tuning = Tuning()
        self.exclusive = exclusive
        self._folder = folder
        self._index = folder / "index"
        self._engine: edge.EdgeShard | None = None
        self._noted = home.State(False)
        self._lock: BaseFileLock | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if self._index.exists() and not (home.writable(folder) and home.roomy(folder)):
            self._borrow()
        else:
            self._lock = home.hold(folder, wait)
        try:
            self._open(create)
        except BaseException:
            self._let_go()
            raise

    # Opening and closing ------------------------------------------------------------------------------------------

    def _borrow(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="songkin-index-")
        place = Path(self._scratch.name)
        try:
            home.copy(self._index, place / "index")
            if not home.roomy(place):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))
        except OSError as error:
            self._scratch.cleanup()
            raise StoreError(
                f"{self._folder} cannot be written to, and its search index could not be copied: {error}.",
                remedy="Make room for temporary files or make the library's folder writable.",
            ) from error
        self._index = place / "index"

    def _open(self, create: bool) -> None:
        if not self._index.exists():
            if not create:
                raise StoreError(f"There is no search index in {self._folder}.", remedy="Run `songkin index` first.")
            self._create()
        stored = home.read_layout(self._index, self.layout.collection)
        joint = home.join(stored, self.layout)
        state = home.read_state(self._index)
        # From here on the engine renews some of its files: what was noted holds only in part.
        self._noted = replace(state, clean=False)
        home.write_state(self._index, self._noted)
        try:
            self._load(stored, state)
        except StoreError:
            home.write_state(self._index, state)  # as strict the next time
            raise
        if joint != stored:
            self._extend(stored, joint)

    def _load(self, stored: Layout, state: home.State) -> None:
        with self._reading("opened"):
            self._engine = edge.EdgeShard.load(str(self._index / "shard"))
            info = self._engine.info()
        if state.clean and info.points_count != state.points:
            raise home.damaged(self._index, f"it holds {info.points_count} points instead of {state.points}")
        if missing := sorted(set(stored.fields) - set(info.payload_schema)):
            raise home.damaged(self._index, f"the index over {', '.join(missing)} is gone")

    def _create(self) -> None:
        fresh = self._folder / "index.new"
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            (fresh / "shard").mkdir(parents=True)
            with self._writing("created"):
                engine = edge.EdgeShard.create(str(fresh / "shard"), edges.config(self.layout))
                for name, kind in self.layout.fields.items():
                    engine.update(edges.new_field(name, kind))
                engine.close()
            home.write_layout(fresh, self.layout)
            home.write_state(fresh, home.State(True, 0, home.survey(fresh, {})))
            os.replace(fresh, self._index)
        except OSError as error:
            raise StoreError(
                f"The search index cannot be made in {self._folder}: {error}.",
                remedy="Check the disk's space and permissions.",
            ) from error

    def _extend(self, stored: Layout, joint: Layout) -> None:
        """Add spaces and fields. Repeating it does no harm, so the layout is noted last."""
        self._note_writing()
        with self._writing("extended"):
            for space in joint.spaces:
                if space not in stored.spaces:
                    self._shard.update(edges.new_space(space))
            for name, kind in joint.fields.items():
                if name not in stored.fields:
                    self._shard.update(edges.new_field(name, kind))
        self.flush()
        home.write_layout(self._index, joint)

    def __enter__(self) -> EmbeddedStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Flush and let go. May be called twice."""
        if self._engine is None:
            return
        try:
            if self._noted.written:
                self.flush()
            points = self.count()
            with self._writing("closed"):
                self._engine.close()
            self._engine = None
            known = {} if self._noted.written else self._noted.files
            self._note(replace(self._noted, clean=True, points=points, files=self._survey(known), written=False))
        finally:
            self._let_go()

    def _let_go(self) -> None:
        engine, self._engine = self._engine, None
        try:
            if engine is not None:
                with self._writing("closed"):
                    engine.close()
        finally:
            if self._lock is not None:
                home.release(self._folder, self._lock)
                self._lock = None
            if self._scratch is not None:
                self._scratch.cleanup()
                self._scratch = None

    @property
    def _shard(self) -> edge.EdgeShard:
        if self._engine is None:
            raise StoreError("The search index is closed.", remedy="Open the library again.")
        return self._engine

    @contextmanager
    def _reading(self, done: str) -> Iterator[None]:
        """Questions are checked before they are asked, so that an engine that fails has a damaged index."""
        try:
            yield
        except BaseException as error:
            if _is_ours(error):
                raise
            raise home.damaged(self._index, f"it could not be {done} ({_first_line(error)})") from error

    @contextmanager
    def _writing(self, done: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            if _is_ours(error):
                raise
            raise StoreError(
                f"The search index could not be {done}: {_first_line(error)}.",
                remedy=f"Check the disk's space. If it happens again: {home.REBUILD}",
            ) from error

    # Writing --------------------------------------------------------------------------------------------------------

    def write(self, points: Sequence[Point]) -> None:
        """Insert or replace whole points, in batches of 500. The whole sequence is checked before anything is written.

        Raises ``StoreError``. A killed process keeps every batch whose call returned.
        """
        self._may_write()
        ready = checked(self.layout, points)
        for batch in batches(ready):
            operation = edge.UpdateOperation.upsert_points([edges.engine_point(point) for point in batch])
            with self._writing("written to"):
                self._shard.update(operation)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are no error."""
        self._may_write()
        known = [i for i in ids if is_id(i)]
        with self._writing("written to"):
            if known:
                self._shard.update(edge.UpdateOperation.delete_points(list(known)))

    def _may_write(self) -> None:
        if self._scratch is not None:
            raise StoreError(
                f"The search index cannot be written: {self._folder} may only be read, a copy of it is searched.",
                remedy="Make the library's folder writable, or use another one with -L.",
            )
        self._shard  # noqa: B018 - refuses a closed store
        self._note_writing()

    def _note_writing(self) -> None:
        if not self._noted.written:
            self._note(replace(self._noted, written=True))

    def flush(self) -> None:
        """Make what was written durable."""
        with self._writing("flushed"):
            self._shard.flush()
        if self._noted.written:
            self._note(replace(self._noted, files=home.inventory(self._index)))

    @property
    def stamp(self) -> str:
        """The mark that ``sign`` left last; empty if nobody signed."""
        return self._noted.stamp

    def sign(self, stamp: str) -> None:
        """Leave a mark that tells which state of the catalog this index was made from."""
        self._note(replace(self._noted, stamp=stamp))

    def _note(self, state: home.State) -> None:
        self._noted = state
        home.write_state(self._index, state)

    def _survey(self, known: Mapping[str, home.Seen]) -> dict[str, home.Seen]:
        with self._writing("read through"):
            return home.survey(self._index, known)

    def optimize(self) -> None:
        """Build the graph index (HNSW, int8 for long vectors) where there are ``GRAPH_FROM`` points or more.

        It holds the whole process for minutes, so it needs ``exclusive=True``; else ``StoreError``.
        """
        if not self.exclusive:
            raise StoreError(
                "The graph index is not built while the library is served.", remedy="Run `songkin reindex`."
            )
        self._may_write()
        if self.count() < GRAPH_FROM:
            return
        self._note(replace(self._noted, files={}))  # the engine replaces its files
        stored = home.read_layout(self._index, self.layout.collection)
        with self._writing("optimized"):
            # Opened anew with its full settings: spaces that were added later have not got theirs yet.
            self._shard.flush()
            self._shard.close()
            self._engine = edge.EdgeShard.load(str(self._index / "shard"), edges.config(stored))
            self._engine.optimize()
        self.flush()

    # Reading --------------------------------------------------------------------------------------------------------

    def get(self, ids: Sequence[str], spaces: Sequence[str] = ()) -> dict[str, Point]:
        """Stored points by id, with the vectors named (cosine spaces come back with norm 1)."""
        known = [i for i in dict.fromkeys(ids) if is_id(i)]
        with self._reading("read"):
            records = self._shard.retrieve(list(known), True, list(spaces) or False) if known else []
            points = (edges.our_point(record) for record in records)
            return {point.id: point for point in points}

    def ask(self, asks: Sequence[Ask]) -> list[list[Match]]:
        """Answer several questions in one pass over the index, in their order."""
        ready = [checked_ask(self.layout, self.tuning.of(ask)) for ask in asks]
        wanted = [self._request(ask) for ask in ready if not is_empty(ask)]
        with self._reading("searched"):
            answers = iter(self._shard.query_batch(edge.QueryBatchRequest(wanted)))
            return [[] if is_empty(ask) else edges.matches(next(answers)) for ask in ready]

    def _request(self, ask: Ask) -> edge.QueryRequest:
        return edge.QueryRequest(
            limit=ask.limit,
            query=edges.nearest(ask),
            filter=edges.where_filter(ask.where),
            params=edges.params(ask, self.layout),
            score_threshold=ask.floor,
            with_payload=False,
        )

    def recommend(self, plan: Recommend) -> list[Match]:
        """Neighbours of examples; examples are never among them."""
        plan = checked_recommend(self.layout, plan)
        positive, negative = examples(plan, self.get(plan.positive + plan.negative, [plan.space]))
        if plan.strategy == "average":
            target = average(positive, negative) if positive else np.zeros(1, dtype=np.float32)
            return self.ask([Ask(plan.space, target, plan.limit, plan.where)])[0] if target.any() else []
        if not positive and not negative:
            return []
        pairs = edge.RecommendQuery([row.tolist() for row in positive], [row.tolist() for row in negative])
        best = plan.strategy == "best"
        query = (edge.Query.RecommendBestScore if best else edge.Query.RecommendSumScores)(pairs, using=plan.space)
        request = edge.QueryRequest(
            limit=plan.limit, query=query, filter=edges.where_filter(plan.where), with_payload=False
        )
        with self._reading("searched"):
            return edges.matches(self._shard.query(request))

    def facet(self, field: str, where: Sequence[Condition] = (), limit: int = 100) -> list[tuple[str, int]]:
        """Values of a keyword field and how many points have them, most frequent first, exact."""
        checked_facet(self.layout, field, limit)
        chosen = edges.where_filter(checked_where(self.layout, where))
        with self._reading("counted"):
            found = self._shard.facet(edge.FacetRequest(field, limit=limit, exact=True, filter=chosen))
            return sorted(((str(hit.value), hit.count) for hit in found.hits), key=lambda one: (-one[1], one[0]))

    def count(self, where: Sequence[Condition] = ()) -> int:
        """How many points there are (exact)."""
        chosen = edges.where_filter(checked_where(self.layout, where))
        with self._reading("counted"):
            return self._shard.count(edge.CountRequest(exact=True, filter=chosen))

    def ids(self, where: Sequence[Condition] = ()) -> Iterator[str]:
        """Ids of all points that meet the conditions.

        Points that the catalog does not know are left from an interrupted write: delete them.
        """
        offset: Any = None
        chosen = edges.where_filter(checked_where(self.layout, where))
        while True:
            with self._reading("read"):
                request = edge.ScrollRequest(
                    offset=offset, limit=_PAGE, with_payload=False, with_vector=False, filter=chosen
                )
                records, offset = self._shard.scroll(request)
            yield from (str(record.id) for record in records)
            if offset is None:
                return


def _is_ours(error: BaseException) -> bool:
    """Whether to let it pass: our own errors, and what ends a program. A panic of the engine is neither."""
    if isinstance(error, SongkinError):
        return True
    return not isinstance(error, Exception) and type(error).__name__ != "PanicException"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300].rstrip(".")
