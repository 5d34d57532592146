"""From candidates to a page of hits: spread, ordered, each with its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from songkin import ranking
from songkin.models import Hit, Query
from songkin.recommending import choosing, content, judging
from songkin.recommending.asking import Wanted
from songkin.recommending.gathered import Gathered
from songkin.recommending.reasons import popularity, reasons
from songkin.recommending.recommend import WEIGHTS, Candidates, candidates
from songkin.recommending.wishes import Wish
from songkin.search.filters import conditions
from songkin.search.similar import by_album, by_artist, links_of, standing
from songkin.store.catalog import Catalog
from songkin.store.vectors import Condition, VectorStore

if TYPE_CHECKING:
    from songkin.recommending.names import Names
    from songkin.spaces import Statistics

_POPULAR: Final = "Nothing is known of what was asked from: songs that many like, of many kinds, are shown."
_POOL: Final = (40, 160)
"""Candidates that are looked at beyond those that are shown, at the least and the most adventurous."""
_KNOWN_ARTIST: Final = 0.5
"""What a song by an artist of the seeds loses of its score at the most adventurous."""
_CLOSE: Final = 0.35
"""What the nearest of all loses at the most adventurous."""


def recommend(
    catalog: Catalog,
    store: VectorStore,
    gathered: Gathered,
    names: Names,
    wish: Wish,
    query: Query,
    statistics: Mapping[str, Statistics],
    wanted: Wanted,
    weights: Mapping[str, float] = WEIGHTS,
) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
    """Hits, best first (``order`` ``flow``: as they play well one after another), and lines for people."""
    adventurous = wanted.adventurous
    said = wish
    if said.votes:
        wish = judging.heard_together(store, gathered, said)
    found = candidates(catalog, store, gathered, names, wish, query, weights)
    scores = {song: found.score(song) for song in {song for by_id in found.said.values() for song in by_id}}
    notes: tuple[str, ...] = ()
    if not scores:
        scores = _popular(store, gathered, wish, query)
        notes = () if scores and wish.popular else (_POPULAR if scores else _nothing_left(gathered, wish),)
        adventurous = max(adventurous, 0.6)
    elif wish.names and not wish.liked and not found.named.any():
        notes = (f"No playlist here is called much like that: songs were found by {_by_what(names)}.",)
    if said.votes:
        scores = judging.judged(store, gathered, said, scores)
    ids = _chosen(catalog, store, wish, query, found, scores, adventurous)
    tracks = catalog.tracks(ids)
    shown = [tracks[i] for i in ids if i in tracks]
    if wanted.order == "flow":
        shown = [shown[n] for n in choosing.flowing(shown)]
    why = reasons(catalog, store, gathered, wish, found, shown, statistics)
    if not any(found.said.values()):
        why = popularity(gathered, shown)
    hits = tuple(
        Hit(rank, round(min(1.0, scores[track.id]), 4), track, (*standing(track, ""), *why.get(track.id, ())))
        for rank, track in enumerate(shown, 1)
    )
    return hits, (*wish.notes, *notes)


def _nothing_left(gathered: Gathered, wish: Wish) -> str:
    if all(song in wish.without for song in gathered.tracks):
        return "All songs of the library were asked from or are left out: there is no other."
    return "No song that was not asked from passes the filters."


def _by_what(names: Names) -> str:
    if names.encoder is not None:
        return "their sound, meaning and words"
    return "exact words, as no text encoder can read here (`songkin doctor` says why)"


def _chosen(
    catalog: Catalog,
    store: VectorStore,
    wish: Wish,
    query: Query,
    found: Candidates,
    scores: Mapping[str, float],
    adventurous: float,
) -> list[str]:
    pool = _pool(catalog, wish, query, scores, adventurous)
    credits = catalog.credits(pool)
    pool = [song for song in pool if song in credits]
    relevance = _relevance(catalog, wish, pool, scores, adventurous)
    kinds = [found.near[song].taste if song in found.near else -1 for song in pool]
    shares = choosing.fair([taste.weight for taste in found.tastes]) if len(found.tastes) > 1 else {}
    diversity = 0.1 + 0.5 * adventurous
    order = choosing.chosen(relevance, _alike(store, pool), kinds, shares, diversity)
    return ranking.spread(
        [pool[n] for n in order],
        query.limit,
        [(lambda i: by_artist(credits[i]), query.per_artist), (lambda i: by_album(credits[i]), query.per_album)],
    )


def _pool(catalog: Catalog, wish: Wish, query: Query, scores: Mapping[str, float], adventurous: float) -> list[str]:
    """The best candidates without those that are the seeds again in other files."""
    linked = links_of(catalog)
    again = {other for song in wish.without for other in linked.get(song, set())}
    order = sorted((song for song in scores if song not in again), key=lambda song: (-scores[song], song))
    order = ranking.collapse(order, str, linked)
    beyond = _POOL[0] + round(adventurous * (_POOL[1] - _POOL[0]))
    return order[: 2 * query.limit + beyond]


def _relevance(
    catalog: Catalog, wish: Wish, pool: Sequence[str], scores: Mapping[str, float], adventurous: float
) -> list[float]:
    """Scores as shares of the best; the more adventurous, the less the nearest and the artists of the seeds count."""
    top = max((scores[song] for song in pool), default=1.0) or 1.0
    seeds = catalog.credits(sorted(wish.liked)[:1000]) if adventurous > 0 else {}
    known = {artist for credit in seeds.values() for artist in by_artist(credit)}
    credits = catalog.credits(pool)
    relevance = []
    for song in pool:
        value = scores[song] / top
        value -= adventurous * _CLOSE * value**4
        if known & set(by_artist(credits[song])):
            value *= 1 - adventurous * _KNOWN_ARTIST
        relevance.append(value)
    return relevance


def _alike(store: VectorStore, pool: Sequence[str]) -> choosing.Matrix:
    points = store.get(pool, content.compared_in(store))
    rows = [points[song].dense if song in points else {} for song in pool]
    return np.clip(1.0 - content.distances(rows), 0.0, 1.0) if rows else np.zeros((0, 0))


def _popular(store: VectorStore, gathered: Gathered, wish: Wish, query: Query) -> dict[str, float]:
    """Songs by in how many playlists they stand, for who has said nothing yet."""
    counts = gathered.crowd.count
    order = np.lexsort((np.arange(len(counts)), -counts))[: 50 * query.limit + 500]
    songs = [gathered.tracks[int(n)] for n in order if gathered.tracks[int(n)] not in wish.without]
    where = conditions(query.filters)
    if where and songs:
        passing = set(store.ids((*where, Condition("ids", values=tuple(songs)))))
        songs = [song for song in songs if song in passing]
    top = float(counts.max(initial=0)) or 1.0
    told = {gathered.tracks[int(n)]: float(counts[n]) / top for n in order}
    return {song: 0.01 + 0.5 * told[song] for song in songs}
