"""The three indices: worked by hand, and beside scikit-learn's where that is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from songkin.recommending.indices import calinski_harabasz, davies_bouldin, distances, silhouette
from songkin.recommending.kmeans import Labels
from songkin.spaces import Matrix

LINE = np.array([[0], [2], [10], [12], [14]], np.float32)
TWO = np.array([0, 0, 1, 1, 1], np.intp)


def test_silhouette_by_hand() -> None:
    a = [2, 2, 3, 2, 3]
    b = [12, 10, 9, 11, 13]  # mean distances to the other group
    expected = sum((far - near) / max(far, near) for near, far in zip(a, b, strict=True)) / 5
    assert silhouette(distances(LINE), TWO) == pytest.approx(expected, rel=1e-5)


def test_davies_bouldin_by_hand() -> None:
    spreads, apart = (1, 4 / 3), 12 - 1
    assert davies_bouldin(LINE, TWO) == pytest.approx(sum(spreads) / apart, rel=1e-6)


def test_calinski_harabasz_by_hand() -> None:
    middle = 38 / 5
    between = 2 * (1 - middle) ** 2 + 3 * (12 - middle) ** 2
    inside = 2 * 1 + 2 * 4
    assert calinski_harabasz(LINE, TWO) == pytest.approx(between / (inside / 3), rel=1e-6)


def test_a_row_alone_in_its_group_counts_nothing() -> None:
    labels = np.array([0, 0, 1, 1, 2], np.intp)
    a, b = [2, 2, 2, 2], [11, 9, 4, 2]
    expected = sum((far - near) / max(far, near) for near, far in zip(a, b, strict=True)) / 5
    assert silhouette(distances(LINE), labels) == pytest.approx(expected, rel=1e-5)


def test_one_group_and_rows_that_do_not_differ_have_an_answer() -> None:
    same = np.ones((4, 2), np.float32)
    one, two = np.zeros(4, np.intp), np.array([0, 0, 1, 1], np.intp)
    assert silhouette(distances(same), one) == 0
    assert calinski_harabasz(same, one) == 0
    assert silhouette(distances(same), two) == 0
    assert davies_bouldin(same, two) == 0
    assert calinski_harabasz(same, two) == 1


@pytest.mark.parametrize("k", [2, 5, 11])
def test_all_three_are_those_of_scikit_learn(k: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed here")
    rng = np.random.default_rng(k)
    rows: Matrix = (rng.normal(size=(400, 7)) + 5 * rng.normal(size=(k, 7))[rng.integers(k, size=400)]).astype(
        np.float32
    )
    labels: Labels = np.concatenate([np.arange(k), rng.integers(k, size=400 - k)])
    if k == 5:
        labels[labels == 3] = 2
        labels[7] = 3  # alone
    assert silhouette(distances(rows), labels) == pytest.approx(metrics.silhouette_score(rows, labels), abs=1e-4)
    assert davies_bouldin(rows, labels) == pytest.approx(metrics.davies_bouldin_score(rows, labels), rel=1e-4)
    assert calinski_harabasz(rows, labels) == pytest.approx(metrics.calinski_harabasz_score(rows, labels), rel=1e-4)


def test_distances_are_those_of_every_pair() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32) + np.float32(40)
    rows[4] = rows[9]
    found = distances(rows)
    expected = [[math.dist(one, other) for other in rows] for one in rows]
    assert found == pytest.approx(np.array(expected), abs=1e-3)
    assert found[4, 9] == 0
