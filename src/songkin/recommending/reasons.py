"""Why a song is recommended: which seeds it is near and how, with which it stands in playlists, whose names led to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from songkin.models import Track
from songkin.recommending import content
from songkin.recommending.gathered import Gathered
from songkin.recommending.recommend import Candidates, first_words
from songkin.recommending.wishes import Wish
from songkin.search import bridge
from songkin.search.seeds import tags_of
from songkin.store.catalog import Catalog
from songkin.store.vectors import VectorStore
from songkin.text import fold

if TYPE_CHECKING:
    from songkin.spaces import Matrix, Statistics

_SEEDS: Final = 200
"""Seeds that a hit is compared with to name the nearest."""
_SAME_TEMPO: Final = 0.04
_NEAR_NAMES: Final = ((0.99, "called so"), (0.4, "called much the same"), (0.0, "called a little like it"))
_IN_LISTS: Final = "near to them in what playlists hold"
_TAGS: Final = ("mtt_tags", "msd_tags")


def reasons(
    catalog: Catalog,
    store: VectorStore,
    gathered: Gathered,
    wish: Wish,
    found: Candidates,
    shown: Sequence[Track],
    statistics: Mapping[str, Statistics],
) -> dict[str, tuple[str, ...]]:
    """Short reasons of each song by its id."""
    pairs = catalog.tracks(sorted({song for pair in wish.rather for song in pair}))
    seeds = sorted(wish.liked, key=lambda song: (-wish.liked[song], song))[:_SEEDS]
    known = catalog.tracks(seeds)
    tracks = {song: known[song] for song in seeds if song in known}
    nearest = _nearest(store, list(tracks), [track.id for track in shown])
    raw = catalog.vectors.of(sorted({*nearest.values(), *(track.id for track in shown)}), _TAGS)
    told: dict[str, tuple[str, ...]] = {}
    for track in shown:
        seed = tracks.get(nearest.get(track.id, ""))
        parts = [like(seed, track, raw, statistics)] if seed is not None and track.id in found.near else []
        parts += [_together(gathered, found, tracks, track), _named(gathered, found, track)]
        parts += _sides(wish, pairs, found.sides.get(track.id, ()))
        parts += [found.meant.get(track.id, ""), _by(tracks, track)]
        told[track.id] = tuple(part for part in parts if part)
    return told


def popularity(gathered: Gathered, shown: Sequence[Track]) -> dict[str, tuple[str, ...]]:
    """``in 14 playlists``, where nothing else is known of why."""
    counts = {
        track.id: int(gathered.crowd.count[gathered.number[track.id]]) for track in shown if track.id in gathered.number
    }
    return {song: (f"in {_playlists(count)}",) for song, count in counts.items() if count}


def _nearest(store: VectorStore, seeds: Sequence[str], shown: Sequence[str]) -> dict[str, str]:
    """The seed that each song is nearest to, of those that it can be compared with."""
    spaces = content.compared_in(store)
    points = store.get(sorted({*seeds, *shown}), spaces)
    having = [song for song in seeds if song in points and points[song].dense]
    if not having or not shown:
        return {}
    rows = [points[song].dense if song in points else {} for song in (*shown, *having)]
    far = content.distances(rows)[: len(shown), len(shown) :].copy()
    far[np.array(shown)[:, None] == np.array(having)[None, :]] = (
        np.inf
    )  # what was played may return, and not for its own sake
    best = np.argmin(far, axis=1)
    return {song: having[int(n)] for song, n, row in zip(shown, best, far, strict=True) if row[int(n)] < 1.0}


def like(
    seed: Track, track: Track, raw: Mapping[str, Mapping[str, Matrix]], statistics: Mapping[str, Statistics]
) -> str:
    """``like Artist - Title: calm, piano, 92 and 96 bpm``."""
    parts: list[str] = []
    mine, other = (tags_of(raw.get(each.id, {})) for each in (track, seed))
    if mine is not None and other is not None and "heard" in statistics:
        parts += bridge.shared(other, mine, statistics["heard"])
    if not parts:
        parts += sorted({fold(genre) for genre in track.genres} & {fold(genre) for genre in seed.genres})[:3]
    if track.bpm and seed.bpm and abs(track.bpm - seed.bpm) <= _SAME_TEMPO * seed.bpm:
        tempi = sorted({round(track.bpm), round(seed.bpm)})
        parts.append(f"{' and '.join(str(tempo) for tempo in tempi)} bpm")
    return f"like {seed.label}{': ' + ', '.join(parts) if parts else ''}"


def _sides(wish: Wish, tracks: Mapping[str, Track], right: Sequence[bool]) -> list[str]:
    """``nearer to Artist - Title than to Artist - Title``."""
    told = []
    for (one, other), first in zip(wish.rather, right, strict=False):  # without pairs nothing is told of them
        near, far = (tracks[song].label for song in ((one, other) if first else (other, one)))
        told.append(f"nearer to {near} than to {far}")
    return told


def _together(gathered: Gathered, found: Candidates, tracks: Mapping[str, Track], track: Track) -> str:
    """``stands with Artist - Title in 14 playlists``."""
    number = gathered.number.get(track.id)
    if number is None:
        return ""
    seeds = [gathered.number[song] for song in tracks if song in gathered.number]
    lists, best = gathered.crowd.together(number, seeds)
    if lists:
        return f"stands with {tracks[gathered.tracks[best]].label} in {_playlists(lists)}"
    return _IN_LISTS if found.said.get("crowd", {}).get(track.id, 0) > 0 else ""


def _named(gathered: Gathered, found: Candidates, track: Track) -> str:
    """``in the playlist “Rainy Day”, called much the same``."""
    number = gathered.number.get(track.id)
    if number is None or not found.named.any():
        return ""
    mine = gathered.crowd.lists_of(number)
    called = [int(n) for n in mine if found.named[n] > 0]
    if not called:
        return ""
    best = max(called, key=lambda n: (found.named[n], -n))
    more = f", as {len(called) - 1} more of such names" if len(called) > 1 else ""
    same = next(words for least, words in _NEAR_NAMES if found.named[best] > least)
    return f"in the playlist “{first_words(gathered.names[best])}”, {same}{more}"


def _by(tracks: Mapping[str, Track], track: Track) -> str:
    artists = {fold(name) for name in track.artists}
    same = sum(bool(artists & {fold(name) for name in seed.artists}) for seed in tracks.values())
    return f"by the artist of {same} of them" if same > 1 else "by the same artist" if same else ""


def _playlists(count: int) -> str:
    return f"{count} playlist{'' if count == 1 else 's'}"
