"""What recommendations from playlists are measured against: item-kNN, and the models of ``implicit`` where it is installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from songkin.recommending.crowd import Crowd

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Scorer = Callable[[Sequence[int]], NDArray[np.float32]]

FACTORS = 64


def missing() -> list[str]:
    """What cannot be measured here."""
    return (
        [] if find_spec("implicit") else ["implicit is not installed: ALS and BPR are left out (pip install implicit)."]
    )


def fitted(crowd: Crowd, seed: int = 0) -> dict[str, Scorer]:
    """Models that were fitted on these playlists, by name; each takes given songs and scores all, float32 (songs,)."""
    found: dict[str, Scorer] = {"items": _items(crowd)}
    if find_spec("implicit"):
        found |= _implicit(crowd, seed)
    return found


def pairs(crowd: Crowd) -> csr_matrix:
    """Playlists x songs, 1 where a song stands in a playlist."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(crowd.songs), np.float32)
    return csr_matrix((ones, crowd.songs, crowd.starts), shape=(crowd.lists, len(crowd.artist)))


def _items(crowd: Crowd) -> Scorer:
    from scipy.sparse import diags

    length = 1 / np.sqrt(np.maximum(crowd.count, 1)).astype(np.float32)
    unit = (pairs(crowd) @ diags(length)).tocsc()

    def score(given: Sequence[int]) -> NDArray[np.float32]:
        wanted = np.asarray(unit[:, list(given)].sum(axis=1), np.float32).ravel()
        return np.asarray(unit.T @ wanted, np.float32)

    return score


def _implicit(crowd: Crowd, seed: int) -> dict[str, Scorer]:
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import TFIDFRecommender

    matrix = pairs(crowd)
    als = AlternatingLeastSquares(factors=FACTORS, iterations=10, alpha=5.0, random_state=seed)
    bpr = BayesianPersonalizedRanking(factors=FACTORS, iterations=30, random_state=seed)
    near = TFIDFRecommender(K=200)
    for model in (als, bpr, near):
        model.fit(matrix, show_progress=False)
    return {"als": _by_als(als, crowd), "bpr": _by_mean(bpr), "tfidf": _by_items(near, crowd)}


def _row(crowd: Crowd, given: Sequence[int]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    ones = np.ones(len(given), np.float32)
    return csr_matrix((ones, ([0] * len(given), list(given))), shape=(1, len(crowd.artist)))


def _by_als(model: Any, crowd: Crowd) -> Scorer:
    def score(given: Sequence[int]) -> NDArray[np.float32]:
        factors = np.asarray(model.recalculate_user(0, _row(crowd, given)), np.float32).ravel()
        return np.asarray(model.item_factors @ factors, np.float32)

    return score


def _by_mean(model: Any) -> Scorer:
    return lambda given: np.asarray(model.item_factors @ model.item_factors[list(given)].mean(axis=0), np.float32)


def _by_items(model: Any, crowd: Crowd) -> Scorer:
    return lambda given: np.asarray((_row(crowd, given) @ model.similarity).todense(), np.float32).ravel()
