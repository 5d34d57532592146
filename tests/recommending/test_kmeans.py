"""Groups of rows: nothing is left out, nothing is empty, and the sample costs little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from songkin.recommending.kmeans import Grouped, grouped, means, placed
from songkin.spaces import Matrix


def blobs(n: int, k: int, seed: int = 0, apart: float = 10.0) -> tuple[Matrix, Matrix]:
    """Rows strewn around ``k`` places, and these."""
    rng = np.random.default_rng(seed)
    places = apart * rng.normal(size=(k, 6))
    return (places[np.arange(n) % k] + rng.normal(size=(n, 6))).astype(np.float32), places.astype(np.float32)


def full_lloyd(rows: Matrix, centres: Matrix, steps: int = 100) -> float:
    """The sum of squares that k-means over all rows reaches from these centres."""
    for _ in range(steps):
        labels, squares = placed(rows, centres)
        centres = means(rows, labels, len(centres))[0]
    return float(squares.sum(dtype=np.float64))


def test_groups_that_lie_apart_are_found() -> None:
    rows, places = blobs(3_000, 7)
    found = grouped(rows, 7)
    assert np.bincount(found.labels).tolist() == pytest.approx([3_000 / 7] * 7, abs=1)
    _, away = placed(found.centres, places)
    assert away.max() < 0.1


def test_each_row_is_at_its_nearest_centre_and_inertia_is_the_sum_of_squares() -> None:
    rows, _ = blobs(2_500, 9, apart=1.0)
    found = grouped(rows, 9)
    every = ((rows[:, None].astype(np.float64) - found.centres) ** 2).sum(axis=2)
    assert np.array_equal(found.labels, every.argmin(axis=1))
    assert found.squares == pytest.approx(every.min(axis=1), rel=1e-3, abs=1e-3)
    assert found.inertia == pytest.approx(every.min(axis=1).sum(), rel=1e-4)


def test_a_sample_is_nearly_as_good_as_all_rows() -> None:
    rows, _ = blobs(20_000, 30, apart=0.8)
    found = grouped(rows, 12)  # 3,072 of them are looked at
    assert found.inertia <= 1.01 * full_lloyd(rows, found.centres)


def test_the_same_seed_gives_the_same_groups_and_another_one_may_not() -> None:
    rows, _ = blobs(5_000, 20, apart=0.5)
    one, same, other = grouped(rows, 8, seed=4), grouped(rows, 8, seed=4), grouped(rows, 8, seed=5)
    assert np.array_equal(one.centres, same.centres)
    assert np.array_equal(one.labels, same.labels)
    assert not np.array_equal(one.centres, other.centres)


def test_rows_far_from_zero_are_grouped_as_well_as_those_near_it() -> None:
    rows, _ = blobs(1_000, 4)
    assert np.array_equal(grouped(rows + np.float32(1_000), 4).labels, grouped(rows, 4).labels)


def test_no_more_groups_than_rows_that_differ() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 50, axis=0)
    found = grouped(rows, 8)
    assert len(found.centres) == 3
    assert sorted(np.bincount(found.labels)) == [50, 50, 50]
    assert found.inertia == pytest.approx(0, abs=1e-5)


def test_rows_that_are_all_the_same_are_one_group() -> None:
    found = grouped(np.full((100, 5), 0.3, np.float32), 4)
    assert (len(found.centres), set(found.labels.tolist())) == (1, {0})


@pytest.mark.parametrize(("rows", "k"), [(np.zeros((0, 3), np.float32), 2), (np.ones((3, 2), np.float32), 0)])
def test_nothing_cannot_be_grouped(rows: Matrix, k: int) -> None:
    with pytest.raises(ValueError, match="nothing to group"):
        grouped(rows, k)


def test_a_rare_kind_that_the_sample_missed_does_not_leave_a_centre_without_rows() -> None:
    rows, _ = blobs(20_000, 2)
    rows[0] += 100  # one wild row
    for seed in range(5):
        found = grouped(rows, 3, seed=seed)
        assert np.bincount(found.labels, minlength=len(found.centres)).min() > 0


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 4)),
        elements=st.floats(-8, 8, width=16),
    ),
    st.integers(1, 12),
)
def test_no_group_is_ever_empty_and_no_row_is_without_one(rows: Matrix, k: int) -> None:
    found: Grouped = grouped(rows, k)
    counts = np.bincount(found.labels, minlength=len(found.centres))
    assert counts.min() > 0
    assert counts.sum() == len(rows)
    assert len(found.centres) <= min(k, len(np.unique(rows, axis=0)))
    assert np.isfinite(found.centres).all()
