"""How crowded it is around each song: the mean distance to its ten nearest, per space.

Songs that are near to everything (hubs) have small radii; ``ranking`` divides by them. Schnitzer, Flexer, Schedl and
Widmer, "Local and global scaling reduce hubs in space", JMLR 13 (2012). Computed over all songs by blocks when statistics
were refitted, over a sample of 20,000 in larger libraries; else asked of the index for the new songs alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from songkin.spaces import Matrix
from songkin.store import compared
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask, Condition, VectorStore

NEIGHBOURS: Final = 10
SAMPLE: Final = 20_000
_BLOCK: Final = 500


def refresh(catalog: Catalog, store: VectorStore, changed: Sequence[str], *, whole: bool) -> None:
    """Measure radii of the ``changed`` songs, or of all where the spaces themselves changed."""
    ids = catalog.ids() if whole else list(changed)
    for space in compared(store.layout):
        if whole or len(ids) > _BLOCK:
            having, rows = rows_of(store, catalog.ids(), space)
            radii = dict(zip(having, radii_of(rows), strict=True)) if having else {}
        else:
            radii = _asked(store, ids, space)
        catalog.vectors.put_reach(space, radii, replace=whole)


def radii_of(rows: Matrix, k: int = NEIGHBOURS) -> list[float]:
    """Mean cosine distance of each row (float32 (n, d), any norm) to its ``k`` nearest others; .5 for a lone song."""
    n = len(rows)
    if n < 2:
        return [0.5] * n
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    chosen = np.arange(n) if n <= SAMPLE else np.sort(np.random.default_rng(0).choice(n, SAMPLE, replace=False))
    others = unit[chosen]
    k = min(k, len(others) - 1)
    radii: list[float] = []
    for start in range(0, n, _BLOCK):
        block = slice(start, min(n, start + _BLOCK))
        distance = 1.0 - unit[block] @ others.T
        own = np.searchsorted(chosen, np.arange(block.start, block.stop))
        inside = (own < len(chosen)) & (chosen[np.minimum(own, len(chosen) - 1)] == np.arange(block.start, block.stop))
        distance[np.flatnonzero(inside), own[inside]] = np.inf
        radii += np.partition(distance, k - 1, axis=1)[:, :k].mean(axis=1).tolist()
    return [max(radius, 1e-4) for radius in radii]


def rows_of(store: VectorStore, ids: Sequence[str], space: str) -> tuple[list[str], Matrix]:
    """Those of ``ids`` that have a vector in a space, in their order, and the vectors, float32 (n, d)."""
    having: list[str] = []
    rows: list[Matrix] = []
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        found = store.get(block, [space])
        there = [i for i in block if i in found and space in found[i].dense]
        having += there
        rows += [found[i].dense[space] for i in there]
    return having, np.stack(rows) if rows else np.zeros((0, 0), np.float32)


def _asked(store: VectorStore, ids: Sequence[str], space: str) -> dict[str, float]:
    points = store.get(ids, [space])
    having = [i for i in ids if i in points and space in points[i].dense]
    asks = [
        Ask(space, points[i].dense[space], NEIGHBOURS, (Condition("ids", values=(i,), negate=True),)) for i in having
    ]
    radii = {}
    for i, matches in zip(having, store.ask(asks) if asks else [], strict=True):
        distances = [1.0 - match.score for match in matches]
        radii[i] = max(float(np.mean(distances)), 1e-4) if distances else 0.5
    return radii
