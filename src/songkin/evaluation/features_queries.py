"""What ``find`` gains by features told from words: questions that promise features, and questions that must not suffer.

A promising question says which features its songs should have much or little of ("calm acoustic": acousticness up, energy
down); it is marked by the mean of these z-scores over the first twenty songs (0: like any song). A question for a genre is
marked by the share of the first twenty that a table filed there. Weight and trust of the list ``table`` were chosen on
one half of both (every second one), and are reported on the other. The songs were learned from, the questions were not; but whoever listed the plain
words of ``leaning`` and chose how a question is read had seen all questions, so that the other half flatters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders.base import TextEncoder
from songkin.evaluation.metrics import bootstrap
from songkin.evaluation.report import Row, Table
from songkin.records import CONTINUOUS
from songkin.search import described, find
from songkin.search.seeds import fitted
from songkin.search.trust import TUNED, Tuning, above, fused, trusted
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask, Match, VectorStore
from songkin.text import fold

DEPTH: Final = 20
GENRE_SONGS: Final = 20
"""Songs that a genre needs to be asked for."""
LOST: Final = 0.01
"""Share of songs of the genre that may be lost on the half that is tuned on."""
_A, _D, _E, _I = "acousticness", "danceability", "energy", "instrumentalness"
_L, _S, _T, _V = "loudness", "speechiness", "tempo", "valence"

PROMISES: Final[Mapping[str, Mapping[str, int]]] = {
    "calm acoustic": {_A: 1, _E: -1},
    "high energy workout": {_E: 1, _L: 1},
    "soft acoustic guitar by the fire": {_A: 1, _E: -1},
    "loud aggressive riffs": {_E: 1, _L: 1, _A: -1},
    "chill, slow, studying songs": {_E: -1, _L: -1},
    "happy dance party": {_D: 1, _V: 1},
    "sleep and relaxation": {_E: -1, _L: -1, _A: 1},
    "cheerful summer pop": {_V: 1, _E: 1},
    "quiet piano for falling asleep": {_A: 1, _L: -1, _I: 1},
    "club bangers": {_D: 1, _E: 1},
    "sad and gloomy": {_V: -1},
    "rap with a lot of words": {_S: 1},
    "instrumental background for reading": {_I: 1, _E: -1},
    "feel good funk and soul": {_V: 1, _D: 1},
    "dark ambient drones": {_V: -1, _I: 1},
    "spoken verses over a beat": {_S: 1, _D: 1},
    "dreamy late-night": {_E: -1, _L: -1},
    "synth disco electric": {_D: 1, _E: 1, _A: -1},
    "unplugged folk ballads": {_A: 1, _E: -1},
    "furious and fast": {_E: 1, _T: 1},
    "meditation": {_I: 1, _E: -1, _V: -1},
    "tropical party rhythms": {_D: 1, _V: 1},
    "peaceful strings": {_E: -1, _A: 1, _I: 1},
    "hard techno for running": {_E: 1, _I: 1, _A: -1},
    "lonely rainy evening": {_V: -1, _E: -1},
    "joyful salsa": {_V: 1, _D: 1},
    "gentle lullaby": {_E: -1, _A: 1, _L: -1},
    "stadium rock anthems": {_E: 1, _L: 1, _A: -1},
    "no words, only instruments": {_I: 1},
    "hip hop freestyle": {_S: 1, _D: 1},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, what its lists found without floors, and how a ranking is marked."""

    asks: tuple[Ask, ...]
    found: tuple[tuple[Match, ...], ...]
    surety: float
    covered: float
    strength: float
    mark: Callable[[Sequence[str]], float]


def tables(catalog: Catalog, store: VectorStore, encoder: TextEncoder, *, seed: int, tune: bool) -> list[Table]:
    """The tables for a library that has learned features; with ``tune`` also the best of a grid."""
    statistics = fitted(catalog)
    standard = _standard(catalog, statistics["table"].arrays["mean"], statistics["table"].arrays["std"])
    bare = replace(TUNED, text_floor=-1.0, words_floor=0.0)

    def put(text: str, mark: Callable[[Sequence[str]], float]) -> Asked:
        question = find.put(catalog, encoder, text, (), statistics, bare)
        lists = find.looked_at(catalog, store, question, bare)
        surety = question.bridge.surety if question.bridge else 0.0
        strength = described.trust_in(question.promised)
        return Asked(question.asks, lists.found, surety, lists.covered, strength, mark)

    promising = [put(text, _promised(wants, standard)) for text, wants in PROMISES.items()]
    filed = [put(genre, _filed(songs)) for genre, songs in genres(catalog).items()]
    made = [_shown("promises", "Questions that promise features", promising, standard_mark=True, seed=seed)]
    if len(filed) > 1:
        made.append(_shown("genres", "Questions for a genre", filed, standard_mark=False, seed=seed))
    return [*made, _grid(promising, filed)] if tune else made


