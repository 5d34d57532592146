"""Walks through the sound of a library: from one song to another in small steps, and sums and differences of songs.

Between two songs stand points on the arc that joins them, in every space; at each the nearest song that was not taken yet
is taken. What is added and subtracted are the songs' directions: what is left is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from songkin import ranking
from songkin.errors import NotFound, QueryError
from songkin.models import Hit, Query, Track
from songkin.recommending import content
from songkin.recommending.content import Taste
from songkin.recommending.reasons import like
from songkin.search.filters import checked
from songkin.search.similar import by_album, by_artist, links_of
from songkin.spaces import Matrix
from songkin.store.catalog import Catalog
from songkin.store.rows import Credit
from songkin.store.vectors import VectorStore

STEPS: Final = (3, 200)
SUBTRACT: Final = 0.6
"""How much of what is subtracted is taken away."""


def path(catalog: Catalog, store: VectorStore, first: Track, last: Track, query: Query) -> tuple[Hit, ...]:
    """``query.limit`` songs, the two among them. Raises ``NotFound`` where they share no space, ``QueryError``."""
    if first.id == last.id:
        raise QueryError("The walk begins where it ends.", remedy="Name two songs.")
    if not STEPS[0] <= query.limit <= STEPS[1]:
        raise QueryError(f"A walk has {STEPS[0]} to {STEPS[1]} songs.", remedy="Ask for that many with -n.")
    ends = _vectors(store, (first, last))
    shared = [space for space in ends[first.id] if space in ends[last.id]]
    if not shared:
        raise NotFound(
            f"{first.label} and {last.label} have nothing to be compared by.",
            remedy="`songkin show` tells what is known of each; index their files to hear them.",
        )
    taken = [first.id, last.id]
    steps: list[tuple[str, float]] = []
    linked = links_of(catalog)
    for place in range(1, query.limit - 1):
        share = place / (query.limit - 1)
        centre = {space: _between(ends[first.id][space], ends[last.id][space], share) for space in shared}
        step = _nearest(catalog, store, centre, query, taken, linked, steps[-1:])
        if step is None:
            break
        steps.append(step)
        taken.append(step[0])
    return _told(catalog, [(first.id, 1.0), *steps, (last.id, 1.0)])


def alchemy(
    catalog: Catalog, store: VectorStore, add: Sequence[Track], subtract: Sequence[Track], query: Query
) -> tuple[Hit, ...]:
    """Songs near to the sum of some without others. Raises ``NotFound``, ``QueryError``."""
    if not add:
        raise QueryError("Nothing is added.", remedy="Name at least one song with --add.")
    vectors = _vectors(store, (*add, *subtract))
    centre: dict[str, Matrix] = {}
    for space in sorted({space for track in add for space in vectors[track.id]}):
        plus = [vectors[track.id][space] for track in add if space in vectors[track.id]]
        minus = [vectors[track.id][space] for track in subtract if space in vectors[track.id]]
        total = np.mean(plus, axis=0) - (SUBTRACT * np.mean(minus, axis=0) if minus else 0.0)
        norm = float(np.linalg.norm(total))
        if norm > 1e-6:
            centre[space] = np.asarray(total / norm, np.float32)
    if not centre:
        raise NotFound("Nothing is left after the subtraction.", remedy="Subtract other songs than you add.")
    taken = [track.id for track in (*add, *subtract)]
    near = _near(catalog, store, centre, query, taken)
    order = sorted(near, key=lambda song: (-near[song], song))
    credits = catalog.credits(order)
    order = ranking.collapse([song for song in order if song in credits], str, links_of(catalog))
    caps = [(lambda i: by_artist(credits[i]), query.per_artist), (lambda i: by_album(credits[i]), query.per_album)]
    chosen = ranking.spread(order, query.limit, caps)
    tracks = catalog.tracks(chosen)
    why = _sum(store, add, subtract, vectors, list(tracks.values()))
    shown = [song for song in chosen if song in tracks]
    return tuple(Hit(n, round(min(1.0, near[song]), 4), tracks[song], why[song]) for n, song in enumerate(shown, 1))


def _sum(
    store: VectorStore,
    add: Sequence[Track],
    subtract: Sequence[Track],
    vectors: Mapping[str, Mapping[str, Matrix]],
    shown: Sequence[Track],
) -> dict[str, tuple[str, ...]]:
    """``like Artist - Title: jazz, 92 bpm``, the nearest song that was added, and how the nearest that was subtracted
    stands to that."""
    points = store.get([track.id for track in shown], content.compared_in(store))
    rows = [points[track.id].dense if track.id in points else {} for track in shown]
    ends = (*add, *subtract)
    far = content.distances([*rows, *(vectors[track.id] for track in ends)])[: len(rows), len(rows) :]
    told: dict[str, tuple[str, ...]] = {}
    for track, to in zip(shown, far, strict=True):
        n = int(np.argmin(to[: len(add)]))
        parts = [like(add[n], track, {}, {})]
        if subtract:
            other = len(add) + int(np.argmin(to[len(add) :]))
            parts.append(f"{'away from' if to[other] > to[n] else 'still nearer to'} {ends[other].label}")
        told[track.id] = tuple(parts)
    return told


def _vectors(store: VectorStore, tracks: Sequence[Track]) -> dict[str, Mapping[str, Matrix]]:
    points = store.get([track.id for track in tracks], content.compared_in(store))
    found = {track.id: points[track.id].dense if track.id in points else {} for track in tracks}
    for track in tracks:
        if not found[track.id]:
            raise NotFound(
                f"Nothing is known of {track.label} that could be compared.",
                remedy="It is silent or was not heard yet; run `songkin index` on it.",
            )
    return found


def _between(one: Matrix, other: Matrix, share: float) -> Matrix:
    """A point on the arc between two directions (Shoemake 1985); straight where they are opposite."""
    angle = float(np.arccos(np.clip(one @ other, -1.0, 1.0)))
    if angle < 1e-4 or angle > np.pi - 1e-3:
        mixed = (1 - share) * one + share * other
    else:
        mixed = (np.sin((1 - share) * angle) * one + np.sin(share * angle) * other) / np.sin(angle)
    norm = float(np.linalg.norm(mixed))
    return np.asarray(mixed / norm if norm > 1e-6 else one, np.float32)


def _near(
    catalog: Catalog, store: VectorStore, centre: Mapping[str, Matrix], query: Query, taken: Sequence[str]
) -> dict[str, float]:
    taste = Taste(tuple(taken), centre, 1.0)
    wanted = max(content.WANTED, 3 * query.limit)
    found = content.neighbours(catalog, store, [taste], checked(catalog, query.filters), set(taken), wanted)
    return {song: near.score for song, near in found.items()}


def _nearest(
    catalog: Catalog,
    store: VectorStore,
    centre: Mapping[str, Matrix],
    query: Query,
    taken: Sequence[str],
    linked: Mapping[str, set[str]],
    before: Sequence[tuple[str, float]],
) -> tuple[str, float] | None:
    """The next song: the nearest that is no duplicate of one on the way, rather by another artist than the last."""
    near = _near(catalog, store, centre, query, taken)
    doubles = {twin for song in taken for twin in linked.get(song, set())}
    order = sorted((song for song in near if song not in doubles), key=lambda song: (-near[song], song))
    credits: dict[str, Credit] = catalog.credits([*order, *taken])
    order = [song for song in order if song in credits]
    last = {artist for song, _ in before for artist in by_artist(credits[song])}
    other = [song for song in order[:10] if not last & set(by_artist(credits[song]))]
    best = (other or order)[:1]
    return (best[0], near[best[0]]) if best else None


def _told(catalog: Catalog, chosen: Sequence[tuple[str, float]]) -> tuple[Hit, ...]:
    tracks = catalog.tracks([song for song, _ in chosen])
    hits: list[Hit] = []
    for song, score in chosen:
        if song in tracks:
            why = _step(hits[-1].track, tracks[song]) if hits else ()
            hits.append(Hit(len(hits) + 1, round(min(1.0, score), 4), tracks[song], why))
    return tuple(hits)


def _step(before: Track, track: Track) -> tuple[str, ...]:
    """What changes from song to song."""
    told = []
    if before.bpm and track.bpm:
        told.append(f"{before.bpm:.0f} → {track.bpm:.0f} bpm")
    if before.key and track.key:
        told.append(f"{before.key} → {track.key}" if before.key != track.key else before.key)
    return tuple(told)
