"""Into how many groups: what the indices say, what is asked, what cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from songkin.errors import QueryError
from songkin.recommending.grouping import Asked, chosen, parse
from songkin.spaces import Matrix


def blobs(k: int, n: int = 900, apart: float = 8.0) -> Matrix:
    rng = np.random.default_rng(k)
    return (apart * rng.normal(size=(k, 5))[np.arange(n) % k] + rng.normal(size=(n, 5))).astype(np.float32)


@pytest.mark.parametrize("k", [2, 3, 5, 8, 13])
def test_as_many_groups_as_there_are(k: int) -> None:
    choice, found = chosen(blobs(k))
    assert choice.k == k == len(found.centres)
    assert [each.k for each in choice.tried] == list(range(2, 25))
    assert choice.best == {"silhouette": k, "davies_bouldin": k, "calinski_harabasz": k}


def test_few_groups_that_do_not_stand_apart_are_not_taken_unless_asked_for() -> None:
    cloud = np.random.default_rng(0).normal(size=(600, 5)).astype(np.float32)
    choice, _ = chosen(cloud)
    assert choice.k >= 4
    assert "stand nowhere well apart" in choice.why
    ranged, _ = chosen(cloud, (2, 3))
    assert ranged.k in (2, 3)


def test_a_range_is_kept_to() -> None:
    choice, found = chosen(blobs(5), (6, 9))
    assert [each.k for each in choice.tried] == [6, 7, 8, 9]
    assert choice.k == len(found.centres) >= 6


@pytest.mark.parametrize(
    ("rows", "asked", "k"),
    [
        (np.ones((1, 3), np.float32), None, 1),
        (np.eye(2, 3, dtype=np.float32), None, 1),
        (np.eye(2, 3, dtype=np.float32), 2, 2),
        (np.eye(3, dtype=np.float32), 50, 3),
        (np.eye(3, dtype=np.float32), (5, 9), 3),
        (np.ones((40, 3), np.float32), None, 1),
        (np.ones((40, 3), np.float32), 4, 1),
        (np.ones((40, 3), np.float32), (2, 6), 1),
        (np.repeat(np.eye(3, dtype=np.float32), 30, axis=0), (5, 9), 3),
    ],
)
def test_little_and_the_same_over_and_over_has_an_answer(rows: Matrix, asked: Asked, k: int) -> None:
    choice, found = chosen(rows, asked)
    assert choice.k == len(found.centres) == k
    assert choice.why


@pytest.mark.parametrize(("text", "asked"), [("auto", None), ("8", 8), ("4..12", (4, 12)), (" 3 .. 5 ", (3, 5))])
def test_how_many_is_written_as_a_number_a_range_or_auto(text: str, asked: Asked) -> None:
    assert parse(text) == asked


@pytest.mark.parametrize("text", ["", "many", "4..", "1.5", "auto..4", "4..x"])
def test_what_is_no_number_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert "--k" in caught.value.remedy


@pytest.mark.parametrize("asked", [0, -3, 10_000, (5, 2), (0, 4)])
def test_numbers_that_cannot_be_meant_are_refused(asked: Asked) -> None:
    with pytest.raises(QueryError):
        chosen(np.eye(3, dtype=np.float32), asked)
