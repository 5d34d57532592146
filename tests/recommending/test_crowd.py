"""What stands together in playlists."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from songkin.recommending.crowd import Crowd, of_lists

# songs 0-3 are one circle, 4-7 another, 8 stands in every list, 9 in none; artist of 9 is that of 0
LISTS = [[0, 1, 2, 8], [1, 2, 3, 8], [0, 2, 3, 8], [4, 5, 6, 8], [5, 6, 7, 8], [4, 6, 7, 8]]
ARTIST = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]


def votes(crowd: Crowd, *seeds: int) -> list[int]:
    """Songs by their votes, best first, without the seeds."""
    scores = crowd.votes(crowd.near(dict.fromkeys(seeds, 1.0)))
    return [int(n) for n in np.argsort(-scores, kind="stable") if n not in seeds and scores[n] > 0]


def test_songs_of_the_same_lists_come_first() -> None:
    crowd = of_lists(LISTS, ARTIST)
    assert votes(crowd, 0, 1)[0] == 2
    assert set(votes(crowd, 0, 1)[:3]) == {2, 3, 8}
    assert set(votes(crowd, 4)[:4]) == {5, 6, 7, 8}


def test_a_song_that_stands_everywhere_says_little_of_a_list() -> None:
    crowd = of_lists(LISTS, ARTIST)
    assert crowd.idf[8] < 0.01 < crowd.idf[0]
    near = crowd.near({0: 1.0, 8: 1.0})
    assert near[[0, 2]].min() > near[3:].max()


def test_a_song_in_no_playlist_is_reached_by_its_artist() -> None:
    crowd = of_lists(LISTS, ARTIST)
    assert crowd.count[9] == 0
    assert crowd.votes(crowd.near({1: 1.0}))[9] > 0
    assert crowd.near({9: 1.0})[0] > 0


def test_a_hidden_playlist_is_as_if_it_were_never_there() -> None:
    crowd = of_lists(LISTS, ARTIST)
    others = of_lists([songs for n, songs in enumerate(LISTS) if n not in (1, 4)], ARTIST)
    found = crowd.without([1, 4])
    for name in ("starts", "songs", "artist", "count", "idf"):
        np.testing.assert_array_equal(getattr(found, name), getattr(others, name))
    assert votes(found, 0) == votes(others, 0)


def test_where_songs_stand_together_is_counted() -> None:
    crowd = of_lists(LISTS, ARTIST)
    assert crowd.together(2, [0, 1]) == (2, 0)
    assert crowd.together(2, [1, 0]) == (2, 1)
    assert crowd.together(2, [4, 5]) == (0, -1)
    assert crowd.together(9, [0]) == (0, -1)


def test_a_song_that_stands_twice_in_a_list_counts_once() -> None:
    assert of_lists([[1, 1, 0]], [0, 1]).songs.tolist() == [0, 1]


def test_without_playlists_nobody_says_anything() -> None:
    crowd = of_lists([], [0, 1])
    assert crowd.votes(crowd.near({0: 1.0})).tolist() == [0.0, 0.0]
    assert of_lists([[]], [0]).near({0: 1.0}).tolist() == [0.0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 11), max_size=12), max_size=12),
    st.dictionaries(st.integers(0, 11), st.floats(0, 1), max_size=6),
)
def test_votes_are_finite_shares_of_the_best(lists: list[list[int]], seeds: dict[int, float]) -> None:
    crowd = of_lists(lists, [n // 2 for n in range(12)])
    near = crowd.near(seeds)
    scores = crowd.votes(near, nearest=3)
    assert near.shape == (len(lists),)
    assert scores.shape == (12,)
    for values in (near, scores):
        assert np.isfinite(values).all()
        assert values.min(initial=0.0) >= 0.0
        assert values.max(initial=0.0) in (0.0, 1.0)


def test_it_is_the_sum_over_lists_that_is_written_down() -> None:
    """The votes of the nearest lists against a plain loop."""
    rng = np.random.default_rng(0)
    lists = [sorted(set(rng.integers(0, 30, 8).tolist())) for _ in range(40)]
    crowd = of_lists(lists, list(range(30)))
    seeds = {3: 1.0, 7: 0.5}
    count = np.array([sum(n in songs for songs in lists) for n in range(30)])
    idf = np.log(41 / (count + 1)) + 1e-3
    length = np.array([sum(idf[n] for n in songs) for songs in lists]) ** 0.5
    by_song = np.array([sum(w * idf[n] for n, w in seeds.items() if n in songs) for songs in lists]) / length
    artists = {n: w * np.log(41 / (count[n] + 1)) for n, w in seeds.items()}
    by_artist = np.array([sum(w for n, w in artists.items() if n in songs) for songs in lists]) / length
    near = by_song / by_song.max() + 0.3 * by_artist / by_artist.max()
    np.testing.assert_allclose(crowd.near(seeds), near / near.max(), rtol=1e-6)
    votes = np.array([sum(near[row] for row, songs in enumerate(lists) if n in songs) for n in range(30)]) / near.max()
    rare = votes / count**0.3
    told = votes / count**0.3
    expected = rare / rare.max() + 0.1 * told / told.max()
    np.testing.assert_allclose(crowd.votes(crowd.near(seeds)), expected / expected.max(), rtol=1e-4)
