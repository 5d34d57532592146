"""Raw vectors to index vectors."""

from __future__ import annotations

import numpy as np
import pytest

from songkin import spaces
from songkin.errors import StoreError
from songkin.store import TRACKS

RNG = np.random.default_rng(1)


def raw(space: str, n: int) -> spaces.Matrix:
    dims = {"tags": 100, "heard": 100, "timbre": 1200, "descriptors": 386 * 3, "text": 384, "table": 24}
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


def found_again(n: int) -> float:
    """Share of ``n`` songs (rows 2 i and 2 i + 1 are one recording) whose twin is their nearest in ``timbre``. Twins
    differ by a lot in the first 40 numbers and by little in the others."""
    base = np.repeat(RNG.normal(size=(n // 2, 400)), 2, axis=0)
    wobble = np.where(np.arange(400) < 40, 3.0, 0.3)
    dense = base + wobble * RNG.normal(size=base.shape)
    rows = np.concatenate([dense, np.zeros((n, 800))], axis=1).astype(np.float32)
    made = spaces.transform("timbre", rows, spaces.fit("timbre", rows))
    unit = made / np.linalg.norm(made, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -1)
    return float((similarity.argmax(axis=1) == np.arange(n) + 1 - 2 * (np.arange(n) % 2)).mean())


@pytest.mark.parametrize("n", [10, 40, 200])
def test_timbre_of_a_small_library_keeps_near_songs_near(n: int) -> None:
    assert found_again(n) > 0.9


def test_what_varies_inside_songs_counts_less_between_them() -> None:
    n = 300
    wobble = np.where(np.arange(400) < 40, 3.0, 0.3)
    contrasts = (wobble * RNG.normal(size=(n, 2, 400))).astype(np.float32)
    drift = np.concatenate([contrasts[:, :, :200].reshape(n, -1), contrasts[:, :, 200:].reshape(n, -1)], axis=1)
    rows = np.concatenate([RNG.normal(size=(n, 400)).astype(np.float32), drift], axis=1)
    axes = spaces.fit("timbre", rows).arrays["axes"]
    length = np.linalg.norm(axes, axis=1)
    assert length[:40].mean() < 0.5 * length[40:].mean()


def test_a_rare_tag_that_doubles_counts_like_a_strong_one() -> None:
    p = np.array([[0.05, 0.5], [0.1, 0.5], [0.05, 1.0]], np.float32)
    rows = np.tile(p, (1, 50))
    made = spaces.transform("tags", rows, None)
    first, second = made[1] - made[0], made[2] - made[0]
    assert float(first[0]) == pytest.approx(float(second[1]), rel=0.2)


def test_descriptors_rank_as_the_weighted_sum_of_two_cosines() -> None:
    rows = raw("descriptors", 300)
    made = spaces.transform("descriptors", rows, spaces.fit("descriptors", rows))

    def cosine(a: spaces.Matrix) -> spaces.Matrix:
        unit = a / np.linalg.norm(a, axis=1, keepdims=True)
        return np.asarray(unit @ unit.T)

    expected = (cosine(made[:, :98]) + 0.5 * cosine(made[:, 98:])) / 1.5
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
