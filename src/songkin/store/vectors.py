"""What songkin needs of a vector engine, in songkin's own words.

Two implementations know Qdrant and nobody else does: ``embedded.py`` (the engine inside this process) and
``server.py`` (a Qdrant server, cloud or cluster, or qdrant-client's ``:memory:``). Both answer alike; one suite of
tests runs over both. A point is one song: an id, some named dense vectors, some sparse ones, a flat payload of
strings, numbers and lists of strings. Flags are the integers 0 and 1.
What goes in is checked by ``checks.py`` first, alike for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Payload = Mapping[str, Any]
FieldKind = Literal["keyword", "integer", "float"]


@dataclass(frozen=True, slots=True)
class Space:
    """One named vector of the points: dense with ``dim`` numbers, or sparse (``dim`` 0, IDF applied by the engine)."""

    name: str
    dim: int
    distance: Literal["cosine", "dot"] = "cosine"

    @property
    def sparse(self) -> bool:
        return self.dim == 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Spaces and indexed payload fields of one collection. Every field that is filtered or counted must be here."""

    collection: str
    spaces: tuple[Space, ...]
    fields: Mapping[str, FieldKind]

    def space(self, name: str) -> Space:
        """The space called ``name``; raises ``KeyError``."""
        for space in self.spaces:
            if space.name == name:
                return space
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: sorted term ids and their weights, of equal length."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One song as the engine holds it. ``dense`` rows are float32 of the space's length, finite and not all zero."""

    id: str
    dense: Mapping[str, NDArray[np.float32]]
    sparse: Mapping[str, Sparse]
    payload: Payload


@dataclass(frozen=True, slots=True)
class Condition:
    """``match``: the field has one of ``values``; ``range``: low <= field <= high (either may be None);
    ``ids``: the point is one of ``values``; ``has``: the point has the vector named ``field``. ``negate`` turns it around."""

    kind: Literal["match", "range", "ids", "has"]
    field: str = ""
    values: tuple[str | int, ...] = ()
    low: float | None = None
    high: float | None = None
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Nearest points to ``vector`` in one space, best first. All ``where`` must hold; scores below ``floor`` do not
    count.

    With ``pairs`` of vectors (of dense spaces), points that are nearer to the first than to the second of more pairs come
    first, the nearest to ``vector`` among those of as many: Qdrant's discovery. A score is then the number of such pairs
    less that of the others, and a fraction that grows with nearness.
    """

    space: str
    vector: NDArray[np.float32] | Sparse
    limit: int
    where: tuple[Condition, ...] = ()
    exact: bool = False
    ef: int | None = None
    floor: float | None = None
    pairs: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...] = ()


@dataclass(frozen=True, slots=True)
class Tuning:
    """How questions are searched that do not say it themselves: exactly, or how widely the graph is walked (``ef``)."""

    exact: bool = False
    ef: int | None = None

    def of(self, ask: Ask) -> Ask:
        """The question, tuned."""
        return replace(ask, exact=ask.exact or self.exact, ef=self.ef if ask.ef is None else ask.ef)


@dataclass(frozen=True, slots=True)
class Recommend:
    """Points near ``positive`` and far from ``negative`` examples (ids of stored points, which never come back).

    ``average`` asks for the neighbours of 2·mean(positive) − mean(negative); ``best`` scores a point by its most
    similar example, ``sum`` by all of them. Examples that lack the space are passed over; with none left (``average``:
    no positive one) the answer is empty. Dense spaces only.
    """

    space: str
    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()
    limit: int = 10
    strategy: Literal["average", "best", "sum"] = "best"
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One found point: its id as text, its score (higher is better)."""

    id: str
    score: float


class VectorStore(Protocol):
    """An engine that holds one collection. Use it as a context manager; it is closed when the block ends.

    Raises ``LibraryBusy`` (another process holds it), ``IndexDamaged`` (rebuild it), ``SpaceMismatch`` (stored
    vectors have other sizes) and ``StoreError`` for all else, never the engine's own exceptions.
    """

    layout: Layout
    tuning: Tuning

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def close(self) -> None:
        """Flush and let go. May be called twice."""

    def write(self, points: Sequence[Point]) -> None:
        """Insert or replace whole points, in batches. The whole sequence is checked before anything is written."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are no error."""

    def get(self, ids: Sequence[str], spaces: Sequence[str] = ()) -> dict[str, Point]:
        """Stored points by id, with the dense vectors named (cosine spaces come back with norm 1)."""

    def ask(self, asks: Sequence[Ask]) -> list[list[Match]]:
        """Answer several questions in one round trip, in their order."""

    def recommend(self, plan: Recommend) -> list[Match]:
        """Neighbours of examples; examples are never among them."""

    def facet(self, field: str, where: Sequence[Condition] = (), limit: int = 100) -> list[tuple[str, int]]:
        """Values of a keyword field and how many points have them, most frequent first, exact."""

    def count(self, where: Sequence[Condition] = ()) -> int:
        """How many points there are (exact)."""

    def ids(self, where: Sequence[Condition] = ()) -> Iterator[str]:
        """Ids of all points that meet the conditions."""

    def optimize(self) -> None:
        """Build the graph index where the size asks for one. Holds the process; never while serving."""

    def flush(self) -> None:
        """Make what was written durable."""


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vector at norm 1 (a zero vector stays zero). The norm is taken in float64: squares of float32 overflow."""
    norm = float(np.linalg.norm(vector.astype(np.float64)))
    return np.asarray(vector / norm, dtype=np.float32) if norm > 0 else vector


def average(positive: Sequence[NDArray[np.float32]], negative: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The vector that the ``average`` strategy asks for: 2·mean(positive) − mean(negative), as Qdrant has it."""
    middle = np.mean(np.stack(positive), axis=0)
    if negative:
        middle = 2 * middle - np.mean(np.stack(negative), axis=0)
    return np.asarray(middle, dtype=np.float32)


def examples(
    plan: Recommend, found: Mapping[str, Point]
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """The vectors of the plan's positive and negative examples, of those that have one in its space."""
    rows = {i: point.dense[plan.space] for i, point in found.items() if plan.space in point.dense}
    return [rows[i] for i in plan.positive if i in rows], [rows[i] for i in plan.negative if i in rows]


def batches(points: Iterable[Point], size: int = 500) -> Iterator[list[Point]]:
    """Cut into lists of at most ``size`` (a server takes requests of at most 32 MB)."""
    batch: list[Point] = []
    for point in points:
        batch.append(point)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
