"""Metrics on rankings small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.evaluation import metrics


def test_the_best_candidate_has_rank_one() -> None:
    scores = np.array([[0.9, 0.5, 0.1], [0.2, 0.3, 0.8]])
    assert metrics.ranks_of(scores, np.array([0, 1])).tolist() == [1, 2]


def test_ties_count_against_the_right_answer() -> None:
    assert metrics.ranks_of(np.zeros((2, 4)), np.array([0, 3])).tolist() == [4, 4]


def test_recall_and_mean_reciprocal_rank_are_those_counted_by_hand() -> None:
    ranks = np.array([1, 2, 4, 10])
    assert metrics.recall_at(ranks, 1) == 0.25
    assert metrics.recall_at(ranks, 4) == 0.75
    assert metrics.mean_reciprocal_rank(ranks) == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 10) / 4)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.integers(0, 5))
def test_an_interval_lies_around_the_mean_and_is_the_same_each_time(values: list[float], seed: int) -> None:
    array = np.array(values)
    low, high = metrics.bootstrap(array, seed)
    assert low <= array.mean() + 1e-9
    assert high >= array.mean() - 1e-9
    assert (low, high) == metrics.bootstrap(array, seed)


def test_an_interval_of_equal_values_has_no_width() -> None:
    assert metrics.bootstrap(np.full(10, 0.4)) == pytest.approx((0.4, 0.4))
    assert metrics.bootstrap(np.array([0.7])) == (0.7, 0.7)


def test_a_song_is_not_among_its_own_nearest() -> None:
    scores = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]])
    assert metrics.precisions_at(scores, ["a", "a", "b"], 1).tolist() == [1.0, 1.0]
    assert metrics.occurrences(scores, 1).tolist() == [1, 2, 0]


def test_songs_without_a_label_are_neither_asked_nor_right() -> None:
    scores = np.array([[1, 0.9, 0.5, 0.1], [0.9, 1, 0.2, 0.3], [0.5, 0.2, 1, 0.6], [0.1, 0.3, 0.6, 1]])
    found = metrics.precisions_at(scores, ["a", "", "a", ""], 1)
    assert found.tolist() == [0.0, 0.0]


def test_a_label_of_two_songs_can_reach_full_precision_at_three() -> None:
    scores = np.array([[1, 0.9, 0.5, 0.1], [0.9, 1, 0.2, 0.3], [0.5, 0.2, 1, 0.6], [0.1, 0.3, 0.6, 1]])
    assert metrics.precisions_at(scores, ["a", "a", "b", "c"], 3).tolist() == [1.0, 1.0]


def test_a_hub_makes_the_counts_skewed_and_leaves_orphans() -> None:
    fair = np.full(20, 5)
    crowded = np.array([60, *[2] * 18, 0])
    assert metrics.skewness(fair) == 0.0
    assert metrics.skewness(crowded) > 3.0
    assert metrics.never(crowded) == 0.05
