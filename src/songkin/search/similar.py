"""Songs that sound like a song.

Each space is asked for its nearest; the union is measured in every space, hub-corrected and blended (``ranking``), then
spread so that one artist or album does not fill the page. ``docs/quality.md`` tells how the weights were chosen.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from songkin import ranking
from songkin.encoders.fingerprint import Found
from songkin.encoders.learned import KINDS, space_of
from songkin.models import Hit, Query, Track
from songkin.search import bridge
from songkin.search.filters import checked
from songkin.search.recognise import PROPOSED, prints_in, recognise, recognise_among
from songkin.search.seeds import Seed, tags_of
from songkin.spaces import Matrix, Statistics
from songkin.store.catalog import Catalog
from songkin.store.prints import CodeFile
from songkin.store.rows import Credit
from songkin.store.vectors import Ask, Condition, VectorStore
from songkin.text import fold

WEIGHTS: Final[Mapping[str, float]] = {"tags": 0.15, "timbre": 0.4, "descriptors": 0.45, "table": 0.3, "text": 0.1}
OWN_WEIGHT: Final = 1.0
"""Weight of a space of imported vectors, as much as all that is heard: whoever imports vectors wants them to count."""
LEARNED_WEIGHT: Final = 0.3
"""Weight of a space of a network that the library has trained: beside what is heard, for it is made of that."""
CANDIDATES: Final = 200
_SPACE_WORDS: Final = {
    "tags": "tags",
    "timbre": "timbre",
    "descriptors": "rhythm and pitch",
    "table": "audio features",
    "text": "names and genres",
    "learned-genres": "what tells your genres apart",
    "learned-autoencoder": "what your autoencoder keeps",
}
_LEARNED: Final = frozenset(map(space_of, KINDS))

Scored = tuple[Track, float, Mapping[str, float]]


def similar(
    catalog: Catalog,
    store: VectorStore,
    seed: Seed,
    query: Query,
    statistics: Mapping[str, Statistics],
    prints: Sequence[CodeFile] = (),
) -> tuple[Hit, ...]:
    """Hits for a seed, best first; exactly ``query.limit`` where the library holds that many, never the seed itself.

    ``prints`` are the library's sorted fingerprints; without them a recording is looked for among likely songs alone.
    """
    where = checked(catalog, query.filters)
    if seed.track is not None:
        where += (Condition("ids", values=(seed.track.id,), negate=True),)
    wanted = max(CANDIDATES, 2 * query.limit, PROPOSED if seed.codes and not prints else 0)
    known = recognise(prints, seed.codes, prints_in(catalog)) if prints and seed.codes else None
    blended = _blended(catalog, store, seed, where, wanted, (known.id,) if known else ())
    order = sorted(blended, key=lambda i: (-blended[i][0], i))
    known = known if prints else recognise_among(catalog, seed.codes, order)
    if known is not None and known.id in blended:
        best = max(score for score, _ in blended.values())
        blended[known.id] = (max(best, 1.0 - known.error), blended[known.id][1])
        order = [known.id, *(i for i in order if i != known.id)]
    linked = links_of(catalog)
    if query.hide_duplicates:
        order = ranking.collapse(order, str, linked)
        order = [i for i in order if seed.track is None or i not in linked.get(seed.track.id, set())]
    credits = catalog.credits(order)
    chosen = ranking.spread(
        [i for i in order if i in credits],
        query.limit,
        [(lambda i: by_artist(credits[i]), query.per_artist), (lambda i: by_album(credits[i]), query.per_album)],
    )
    tracks = catalog.tracks(chosen)
    hits = _hits(catalog, seed, [(tracks[i], *blended[i]) for i in chosen if i in tracks], statistics, linked)
    return tuple(_recognised(hit, known) if known and hit.track.id == known.id else hit for hit in hits)


def _recognised(hit: Hit, known: Found) -> Hit:
    at = f"{int(known.at) // 60}:{int(known.at) % 60:02}" if known.at > 0 else "0:00"
    why = f"this is the recording, from {at} (its fingerprint agrees in {1 - known.error:.0%} of the bits)"
    return replace(hit, why=(why, *hit.why))


def links_of(catalog: Catalog) -> dict[str, set[str]]:
    """id -> ids of its likely duplicates."""
    found: dict[str, set[str]] = {}
    for a, b, _ in catalog.linked():
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found


def _blended(
    catalog: Catalog,
    store: VectorStore,
    seed: Seed,
    where: tuple[Condition, ...],
    wanted: int,
    also: tuple[str, ...],
) -> dict[str, tuple[float, dict[str, float]]]:
    """Scores and their parts of the nearest songs, and of those of ``also`` that pass the filters."""
    asked = [space for space in seed.vectors if any(space == each.name for each in store.layout.spaces)]
    near = [Ask(space, seed.vectors[space], wanted, where) for space in asked]
    named = (*where, Condition("ids", values=also))
    given = [Ask(space, seed.vectors[space], len(also), named) for space in asked] if also else []
    distances: dict[str, dict[str, float]] = {space: {} for space in asked}
    for ask, matches in zip([*near, *given], store.ask([*near, *given]), strict=True):
        distances[ask.space].update({m.id: 1.0 - m.score for m in matches})
    union = sorted({i for by_id in distances.values() for i in by_id})
    asks, lacking = [], []
    for space in asked:
        rest = tuple(i for i in union if i not in distances[space])
        if rest and len(distances[space]) >= wanted:
            asks.append(Ask(space, seed.vectors[space], len(rest), (Condition("ids", values=rest),)))
            lacking.append(space)
    for space, matches in zip(lacking, store.ask(asks) if asks else [], strict=True):
        distances[space].update({m.id: 1.0 - m.score for m in matches})
    radii = catalog.vectors.reach_of(union)
    own = catalog.vectors.reach_of([seed.track.id]) if seed.track else {}
    own_radii = {
        space: own[space][seed.track.id]
        if seed.track and space in own
        else ranking.mean_of_nearest(list(distances[space].values()))
        for space in asked
    }
    return ranking.blend(distances, own_radii, radii, {space: weight_of(space) for space in asked})


def weight_of(space: str) -> float:
    """How much a space counts when songs are compared."""
    return WEIGHTS.get(space, LEARNED_WEIGHT if space in _LEARNED else OWN_WEIGHT)


def by_artist(credit: Credit) -> Sequence[Hashable]:
    """Whom a song counts for when a page is spread over artists."""
    return credit.artists.split("\n") if credit.artists else []


def by_album(credit: Credit) -> Sequence[Hashable]:
    """Which album a song counts for."""
    return [(credit.album, fold(credit.album_artist) or credit.artists)] if credit.album else []


def _hits(
    catalog: Catalog,
    seed: Seed,
    chosen: Sequence[Scored],
    statistics: Mapping[str, Statistics],
    linked: Mapping[str, set[str]],
) -> tuple[Hit, ...]:
    raw = catalog.vectors.of([track.id for track, _, _ in chosen], ("mtt_tags", "msd_tags"))
    hits = []
    above: list[str] = [seed.track.id] if seed.track else []
    for rank, (track, score, parts) in enumerate(chosen, 1):
        twin = next((i for i in above if i in linked.get(track.id, set())), "")
        why = _why(seed, track, parts, tags_of(raw.get(track.id, {})), statistics)
        why = (*standing(track, twin), *why)
        hits.append(Hit(rank, round(score, 4), track, tuple(why), twin))
        above.append(track.id)
    return tuple(hits)


def standing(track: Track, twin: str) -> tuple[str, ...]:
    """What a listener should know before playing: that it stands above already, or that its file is gone."""
    told = ("likely the same recording as the one above",) if twin else ()
    return (*told, "its file is missing") if track.missing else told


def _why(
    seed: Seed, track: Track, parts: Mapping[str, float], tags: Matrix | None, statistics: Mapping[str, Statistics]
) -> tuple[str, ...]:
    reasons = []
    if seed.tags is not None and tags is not None and "heard" in statistics:
        both = bridge.shared(seed.tags, tags, statistics["heard"])
        if both:
            reasons.append(f"both: {', '.join(both)}")
    bpm = seed.facts.get("bpm")
    if isinstance(bpm, float | int) and track.bpm and abs(track.bpm - bpm) <= 0.04 * bpm:
        reasons.append(f"same tempo ({track.bpm:.0f} bpm)")
    if track.key and track.key == seed.facts.get("key"):
        reasons.append(f"same key ({track.key})")
    weighted = ranking.shares({space: weight_of(space) * part for space, part in parts.items()})
    told = sorted(weighted.items(), key=lambda item: -item[1])
    reasons.append("alike in " + ", ".join(f"{_SPACE_WORDS.get(space, space)} {parts[space]:.2f}" for space, _ in told))
    return tuple(reasons)
