"""Songs by words: how they sound, what their metadata means, which words stand in it.

Three lists are made: ``heard`` answers through the tag bridge, ``text`` through MiniLM over what is known of a song,
``words`` through BM25, in one request to the engine; where the library has learned what words promise of a table's
features (``described``), ``table`` is asked as well. Each is looked at, to see how far it can be trusted for this
question, and they are fused by rank (``trust``). A title, artist or album typed exactly comes
first; one that is misspelt comes first too, and the answer says what was taken as meant. Who filters wants to see what
passes: where the question fits too few of those songs, the others follow, scored 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from songkin import ranking
from songkin.encoders.base import TextEncoder
from songkin.errors import QueryError, WeightsMissing
from songkin.models import Answer, Hit, Query, Track
from songkin.search import bridge, described
from songkin.search.filed import genres_in
from songkin.search.filters import checked
from songkin.search.likeness import alike
from songkin.search.names import Named, named
from songkin.search.negation import taken_apart
from songkin.search.seeds import tags_of
from songkin.search.similar import by_album, by_artist, links_of, standing
from songkin.search.trust import TUNED, Tuning, above, fused, share, trusted
from songkin.search.understanding import Understood, understood
from songkin.spaces import Statistics
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask, Condition, Match, Sparse, VectorStore
from songkin.store.words import Words
from songkin.text import fold, words

WEIGHTS: Final[Mapping[str, float]] = {space: TUNED.weight(space) for space in ("heard", "text", "words", "table")}
"""Of lists that are fully trusted."""
RRF_K: Final = TUNED.k
CANDIDATES: Final = 200
LONGEST: Final = 2000
_PART_WORDS: Final = {
    "heard": "sound",
    "text": "meaning",
    "words": "words",
    "table": "features",
    "tags": "tags",
    "timbre": "timbre",
    "descriptors": "rhythm and pitch",
}

_LATIN: Final = re.compile(r"[A-Za-z]")
_FOREIGN: Final = "MiniLM reads English: of what is typed here, names and exact words are all that is sure."
_UNLIKE: Final = "it passes the filters; no more is like what you typed"
_PASSES: Final = "it is as you asked"


@dataclass(frozen=True, slots=True)
class Question:
    """A text as the engine is asked it: one ask per list, and the bridge if sound was asked for."""

    text: str
    asks: tuple[Ask, ...]
    bridge: bridge.Bridge | None
    notes: tuple[str, ...] = ()
    promised: described.Wanted | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """What the asks found (those above their floors), the asks with floors, and the weight of each in the fusion.

    ``covered`` is the share of the question's words that the best match of ``words`` holds. ``under`` are the songs below
    the floors, exact words first.
    """

    asks: tuple[Ask, ...]
    weights: tuple[float, ...]
    found: tuple[tuple[Match, ...], ...]
    covered: float
    under: tuple[str, ...] = ()


def find(
    catalog: Catalog,
    store: VectorStore,
    encoder: TextEncoder,
    text: str,
    query: Query,
    statistics: Mapping[str, Statistics],
) -> Answer:
    """Songs for a text. Without MiniLM's weights, exact words and names still answer, and a note says so."""
    asked = _asked(text)
    where = checked(catalog, query.filters)
    limit = max(CANDIDATES, 3 * query.limit)
    name = named(catalog, asked)
    said = Understood(asked, where) if name and name.exact else understood(store, asked, where)
    like = alike(catalog, store, encoder, said.like, said.where, statistics, limit) if said.like else None
    if like is not None:
        question = Question(said.text, like.asks, like.bridge, (like.told,))
        lists = Lists(like.asks, like.weights, tuple(tuple(found) for found in store.ask(like.asks)), 0.0)
        name, where = None, like.where
    else:
        where = said.where
        if said.text != asked:  # "70s soul" is not misspelt for a song called "Sol"
            name = named(catalog, said.text)
            name = name if name and name.exact else None
        question = put(catalog, encoder, said.text, where, statistics, limit=limit, store=store)
        lists = looked_at(catalog, store, question)
        name = _meant(name, question, lists)
    first = _named_first(store, name, where)
    ranked = _ranked([track.id for track in first], fused(lists.found, lists.weights, RRF_K), lists)
    linked = links_of(catalog)
    if query.hide_duplicates:
        ranked = ranking.collapse(ranked, lambda item: item[0], linked)
    chosen = _page(catalog, ranked, {track.id for track in first}, query)
    if where and len(chosen) < query.limit:
        chosen += _passing(
            catalog, store, lists, where, ranked, replace(query, limit=query.limit - len(chosen)), linked
        )
    notes = (*said.notes, *question.notes)
    if said.like and like is None:
        notes = (*notes, f"Nothing here is called {said.like.seed!r}: the question was searched word for word.")
    if name and not name.exact:
        notes = (f"Nothing is called {said.text!r}; showing {name.kind} {_as_written(name)!r} first.", *notes)
    return Answer(asked, _hits(catalog, chosen, name, question, lists, statistics, linked), notes)


