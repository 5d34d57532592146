"""Ridge regression in closed form (Hoerl and Kennard, 1970), its ridge chosen inside training by hiding groups of rows.

Rows that share a text (the songs of one playlist) are not independent: where they are hidden one by one, the ridge is
chosen far too small, and what was learned fails on playlists never seen. So whole groups are hidden, and every group
counts alike, however many rows it has (in the trials by which it was chosen that did better on unseen playlists than
counting every row alike). Without groups rows are hidden.

Everything is a sum over rows, so a fold is left out by subtracting its sums; memory grows with columns squared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

RIDGES: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Ridges that are tried, for columns of unit vectors and a mean weight of 1 a row."""
FOLDS: Final = 10


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear map: ``(x - middle) @ map + level``. ``explained`` is R² of each target on hidden rows (below 0: worse than
    the mean), ``error`` the mean squared error there, ``ridge`` what was chosen."""

    middle: Numbers
    map: Numbers
    level: Numbers
    ridge: float
    explained: Numbers
    error: float

    def predict(self, x: NDArray[np.floating]) -> Numbers:
        """Targets for rows of ``x``."""
        return np.asarray((np.asarray(x, np.float64) - self.middle) @ self.map + self.level)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Weighted sums over rows: of weights, x, y, x xᵀ, x yᵀ."""

    weight: float
    x: Numbers
    y: Numbers
    xx: Numbers
    xy: Numbers

    @classmethod
    def of(cls, x: Numbers, y: Numbers, weights: Numbers) -> _Sums:
        heavy = x * weights[:, None]
        return cls(float(weights.sum()), heavy.sum(axis=0), weights @ y, x.T @ heavy, heavy.T @ y)

    def without(self, other: _Sums) -> _Sums:
        return _Sums(
            self.weight - other.weight, self.x - other.x, self.y - other.y, self.xx - other.xx, self.xy - other.xy
        )

    def maps(self, ridges: Sequence[float]) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        """(middle, map, level) for each ridge."""
        middle, level = self.x / self.weight, self.y / self.weight
        values, axes = np.linalg.eigh(self.xx - self.weight * np.outer(middle, middle))
        turned = axes.T @ (self.xy - self.weight * np.outer(middle, level))
        for ridge in ridges:
            yield middle, axes @ (turned / (np.maximum(values, 0.0) + ridge)[:, None]), level


def fitted(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    groups: Sequence[str] | None = None,
    *,
    ridges: Sequence[float] = RIDGES,
    seed: int = 0,
) -> Fit:
    """The map from ``x`` (n, d) to ``y`` (n, k), both finite; ``groups`` names each row's group. n is at least 2."""
    inputs, targets = np.asarray(x, np.float64), np.asarray(y, np.float64)
    numbers, weights = _grouped(groups, len(inputs))
    folds = _folds(numbers, seed)
    whole = _Sums.of(inputs, targets, weights)
    missed, spread = np.zeros((len(ridges), targets.shape[1])), np.zeros(targets.shape[1])
    for fold in range(int(folds.max()) + 1):
        hidden = folds == fold
        part = _Sums.of(inputs[hidden], targets[hidden], weights[hidden])
        for number, (middle, slope, level) in enumerate(whole.without(part).maps(ridges)):
            off = targets[hidden] - ((inputs[hidden] - middle) @ slope + level)
            missed[number] += weights[hidden] @ off**2
        spread += weights[hidden] @ (targets[hidden] - level) ** 2
    best = int(missed.sum(axis=1).argmin())
    (middle, slope, level), *_ = whole.maps([ridges[best]])
    varies = spread > 1e-9 * whole.weight
    explained = np.where(varies, 1.0 - missed[best] / np.where(varies, spread, 1.0), 0.0)
    return Fit(middle, slope, level, ridges[best], explained, float(missed[best].sum() / whole.weight / len(spread)))


def _grouped(groups: Sequence[str] | None, n: int) -> tuple[NDArray[np.intp], Numbers]:
    """Each row's group as a number, and its weight: every group weighs the same, 1 a row in the mean."""
    if groups is None or len(set(groups)) < 2:
        return np.arange(n), np.ones(n)
    _, numbers, counts = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    weights = 1.0 / counts[numbers]
    return numbers, weights / weights.mean()


def _folds(numbers: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Which fold each row is hidden in; rows of one group together."""
    groups = int(numbers.max()) + 1
    dealt = np.random.default_rng(seed).permutation(groups) % min(FOLDS, groups)
    return np.asarray(dealt[numbers])
