"""How much each witness counts, learned on playlists that were hidden: half of a list is given, the other half is to be
found. Coordinate ascent on NDCG (Järvelin and Kekäläinen, 2002), which moves with every place and so is smoother than
the precision that is reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin.errors import NotFound
from songkin.models import Query
from songkin.recommending.gathered import Gathered
from songkin.recommending.names import Names
from songkin.recommending.recommend import WEIGHTS, candidates
from songkin.recommending.wishes import Wish
from songkin.store.catalog import Catalog
from songkin.store.keeping import BLEND
from songkin.store.vectors import VectorStore

CASES: Final = 40
"""Hidden playlists that weights are learned on."""
LEAST: Final = 20
"""Playlists of at least ``SONGS`` songs without which nothing is learned."""
SONGS: Final = 8
DEEP: Final = Query(limit=50)
"""How deep the witnesses are asked."""
_STEPS: Final = (0.0, 0.5, 0.7, 1.4, 2.0, 4.0)
_ROUNDS: Final = 3
_DEPTH: Final = 500


@dataclass(frozen=True, slots=True)
class Case:
    """What the witnesses say of candidates, and the songs that were hidden."""

    said: Mapping[str, Mapping[str, float]]
    truth: frozenset[str]


def keep(catalog: Catalog, weights: Mapping[str, float], playlists: int) -> None:
    """Have the library weigh its witnesses so from now on."""
    catalog.vectors.put_statistic(BLEND, "", playlists, json.dumps(dict(weights)).encode())


def kept(catalog: Catalog) -> Mapping[str, float]:
    """The weights that the library learned, or those that are given."""
    row = catalog.vectors.statistic(BLEND)
    try:
        found = json.loads(row[3]) if row else {}
    except ValueError:
        return WEIGHTS
    good = isinstance(found, dict) and found.keys() == WEIGHTS.keys()
    return found if good and all(isinstance(each, float | int) and each >= 0 for each in found.values()) else WEIGHTS


def train(catalog: Catalog, store: VectorStore, gathered: Gathered, names: Names) -> tuple[dict[str, float], int]:
    """Learn from the playlists of the library; the weights, and from how many playlists. Raises ``NotFound`` where there
    are too few."""
    hidden = hidden_of(gathered)
    if not hidden:
        raise NotFound(
            f"There are fewer than {LEAST} playlists of {SONGS} songs or more to learn from.",
            remedy="Import more; until then the weights are those that songkin brings.",
        )
    return learned(cases_of(catalog, store, gathered, names, hidden)), len(hidden)


def gain(ranked: Sequence[str], truth: frozenset[str], depth: int = _DEPTH) -> float:
    """NDCG of a ranking, 0-1."""
    found = sum(1.0 / np.log2(place + 2) for place, song in enumerate(ranked[:depth]) if song in truth)
    best = sum(1.0 / np.log2(place + 2) for place in range(min(len(truth), depth)))
    return float(found / best) if best else 0.0


def ranked(said: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]) -> list[str]:
    """Candidates by the weighted sum of what witnesses say, best first."""
    scores: dict[str, float] = {}
    for witness, by_id in said.items():
        weight = weights.get(witness, 0.0)
        if weight > 0:
            for song, score in by_id.items():
                scores[song] = scores.get(song, 0.0) + weight * score
    return sorted(scores, key=lambda song: (-scores[song], song))


def learned(cases: Sequence[Case], begin: Mapping[str, float] = WEIGHTS) -> dict[str, float]:
    """The weights, of sum 1, that rank the hidden songs of these cases best."""

    def value(weights: Mapping[str, float]) -> float:
        return float(np.mean([gain(ranked(case.said, weights), case.truth) for case in cases]))

    best, top = dict(begin), value(begin)
    for _ in range(_ROUNDS):
        before = top
        for witness in tuple(begin):
            for step in _STEPS:
                tried = {**best, witness: best[witness] * step if best[witness] else 0.1 * step}
                if any(tried.values()) and (found := value(tried)) > top + 1e-4:
                    best, top = tried, found
        if top <= before + 1e-4:
            break
    total = sum(best.values())
    return {witness: weight / total for witness, weight in best.items()}


def cases_of(
    catalog: Catalog, store: VectorStore, gathered: Gathered, names: Names, hidden: Sequence[int], seed: int = 0
) -> list[Case]:
    """Cases of hidden playlists, by what the others say; every second one is asked with its name, too."""
    others = gathered.without(hidden)
    kept = set(hidden)
    called = Names.of(names, [n for n in range(gathered.crowd.lists) if n not in kept])
    rng = np.random.default_rng(seed)
    cases = []
    for place, number in enumerate(hidden):
        songs = [gathered.tracks[int(n)] for n in rng.permutation(gathered.crowd.songs_of(number))]
        given, truth = songs[: min(len(songs) // 2, 25)], songs[min(len(songs) // 2, 25) :]
        wish = Wish(liked=dict.fromkeys(given, 1.0), without=set(given))
        if place % 2:
            wish.names.append(gathered.names[number])
        found = candidates(catalog, store, others, called, wish, DEEP)
        cases.append(Case(found.said, frozenset(truth)))
    return cases


def hidden_of(gathered: Gathered, among: Sequence[int] | None = None, seed: int = 0) -> list[int]:
    """Playlists to be hidden, drawn by the seed; none where there are too few to learn from."""
    sizes = np.diff(gathered.crowd.starts)
    fit = [n for n in (range(len(sizes)) if among is None else among) if sizes[n] >= SONGS]
    if len(fit) < LEAST:
        return []
    count = min(CASES, len(fit) // 2)
    return sorted(int(n) for n in np.random.default_rng(seed).choice(fit, count, replace=False))
