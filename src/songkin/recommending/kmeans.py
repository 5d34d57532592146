"""k-means on a sample: centres from some rows, places for all.

Centres hardly move after a few hundred rows each: with 256 of them (chosen by chance, as Faiss does by default), k-means++
on a part of the sample and Lloyd's steps on all of it, the sum of squares over a million rows is within half a percent of
what a mini-batch k-means reaches in twenty times the time (``songkin bench clusters``). What is left is to look once at
every row, block by block.

No cluster is empty: a centre that has lost its rows takes the one that is farthest from its own. Rows are float32 (n, d)
and finite; distances are Euclidean. The same rows and the same seed give the same centres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.spaces import Matrix

Labels = NDArray[np.intp]

PER_CENTRE: Final = 256
"""Rows of the sample for each centre."""
SEEDED: Final = 16
"""Rows for each centre among which k-means++ chooses the first ones."""
STEPS: Final = 50
STILL: Final = 1e-6
HASTY: Final = 5e-4
"""Share of the sum of squares below which a step is the last one; the second where steps are dear."""
TRIES: Final = 4
_WORK: Final = 1_000_000
"""Distances up to which work counts as little: several beginnings are tried then, and the last steps look at all rows."""
_BLOCK: Final = 1 << 18
"""Distances that are looked at together: a block of them stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """``centres`` float32 (k, d), for each row the number of its centre and the squared distance to it."""

    centres: Matrix
    labels: Labels
    squares: Matrix

    @property
    def inertia(self) -> float:
        """The sum of squared distances of all rows to their centres."""
        return float(self.squares.sum(dtype=np.float64))


def grouped(rows: Matrix, k: int, *, seed: int = 0) -> Grouped:
    """``rows`` in ``k`` groups; in fewer where fewer rows differ. Raises ``ValueError`` where there are none, or no k."""
    if k < 1 or not len(rows):
        raise ValueError("there is nothing to group")
    rng = np.random.default_rng(seed)
    most = PER_CENTRE * k
    chosen = rows if len(rows) <= most else rows[np.sort(rng.choice(len(rows), most, replace=False))]
    middle = chosen.mean(axis=0, dtype=np.float64).astype(np.float32)
    sample = chosen - middle  # float32 keeps more of small distances near zero
    best: tuple[float, Matrix] | None = None
    tries = max(1, min(TRIES, _WORK // (len(sample) * k)))
    for _ in range(tries):
        found = _settled(sample, _begun(sample, k, rng), HASTY if tries == 1 else STILL)
        if best is None or found[0] < best[0]:
            best = found
    assert best is not None
    centres = best[1]
    if len(sample) < len(rows) <= _WORK // k:
        centres = _settled(rows - middle, centres, HASTY)[1]
    return _filled(rows, centres + middle)


def placed(rows: Matrix, centres: Matrix) -> tuple[Labels, Matrix]:
    """For each row the number of its nearest centre, and the squared distance to it, float32 (n,)."""
    labels = np.empty(len(rows), np.intp)
    squares = np.empty(len(rows), np.float32)
    halves = 0.5 * np.einsum("kd,kd->k", centres, centres)
    turned = np.ascontiguousarray(centres.T)
    size = max(1, _BLOCK // len(centres))
    near = np.empty((size, len(centres)), np.float32)
    for start in range(0, len(rows), size):
        block = rows[start : start + size]
        those = near[: len(block)]
        np.matmul(block, turned, out=those)
        those -= halves
        mine = those.argmax(axis=1)  # |x - c|² = |x|² - 2 (x·c - |c|²/2)
        labels[start : start + size] = mine
        best = those[np.arange(len(block)), mine]
        squares[start : start + size] = np.einsum("nd,nd->n", block, block) - 2 * best
    return labels, np.maximum(squares, 0, out=squares)


def means(rows: Matrix, labels: Labels, k: int) -> tuple[Matrix, NDArray[np.intp]]:
    """The mean of each group, float32 (k, d), zeros where it is empty, and how many rows it has."""
    counts = np.bincount(labels, minlength=k)
    sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in rows.T], axis=1)
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32), counts


def _begun(sample: Matrix, k: int, rng: np.random.Generator) -> Matrix:
    """First centres by k-means++ (Arthur and Vassilvitskii, SODA 2007) among a part of the sample, each the best of a few
    that are drawn; fewer than ``k`` where no more rows differ."""
    some = sample if len(sample) <= SEEDED * k else sample[rng.choice(len(sample), SEEDED * k, replace=False)]
    lengths = np.einsum("nd,nd->n", some, some)
    candidates = 2 + int(np.log(k))

    def away(numbers: NDArray[np.intp]) -> Matrix:
        found = lengths - 2 * (some[numbers] @ some.T) + lengths[numbers, None]
        found[found <= 1e-6 * (lengths + lengths[numbers, None])] = 0  # the same row, but for rounding
        return np.asarray(found)

    taken = [int(rng.integers(len(some)))]
    squares = away(np.array(taken))[0]
    while len(taken) < k:
        total = squares.cumsum(dtype=np.float64)
        if total[-1] <= 0:
            break
        drawn = np.searchsorted(total, rng.random(candidates) * total[-1], side="right").clip(max=len(some) - 1)
        left = np.minimum(squares, away(drawn))
        best = int(left.sum(axis=1).argmin())
        squares = left[best]
        taken.append(int(drawn[best]))
    return some[taken]


def _settled(sample: Matrix, centres: Matrix, still: float) -> tuple[float, Matrix]:
    """Lloyd's steps from these centres: the sum of squares that is reached, and where the centres are then."""
    before = np.inf
    for _ in range(STEPS):
        labels, squares = placed(sample, centres)
        inertia = float(squares.sum(dtype=np.float64))
        if before - inertia <= still * inertia:
            break
        before = inertia
        moved, counts = means(sample, labels, len(centres))
        empty = np.flatnonzero(counts == 0)
        if len(empty):
            moved[empty] = sample[np.argsort(-squares, kind="stable")[: len(empty)]]
        centres = moved
    return inertia, centres


def _filled(rows: Matrix, centres: Matrix) -> Grouped:
    """All rows at their centres; a centre that is nobody's nearest moves to the row that is farthest from its own, and
    one that even then has none (rows that do not differ) is dropped."""
    for _ in range(len(centres)):
        labels, squares = placed(rows, centres)
        empty = np.flatnonzero(np.bincount(labels, minlength=len(centres)) == 0)
        if not len(empty):
            break
        farthest = int(squares.argmax())
        if squares[farthest] <= 0:
            centres = np.delete(centres, empty, axis=0)
            continue
        centres = centres.copy()
        centres[empty[0]] = rows[farthest]
    return Grouped(centres, labels, squares)
