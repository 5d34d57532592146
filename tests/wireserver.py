"""A Qdrant server for tests: it notes the requests as they would travel and answers from qdrant-client's ``:memory:``.

Only transport is made up. Requests are those of the real client, answers those of Qdrant's own local engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter
from qdrant_client import QdrantClient, models


@dataclass
class WireServer:
    """Give ``transport()`` to a ``QdrantClient``; ``seen`` holds (method, path, body) of all requests."""

    seen: list[tuple[str, str, Any]] = field(default_factory=list)
    memory: QdrantClient = field(default_factory=lambda: QdrantClient(":memory:"))
    indexed: set[str] = field(default_factory=set)

    def client(self) -> QdrantClient:
        """A client that talks to this server."""
        transport = httpx.MockTransport(self.answer)
        return QdrantClient(url="http://qdrant.example", transport=transport, check_compatibility=False)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """One request in, one answer out, both as JSON."""
        body = json.loads(request.content) if request.content else None
        self.seen.append((request.method, request.url.path, body))
        _, _, name, *rest = request.url.path.split("/")
        handler: Callable[[str, Any], Any] = {
            ("GET", "exists"): lambda n, _: {"exists": self.memory.collection_exists(n)},
            ("GET", ""): self._info,
            ("PUT", ""): self._create,
            ("DELETE", ""): lambda n, _: self.memory.delete_collection(n),
            ("PUT", "index"): self._index,
            ("PUT", "vectors/*"): lambda n, b: self._add_space(n, rest[-1], b),
            ("PUT", "points"): self._upsert,
            ("POST", "points"): self._retrieve,
            ("POST", "points/delete"): self._delete,
            ("POST", "points/query"): self._query,
            ("POST", "points/query/batch"): lambda n, b: [self._query(n, one) for one in b["searches"]],
            ("POST", "points/count"): lambda n, b: self.memory.count(n, models.CountRequest(**b).filter, exact=True),
            ("POST", "points/scroll"): self._scroll,
            ("POST", "facet"): self._facet,
        }[request.method, "vectors/*" if rest[:1] == ["vectors"] else "/".join(rest)]
        return httpx.Response(200, json={"result": _plain(handler(name, body)), "status": "ok", "time": 0.0})

    def _info(self, name: str, _: Any) -> Any:
        info = _plain(self.memory.get_collection(name))
        info["payload_schema"] = {key: {"data_type": "keyword", "points": 0} for key in self.indexed}
        return info

    def _create(self, name: str, body: Any) -> bool:
        wanted = models.CreateCollection(**body)
        return self.memory.create_collection(name, wanted.vectors, wanted.sparse_vectors)

    def _index(self, _: str, body: Any) -> models.UpdateResult:
        self.indexed.add(models.CreateFieldIndex(**body).field_name)
        return models.UpdateResult(operation_id=1, status=models.UpdateStatus.COMPLETED)

    def _add_space(self, name: str, space: str, body: Any) -> models.UpdateResult:
        config: Any = TypeAdapter(models.VectorNameConfig).validate_python(body)
        return self.memory.create_vector_name(name, space, config)

    def _upsert(self, name: str, body: Any) -> models.UpdateResult:
        return self.memory.upsert(name, models.PointsList(**body).points)

    def _delete(self, name: str, body: Any) -> models.UpdateResult:
        return self.memory.delete(name, models.PointIdsList(**body))

    def _retrieve(self, name: str, body: Any) -> Any:
        wanted = models.PointRequest(**body)
        return self.memory.retrieve(name, wanted.ids, wanted.with_payload or False, wanted.with_vector or False)

    def _query(self, name: str, body: Any) -> models.QueryResponse:
        wanted = models.QueryRequest(**body)
        return self.memory.query_points(
            name,
            query=wanted.query,
            using=wanted.using,
            prefetch=wanted.prefetch,
            query_filter=wanted.filter,
            limit=wanted.limit or 10,
            score_threshold=wanted.score_threshold,
            with_payload=wanted.with_payload or False,
        )

    def _scroll(self, name: str, body: Any) -> Any:
        wanted = models.ScrollRequest(**body)
        points, offset = self.memory.scroll(
            name,
            scroll_filter=wanted.filter,
            limit=wanted.limit or 10,
            offset=wanted.offset,
            with_payload=wanted.with_payload or False,
        )
        return {"points": _plain(points), "next_page_offset": offset}

    def _facet(self, name: str, body: Any) -> models.FacetResponse:
        wanted = models.FacetRequest(**body)
        return self.memory.facet(name, wanted.key, wanted.filter, wanted.limit or 10, wanted.exact or False)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    return [_plain(one) for one in value] if isinstance(value, list) else value