def _asked(text: str) -> str:
    asked = " ".join(text.split())
    if not asked:
        raise QueryError(
            "There is nothing to look for.",
            remedy='Say what you want to hear, like "quiet piano"; `songkin list --where …` filters without words.',
        )
    if len(asked) > LONGEST:
        raise QueryError(f"The text is longer than {LONGEST} characters.", remedy="Say it shorter.")
    return asked


def meant(
    catalog: Catalog,
    store: VectorStore,
    encoder: TextEncoder | None,
    text: str,
    where: tuple[Condition, ...],
    statistics: Mapping[str, Statistics],
) -> dict[str, tuple[float, str]]:
    """All songs that ``find`` has for a text, best first, before a page is made of them: id -> (score 0-1, by what it was
    found). Misspelt names are not mended here. Without an encoder exact words are looked for."""
    asked = " ".join(text.split())[:LONGEST]
    if not asked:
        return {}
    question = put(catalog, encoder, asked, where, statistics, store=store)
    lists = looked_at(catalog, store, question)
    name = named(catalog, asked)
    first = _named_first(store, name if name and name.exact else None, where)
    ranks = _ranks(lists)
    ranked = _ranked([track.id for track in first], fused(lists.found, lists.weights, RRF_K), lists)
    by_name = {track.id for track in first}
    return {i: (score, "its name" if i in by_name else _shares(lists, ranks, i)) for i, score in ranked}


def put(
    catalog: Catalog,
    encoder: TextEncoder | None,
    text: str,
    where: tuple[Condition, ...],
    statistics: Mapping[str, Statistics],
    tuning: Tuning = TUNED,
    *,
    limit: int = CANDIDATES,
    store: VectorStore | None = None,
) -> Question:
    """The question for the engine; one of facts alone ("1999") asks for nothing. Without the encoder or its weights it asks
    for words alone, and a note says so. With ``store``, features are asked only of songs of the genres that the question
    names."""
    if not text:
        return Question("", (), None)
    asks: list[Ask] = []
    notes: tuple[str, ...] = ()
    over: bridge.Bridge | None = None
    promised: described.Wanted | None = None
    try:
        if encoder is None:
            raise WeightsMissing("There is no text encoder.")
        vector = encoder.encode([text])[0]
        if encoder.spec.name.startswith("minilm") and not _LATIN.search(text):
            notes = (_FOREIGN,)
    except WeightsMissing as error:
        notes = (f"Only exact words were searched: {error.brief.rstrip('.')}.",)
    else:
        if "heard" in statistics:
            over = bridge.ask(encoder, catalog, text, statistics["heard"], temperature=tuning.temperature)
            asks.append(Ask("heard", over.vector, limit, where))
        asks.append(Ask("text", vector, limit, where))
        if promised := described.ask(catalog, encoder, text, statistics):
            of = genres_in(store, taken_apart(text).wanted) if store else ()
            asks.append(Ask("table", promised.vector, limit, (*where, *of)))
    sparse = Words().query(taken_apart(text).wanted)
    if sparse.indices:
        asks.append(Ask("words", sparse, limit, where))
    return Question(text, tuple(asks), over, notes, promised)


