"""Songkin's words in those of a Qdrant server: spaces, points, questions and conditions for ``qdrant_client``.

Pure functions over things that ``checks.py`` has passed, and what an error of the client means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from qdrant_client import models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from songkin.store.vectors import Ask, Condition, Layout, Match, Point, Space, Sparse

QUANTIZE_FROM: Final = 100
"""Dimensions from which a server also keeps vectors as int8 and scores again what it found with them."""

FIELDS: Final = {
    "keyword": models.PayloadSchemaType.KEYWORD,
    "integer": models.PayloadSchemaType.INTEGER,
    "float": models.PayloadSchemaType.FLOAT,
}
"""What the kinds of indexed fields are called."""


# Spaces -------------------------------------------------------------------------------------------------------------


def dense_params(space: Space) -> models.VectorParams:
    """A dense space when the collection is made."""
    int8 = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
    return models.VectorParams(
        size=space.dim,
        distance=_distance(space),
        quantization_config=models.ScalarQuantization(scalar=int8) if space.dim >= QUANTIZE_FROM else None,
    )


def sparse_params() -> models.SparseVectorParams:
    """A sparse space when the collection is made: the server applies the IDF."""
    return models.SparseVectorParams(modifier=models.Modifier.IDF)


def new_space(space: Space) -> models.VectorNameConfig:
    """A space that is added to a collection later."""
    if space.sparse:
        return models.SparseVectorNameConfig(sparse=models.SparseVectorConfig(modifier=models.Modifier.IDF))
    dense = models.DenseVectorConfig(size=space.dim, distance=_distance(space))
    return models.DenseVectorNameConfig(dense=dense)


def stored_space(name: str, dense: models.VectorParams | None, sparse: object) -> Space | None:
    """The space that a collection has under ``name``, as far as songkin knows such spaces."""
    if dense is not None:
        known: dict[object, Any] = {models.Distance.COSINE: "cosine", models.Distance.DOT: "dot"}
        return Space(name, dense.size, known.get(dense.distance, dense.distance.value))
    return Space(name, 0) if sparse is not None else None


def _distance(space: Space) -> models.Distance:
    return models.Distance.COSINE if space.distance == "cosine" else models.Distance.DOT


# Points -------------------------------------------------------------------------------------------------------------


def point_struct(point: Point) -> models.PointStruct:
    """A checked point as the client takes it."""
    vectors: dict[str, Any] = {name: row.tolist() for name, row in point.dense.items()}
    for name, terms in point.sparse.items():
        vectors[name] = _sparse(terms)
    return models.PointStruct(id=point.id, vector=vectors, payload=dict(point.payload))


def our_point(record: models.Record) -> Point:
    """A stored point as songkin has it."""
    dense, sparse = {}, {}
    vectors: dict[str, Any] = record.vector if isinstance(record.vector, dict) else {}
    for name, row in vectors.items():
        if isinstance(row, models.SparseVector):
            sparse[name] = Sparse(tuple(row.indices), tuple(row.values))
        else:
            dense[name] = np.asarray(row, dtype=np.float32)
    return Point(str(record.id), dense, sparse, record.payload or {})


def matches(found: Sequence[models.ScoredPoint]) -> list[Match]:
    """Found points as songkin has them."""
    return [Match(str(point.id), float(point.score)) for point in found]


def _sparse(terms: Sparse) -> models.SparseVector:
    return models.SparseVector(indices=list(terms.indices), values=list(terms.values))


# Questions ----------------------------------------------------------------------------------------------------------


def nearest(ask: Ask) -> models.NearestQuery | models.DiscoverQuery:
    """The question for the nearest points, of the right side of all pairs first."""
    vector: Any = _sparse(ask.vector) if isinstance(ask.vector, Sparse) else ask.vector.tolist()
    if ask.pairs:
        pairs = [models.ContextPair(positive=one.tolist(), negative=other.tolist()) for one, other in ask.pairs]
        return models.DiscoverQuery(discover=models.DiscoverInput(target=vector, context=pairs))
    return models.NearestQuery(nearest=vector)


def params(ask: Ask, layout: Layout) -> models.SearchParams:
    """How one question is searched: exactly or by graph, int8 candidates scored again."""
    int8 = layout.space(ask.space).dim >= QUANTIZE_FROM
    again = models.QuantizationSearchParams(ignore=ask.exact, rescore=True, oversampling=2.0) if int8 else None
    return models.SearchParams(hnsw_ef=ask.ef, exact=ask.exact, quantization=again)


def where_filter(where: Sequence[Condition]) -> models.Filter | None:
    """All conditions in one filter; None for none."""
    if not where:
        return None
    must = [_condition(condition) for condition in where if not condition.negate]
    must_not = [_condition(condition) for condition in where if condition.negate]
    return models.Filter(must=must or None, must_not=must_not or None)


def _condition(condition: Condition) -> Any:
    values: Any = list(condition.values)
    if condition.kind == "match":
        return models.FieldCondition(key=condition.field, match=models.MatchAny(any=values))
    if condition.kind == "range":
        ends = models.Range(gte=condition.low, lte=condition.high)
        return models.FieldCondition(key=condition.field, range=ends)
    if condition.kind == "ids":
        return models.HasIdCondition(has_id=values)
    return models.HasVectorCondition(has_vector=condition.field)


# Errors -------------------------------------------------------------------------------------------------------------


def reason(error: Exception) -> tuple[str, str]:
    """Why a request failed and what can be done, for people. Headers and bodies are not quoted: a key may be there."""
    if isinstance(error, UnexpectedResponse):
        status = error.status_code or 0
        if status in (401, 403):
            return f"it answered {status}, so the key is missing or wrong", "Check SONGKIN_QDRANT_API_KEY."
        said = _sentence(error)
        if status == 404:
            return f"it answered 404 ({said})", "Run `songkin reindex`: it makes the search index anew."
        return f"it answered {status} ({said})", "Look at the server's log; `songkin reindex` repeats what was lost."
    if isinstance(error, ResponseHandlingException):
        return _line(error.source), "Check SONGKIN_QDRANT_URL, and that the server is running and can be reached."
    if isinstance(error, OSError):
        return _line(error), "Check SONGKIN_QDRANT_URL, and that the server is running and can be reached."
    return _line(error), "Check SONGKIN_QDRANT_URL, and that a Qdrant server answers there."


def _line(error: Exception) -> str:
    """The first line of what an error says, else its name."""
    return (str(error).strip().splitlines() or [""])[0][:300].rstrip(".") or type(error).__name__


def _sentence(error: UnexpectedResponse) -> str:
    """The server's own sentence, where it speaks as Qdrant does; else the name of the status."""
    try:
        said = error.structured()["status"]["error"]
    except (ValueError, KeyError, TypeError):
        said = error.reason_phrase
    return " ".join(str(said)[:300].split()).rstrip(".")
