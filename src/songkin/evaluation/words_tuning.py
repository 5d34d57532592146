"""Choosing what ``find`` is tuned to, on one half of the questions, judged on the other.

The lists of every question are asked for once, then fused for every tuning of a grid. A tuning is judged by the mean of five numbers, one per material, because a library
may have rich metadata, none, or both: nDCG at 10 of questions for sound on the bare and on the dressed shelf, and the
reciprocal rank of questions for names on the dressed one, on a named one that nobody has listened to, and with sound.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.evaluation.words_marks import graded, named
from songkin.evaluation.words_shelves import Shelf
from songkin.search import find
from songkin.search.trust import TUNED, Tuning, above, fused, trusted
from songkin.store.vectors import Ask, Match

FIRST: Final = Tuning(heard=1.0, text=0.35, words=0.8, k=20, text_floor=0.3, words_floor=0.0, coverage=0.0, least=1.0)
"""What was assumed before anything was measured: fixed weights, and as large a k as if lists agreed."""

GRID: Final[Mapping[str, Sequence[float]]] = {
    "text": (0.1, 0.2, 0.35),
    "words": (0.5, 0.7, 1.0),
    "words_floor": (0.0, 0.8),
    "coverage": (0.0, 1.0),
    "least": (0.2, 1.0),
}
DEPTHS: Final = (2, 5, 10, 20, 60)
"""Values of k."""
TEMPERATURES: Final = (0.03, 0.05, 0.08)

WITHOUT: Final[Mapping[str, Tuning]] = {
    "sound always trusted": replace(TUNED, least=1.0),
    "every match of words": replace(TUNED, words_floor=0.0),
    "words whatever they cover": replace(TUNED, coverage=0.0),
    "equal weights": replace(TUNED, text=1.0, words=1.0),
    "no MiniLM over metadata": replace(TUNED, text=0.0),
}
"""What ships, with one thing taken away."""

Mark = Callable[[Sequence[str]], float]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what its lists found, without floors. ``mark`` judges a ranking."""

    asks: tuple[Ask, ...]
    found: tuple[tuple[Match, ...], ...]
    surety: float
    covered: float
    mark: Mark


def asked(shelf: Shelf, text: str, mark: Mark, temperature: float = TUNED.temperature) -> Asked:
    """Ask the engine for the lists of one question."""
    bare = replace(TUNED, text_floor=-1.0, words_floor=0.0, temperature=temperature)
    question = find.put(shelf.catalog, shelf.encoder, text, (), shelf.statistics, bare)
    lists = find.looked_at(shelf.catalog, shelf.store, question, bare)
    surety = question.bridge.surety if question.bridge else 0.0
    return Asked(question.asks, lists.found, surety, lists.covered, mark)


def grade_mark(right: Collection[str], doubtful: Collection[str]) -> Mark:
    """nDCG at 10."""
    return lambda ranking: graded(ranking, right, doubtful)[1]


def name_mark(right: Collection[str]) -> Mark:
    """Reciprocal rank of the first right song."""
    return lambda ranking: named(ranking, right)[2]


def order(question: Asked, tuning: Tuning) -> list[str]:
    """Ids as ``find`` fuses them, best first."""
    asks, weights = trusted(question.asks, question.found, question.surety, question.covered, tuning)
    lists = [above(ask, matches) for ask, matches in zip(asks, question.found, strict=True)]
    return [i for i, _ in fused(lists, weights, tuning.k)]


def marks(questions: Sequence[Asked], tuning: Tuning) -> NDArray[np.float64]:
    """One number per question."""
    return np.array([question.mark(order(question, tuning)) for question in questions])


def grid() -> Iterator[Tuning]:
    """All tunings that are tried."""
    for k in DEPTHS:
        for values in product(*GRID.values()):
            yield replace(TUNED, k=k, **dict(zip(GRID, values, strict=True)))


def choose(
    materials: Mapping[str, Sequence[Asked]], sides: Mapping[str, NDArray[np.bool_]], step: Callable[[int], None]
) -> list[tuple[float, Tuning]]:
    """Every tuning of the grid with its mean over the materials' chosen halves, best first."""
    tried = []
    chosen = {
        name: [question for question, own in zip(questions, sides[name], strict=True) if own]
        for name, questions in materials.items()
    }
    for number, tuning in enumerate(grid(), start=1):
        tried.append((float(np.mean([marks(questions, tuning).mean() for questions in chosen.values()])), tuning))
        step(number)
    return sorted(tried, key=lambda each: -each[0])
