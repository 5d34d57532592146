"""What may go into a vector engine, checked before any engine sees it and in the same words for all of them.

Engines differ in what they let pass: the embedded one stores NaN and never finds it, matches nothing by a boolean,
leaves very short cosine vectors as they are, and keeps half of a batch that it refused, or brings it back as a ghost
from its log. So a whole batch is checked, and put into plain types, before a byte of it is handed over.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songkin.errors import StoreError
from songkin.store.vectors import Ask, Condition, Layout, Point, Recommend, Space, Sparse, unit

log = logging.getLogger(__name__)

_INT64 = 2**63
_ID = re.compile(
    "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)  # ten times as fast as uuid.UUID: filters hold thousands


def is_id(value: object) -> bool:
    """Whether this can be the id of a point: a UUID in its usual spelling (so that ids compare as text)."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def clean(text: str) -> str:
    """Text that any engine takes: undecodable bytes (lone surrogates) become U+FFFD."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def checked(layout: Layout, points: Sequence[Point]) -> list[Point]:
    """The points as an engine may have them: cosine rows at norm 1, empty sparse vectors left out, plain payloads.

    Raises ``StoreError`` naming the first point that cannot be stored; nothing has been written then.
    """
    return [_checked(layout, point) for point in points]


def _checked(layout: Layout, point: Point) -> Point:
    if not is_id(point.id):
        raise _refusal(point, "its id is not a UUID")
    dense = {}
    for name, row in point.dense.items():
        try:
            dense[name] = dense_row(layout, name, row)
        except StoreError as error:
            raise _refusal(point, error.message) from error
    sparse = {}
    for name, terms in point.sparse.items():
        try:
            sparse_row(layout, name, terms)
        except StoreError as error:
            raise _refusal(point, error.message) from error
        if terms.indices:
            sparse[name] = terms
    payload = {key: _checked_value(layout, point, key, value) for key, value in point.payload.items()}
    return replace(point, dense=dense, sparse=sparse, payload=payload)


def _refusal(point: Point, why: str) -> StoreError:
    return StoreError(f"Point {point.id} cannot be stored: {why}", remedy="Nothing of this batch was written.")


def dense_row(layout: Layout, name: str, row: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector fit for the dense space ``name``: float32 of its length, norm 1 where it compares by cosine."""
    space = _space(layout, name)
    if space.sparse:
        raise StoreError(f"{name} takes sparse vectors, and this one is dense.")
    row = np.asarray(row, dtype=np.float32)
    if row.shape != (space.dim,):
        raise StoreError(f"{name} takes {space.dim} numbers, and this vector has the shape {row.shape}.")
    if not np.isfinite(row).all():
        raise StoreError(f"the vector for {name} holds a number that is not finite.")
    if not row.any():
        raise StoreError(f"the vector for {name} is all zero.")
    return unit(row) if space.distance == "cosine" else row


def sparse_row(layout: Layout, name: str, terms: Sparse) -> Sparse:
    """A sparse vector fit for the sparse space ``name``; it may be empty."""
    if not _space(layout, name).sparse:
        raise StoreError(f"{name} takes dense vectors, and this one is sparse.")
    if len(terms.indices) != len(terms.values) or len(set(terms.indices)) != len(terms.indices):
        raise StoreError(f"the sparse vector for {name} does not pair each term once with a weight.")
    if not all(0 <= i < 2**32 for i in terms.indices) or not all(map(math.isfinite, terms.values)):
        raise StoreError(f"the sparse vector for {name} holds a term or weight out of range.")
    return terms


def _space(layout: Layout, name: str) -> Space:
    try:
        return layout.space(name)
    except KeyError:
        known = ", ".join(space.name for space in layout.spaces)
        raise StoreError(f"There is no space {name!r}.", remedy=f"Use one of: {known}.") from None


def _checked_value(layout: Layout, point: Point, key: str, value: Any) -> Any:
    """One payload value as plain Python. What is indexed must be of the index's kind, else it would never be found."""
    many = isinstance(value, (list, tuple))
    plain = [_scalar(point, key, one) for one in (value if many else (value,))]
    kind = layout.fields.get(key)
    if kind == "float":
        plain = [float(one) if type(one) is int else one for one in plain]
    wanted = {"keyword": str, "integer": int, "float": float}.get(kind or "", object)
    if not all(isinstance(one, wanted) for one in plain):
        raise _refusal(point, f"{key} takes {kind} values, and this is {value!r}.")
    return plain if many else plain[0]


