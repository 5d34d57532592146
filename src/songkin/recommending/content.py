"""Neighbours of many songs: several tastes kept apart, what is disliked pushed away.

The mean of piano and metal is neither. So the seeds are grouped first (average linkage on their blended, hub-corrected
likeness, Sokal and Michener 1958) and each group asks for its own neighbours in every space; a candidate is as good as it
is to the group that it fits best. What is disliked is grouped likewise; a candidate loses what it shares with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from songkin import ranking
from songkin.search.similar import weight_of
from songkin.spaces import Matrix
from songkin.store import compared
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask, Condition, VectorStore

TASTES: Final = 4
"""Groups of seeds that are asked for."""
APART: Final = 0.75
"""Mean blended distance above which two groups of seeds are two tastes, as 1 - cosine."""
SEEDS: Final = 100
"""Seeds that are looked at, the weightiest first."""
TEXT: Final = 0.3
"""How much names and genres count among what is compared: more than where a song is asked for songs that sound like it."""
WANTED: Final = 40
"""Neighbours that a taste is asked for in each space."""
TOGETHER: Final = 80
"""Neighbours that all tastes together are asked for in each space."""
FEW: Final = 200
SPARE: Final = 5
"""Seeds of other tastes that may stand among a taste's neighbours."""
PUSH: Final = 0.8
"""How much of its likeness to what is disliked a candidate loses."""


@dataclass(frozen=True)
class Taste:
    """Songs of one kind: their ids, the centre of their vectors by space (norm 1), their weight, how near they are to
    their neighbours by space."""

    songs: tuple[str, ...]
    centre: Mapping[str, Matrix]
    weight: float
    radius: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Near:
    """A candidate: how near it is to the taste that it fits best, 0-1, and which taste that is."""

    score: float
    taste: int


Pairs = Sequence[tuple[Mapping[str, Matrix], Mapping[str, Matrix]]]
"""Vectors by space of two songs: what is wanted is nearer to the first than to the second."""


def pairs_of(store: VectorStore, rather: Sequence[tuple[str, str]]) -> Pairs:
    """The vectors of pairs of songs, nothing by a space for a song that lacks it."""
    points = store.get(sorted({song for pair in rather for song in pair}), compared_in(store))
    rows = {song: point.dense for song, point in points.items()}
    return [(rows.get(one, {}), rows.get(other, {})) for one, other in rather]


def sides(store: VectorStore, pairs: Pairs, songs: Sequence[str]) -> dict[str, tuple[bool, ...]]:
    """Of each song whether it is nearer to the first of each pair than to the second, blended over the spaces that it shares
    with both; not so where it shares none."""
    points = store.get(songs, compared_in(store))
    rows = [points[song].dense if song in points else {} for song in songs]
    more = np.zeros((len(songs), len(pairs)))
    for column, (one, other) in enumerate(pairs):
        for space in sorted(one.keys() & other.keys()):
            having = [n for n, row in enumerate(rows) if space in row]
            if having:
                matrix = np.stack([rows[n][space] for n in having])
                more[having, column] += weight(space) * (matrix @ (one[space] - other[space]))
    return {song: tuple(bool(each > 0) for each in row) for song, row in zip(songs, more, strict=True)}


def tastes(store: VectorStore, songs: Mapping[str, float], most: int = TASTES) -> list[Taste]:
    """Groups of weighted songs that have vectors, the weightiest first."""
    chosen = sorted(songs, key=lambda song: (-songs[song], song))
    if len(chosen) > SEEDS:
        picked = np.random.default_rng(0).choice(len(chosen), SEEDS, replace=False)
        chosen = [chosen[n] for n in sorted(picked)]
    points = store.get(chosen, compared_in(store))
    rows = {song: points[song].dense for song in chosen if song in points and points[song].dense}
    having = [song for song in chosen if song in rows]
    groups = _groups([rows[song] for song in having], most)
    found = []
    for group in groups:
        mine = [having[n] for n in group]
        weights = [songs[song] for song in mine]
        found.append(Taste(tuple(mine), _centre([rows[song] for song in mine], weights), sum(weights)))
    return sorted(found, key=lambda taste: (-taste.weight, taste.songs))


def weight(space: str) -> float:
    """How much a space counts."""
    return TEXT if space == "text" else weight_of(space)


def compared_in(store: VectorStore) -> tuple[str, ...]:
    """The spaces in which songs are compared, and the one of their names for those that have no other."""
    return (*compared(store.layout), "text")


def _groups(rows: Sequence[Mapping[str, Matrix]], most: int) -> list[list[int]]:
    if len(rows) < 2:
        return [[n] for n in range(len(rows))]
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    far = distances(rows)
    tree = linkage(squareform(far, checks=False), "average")
    marks = fcluster(tree, APART, "distance")
    if marks.max() > most:
        marks = fcluster(tree, most, "maxclust")
    return [np.flatnonzero(marks == mark).tolist() for mark in np.unique(marks)]


def distances(rows: Sequence[Mapping[str, Matrix]]) -> Matrix:
    """Cosine distance of songs to one another, blended over the spaces that both have; 1 where they share none."""
    total = np.zeros((len(rows), len(rows)))
    weights = np.zeros_like(total)
    for space in sorted({space for row in rows for space in row}):
        dim = next(len(row[space]) for row in rows if space in row)
        matrix = np.stack([row.get(space, np.zeros(dim, np.float32)) for row in rows])
        has = np.array([space in row for row in rows], float)
        both = weight(space) * np.outer(has, has)
        total += both * (1.0 - matrix @ matrix.T)
        weights += both
    far = np.where(weights > 0, total / np.maximum(weights, 1e-9), 1.0)
    far = np.clip((far + far.T) / 2, 0.0, 2.0)
    np.fill_diagonal(far, 0.0)
    return np.asarray(far, np.float64)