def looked_at(catalog: Catalog, store: VectorStore, question: Question, tuning: Tuning = TUNED) -> Lists:
    """Each list on its own, and how far it is trusted."""
    found = store.ask(question.asks) if question.asks else []
    covered = _covered(catalog, question, found)
    surety = question.bridge.surety if question.bridge else 0.0
    asks, weights = trusted(question.asks, found, surety, covered, tuning, described.trust_in(question.promised))
    kept = tuple(tuple(above(ask, matches)) for ask, matches in zip(asks, found, strict=True))
    under = [
        match.id
        for ask, matches in reversed(list(zip(asks, found, strict=True)))
        for match in sorted(matches, key=lambda match: (-match.score, match.id))
        if ask.floor is not None and match.score < ask.floor
    ]
    return Lists(asks, weights, kept, covered, tuple(dict.fromkeys(under)))


_Ranked = tuple[str, float]
"""A song's id and its score."""


def _covered(catalog: Catalog, question: Question, found: Sequence[Sequence[Match]]) -> float:
    for ask, matches in zip(question.asks, found, strict=True):
        if isinstance(ask.vector, Sparse) and matches:
            track = catalog.track(matches[0].id)
            there = set(Words().document(words(track)).indices) if track else set()
            return len(there.intersection(ask.vector.indices)) / len(ask.vector.indices)
    return 0.0


def _meant(name: Named | None, question: Question, lists: Lists) -> Named | None:
    """A name that is nearly typed is meant only where the question is not good as it stands: *house* is no *mouse*.

    One of which only an article was left out ("beatles") is meant all the same.
    """
    if name is None or name.exact or set(fold(question.text).split()) <= set(name.meant.split()):
        return name
    speaks_of_sound = question.bridge is not None and question.bridge.surety >= TUNED.sure
    return None if speaks_of_sound or lists.covered == 1.0 else name


def _named_first(store: VectorStore, name: Named | None, where: tuple[Condition, ...]) -> list[Track]:
    if name is None:
        return []
    if not where:
        return list(name.tracks)
    ids = tuple(track.id for track in name.tracks)
    allowed = set(store.ids((*where, Condition("ids", values=ids))))
    return [track for track in name.tracks if track.id in allowed]


def _ranked(first: Sequence[str], order: Sequence[_Ranked], lists: Lists) -> list[_Ranked]:
    """Named songs, then fused ones; among named ones the fused order decides. 1 is first in all lists that answered,
    each fully trusted."""
    answered = [
        max(w, WEIGHTS.get(a.space, 0.0))
        for a, found, w in zip(lists.asks, lists.found, lists.weights, strict=True)
        if found and w > 0
    ]
    best = sum(share(RRF_K, 1, weight) for weight in answered) or 1.0
    scores = {i: min(0.99, score / best) for i, score in order}
    pinned = sorted(first, key=lambda i: -scores.get(i, 0.0))
    named = set(pinned)
    return [*((i, 1.0) for i in pinned), *((i, score) for i, score in scores.items() if i not in named)]


def _page(catalog: Catalog, ranked: Sequence[_Ranked], pinned: set[str], query: Query) -> list[tuple[Track, float]]:
    """The songs to show. What was named itself is not counted against its artist or album."""
    credits = catalog.credits([i for i, _ in ranked])
    known = [item for item in ranked if item[0] in credits]
    caps = [
        (lambda item: [] if item[0] in pinned else by_artist(credits[item[0]]), query.per_artist),
        (lambda item: [] if item[0] in pinned else by_album(credits[item[0]]), query.per_album),
    ]
    chosen = ranking.spread(known, query.limit, caps)
    tracks = catalog.tracks([i for i, _ in chosen])
    return [(tracks[i], score) for i, score in chosen if i in tracks]


def _passing(
    catalog: Catalog,
    store: VectorStore,
    lists: Lists,
    where: tuple[Condition, ...],
    ranked: Sequence[_Ranked],
    query: Query,
    linked: Mapping[str, set[str]],
) -> list[tuple[Track, float]]:
    """Songs that pass the filters and are not among ``ranked``, for the rest of the page: those below the floors, then
    any. Where they stand in a list is chance, so they all score 0."""
    known = {i for i, _ in ranked}
    some = islice(store.ids(where), query.limit + len(known) + len(lists.under))
    others = [(i, 0.0) for i in dict.fromkeys((*lists.under, *some)) if i not in known]
    if query.hide_duplicates:
        shown = ranking.collapse([*ranked, *others], lambda item: item[0], linked)
        others = [item for item in shown if item[0] not in known]
    return _page(catalog, others, set(), query)


