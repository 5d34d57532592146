"""Albums by words: which words stand in what is said of them, what it means, and how their songs sound.

Scores are added, not ranks: on keyword-like questions rank fusion of a weak list with a strong one loses to the strong one
alone (``songkin eval albums``). Words count as share of the best album's BM25, as typed and, less, by their stems, times
the share of the question's words that the best album holds; meaning as the cosine; sound, where songs were heard and the
question speaks of sound (``bridge``), as share of the album that sounds most like it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from songkin.errors import QueryError
from songkin.models import AlbumAnswer, AlbumHit, AlbumNote, Filter
from songkin.search import bridge
from songkin.search.facts import facts_in
from songkin.search.negation import taken_apart
from songkin.search.trust import TUNED
from songkin.store.shelf import Floats, Matrix, Shelf, exact_words, stems
from songkin.text import fold, plain_artist

if TYPE_CHECKING:
    from songkin.encoders.base import TextEncoder
    from songkin.spaces import Statistics
    from songkin.store.catalog import Catalog

FIELDS: Final = ("year", "genre", "artist", "album", "source")
"""By what albums are filtered."""
LONGEST: Final = 2_000
UNWANTED: Final = 1.0
"""What an album loses of which just that is said that a question does without; 1 is what the best match of words has."""
_BARE: Final = 0.5
"""The score where nothing is asked but years."""
_FILLING: Final = frozenset(
    ("album", "albums", "record", "records", "from", "the", "of", "in", "a", "an", "that", "are")
)
_UNTOLD: Final = _FILLING | {"and", "or", "not", "no", "with", "without", "for", "to", "is", "it", "on", "at"}
"""Words that are no reason."""
_WORD: Final = re.compile(r"[^\W_][\w'’-]*")
_MEANT: Final = 0.2
_HEARD_FROM: Final = 0.3
_SHOWN_TAGS: Final = 3


@dataclass(frozen=True, slots=True)
class Blend:
    """What ``songkin eval albums`` chose on one half of its albums: what stems add to words, and the weights of meaning
    and sound beside words (1)."""

    stems: float = 0.3
    meaning: float = 0.2
    sound: float = 0.5


BLEND: Final = Blend()


def blend_of(card: Mapping[str, Any] | None) -> Blend:
    """The blend that was chosen with an own encoder, on albums that it was not trained on."""
    told = (card or {}).get("blend")
    if not isinstance(told, Mapping):
        return BLEND
    weights = {
        name: float(told[name]) for name in ("stems", "meaning", "sound") if isinstance(told.get(name), int | float)
    }
    return replace(BLEND, **{name: min(10.0, max(0.0, weight)) for name, weight in weights.items()})


@dataclass(frozen=True, slots=True)
class Scored:
    """Every album's score by each witness, float64 (albums,), and what the bridge made of the question."""

    words: Floats
    meaning: Floats
    sound: Floats
    covered: float
    over: bridge.Bridge | None = None

    def total(self, blend: Blend) -> Floats:
        """The sum."""
        return np.asarray(self.covered * self.words + blend.meaning * self.meaning + blend.sound * self.sound)


