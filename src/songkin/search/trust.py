"""How far each list that `find` fuses is trusted, question by question.

Reciprocal rank fusion sees ranks, not scores: the best of a list counts as much where it fits the question perfectly as
where it is the least bad of nothing. So each list is first looked at, and its weight follows what it can know here:

``heard``  by how near the question is to the name of any tag: "flute" (1.0) is a sound, "hotel california" (.56) is not
``text``   not below a floor: among songs whose metadata does not mean what was asked, ranks are chance
``words``  by the share of the question's words that the best match holds, and only matches nearly as good as the best:
           "battle" in an album's name says little about "fast battle drums and percussion"
``table``  by how far the features that the question promises depart from the middle of the library (``described``)

The lists are then fused by rank. All numbers are those of ``songkin eval words --tune``, those of ``table`` of ``songkin
eval features``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from songkin.store.vectors import Ask, Match


@dataclass(frozen=True, slots=True)
class Tuning:
    """What ``find`` was tuned to. ``k`` and the three weights are those of ``fused``.

    ``heard``'s weight falls from ``sure`` to ``unsure`` (cosines to the nearest tag) down to ``least`` of itself;
    ``words``' falls with the share of words matched, raised to ``coverage`` (0: not at all). ``text_floor`` is a
    cosine, ``words_floor`` a share of the best match's score. ``temperature`` is the bridge's. ``table``'s weight falls
    from ``plain`` to ``faint`` (strengths of what the question promises) down to nothing,
    and by the share ``said`` of it where all of the question's words stand in the best match: a genre that songs are filed
    under needs no guessing.
    """

    heard: float = 1.0
    text: float = 0.2
    words: float = 0.7
    k: int = 10
    temperature: float = 0.05
    text_floor: float = 0.3
    words_floor: float = 0.8
    coverage: float = 1.0
    unsure: float = 0.55
    sure: float = 0.8
    least: float = 0.2
    table: float = 1.0
    faint: float = 0.1
    plain: float = 0.2
    said: float = 1.0

    def weight(self, space: str) -> float:
        """The weight of a list that is fully trusted."""
        return {"heard": self.heard, "text": self.text, "words": self.words, "table": self.table}[space]


TUNED: Final = Tuning()
LEANT: Final = 10.0
"""Strength from which plain words ("slow") say what is wanted, whatever else is said: such a list is always trusted."""


def trusted(
    asks: Sequence[Ask],
    lists: Sequence[Sequence[Match]],
    surety: float,
    covered: float,
    tuning: Tuning = TUNED,
    strength: float = 0.0,
) -> tuple[tuple[Ask, ...], tuple[float, ...]]:
    """The asks with their floors, and the weights of what they found.

    ``lists`` are what the asks found, ``surety`` is the bridge's, ``covered`` the share of the question's words in the
    best match of ``words``, ``strength`` that of what is asked of ``table``, at
    least ``LEANT`` where plain words ask.
    """
    floored, weights = [], []
    for ask, matches in zip(asks, lists, strict=True):
        weight, floor = tuning.weight(ask.space), None
        if ask.space == "heard":
            weight *= tuning.least + (1 - tuning.least) * _ramp(surety, tuning.unsure, tuning.sure)
        elif ask.space == "text":
            floor = tuning.text_floor
        elif ask.space == "table":
            weight *= _ramp(strength, tuning.faint, tuning.plain) * (
                1 - tuning.said * (0.0 if strength >= LEANT else covered)
            )
        elif matches:
            floor = tuning.words_floor * matches[0].score
            weight *= covered**tuning.coverage
        floored.append(replace(ask, floor=floor))
        weights.append(weight)
    return tuple(floored), tuple(weights)


def above(ask: Ask, matches: Sequence[Match]) -> list[Match]:
    """The matches that the ask's floor lets through."""
    return [match for match in matches if ask.floor is None or match.score >= ask.floor]


def fused(lists: Sequence[Sequence[Match]], weights: Sequence[float], k: int) -> list[tuple[str, float]]:
    """Weighted reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009): (id, score), best first.

    A song's score is the sum of its ``share`` in every list; weight 0 leaves a list out. Within a list, songs of the
    same score stand in the order of their ids, so that engines which hold the same songs fuse alike. Qdrant's own
    fusion is not asked: its weights stretch ranks, ``1 / (k + rank / weight)``, which at k=60 tells 1 from 0.5 by 2 % at
    the first rank, and the lists are here already, having been looked at.
    """
    scores: dict[str, float] = {}
    for matches, weight in zip(lists, weights, strict=True):
        if weight > 0:
            for rank, match in enumerate(sorted(matches, key=lambda match: (-match.score, match.id)), start=1):
                scores[match.id] = scores.get(match.id, 0.0) + share(k, rank, weight)
    return sorted(scores.items(), key=lambda each: (-each[1], each[0]))


def share(k: int, rank: int, weight: float) -> float:
    """What a place in one list adds to the fused score; ranks count from 1."""
    return weight / (k + rank)


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
