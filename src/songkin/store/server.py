"""The search index on a Qdrant server, in its cloud or on a cluster, and in qdrant-client's ``:memory:``.

Everything is the client's own: named vectors, ``query_points``, fusion, facets. ``:memory:`` answers as a server does
(indexes have no effect there), which makes it the oracle that the embedded engine is tested against. Writing waits
until the server has it. A collection that is there is taken as it is if its vectors have the sizes asked for; what
the layout adds to it is added.

The key never stands in a message: errors quote the status and the server's own sentence, never headers.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from songkin.errors import SongkinError, SpaceMismatch, StoreError
from songkin.store import wire
from songkin.store.checks import (
    checked,
    checked_ask,
    checked_facet,
    checked_recommend,
    checked_where,
    is_empty,
    is_id,
)
from songkin.store.shard import REBUILD, RECREATE, describe
from songkin.store.vectors import (
    Ask,
    Condition,
    Layout,
    Match,
    Point,
    Recommend,
    Tuning,
    average,
    batches,
    examples,
)

log = logging.getLogger(__name__)

_PAGE: Final = 1000
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def connect(url: str, api_key: str = "", *, prefer_grpc: bool = False, timeout: float = 30.0) -> QdrantClient:
    """A client for the server at ``url``; ``timeout`` in seconds for each request.

    Raises ``StoreError`` where no Qdrant server answers. A key that would travel readably, and a server of a version
    that the client was not made for, are logged as warnings.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 6333
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError("The server's address is not a URL.", remedy="Set SONGKIN_QDRANT_URL to http(s)://HOST:6333.")
    if api_key and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        log.warning("The key for %s can be read on its way: the address is http, not https.", parts.hostname)
    with _asking("reached"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the client's own words about the same
        client = QdrantClient(
            url=url,
            port=port,
            api_key=api_key or None,
            prefer_grpc=prefer_grpc,
            timeout=max(1, round(timeout)),
            check_compatibility=False,
        )
        _check_version(client.info().version)
    return client


def _check_version(version: str) -> None:
    """The client talks to servers one minor version up or down (1.19 to 1.21)."""
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    if major != "1" or minor not in ("19", "20", "21"):
        log.warning("The Qdrant server is version %s; songkin is made for 1.19 to 1.21.", version)


class ServerStore:
    """A ``VectorStore`` in the collection ``layout.collection`` of a server; it is made where it is absent.

    ``client`` is closed with the store. Raises ``SpaceMismatch`` where the collection has vectors of other sizes.
    """

    def __init__(self, client: QdrantClient, layout: Layout) -> None:
        self.layout = layout
        self.tuning = Tuning()
        self._name = layout.collection
        self._open: QdrantClient | None = client
        options = client.init_options
        # The client's local mode has neither payload indexes nor search parameters, and warns of both.
        self._local = options.get("location") == ":memory:" or bool(options.get("path"))
        with _asking("opened"):
            if client.collection_exists(self._name):
                self._extend()
            else:
                self._create()

    # Opening and closing ------------------------------------------------------------------------------------------

    def _create(self) -> None:
        self._client.create_collection(
            self._name,
            vectors_config={s.name: wire.dense_params(s) for s in self.layout.spaces if not s.sparse},
            sparse_vectors_config={s.name: wire.sparse_params() for s in self.layout.spaces if s.sparse},
            hnsw_config=models.HnswConfigDiff(m=16, ef_construct=100),
        )
        self._index_fields(self.layout.fields)

    def _extend(self) -> None:
        """Compare with the collection that is there, and add what it lacks."""
        info = self._client.get_collection(self._name)
        dense = info.config.params.vectors
        if not isinstance(dense, dict):
            raise SpaceMismatch(
                f"The collection {self._name} has one vector without a name, so it is not songkin's.",
                remedy="Choose another collection prefix, or run `songkin reindex --recreate`.",
            )
        sparse = info.config.params.sparse_vectors or {}
        for space in self.layout.spaces:
            old = wire.stored_space(space.name, dense.get(space.name), sparse.get(space.name))
            if old is None:
                self._client.create_vector_name(self._name, space.name, wire.new_space(space))
            elif old != space:
                raise SpaceMismatch(
                    f"{space.name} is stored as {describe(old)} in {self._name} and wanted as {describe(space)}.",
                    remedy=RECREATE,
                )
        self._index_fields(name for name in self.layout.fields if name not in info.payload_schema)

    def _index_fields(self, names: Iterable[str]) -> None:
        if self._local:
            return
        for name in names:
            kind = wire.FIELDS[self.layout.fields[name]]
            self._client.create_payload_index(self._name, name, kind, wait=True)

    def __enter__(self) -> ServerStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go. May be called twice."""
        client, self._open = self._open, None
        if client is not None:
            with _asking("closed"):
                client.close()

    @property
    def _client(self) -> QdrantClient:
        if self._open is None:
            raise StoreError("The search index is closed.", remedy="Open the library again.")
        return self._open

    # Writing --------------------------------------------------------------------------------------------------------

    def write(self, points: Sequence[Point]) -> None:
        """Insert or replace whole points, in batches of 500. The whole sequence is checked before anything is written.

        Raises ``StoreError``.
        """
        client, ready = self._client, checked(self.layout, points)
        for batch in batches(ready):
            structs = [wire.point_struct(point) for point in batch]
            with _asking("written to"):
                client.upsert(self._name, structs, wait=True)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are no error."""
        client, known = self._client, [i for i in ids if is_id(i)]
        with _asking("written to"):
            for start in range(0, len(known), _PAGE):
                chosen: Any = known[start : start + _PAGE]
                client.delete(self._name, models.PointIdsList(points=chosen), wait=True)

    def flush(self) -> None:
        """Nothing to do: every write has waited for the server."""
        self._client  # noqa: B018 - refuses a closed store

    def optimize(self) -> None:
        """Nothing to do: a server builds its graph index by itself."""
        self._client  # noqa: B018 - refuses a closed store

    # Reading --------------------------------------------------------------------------------------------------------

    def get(self, ids: Sequence[str], spaces: Sequence[str] = ()) -> dict[str, Point]:
        """Stored points by id, with the vectors named (cosine spaces come back with norm 1)."""
        client, known = self._client, [i for i in dict.fromkeys(ids) if is_id(i)]
        found: dict[str, Point] = {}
        with _asking("read"):
            for start in range(0, len(known), _PAGE):
                part = known[start : start + _PAGE]
                records = client.retrieve(self._name, part, with_payload=True, with_vectors=list(spaces) or False)
                found |= {str(record.id): wire.our_point(record) for record in records}
        return found

    def ask(self, asks: Sequence[Ask]) -> list[list[Match]]:
        """Answer several questions in one round trip, in their order."""
        client, ready = self._client, [checked_ask(self.layout, self.tuning.of(ask)) for ask in asks]
        wanted = [
            models.QueryRequest(
                query=wire.nearest(ask),
                using=ask.space,
                filter=wire.where_filter(ask.where),
                params=self._params(ask),
                limit=ask.limit,
                score_threshold=ask.floor,
                with_payload=False,
            )
            for ask in ready
            if not is_empty(ask)
        ]
        with _asking("searched"):
            answers = iter(client.query_batch_points(self._name, wanted) if wanted else [])
            return [[] if is_empty(ask) else wire.matches(next(answers).points) for ask in ready]

    def _params(self, ask: Ask) -> models.SearchParams | None:
        return None if self._local else wire.params(ask, self.layout)

    def recommend(self, plan: Recommend) -> list[Match]:
        """Neighbours of examples; examples are never among them."""
        client, plan = self._client, checked_recommend(self.layout, plan)
        positive, negative = examples(plan, self.get(plan.positive + plan.negative, [plan.space]))
        if plan.strategy == "average":
            target = average(positive, negative) if positive else np.zeros(1, dtype=np.float32)
            return self.ask([Ask(plan.space, target, plan.limit, plan.where)])[0] if target.any() else []
        if not positive and not negative:
            return []
        best = plan.strategy == "best"
        strategy = models.RecommendStrategy.BEST_SCORE if best else models.RecommendStrategy.SUM_SCORES
        pairs = models.RecommendInput(
            positive=[row.tolist() for row in positive],
            negative=[row.tolist() for row in negative],
            strategy=strategy,
        )
        with _asking("searched"):
            found = client.query_points(
                self._name,
                query=models.RecommendQuery(recommend=pairs),
                using=plan.space,
                query_filter=wire.where_filter(plan.where),
                limit=plan.limit,
                with_payload=False,
            )
            return wire.matches(found.points)

    def facet(self, field: str, where: Sequence[Condition] = (), limit: int = 100) -> list[tuple[str, int]]:
        """Values of a keyword field and how many points have them, most frequent first, exact."""
        client = self._client
        checked_facet(self.layout, field, limit)
        chosen = wire.where_filter(checked_where(self.layout, where))
        with _asking("counted"):
            hits = client.facet(self._name, field, facet_filter=chosen, limit=limit, exact=True).hits
        return sorted(((str(hit.value), hit.count) for hit in hits), key=lambda one: (-one[1], one[0]))

    def count(self, where: Sequence[Condition] = ()) -> int:
        """How many points there are (exact)."""
        client, chosen = self._client, wire.where_filter(checked_where(self.layout, where))
        with _asking("counted"):
            return client.count(self._name, count_filter=chosen, exact=True).count

    def ids(self, where: Sequence[Condition] = ()) -> Iterator[str]:
        """Ids of all points that meet the conditions."""
        offset: Any = None
        chosen = wire.where_filter(checked_where(self.layout, where))
        while True:
            with _asking("read"):
                records, offset = self._client.scroll(
                    self._name, limit=_PAGE, offset=offset, scroll_filter=chosen, with_payload=False, with_vectors=False
                )
            yield from (str(record.id) for record in records)
            if offset is None:
                return
            if not records:  # more of nothing, for ever
                raise StoreError("The Qdrant server could not be read: it pages without end.", remedy=REBUILD)


def erase(client: QdrantClient, layout: Layout) -> None:
    """Remove the collection, so that the next opening makes an empty one."""
    with _asking("removed"):
        client.delete_collection(layout.collection)


@contextmanager
def _asking(done: str) -> Iterator[None]:
    """Whatever goes wrong inside becomes a ``StoreError``: the client raises errors of four packages, and its local
    mode plain ``ValueError`` and ``KeyError``."""
    try:
        yield
    except SongkinError:
        raise
    except UnexpectedResponse as error:
        # Not even a traceback may show the body of an answer: a proxy's may repeat the request with its key.
        raise _failure(done, error) from None
    except Exception as error:
        raise _failure(done, error) from error


def _failure(done: str, error: Exception) -> StoreError:
    why, remedy = wire.reason(error)
    return StoreError(f"The Qdrant server could not be {done}: {why}.", remedy=remedy)