def find_albums(
    catalog: Catalog,
    shelf: Shelf,
    encoder: TextEncoder | None,
    text: str,
    *,
    limit: int = 10,
    filters: Sequence[Filter] = (),
    statistics: Mapping[str, Statistics] | None = None,
    blend: Blend = BLEND,
) -> AlbumAnswer:
    """The albums that answer a text best. Raises ``QueryError``."""
    asked = " ".join(text.split())
    if not asked:
        raise QueryError("There is nothing to look for.", remedy='Say what you want to hear, like "dreamy late-night".')
    if len(asked) > LONGEST:
        raise QueryError(f"The text is longer than {LONGEST} characters.", remedy="Say it shorter.")
    passing = _passing(shelf.albums, filters)
    said = _understood(shelf, asked, passing)
    vector = encoder.encode([said.text])[0] if encoder and said.text else None
    over = _bridge(catalog, encoder, said.text, statistics or {}, shelf) if said.text else None
    found = scored(shelf, said.text, vector, over, blend)
    total = np.where(said.passing, found.total(blend) + _named(shelf, asked) + _BARE * (not said.text), 0.0)
    for phrase in said.unwanted:
        total -= UNWANTED * scored(shelf, phrase, None, None, blend).words
    order = [int(n) for n in np.argsort(-total, kind="stable")[:limit] if total[n] > 0]
    most = 1.0 + blend.meaning + (blend.sound if over else 0.0)
    hits = tuple(
        AlbumHit(
            rank,
            float(min(1.0, total[n] / most)),
            note_of(shelf.albums[n]),
            tuple(_why(shelf, n, said.text, found, statistics or {})) or said.notes,
            {
                "words": float(found.covered * found.words[n]),
                "meaning": float(blend.meaning * found.meaning[n]),
                "sound": float(blend.sound * found.sound[n]),
            },
        )
        for rank, n in enumerate(order, 1)
    )
    notes = said.notes
    lacking = "" if encoder else "Only exact words were searched: no text encoder can read here (`songkin doctor`)."
    return AlbumAnswer(asked, hits, int(said.passing.sum()), (*notes, lacking) if lacking else notes)


@dataclass(frozen=True, slots=True)
class _Said:
    """A question: what is wanted, what is not, which albums may answer."""

    text: str
    unwanted: tuple[str, ...]
    passing: np.ndarray[Any, np.dtype[np.bool_]]
    notes: tuple[str, ...] = ()


def _understood(shelf: Shelf, asked: str, passing: np.ndarray[Any, np.dtype[np.bool_]]) -> _Said:
    """A question that is no title and no artist, by the rules that songs are asked by: years filter, what it does without
    weighs against an album, genres that it does without leave albums out."""
    if fold(asked) in shelf.titled or plain_artist(asked) in shelf.credited:
        return _Said(asked, (), passing)
    told, notes = facts_in(asked), []
    years = [fact for fact in told.facts if fact.filter.field == "year"]
    text = asked
    if years and len(years) == len(told.facts):
        held = passing & _passing(shelf.albums, [fact.filter for fact in years])
        said = ", ".join(fact.told for fact in years)
        notes.append(f"Only albums {said}." if held.any() else f"No album here is {said}: that was left out.")
        passing, text = (held if held.any() else passing), told.rest
    apart = taken_apart(text)
    for phrase in apart.unwanted:
        held = passing & _passing(shelf.albums, [Filter("genre", "not", (phrase,))])
        if held.any() and (held != passing).any():
            passing = held
            notes.append(f"No albums that are filed under {phrase}.")
    wanted = " ".join(word for word in apart.wanted.split() if word.lower() not in _FILLING) if notes else apart.wanted
    return _Said(wanted, apart.unwanted, passing, tuple(notes))


def scored(shelf: Shelf, text: str, vector: Matrix | None, over: bridge.Bridge | None, blend: Blend = BLEND) -> Scored:
    """What each witness says of every album."""
    terms = exact_words().query(text).indices
    words = shelf.words.scores(terms) + blend.stems * shelf.stems.scores(stems().query(text).indices)
    best = int(np.argmax(words)) if len(words) else 0
    top = float(words[best]) if len(words) else 0.0
    rarity = shelf.words.idf(terms)
    held = np.array(shelf.words.held(best, terms), bool)
    covered = float(rarity[held].sum() / rarity.sum()) if top > 0 and rarity.sum() > 0 else 0.0
    if top > 0 and covered == 0.0:
        covered = blend.stems  # by stems alone
    meaning = np.maximum(shelf.text @ vector, 0.0).astype(np.float64) if vector is not None else np.zeros(len(words))
    return Scored(words / top if top > 0 else words, meaning, _sound(shelf, over), covered, over)


