"""What a listener would say of songs, learned from their votes.

One vote says little: who loves a genre hates a song of it now and then, and likes one of a kind that they do not care for.
If every vote counted for itself, each such song would bring its whole neighbourhood, and recommendations got worse the more
was voted. So votes are heard together with those on songs that are alike: kernel ridge regression (the mean of a Gaussian
process; Rasmussen and Williams 2006, chapter 2) on how alike songs are by content, artist and the playlists that they stand
in. What it expects of a song is between -1, hate, and 1, love; 0 where nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.recommending import content
from songkin.recommending.gathered import Gathered
from songkin.recommending.wishes import Wish
from songkin.store.vectors import VectorStore

NOISE: Final = 1.0
"""Variance of a vote beside that of what songs have in common; measured with ``songkin eval taste``."""
POWER: Final = 4
"""How steeply likeness by content falls."""
ARTIST: Final = 0.5
CROWD: Final = 0.5
"""How much the same artist, and the same playlists, count beside content."""
MOST: Final = 500
"""Votes that are heard, drawn from all where there are more."""
JUDGED: Final = 400
"""Candidates of which is told what a listener would say, the best first."""
FAINT: Final = 0.1
"""What a vote counts at least after it was heard together with the others, as a share of the strongest."""
_TIE: Final = 1e-3
"""What witnesses say of songs of which votes expect nothing."""

Matrix = NDArray[np.float64]


def heard_together(store: VectorStore, gathered: Gathered, wish: Wish) -> Wish:
    """The same wish with each song weighed by what all votes say of it: those that stand alone against their neighbours
    change sides or fall silent."""
    votes = _votes(wish)
    if len(votes) < 2:
        return wish
    expected = _expected(store, gathered, votes, sorted(votes))
    top = max(map(abs, expected.values()))
    liked, disliked = (
        {song: min(1.0, side * value / top) for song, value in expected.items() if side * value > FAINT * top}
        for side in (1, -1)
    )
    return replace(wish, liked=liked, disliked=disliked)


def judged(store: VectorStore, gathered: Gathered, wish: Wish, scores: Mapping[str, float]) -> dict[str, float]:
    """Candidates with scores by what a listener would say of them, 0-1, and next to nothing for those that they would not
    like; by the witnesses' scores where votes say nothing of good songs."""
    best = sorted(scores, key=lambda song: (-scores[song], song))[:JUDGED]
    votes = _votes(wish)
    expected = _expected(store, gathered, votes, best)
    if not any(value > 0 for value in votes.values()):
        return {song: scores[song] * (1 + min(expected[song], 0.0)) for song in best}
    return {song: min(1.0, max(expected[song], 0.0) + _TIE * scores[song]) for song in best}


def _votes(wish: Wish) -> dict[str, float]:
    """All that is said of songs, -1 to 1."""
    votes = {**dict.fromkeys(wish.votes, 0.0), **wish.liked}
    votes.update({song: -weight for song, weight in wish.disliked.items()})
    if len(votes) > MOST:
        drawn = np.random.default_rng(0).choice(len(votes), MOST, replace=False)
        order = sorted(votes)
        votes = {order[n]: votes[order[n]] for n in sorted(drawn)}
    return votes


def _expected(
    store: VectorStore, gathered: Gathered, votes: Mapping[str, float], songs: Sequence[str]
) -> dict[str, float]:
    given = sorted(votes)
    every = list(dict.fromkeys([*given, *songs]))
    place = {song: n for n, song in enumerate(every)}
    alike = _alike(store, gathered, every)
    n = len(given)
    said = np.array([votes[song] for song in given])
    weights = np.linalg.solve(alike[:n, :n] + NOISE * np.eye(n), said) if n else said
    told = alike[:, :n] @ weights
    return {song: float(told[place[song]]) for song in songs}


def _alike(store: VectorStore, gathered: Gathered, songs: Sequence[str]) -> Matrix:
    """How alike songs are, (n, n): the sum of three kernels."""
    points = store.get(songs, content.compared_in(store))
    rows = [points[song].dense if song in points else {} for song in songs]
    near = np.clip(1.0 - content.distances(rows) / 2, 0.0, 1.0) ** POWER
    numbers = [gathered.number.get(song, -1) for song in songs]
    artists = np.array([gathered.crowd.artist[n] if n >= 0 else -1 - place for place, n in enumerate(numbers)])
    same = artists[:, None] == artists[None, :]
    return np.asarray(near + ARTIST * same + CROWD * _together(gathered, numbers), np.float64)


def _together(gathered: Gathered, numbers: Sequence[int]) -> Matrix:
    """Cosine of the playlists that songs stand in."""
    from scipy.sparse import csr_matrix

    lists = [gathered.crowd.lists_of(n) if n >= 0 else np.zeros(0, np.int32) for n in numbers]
    sizes = np.array([len(each) for each in lists])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
    matrix = csr_matrix(
        (values, np.concatenate([*lists, np.zeros(0, np.int32)]), starts), (len(numbers), gathered.crowd.lists)
    )
    return np.asarray((matrix @ matrix.T).toarray(), np.float64)
