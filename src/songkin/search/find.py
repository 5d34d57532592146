"""Songs by words: how they sound, what their metadata means, which words stand in it.

Three lists are made and fused by the engine in one request (weighted reciprocal rank fusion): ``heard`` answers through
the tag bridge, ``text`` through MiniLM over what is known of a song, ``words`` through BM25. A title, artist or album
typed exactly comes first; one that is misspelt comes first too, and the answer says what was taken as meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from songkin import ranking
from songkin.encoders.base import TextEncoder
from songkin.errors import QueryError, WeightsMissing
from songkin.models import Answer, Hit, Query, Track
from songkin.search import bridge
from songkin.search.filters import conditions
from songkin.search.names import Named, named
from songkin.search.seeds import tags_of
from songkin.search.similar import album_key, artist_keys, links_of
from songkin.spaces import Statistics
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask, Condition, Fuse, Match, VectorStore
from songkin.store.words import Words
from songkin.text import fold, words

WEIGHTS: Final[Mapping[str, float]] = {"heard": 1.0, "text": 0.35, "words": 0.8}
RRF_K: Final = 20
CANDIDATES: Final = 200
TEXT_FLOOR: Final = 0.3
"""Cosine below which metadata does not mean what was asked; ranks among such songs are chance."""
LONGEST: Final = 2000
_PART_WORDS: Final = {"heard": "sound", "text": "meaning", "words": "words"}


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    asks: tuple[Ask, ...]
    bridge: bridge.Bridge | None
    notes: tuple[str, ...]

    @property
    def weights(self) -> tuple[float, ...]:
        return tuple(WEIGHTS[ask.space] for ask in self.asks)


def find(
    catalog: Catalog,
    store: VectorStore,
    encoder: TextEncoder,
    text: str,
    query: Query,
    statistics: Mapping[str, Statistics],
) -> Answer:
    """Songs for a text. Without MiniLM's weights, exact words and names still answer, and a note says so."""
    asked = " ".join(text.split())
    if not asked:
        raise QueryError("There is nothing to look for.", remedy='Say what you want to hear, like "quiet piano".')
    if len(asked) > LONGEST:
        raise QueryError(f"The text is longer than {LONGEST} characters.", remedy="Say it shorter.")
    where = conditions(query.filters)
    name = named(catalog, asked)
    question = _question(catalog, encoder, asked, name, where, statistics)
    first = _named_first(store, name, where)
    matches = _fused(store, question, query, where)
    lists = store.ask(question.asks) if question.asks else []
    ranked = _ranked(catalog, first, matches, question)
    linked = links_of(catalog)
    if query.hide_duplicates:
        ranked = ranking.collapse(ranked, lambda item: item[0].id, linked)
    pinned = {track.id for track in first}
    caps = [
        (lambda item: [] if item[0].id in pinned else artist_keys(item[0]), query.per_artist),
        (lambda item: [] if item[0].id in pinned else album_key(item[0]), query.per_album),
    ]
    chosen = ranking.spread(ranked, query.limit, caps)
    notes = question.notes
    if name and not name.exact:
        notes = (f"Nothing is called {asked!r}; showing {name.kind} {_as_written(name)!r} first.", *notes)
    return Answer(asked, _hits(catalog, chosen, name, question, lists, statistics, linked), notes)


_Ranked = tuple[Track, float]


def _question(
    catalog: Catalog,
    encoder: TextEncoder,
    text: str,
    name: Named | None,
    where: tuple[Condition, ...],
    statistics: Mapping[str, Statistics],
) -> _Question:
    asks: list[Ask] = []
    notes: tuple[str, ...] = ()
    over: bridge.Bridge | None = None
    try:
        vector = encoder.encode([text])[0]
    except WeightsMissing:
        notes = ("Only exact words were searched: minilm has no weights here (`songkin models pull` fetches them).",)
    else:
        if "heard" in statistics:
            over = bridge.bridge(vector, bridge.tag_names(encoder, catalog), statistics["heard"])
            asks.append(Ask("heard", over.vector, CANDIDATES, where))
        asks.append(Ask("text", vector, CANDIDATES, where, floor=TEXT_FLOOR))
    typed = text if name is None or name.exact else f"{text} {name.meant}"
    sparse = Words().query(typed)
    if sparse.indices:
        asks.append(Ask("words", sparse, CANDIDATES, where))
    return _Question(text, tuple(asks), over, notes)


