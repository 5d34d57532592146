"""Raw vectors to index vectors."""

from __future__ import annotations

import numpy as np
import pytest

from songkin import spaces
from songkin.errors import StoreError
from songkin.store import TRACKS

RNG = np.random.default_rng(1)


def raw(space: str, n: int) -> spaces.Matrix:
    dims = {"tags": 100, "heard": 100, "timbre": 1506, "descriptors": 386, "text": 384}
    return RNG.random((n, dims[space]), dtype=np.float32)


@pytest.mark.parametrize("space", list(spaces.RAW))
@pytest.mark.parametrize("n", [1, 2, 5, 300])
def test_every_space_gives_finite_directed_vectors_of_its_size(space: str, n: int) -> None:
    rows = raw(space, n)
    statistics = spaces.fit(space, rows) if spaces.needs_statistics(space) else None
    made = spaces.transform(space, rows, statistics)
    assert made.shape == (n, TRACKS.space(space).dim)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert (np.linalg.norm(made, axis=1) > 0).all()


@pytest.mark.parametrize("n", [10, 40, 200])
def test_whitening_a_small_library_keeps_near_songs_near(n: int) -> None:
    base = RNG.normal(size=(n // 2, 1506)).astype(np.float32)
    pairs = np.concatenate([base, base + 0.5 * RNG.normal(size=base.shape).astype(np.float32)])
    made = spaces.transform("timbre", pairs, spaces.fit("timbre", pairs))
    unit = made / np.linalg.norm(made, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -1)
    twin = np.concatenate([np.arange(n // 2) + n // 2, np.arange(n // 2)])
    assert (similarity.argmax(axis=1) == twin).mean() > 0.9


def test_descriptors_rank_as_the_weighted_sum_of_two_cosines() -> None:
    rows = raw("descriptors", 50)
    statistics = spaces.fit("descriptors", rows)
    made = spaces.transform("descriptors", rows, statistics)
    z = (rows - statistics.arrays["mean"]) / statistics.arrays["std"]
    first, second = z[:, :98], z[:, 98:]

    def cosine(a: spaces.Matrix) -> spaces.Matrix:
        unit = a / np.linalg.norm(a, axis=1, keepdims=True)
        return np.asarray(unit @ unit.T)

    expected = (cosine(first) + 0.5 * cosine(second)) / 1.5
    np.testing.assert_allclose(cosine(made), expected, atol=1e-5)


def test_asking_heard_ranks_as_the_weighted_sum_of_standardised_logits() -> None:
    rows = raw("heard", 60)
    statistics = spaces.fit("heard", rows)
    weights = RNG.random(100, dtype=np.float32)
    dots = spaces.transform("heard", rows, statistics) @ spaces.ask_heard(weights, statistics)
    z = (spaces.logits(rows) - statistics.arrays["mean"]) / statistics.arrays["std"]
    np.testing.assert_allclose(dots - dots.mean(), z @ weights - (z @ weights).mean(), atol=1e-3)


def test_statistics_survive_packing_and_damage_is_told() -> None:
    statistics = spaces.fit("timbre", raw("timbre", 20))
    back = spaces.Statistics.unpack(statistics.pack())
    assert back.n == statistics.n
    for name, array in statistics.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
    with pytest.raises(StoreError, match="damaged"):
        spaces.Statistics.unpack(statistics.pack()[:100])


def test_the_same_library_gives_the_same_vectors() -> None:
    rows = raw("timbre", 30)
    one = spaces.transform("timbre", rows, spaces.fit("timbre", rows))
    other = spaces.transform("timbre", rows, spaces.fit("timbre", rows.copy()))
    np.testing.assert_array_equal(one, other)


def test_a_space_without_statistics_says_so() -> None:
    with pytest.raises(StoreError, match="no statistics"):
        spaces.transform("timbre", raw("timbre", 2), None)
