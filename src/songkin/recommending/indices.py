"""How well groups stand apart: three indices that need no truth to compare with.

``silhouette``         mean of (b - a) / max(a, b): a is a row's mean distance to its own group, b to the nearest other one
                       (Rousseeuw, 1987); -1 to 1, more is better; a row alone in its group counts 0
``davies_bouldin``     for each group the worst (spread + spread) / distance of centres, mean over groups (1979); less is
                       better
``calinski_harabasz``  dispersion between groups over that inside, each by its degrees of freedom (1974); more is better

Definitions are those of scikit-learn, exact, over the rows that are given: of a large library a sample is judged. All
distances are Euclidean, rows are float32 (n, d), labels count from 0, and each of 0 … k - 1 has a row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songkin.recommending.kmeans import Labels, means
from songkin.spaces import Matrix


def distances(rows: Matrix) -> Matrix:
    """Distances of all rows to one another, float32 (n, n), for ``silhouette``: one matrix serves any number of groupings."""
    centred = rows - rows.mean(axis=0)
    lengths = np.einsum("nd,nd->n", centred, centred)
    squares = lengths[:, None] + lengths - 2 * (centred @ centred.T)
    squares[squares <= 1e-6 * lengths[:, None]] = 0  # the same row, but for rounding
    np.fill_diagonal(squares, 0)
    return np.asarray(np.sqrt(squares, out=squares))


def silhouette(distance: Matrix, labels: Labels) -> float:
    """Mean silhouette of rows with these ``distances``; 0 where all are in one group."""
    k = int(labels.max()) + 1
    counts = np.bincount(labels, minlength=k)
    if np.count_nonzero(counts) < 2:
        return 0.0
    belongs = np.zeros((len(labels), k), np.float32)
    belongs[np.arange(len(labels)), labels] = 1
    sums = (distance @ belongs).astype(np.float64)
    own = sums[np.arange(len(labels)), labels] / np.maximum(counts[labels] - 1, 1)
    others = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    others[np.arange(len(labels)), labels] = np.inf
    nearest = others.min(axis=1)
    larger = np.maximum(own, nearest)
    value = np.where((counts[labels] > 1) & (larger > 0), (nearest - own) / np.where(larger > 0, larger, 1), 0)
    return float(value.mean())


def davies_bouldin(rows: Matrix, labels: Labels) -> float:
    """0 for groups without any spread; two groups with one centre do not count against each other."""
    k = int(labels.max()) + 1
    centres, counts = means(rows, labels, k)
    away = np.sqrt(((rows - centres[labels]) ** 2).sum(axis=1, dtype=np.float64))
    spread = np.bincount(labels, weights=away, minlength=k) / np.maximum(counts, 1)
    between = np.sqrt(((centres[:, None] - centres) ** 2).sum(axis=2, dtype=np.float64))
    between[between == 0] = np.inf
    worst: NDArray[np.float64] = ((spread[:, None] + spread) / between).max(axis=1)
    return float(worst.mean())


def calinski_harabasz(rows: Matrix, labels: Labels) -> float:
    """1 where no group has any spread, as in scikit-learn; 0 for one group, or as many groups as rows."""
    k = int(labels.max()) + 1
    if not 1 < k < len(rows):
        return 0.0
    centres, counts = means(rows, labels, k)
    inside = float(((rows - centres[labels]) ** 2).sum(dtype=np.float64))
    between = float((counts[:, None] * (centres - rows.mean(axis=0, dtype=np.float64)) ** 2).sum())
    return 1.0 if inside == 0 else between * (len(rows) - k) / (inside * (k - 1))