def _named_first(store: VectorStore, name: Named | None, where: tuple[Condition, ...]) -> list[Track]:
    if name is None:
        return []
    if not where:
        return list(name.tracks)
    ids = tuple(track.id for track in name.tracks)
    allowed = set(store.ids((*where, Condition("ids", values=ids))))
    return [track for track in name.tracks if track.id in allowed]


def _fused(store: VectorStore, question: _Question, query: Query, where: tuple[Condition, ...]) -> list[Match]:
    if not question.asks:
        return []
    limit = max(CANDIDATES, 3 * query.limit)
    return store.fuse(Fuse(question.asks, question.weights, limit, RRF_K, where))


def _ranked(
    catalog: Catalog,
    first: Sequence[Track],
    matches: Sequence[Match],
    question: _Question,
) -> list[_Ranked]:
    """Named songs, then fused ones; among named ones the fused order decides."""
    best = sum(weight / (RRF_K + 1) for weight in question.weights) or 1.0
    fused = {match.id: min(0.99, match.score / best) for match in matches}
    pinned = sorted(first, key=lambda track: -fused.get(track.id, 0.0))
    found = catalog.tracks([match.id for match in matches])
    rest = [(found[i], score) for i, score in fused.items() if i in found and all(i != t.id for t in pinned)]
    return [*((track, 1.0) for track in pinned), *rest]


def _hits(
    catalog: Catalog,
    chosen: Sequence[_Ranked],
    name: Named | None,
    question: _Question,
    lists: Sequence[Sequence[Match]],
    statistics: Mapping[str, Statistics],
    linked: Mapping[str, set[str]],
) -> tuple[Hit, ...]:
    raw = catalog.vectors.of([track.id for track, _ in chosen], ("mtt_tags", "msd_tags"))
    ranks = [{match.id: rank for rank, match in enumerate(matches, 1)} for matches in lists]
    by_name = {track.id for track in name.tracks} if name else set()
    hits: list[Hit] = []
    for rank, (track, score) in enumerate(chosen, 1):
        why: list[str] = []
        if name and track.id in by_name:
            why.append(
                f"its {name.kind} is what you typed" if name.exact else f"its {name.kind} is nearly what you typed"
            )
        tags = tags_of(raw.get(track.id, {}))
        if question.bridge is not None and tags is not None:
            heard = bridge.heard_tags(question.bridge, tags, statistics["heard"])[:3]
            why += [f"heard: {', '.join(f'{tag} {p:.2f}' for tag, p in heard)}"] if heard else []
        matched = _matched_words(question.text, track)
        why += [f"words: {', '.join(matched)}"] if matched else []
        share = _shares(question, ranks, track.id)
        why += [f"found by {share}"] if share else []
        twin = next((hit.track.id for hit in hits if hit.track.id in linked.get(track.id, set())), "")
        hits.append(Hit(rank, round(score, 4), track, tuple(why), twin))
    return tuple(hits)


def _shares(question: _Question, ranks: Sequence[Mapping[str, int]], track: str) -> str:
    parts = {
        ask.space: WEIGHTS[ask.space] / (RRF_K + by_id[track])
        for ask, by_id in zip(question.asks, ranks, strict=True)
        if track in by_id
    }
    told = sorted(ranking.shares(parts).items(), key=lambda item: -item[1])
    return ", ".join(f"{_PART_WORDS[space]} {share:.0%}" for space, share in told if share >= 0.05)


def _matched_words(text: str, track: Track) -> list[str]:
    there = set(fold(words(track)).split())
    return [word for word in dict.fromkeys(fold(text).split()) if word in there and len(word) > 2][:4]


def _as_written(name: Named) -> str:
    """The name as the library writes it."""
    track = name.tracks[0]
    for written in (*track.artists, track.title, track.album):
        if fold(written) == fold(name.meant):
            return written
    return name.meant