def note_of(row: Mapping[str, Any]) -> AlbumNote:
    """An album of the shelf."""
    lists = ("artists", "genres", "tracks")
    told: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in row.items()}
    return AlbumNote(**told)


def _sound(shelf: Shelf, over: bridge.Bridge | None) -> Floats:
    """How far the songs of each album sound as asked: 1 for the one that does most, 0 from the middle down."""
    silent = np.zeros(len(shelf.albums))
    some = np.flatnonzero(shelf.sounding)
    if over is None or not len(some):
        return silent
    sure = TUNED.least + (1 - TUNED.least) * min(
        1.0, max(0.0, (over.surety - TUNED.unsure) / (TUNED.sure - TUNED.unsure))
    )
    fit = (shelf.heard[some] @ over.vector).astype(np.float64)
    above = np.maximum(fit - np.median(fit), 0.0)
    silent[some] = sure * above / above.max() if above.max() > 0 else 0.0
    return silent


def _bridge(
    catalog: Catalog, encoder: TextEncoder | None, text: str, statistics: Mapping[str, Statistics], shelf: Shelf
) -> bridge.Bridge | None:
    if (
        encoder is None
        or not encoder.spec.name.startswith(("minilm", "hub:"))
        or "heard" not in statistics
        or not shelf.sounding.any()
    ):
        return None
    return bridge.ask(encoder, catalog, text, statistics["heard"])


def _named(shelf: Shelf, text: str) -> Floats:
    """Albums that are called as typed come first, then those by who is."""
    bonus = np.zeros(len(shelf.albums))
    bonus[list(shelf.credited.get(plain_artist(text), ()))] = 1.0
    bonus[list(shelf.titled.get(fold(text), ()))] = 2.0
    return bonus


def _passing(albums: Sequence[Mapping[str, Any]], filters: Sequence[Filter]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which albums all filters let through. Raises ``QueryError`` for what albums are not filtered by."""
    for each in filters:
        if each.field not in FIELDS:
            raise QueryError(f"Albums are not filtered by {each.field!r}.", remedy=f"Use one of: {', '.join(FIELDS)}.")
    if not filters:
        return np.ones(len(albums), bool)
    return np.array([all(_lets(each, album) for each in filters) for album in albums], bool)


def _lets(each: Filter, album: Mapping[str, Any]) -> bool:
    if each.op == "range":
        year = album["year"]
        low, high = -np.inf if each.low is None else each.low, np.inf if each.high is None else each.high
        return year is not None and low <= year <= high
    values = {"genre": album["genres"], "artist": album["artists"], "album": [album["title"]]}
    has = {fold(value) for value in values.get(each.field, [album["source"]])}
    return (not has.isdisjoint(map(fold, each.values))) != (each.op == "not")


def _why(shelf: Shelf, n: int, text: str, found: Scored, statistics: Mapping[str, Statistics]) -> list[str]:
    words = exact_words()
    held = []
    for word in dict.fromkeys(_WORD.findall(text)):
        if word.lower() in _UNTOLD:
            continue
        terms = words.query(word).indices
        if terms and any(shelf.words.held(n, terms)):
            held.append(word)
    why = [f"its words: {', '.join(held[:8])}"] if held and found.words[n] > 0 else []
    if found.over is not None and found.sound[n] >= _HEARD_FROM and "heard" in statistics:
        tags = bridge.heard_in_mean(found.over, shelf.heard[n], statistics["heard"])[:_SHOWN_TAGS]
        songs = int(shelf.sounding[n])
        why += [f"heard in {songs} song{'' if songs == 1 else 's'}: {', '.join(tags)}"] if tags else []
    if not why and found.meaning[n] > 0:
        likely = found.meaning[n] >= _MEANT
        why.append(f"its words mean {'something' if likely else 'little'} like it ({found.meaning[n]:.2f})")
    return why