def genres(catalog: Catalog) -> dict[str, frozenset[str]]:
    """Songs by each genre and subgenre that has enough of them, in the order of names."""
    found: dict[str, set[str]] = {}
    for track in catalog.all_tracks():
        for name in {fold(each) for each in (*track.genres, *track.subgenres)} - {""}:
            found.setdefault(name, set()).add(track.id)
    return {name: frozenset(found[name]) for name in sorted(found) if len(found[name]) >= GENRE_SONGS}


def _standard(catalog: Catalog, mean: NDArray[np.float32], std: NDArray[np.float32]) -> dict[str, dict[str, float]]:
    return {
        track.id: {
            name: float((track.table_features[name] - mean[place]) / std[place])
            for place, name in enumerate(CONTINUOUS)
            if name in track.table_features
        }
        for track in catalog.all_tracks()
    }


def _promised(
    wants: Mapping[str, int], standard: Mapping[str, Mapping[str, float]]
) -> Callable[[Sequence[str]], float]:
    def mark(ranking: Sequence[str]) -> float:
        earned = [sign * standard[song].get(name, 0.0) for song in ranking[:DEPTH] for name, sign in wants.items()]
        return float(np.mean(earned)) if earned else 0.0

    return mark


def _filed(songs: frozenset[str]) -> Callable[[Sequence[str]], float]:
    return lambda ranking: sum(song in songs for song in ranking[:DEPTH]) / DEPTH


def order(question: Asked, tuning: Tuning) -> list[str]:
    """Ids as ``find`` fuses them, best first."""
    strength = question.strength
    asks, weights = trusted(question.asks, question.found, question.surety, question.covered, tuning, strength)
    lists = [above(ask, matches) for ask, matches in zip(asks, question.found, strict=True)]
    return [i for i, _ in fused(lists, weights, tuning.k)]


def marks(questions: Sequence[Asked], tuning: Tuning) -> NDArray[np.float64]:
    """One number per question."""
    return np.array([question.mark(order(question, tuning)) for question in questions])


_ALONE: Final = replace(TUNED, heard=0.0, text=0.0, words=0.0, table=1.0, faint=-1.0, plain=0.0, said=0.0)
_WAYS: Final[Mapping[str, tuple[str, Tuning]]] = {
    "find": ("songkin find", TUNED),
    "without": ("songkin find without the list", replace(TUNED, table=0.0)),
    "alone": ("features alone", _ALONE),
}


def _shown(name: str, title: str, questions: Sequence[Asked], *, standard_mark: bool, seed: int) -> Table:
    made = []
    for method, (label, tuning) in _WAYS.items():
        found = marks(questions, tuning)
        both = (float(found[::2].mean()), float(found[1::2].mean()))
        made.append(Row(method, label, both, bootstrap(found[1::2], seed)))
    what = "mean z-score of what was promised" if standard_mark else "share filed there"
    about = f"{len(questions)} questions; {what} among the first {DEPTH}; the interval is of the half not tuned on."
    return Table(name, title, about, ("tuned on", "other half"), tuple(made), len(questions))


def grid() -> Iterator[Tuning]:
    """All tunings that are tried."""
    weights, faints, plains, saids = (0.2, 0.35, 0.5, 0.7, 1.0), (0.0, 0.1, 0.2), (0.2, 0.4, 0.6), (0.0, 0.5, 1.0)
    for table, faint, plain, said in product(weights, faints, plains, saids):
        if faint < plain:
            yield replace(TUNED, table=table, faint=faint, plain=plain, said=said)


def _grid(promising: Sequence[Asked], filed: Sequence[Asked]) -> Table:
    """The tunings that lose hardly a song of a genre on the first half, by what they gain there."""
    before = marks(filed[::2], replace(TUNED, table=0.0)).mean() if filed else 0.0
    tried = []
    for tuning in grid():
        kept = marks(filed[::2], tuning).mean() if filed else 0.0
        tried.append((float(kept) >= float(before) - LOST, float(marks(promising[::2], tuning).mean()), tuning))
    best = sorted(tried, key=lambda each: (-each[0], -each[1]))[:5]
    made = [
        Row(
            f"{place}",
            f"table {tuning.table:g}, from {tuning.faint:g} to {tuning.plain:g}, said {tuning.said:g}",
            (
                gain,
                float(marks(promising[1::2], tuning).mean()),
                float(marks(filed[1::2], tuning).mean()) if filed else 0.0,
            ),
        )
        for place, (_, gain, tuning) in enumerate(best, start=1)
    ]
    about = f"{len(tried)} tunings; those that lose at most {LOST:g} of genres on the first half, best first."
    return Table(
        "grid",
        "Weight and trust of the list",
        about,
        ("tuned on", "other half", "genres, other half"),
        tuple(made),
        len(tried),
    )