def _centre(rows: Sequence[Mapping[str, Matrix]], weights: Sequence[float]) -> dict[str, Matrix]:
    centre = {}
    for space in sorted({space for row in rows for space in row}):
        parts = [factor * row[space] for row, factor in zip(rows, weights, strict=True) if space in row]
        mean = np.sum(parts, axis=0)
        norm = float(np.linalg.norm(mean))
        if norm > 1e-6:
            centre[space] = np.asarray(mean / norm, np.float32)
    return centre


def neighbours(
    catalog: Catalog,
    store: VectorStore,
    liked: Sequence[Taste],
    where: tuple[Condition, ...],
    without: Collection[str],
    wanted: int = WANTED,
    pairs: Pairs = (),
) -> dict[str, Near]:
    """Candidates by id. ``without`` never come back; of ``pairs`` each candidate is on the right side in some space, where
    there are enough that are."""
    few = len(without) <= FEW  # to leave a few out here is faster than to have the engine do it
    rest = () if few else (Condition("ids", values=tuple(sorted(without)), negate=True),)
    asks = [
        Ask(
            space,
            vector,
            wanted + (len(taste.songs) + SPARE if few else 0),
            (*where, *rest),
            pairs=tuple((one[space], other[space]) for one, other in pairs if space in one and space in other),
        )
        for taste in liked
        for space, vector in taste.centre.items()
    ]
    answers = iter(_asked(store, asks))
    distances = [
        {space: {song: far for song, far in next(answers).items() if song not in without} for space in taste.centre}
        for taste in liked
    ]
    radii = catalog.vectors.reach_of(
        sorted({song for by_space in distances for by_id in by_space.values() for song in by_id})
    )
    best: dict[str, Near] = {}
    for number, (taste, by_space) in enumerate(zip(liked, distances, strict=True)):
        taste.radius.update({space: ranking.mean_of_nearest(list(by_id.values())) for space, by_id in by_space.items()})
        for song, score in _scores(taste, by_space, radii, wanted).items():
            if song not in best or score > best[song].score:
                best[song] = Near(score, number)
    return best


def _asked(store: VectorStore, asks: Sequence[Ask]) -> list[dict[str, float]]:
    """The cosine distances of what the asks find, by id. With pairs a score is no cosine: what was found is asked again."""
    found = store.ask(asks) if asks else []
    if any(ask.pairs for ask in asks):
        ids = [tuple(match.id for match in matches) for matches in found]
        again = [
            replace(ask, pairs=(), limit=max(1, len(some)), where=(Condition("ids", values=some),))
            for ask, some in zip(asks, ids, strict=True)
        ]
        found = store.ask(again)
    return [{match.id: 1.0 - match.score for match in matches} for matches in found]


def _scores(
    taste: Taste, by_space: Mapping[str, Mapping[str, float]], radii: Mapping[str, Mapping[str, float]], wanted: int
) -> dict[str, float]:
    """What ``ranking.blend`` gives, for all candidates at once. Where a space's list was cut, songs that are not in it are
    as far as its last; where it was not, they lack the space, and are judged by the others at a discount."""
    songs = list({song: None for by_id in by_space.values() for song in by_id})
    total = present = score = np.zeros(len(songs))
    for space, by_id in by_space.items():
        if not by_id:
            continue
        nowhere = max(by_id.values()) if len(by_id) >= wanted else np.nan
        far = np.array([by_id.get(song, nowhere) for song in songs])
        known = radii.get(space, {})
        reach = np.array([known.get(song, ranking.DEFAULT_RADIUS) for song in songs])
        has, factor = ~np.isnan(far), weight(space)
        near = np.exp(
            -np.maximum(np.where(has, far, 0.0), 0.0) / np.sqrt(np.maximum(reach, 1e-4) * taste.radius[space])
        )
        score = score + factor * np.where(has, near, 0.0)
        present = present + factor * has
        total = total + factor
    found = score / np.maximum(present, 1e-9) * np.sqrt(present / np.maximum(total, 1e-9))
    return dict(zip(songs, found.tolist(), strict=True))


def likeness(catalog: Catalog, store: VectorStore, tastes_: Sequence[Taste], songs: Sequence[str]) -> dict[str, float]:
    """How near these songs are to any of the tastes, 0-1, by id; songs that share no space with them are left out."""
    only = (Condition("ids", values=tuple(songs)),)
    asks = [
        (taste, space, Ask(space, vector, len(songs), only))
        for taste in tastes_
        for space, vector in taste.centre.items()
    ]
    if not asks or not songs:
        return {}
    radii = catalog.vectors.reach_of(list(songs))
    found: dict[str, float] = {}
    answers = store.ask([ask for _, _, ask in asks])
    for taste in tastes_:
        by_space = {
            space: {match.id: 1.0 - match.score for match in matches}
            for (owner, space, _), matches in zip(asks, answers, strict=True)
            if owner is taste
        }
        own = {space: _own_radius(catalog, taste, space) for space in by_space}
        weights = {space: weight(space) for space in by_space}
        for song, (score, _) in ranking.blend(by_space, own, radii, weights).items():
            found[song] = max(score, found.get(song, 0.0))
    return found


def _own_radius(catalog: Catalog, taste: Taste, space: str) -> float:
    """How near neighbours of a taste are, told by its songs."""
    if space not in taste.radius:
        known = catalog.vectors.reach_of(list(taste.songs))
        for each, by_id in known.items():
            taste.radius[each] = float(np.mean(list(by_id.values())))
    return taste.radius.get(space, ranking.DEFAULT_RADIUS)