def _hits(
    catalog: Catalog,
    chosen: Sequence[tuple[Track, float]],
    name: Named | None,
    question: Question,
    lists: Lists,
    statistics: Mapping[str, Statistics],
    linked: Mapping[str, set[str]],
) -> tuple[Hit, ...]:
    raw = catalog.vectors.of([track.id for track, _ in chosen], ("mtt_tags", "msd_tags"))
    ranks = _ranks(lists)
    by_name = {track.id for track in name.tracks} if name else set()
    hits: list[Hit] = []
    for rank, (track, score) in enumerate(chosen, 1):
        why: list[str] = []
        if name and track.id in by_name:
            why.append(
                f"its {name.kind} is what you typed" if name.exact else f"its {name.kind} is nearly what you typed"
            )
        tags = tags_of(raw.get(track.id, {}))
        over = question.bridge
        if over is not None and tags is not None and (track.id not in by_name or over.surety >= TUNED.sure):
            heard = bridge.heard_tags(over, tags, statistics["heard"])[:3]
            why += [f"heard: {', '.join(f'{tag} {p:.2f}' for tag, p in heard)}"] if heard else []
            absent = bridge.absent_tags(over, tags, statistics["heard"])[:3]
            why += [f"hardly heard: {', '.join(absent)}"] if absent else []
        told = _features(question, lists, ranks, track, statistics)
        why += [f"its features: {told}"] if told else []
        matched = _matched_words(question.text, track)
        why += [f"words: {', '.join(matched)}"] if matched else []
        by = _shares(lists, ranks, track.id)
        why += [f"found by {by}"] if by else []
        why += [] if why or score else [_UNLIKE if question.text else _PASSES]
        twin = next((hit.track.id for hit in hits if hit.track.id in linked.get(track.id, set())), "")
        why = [*standing(track, twin), *why]
        hits.append(Hit(rank, round(score, 4), track, tuple(why), twin))
    return tuple(hits)


def _ranks(lists: Lists) -> list[dict[str, int]]:
    return [{match.id: rank for rank, match in enumerate(matches, 1)} for matches in lists.found]


def _features(
    question: Question,
    lists: Lists,
    ranks: Sequence[Mapping[str, int]],
    track: Track,
    statistics: Mapping[str, Statistics],
) -> str:
    """The features that the question promises and the song has, where they found it."""
    if question.promised is None:
        return ""
    found = any(
        ask.space == "table" and weight > 0 and track.id in by_id
        for ask, weight, by_id in zip(lists.asks, lists.weights, ranks, strict=True)
    )
    return described.reasons(question.promised, track, statistics["table"]) if found else ""


def _shares(lists: Lists, ranks: Sequence[Mapping[str, int]], track: str) -> str:
    parts = {
        ask.space: share(RRF_K, by_id[track], weight)
        for ask, weight, by_id in zip(lists.asks, lists.weights, ranks, strict=True)
        if track in by_id
    }
    told = sorted(ranking.shares(parts).items(), key=lambda item: -item[1])
    told = [(space, part) for space, part in told if part >= 0.05]
    if len(told) == 1:
        return f"{_PART_WORDS[told[0][0]]} alone"
    return ", ".join(f"{_PART_WORDS[space]} {part:.0%}" for space, part in told)


def _matched_words(text: str, track: Track) -> list[str]:
    there = set(fold(words(track)).split())
    return [word for word in dict.fromkeys(fold(text).split()) if word in there and len(word) > 2][:4]


def _as_written(name: Named) -> str:
    """The name as the library writes it."""
    track = name.tracks[0]
    for written in (*track.artists, track.title, track.album):
        if fold(written) == fold(name.meant):
            return written
    return next((written for written in track.artists if name.meant in fold(written).split()), name.meant)
