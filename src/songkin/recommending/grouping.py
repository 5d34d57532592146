"""Into how many groups: every number of a range is tried, three indices judge it, and the best mean place wins.

The indices (``recommending.indices``) seldom agree. Where music does not fall apart by itself they like two or three groups
best, loud and quiet, and such a division says nothing of a library. So fewer than four are taken only where they stand well
apart: a silhouette of .5 or more, what Kaufman and Rousseeuw (*Finding Groups in Data*, 1990) call a reasonable structure.
Up to the square root of the rows is tried: beyond, groups are pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Final

import numpy as np

from songkin.errors import QueryError
from songkin.recommending import indices, kmeans
from songkin.recommending.kmeans import Grouped
from songkin.spaces import Matrix

LOWEST: Final = 2
HIGHEST: Final = 24
FEW: Final = 4
APART: Final = 0.5
JUDGED: Final = 2_000
"""Rows whose silhouette is measured: its work grows with their square."""
MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Tried:
    """One number of groups, and how the indices judge it."""

    k: int
    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float


@dataclass(frozen=True, slots=True)
class Choice:
    """How many groups, what was tried, which number each index would take by itself, and why it came as it did."""

    k: int
    tried: tuple[Tried, ...] = ()
    best: Mapping[str, int] | None = None
    why: str = ""


Asked = int | tuple[int, int] | None
"""A number of groups, a range of them, or None: as many as songkin likes to try."""


def parse(text: str) -> Asked:
    """``auto``, ``8`` or ``4..12``. Raises ``QueryError``."""
    low, dots, high = text.strip().lower().partition("..")
    if low == "auto" and not dots:
        return None
    try:
        return (int(low), int(high)) if dots else int(low)
    except ValueError:
        raise QueryError(f"{text!r} is no number of clusters.", remedy="Write --k 8, --k 4..12 or --k auto.") from None


def check(asked: Asked) -> None:
    """Raise ``QueryError`` for a number of groups that cannot be meant."""
    one = 1 if asked is None else asked
    low, high = one if isinstance(one, tuple) else (one, one)
    if not 1 <= low <= high <= MOST:
        raise QueryError(
            f"{low if low == high else f'{low}..{high}'} clusters cannot be made.",
            remedy=f"Ask for 1 to {MOST}; a range goes from few to many.",
        )


def chosen(rows: Matrix, asked: Asked = None, seed: int = 0) -> tuple[Choice, Grouped]:
    """``rows`` in groups, and how their number came about."""
    check(asked)
    if isinstance(asked, int):
        return _as_asked(rows, asked, seed)
    low, high = asked or (LOWEST, min(HIGHEST, max(LOWEST, isqrt(len(rows)))))
    most = min(high, len(rows) - 1)
    if most < max(low, LOWEST):
        found = kmeans.grouped(rows, 1 if asked is None else min(low, len(rows)), seed=seed)
        return Choice(len(found.centres), why=f"{len(rows)} can be divided in no other way"), found
    rng = np.random.default_rng(seed)
    judged = np.sort(rng.choice(len(rows), min(JUDGED, len(rows)), replace=False))
    distance = indices.distances(rows[judged])
    tried: list[Tried] = []
    found_by: dict[int, Grouped] = {}
    for k in range(max(low, LOWEST), most + 1):
        found = kmeans.grouped(rows, k, seed=seed)
        if len(found.centres) < k:  # no more rows differ
            found_by.setdefault(len(found.centres), found)
            break
        found_by[k] = found
        tried.append(_judged(rows, found, distance, judged))
    if not tried:
        found = next(iter(found_by.values()))
        return Choice(len(found.centres), why="no more of them differ"), found
    choice = _best(tried, strict=asked is None)
    return choice, found_by[choice.k]


def _as_asked(rows: Matrix, k: int, seed: int) -> tuple[Choice, Grouped]:
    found = kmeans.grouped(rows, min(k, len(rows)), seed=seed)
    got = len(found.centres)
    why = "as asked" if got == k else f"{k} were asked for, and no more than {got} differ"
    if got < 2 or got >= len(rows):
        return Choice(got, why=why), found
    judged = np.sort(np.random.default_rng(seed).choice(len(rows), min(JUDGED, len(rows)), replace=False))
    return Choice(got, (_judged(rows, found, indices.distances(rows[judged]), judged),), why=why), found


def _judged(rows: Matrix, found: Grouped, distance: Matrix, judged: kmeans.Labels) -> Tried:
    return Tried(
        len(found.centres),
        indices.silhouette(distance, found.labels[judged]),
        indices.davies_bouldin(rows, found.labels),
        indices.calinski_harabasz(rows, found.labels),
    )


def _best(tried: Sequence[Tried], *, strict: bool) -> Choice:
    """The best by mean place; the smaller of equals. With ``strict`` few groups must stand apart."""
    best = {
        "silhouette": max(tried, key=lambda each: each.silhouette).k,
        "davies_bouldin": min(tried, key=lambda each: each.davies_bouldin).k,
        "calinski_harabasz": max(tried, key=lambda each: each.calinski_harabasz).k,
    }
    allowed = [each for each in tried if not strict or each.k >= FEW or each.silhouette >= APART] or list(tried)
    places = dict.fromkeys((each.k for each in allowed), 0)
    for key in (_by_silhouette, _by_davies_bouldin, _by_calinski_harabasz):
        for place, each in enumerate(sorted(allowed, key=key)):
            places[each.k] += place
    k = min(places, key=lambda each: (places[each], each))
    why = "the best mean place in the three indices"
    if len(allowed) < len(tried):
        why += f"; fewer than {FEW} stand nowhere well apart (silhouette under {APART:g})"
    return Choice(k, tuple(tried), best, why)


def _by_silhouette(each: Tried) -> float:
    return -each.silhouette


def _by_davies_bouldin(each: Tried) -> float:
    return each.davies_bouldin


def _by_calinski_harabasz(each: Tried) -> float:
    return -each.calinski_harabasz
