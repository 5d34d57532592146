"""Numbers that say how good a ranking is.

Scores are matrices (queries, candidates), higher is better. Ties count against the right answer, so that a method that
says the same of all songs earns nothing. Intervals are percentile bootstraps over songs (Efron, 1979): songs are drawn
with replacement, for it is songs that differ from one library to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

RESAMPLES: Final = 2000


def ranks_of(scores: Scores, truth: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rank, from 1, of the right candidate ``truth[i]`` of each query: int64 (queries,)."""
    rows = np.arange(len(scores))
    own = scores[rows, truth]
    return np.asarray((scores >= own[:, None]).sum(axis=1), np.int64)


def recall_at(ranks: NDArray[np.int64], k: int) -> float:
    """Share of queries whose right answer is among the first ``k``."""
    return float((ranks <= k).mean())


def mean_reciprocal_rank(ranks: NDArray[np.int64]) -> float:
    """Mean of 1 / rank."""
    return float((1.0 / ranks).mean())


def bootstrap(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of ``values``, one a song."""
    if len(values) < 2:
        return float(values.mean()), float(values.mean())
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def precisions_at(scores: Scores, labels: Sequence[str], k: int) -> NDArray[np.float64]:
    """Per query that has one: the share of its first ``k`` that carry its label, over the most there could be.

    ``scores`` are of a library against itself; the song itself is left out, and so are queries without a label (empty)
    or alone with it. A label of three songs fills two places of ten at most, hence the second half of the first line.
    """
    others = _without_itself(scores)
    marks = np.asarray(labels)
    found = []
    for i, label in enumerate(labels):
        friends = int((marks == label).sum()) - 1
        if not label or friends < 1:
            continue
        first = np.argsort(-others[i], kind="stable")[: min(k, len(marks) - 1)]
        found.append(float((marks[first] == label).sum()) / min(k, friends))
    return np.asarray(found, np.float64)


def occurrences(scores: Scores, k: int = 5) -> NDArray[np.int64]:
    """How often each song stands among the ``k`` nearest of another: int64 (songs,)."""
    others = _without_itself(scores)
    nearest = np.argsort(-others, axis=1, kind="stable")[:, : min(k, len(others) - 1)]
    return np.bincount(nearest.ravel(), minlength=len(others)).astype(np.int64)


def skewness(counts: NDArray[np.int64]) -> float:
    """Third standardised moment: 0 for a fair library, above 1 where hubs crowd the lists (Radovanović, JMLR 2010)."""
    centred = counts - counts.mean()
    spread = float(np.sqrt((centred**2).mean()))
    return float((centred**3).mean()) / spread**3 if spread > 0 else 0.0


def never(counts: NDArray[np.int64]) -> float:
    """Share of songs that stand in no list at all."""
    return float((counts == 0).mean())


def _without_itself(scores: Scores) -> Scores:
    others = np.array(scores, np.float64)
    np.fill_diagonal(others, -np.inf)
    return others
