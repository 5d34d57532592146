"""Marks for rankings of which several songs may be right, or one.

A ranking is a list of ids, best first. Songs it leaves out count as not found: a person who gets three hits has three.
``graded`` takes doubtful songs out of the ranking before it is scored (condensed lists: Sakai, SIGIR 2007) and gives
precision at 5, nDCG at 10 with two grades (Järvelin and Kekäläinen, TOIS 20, 2002) and average precision.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

GRADED: Final = ("P@5", "nDCG@10", "mAP")
NAMED: Final = ("R@1", "R@10", "MRR")
_DEPTH: Final = 100
"""Where a search for one song gives up; its reciprocal rank is 0 from there."""


def graded(ranking: Sequence[str], right: Collection[str], doubtful: Collection[str] = ()) -> tuple[float, ...]:
    """(P@5, nDCG@10, average precision) of a ranking. ``right`` must not be empty."""
    hits = np.array([each in right for each in ranking if each not in doubtful], np.float64)
    gains = np.zeros(10)
    gains[: min(10, len(hits))] = hits[:10]
    discounts = 1.0 / np.log2(np.arange(2, 12))
    ndcg = float(gains @ discounts) / float(discounts[: min(10, len(right))].sum())
    precisions = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(gains[:5].sum() / 5), ndcg, float((precisions * hits).sum()) / len(right)


def by_chance(right: int, candidates: int) -> tuple[float, ...]:
    """What a random order of ``candidates`` earns on average (P@5, nDCG@10, average precision)."""
    share = right / candidates
    discounts = 1.0 / np.log2(np.arange(2, 2 + min(10, candidates)))
    ndcg = share * float(discounts.sum()) / float(discounts[: min(10, right)].sum())
    places = np.arange(1, candidates + 1)
    # At place i one song is right with probability `share`, then (i - 1)(right - 1)/(candidates - 1) before it are.
    before = (places - 1) * (right - 1) / max(1, candidates - 1)
    return share, ndcg, float(((1 + before) / places).sum()) / candidates


def named(ranking: Sequence[str], right: Collection[str]) -> tuple[float, ...]:
    """(found first, found among ten, reciprocal rank) of the first right song."""
    rank = next((i for i, each in enumerate(ranking[:_DEPTH], start=1) if each in right), None)
    return (0.0, 0.0, 0.0) if rank is None else (float(rank == 1), float(rank <= 10), 1.0 / rank)


def halves(groups: Sequence[str], seed: int) -> NDArray[np.bool_]:
    """True for one half of the questions, drawn by ``seed`` within each group."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(groups), np.bool_)
    for group in dict.fromkeys(groups):
        members = np.flatnonzero([each == group for each in groups])
        chosen[rng.permutation(members)[::2]] = True
    return chosen
