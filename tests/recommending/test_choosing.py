"""From scored candidates to a list."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from songkin.models import Track
from songkin.recommending.choosing import chosen, fair, flowing, leap

NONE_ALIKE = np.eye(6)


def test_the_best_comes_first_and_everything_once() -> None:
    order = chosen([0.2, 0.9, 0.5, 0.1, 0.0, 0.4], NONE_ALIKE, [-1] * 6, {}, 0.0)
    assert order == [1, 2, 5, 0, 3, 4]


def test_what_is_like_the_chosen_waits() -> None:
    alike = np.eye(3)
    alike[0, 1] = alike[1, 0] = 1.0
    assert chosen([1.0, 0.9, 0.6], alike, [-1] * 3, {}, 0.5) == [0, 2, 1]
    assert chosen([1.0, 0.9, 0.6], alike, [-1] * 3, {}, 0.0) == [0, 1, 2]


def test_every_taste_gets_its_share_although_one_scores_higher() -> None:
    relevance = [0.9, 0.8, 0.7, 0.3, 0.2, 0.1]
    kinds = [0, 0, 0, 1, 1, 1]
    order = chosen(relevance, NONE_ALIKE, kinds, fair([1.0, 1.0]), 0.0)
    assert sorted(kinds[n] for n in order[:4]) == [0, 0, 1, 1]
    assert [kinds[n] for n in chosen(relevance, NONE_ALIKE, kinds, {}, 0.0)[:3]] == [0, 0, 0]


def test_a_small_taste_is_due_more_than_its_size() -> None:
    assert fair([9.0, 1.0]) == pytest.approx({0: 0.75, 1: 0.25})
    assert fair([]) == {}


def song(n: int, bpm: float, key: str = "", energy: float | None = None) -> Track:
    return Track(str(n), f"Song {n}", bpm=bpm, key=key, table_features={} if energy is None else {"energy": energy})


def test_tempo_and_key_and_energy_change_gently_in_an_order_that_flows() -> None:
    rng = np.random.default_rng(3)
    keys = ["C major", "G major", "D major", "A minor", "E minor", "F sharp major"]
    songs = [song(n, 60 + 120 * rng.random(), keys[n % 6], rng.random()) for n in range(30)]
    order = flowing(songs)
    assert order[0] == 0
    assert sorted(order) == list(range(30))

    def length(path: list[int]) -> float:
        return sum(leap(songs[a], songs[b]) for a, b in itertools.pairwise(path))

    shuffled = [length([0, *(1 + rng.permutation(29)).tolist()]) for _ in range(50)]
    assert length(order) < 0.6 * min(shuffled)


def test_relative_keys_are_near_and_opposite_ones_far() -> None:
    def apart(a: str, b: str) -> float:
        return leap(song(0, 120, a, 0.5), song(1, 120, b, 0.5))

    assert apart("C major", "C major") == 0.0
    assert 0 < apart("C major", "A minor") < apart("C major", "G major") < apart("C major", "D major")
    assert apart("C major", "F# major") == pytest.approx(1 / 3)


def test_half_the_tempo_is_nearer_than_a_tempo_between() -> None:
    assert leap(song(0, 80), song(1, 160)) < leap(song(0, 80), song(1, 113))
    assert leap(song(0, 80), song(1, 80)) < leap(song(0, 80), song(1, 160))
    assert leap(song(0, 0), song(1, 80)) == leap(song(0, 80), song(1, 0))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_lists_stay_as_they_are(count: int) -> None:
    assert flowing([song(n, 100) for n in range(count)]) == list(range(count))