def _scalar(point: Point, key: str, value: Any) -> str | int | float:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        raise _refusal(point, f"{key} is a boolean; flags are the integers 0 and 1.")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _refusal(point, f"{key} is {value!r}; payloads hold text, finite numbers and lists of them.")


def checked_where(layout: Layout, where: Sequence[Condition]) -> list[Condition]:
    """The conditions as an engine may have them. Raises ``StoreError`` for a field without an index, an unknown space
    or a value that could never match; ids that are none are dropped, since no point has them."""
    return [_checked_condition(layout, condition) for condition in where]


def _checked_condition(layout: Layout, condition: Condition) -> Condition:
    name = condition.field
    if condition.kind == "has":
        _space(layout, name)
        return condition
    if condition.kind == "ids":
        return replace(condition, values=tuple(v for v in condition.values if is_id(v)))
    kind = layout.fields.get(name)
    if kind is None:
        raise StoreError(f"{name!r} cannot be filtered by.", remedy=f"Use one of: {', '.join(layout.fields)}.")
    if condition.kind == "range":
        if kind == "keyword":
            raise StoreError(f"{name} is no number, so it has no range.")
        ends = [end for end in (condition.low, condition.high) if end is not None]
        if not ends or not all(map(math.isfinite, ends)):
            raise StoreError(f"The range of {name} needs an end, and its ends must be finite.")
        return condition
    wanted = {"keyword": str, "integer": int}.get(kind)
    if wanted is None:
        raise StoreError(f"{name} holds fractions and cannot be matched.", remedy="Use a range.")
    if any(isinstance(v, bool) or not isinstance(v, wanted) for v in condition.values):
        raise StoreError(f"{name} takes {kind} values, and not {condition.values!r}.")
    return replace(condition, values=tuple(clean(v) if isinstance(v, str) else v for v in condition.values))


def checked_ask(layout: Layout, ask: Ask, where: Sequence[Condition] = ()) -> Ask:
    """The question as an engine may have it, ``where`` added to its own conditions."""
    log.debug(
        "asking %s for %d, exact %s, ef %s, %d conditions", ask.space, ask.limit, ask.exact, ask.ef, len(ask.where)
    )
    if ask.limit < 1:
        raise StoreError(f"{ask.limit} neighbours cannot be given.", remedy="Ask for 1 or more.")
    if ask.floor is not None and not math.isfinite(ask.floor):
        raise StoreError("The lowest score to be given must be a finite number.")
    if isinstance(ask.vector, Sparse):
        vector: NDArray[np.float32] | Sparse = sparse_row(layout, ask.space, ask.vector)
    else:
        vector = dense_row(layout, ask.space, ask.vector)
    pairs = tuple((dense_row(layout, ask.space, a), dense_row(layout, ask.space, b)) for a, b in ask.pairs)
    return replace(ask, vector=vector, pairs=pairs, where=tuple(checked_where(layout, (*ask.where, *where))))


def is_empty(ask: Ask) -> bool:
    """Whether the question is a sparse vector without terms, which no point answers."""
    return isinstance(ask.vector, Sparse) and not ask.vector.indices


def checked_recommend(layout: Layout, plan: Recommend) -> Recommend:
    """The plan as an engine may have it; its examples are kept out of the answer."""
    if plan.limit < 1:
        raise StoreError(f"{plan.limit} neighbours cannot be given.", remedy="Ask for 1 or more.")
    if _space(layout, plan.space).sparse:
        raise StoreError(f"{plan.space} is sparse; examples work in dense spaces only.")
    positive, negative = (tuple(i for i in ids if is_id(i)) for ids in (plan.positive, plan.negative))
    examples = Condition("ids", values=positive + negative, negate=True)
    return replace(
        plan, positive=positive, negative=negative, where=tuple(checked_where(layout, (*plan.where, examples)))
    )


def checked_facet(layout: Layout, field: str, limit: int) -> None:
    """Raises ``StoreError`` unless ``field`` is an indexed keyword."""
    if layout.fields.get(field) != "keyword":
        known = ", ".join(name for name, kind in layout.fields.items() if kind == "keyword")
        raise StoreError(f"{field!r} cannot be counted by value.", remedy=f"Use one of: {known}.")
    if limit < 1:
        raise StoreError(f"{limit} values cannot be given.", remedy="Ask for 1 or more.")
