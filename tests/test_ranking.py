"""Blending, hub correction, spreading a page."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from songkin import ranking


def test_the_same_song_has_affinity_one_and_distance_lowers_it() -> None:
    assert ranking.affinity(0.0, 0.2, 0.3) == 1.0
    assert ranking.affinity(0.1, 0.2, 0.3) > ranking.affinity(0.2, 0.2, 0.3) > 0


def test_a_hub_loses_to_a_song_that_is_as_near_but_near_to_few() -> None:
    found = ranking.blend(
        {"timbre": {"hub": 0.2, "friend": 0.2}},
        {"timbre": 0.2},
        {"timbre": {"hub": 0.05, "friend": 0.4}},
        {"timbre": 1},
    )
    assert found["friend"][0] > found["hub"][0]


def test_spaces_are_averaged_with_their_weights() -> None:
    distances = {"a": {"x": 0.0, "y": 9.0}, "b": {"x": 9.0, "y": 0.0}}
    found = ranking.blend(distances, {}, {}, {"a": 3, "b": 1})
    assert found["x"][0] > 0.7 > 0.3 > found["y"][0]


def test_a_song_heard_in_one_space_only_does_not_beat_one_that_is_alike_in_all() -> None:
    distances = {"a": {"x": 0.01, "y": 0.0}, "b": {"x": 0.01}}
    found = ranking.blend(distances, {}, {}, {"a": 1, "b": 1})
    assert found["x"][0] > found["y"][0]


def test_a_page_is_spread_over_artists_and_keeps_its_order() -> None:
    ranked = ["a1", "a2", "a3", "b1", "c1", "a4"]
    assert ranking.spread(ranked, 4, [(lambda item: [item[0]], 2)]) == ["a1", "a2", "b1", "c1"]


def test_caps_are_relaxed_where_the_page_could_not_be_filled() -> None:
    ranked = ["a1", "a2", "a3", "b1"]
    assert ranking.spread(ranked, 4, [(lambda item: [item[0]], 1)]) == ranked
    assert ranking.spread(ranked, 3, [(lambda item: [item[0]], 1)]) == ["a1", "a2", "b1"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2))), st.integers(1, 12), st.integers(1, 3))
def test_spread_fills_the_page_whenever_it_can(items: list[tuple[int, int]], limit: int, cap: int) -> None:
    ranked = [(artist, album, number) for number, (artist, album) in enumerate(items)]
    chosen = ranking.spread(ranked, limit, [(lambda i: [i[0]], cap), (lambda i: [i[:2]], cap)])
    assert len(chosen) == min(limit, len(ranked))
    assert chosen == sorted(chosen, key=lambda item: item[2])
    if len(set(items)) >= limit and len({artist for artist, _ in items}) >= limit:
        assert max(Counter(item[0] for item in chosen).values()) <= cap


def test_of_duplicates_the_first_is_kept() -> None:
    linked = {"a": {"b"}, "b": {"a"}}
    assert ranking.collapse(["b", "c", "a"], str, linked) == ["b", "c"]


def test_shares_are_parts_of_one() -> None:
    assert ranking.shares({"x": 3.0, "y": 1.0}) == {"x": 0.75, "y": 0.25}
    assert ranking.shares({}) == {}


def test_the_radius_of_an_unknown_song_is_the_mean_of_its_nearest() -> None:
    assert ranking.mean_of_nearest([0.9, 0.1, 0.3], k=2) == 0.2
    assert ranking.mean_of_nearest([]) == ranking.DEFAULT_RADIUS
