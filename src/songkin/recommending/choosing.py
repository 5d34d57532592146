"""From scored candidates to a list: every taste gets its share, nothing is too alike, the order may flow. Pure functions.

Diversity is maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998); shares are kept as calibrated
recommendations keep them (Steck, RecSys 2018), by a quota that each step of the choice looks at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.models import Track
from songkin.records import PITCH_CLASSES

Matrix = NDArray[np.float64]

_OCTAVES: Final = 0.5
"""Distance of two tempi of which one is twice the other: they can be danced to alike."""


def chosen(
    relevance: Sequence[float],
    alike: Matrix,
    kinds: Sequence[int],
    shares: Mapping[int, float],
    diversity: float,
) -> list[int]:
    """All candidates in the order in which they are to be taken.

    ``relevance`` (n,) and ``alike`` (n, n) are 0-1; ``kinds`` tells which taste each belongs to (-1: none), ``shares``
    what each taste is due, of 1; ``diversity`` 0-1 is how much likeness to what was chosen costs.
    """
    left = list(range(len(relevance)))
    value = np.asarray(relevance, np.float64)
    nearest = np.zeros(len(left))
    got: dict[int, float] = {}
    order: list[int] = []
    while left:
        due = {kind: share * (len(order) + 1) - got.get(kind, 0) for kind, share in shares.items()}
        needy = max(due, key=lambda kind: (due[kind], -kind)) if due else -1
        mine = [n for n in left if kinds[n] == needy] if due and due[needy] >= 1.0 else []
        pool = mine or left
        gain = (1 - diversity) * value[pool] - diversity * nearest[pool]
        best = pool[int(np.argmax(gain))]
        order.append(best)
        left.remove(best)
        got[kinds[best]] = got.get(kinds[best], 0) + 1
        nearest = np.maximum(nearest, alike[best])
    return order


def fair(weights: Sequence[float]) -> dict[int, float]:
    """What each taste is due: by the root of its weight, so that a small one is heard, too."""
    roots = [math.sqrt(max(weight, 0.0)) for weight in weights]
    total = sum(roots) or 1.0
    return {number: root / total for number, root in enumerate(roots)}


def flowing(tracks: Sequence[Track]) -> list[int]:
    """The order in which tempo, key and energy change least from song to song, beginning with the first song: nearest
    neighbour, then 2-opt (Croes 1958)."""
    n = len(tracks)
    if n < 3:
        return list(range(n))
    step = np.array([[leap(a, b) for b in tracks] for a in tracks])
    order, left = [0], set(range(1, n))
    while left:
        order.append(min(left, key=lambda each: (step[order[-1], each], each)))
        left.remove(order[-1])
    return _untangled(order, step)


def _untangled(order: list[int], step: Matrix) -> list[int]:
    better, rounds = True, 0
    while better and rounds < 50:
        better, rounds = False, rounds + 1
        for i in range(1, len(order) - 1):
            for j in range(i + 1, len(order)):
                before, first, last = order[i - 1], order[i], order[j]
                after = order[j + 1] if j + 1 < len(order) else None
                old = step[before, first] + (step[last, after] if after is not None else 0.0)
                new = step[before, last] + (step[first, after] if after is not None else 0.0)
                if new < old - 1e-9:
                    order[i : j + 1] = order[i : j + 1][::-1]
                    better = True
    return order


def leap(one: Track, other: Track) -> float:
    """How far it is from one song to the next: tempo, key and loudness or energy, each 0-1; half where unknown."""
    return (_tempo(one, other) + _key(one, other) + _energy(one, other)) / 3


def _tempo(one: Track, other: Track) -> float:
    if not one.bpm or not other.bpm:
        return 0.5
    octaves = abs(math.log2(one.bpm / other.bpm))
    return min(1.0, 2 * min(octaves, abs(octaves - 1) + _OCTAVES / 2))


def _key(one: Track, other: Track) -> float:
    """Steps on the circle of fifths, relative keys side by side: 0 same, 1 opposite."""
    places = [_fifths(each.key) for each in (one, other)]
    if places[0] is None or places[1] is None:
        return 0.5
    apart = abs(places[0] - places[1]) % 12
    return min(apart, 12 - apart) / 6


def _fifths(key: str) -> float | None:
    name, _, mode = key.partition(" ")
    if name not in PITCH_CLASSES or mode not in ("major", "minor"):
        return None
    pitch = PITCH_CLASSES.index(name) + (3 if mode == "minor" else 0)  # a minor key stands with its relative major
    return (pitch * 7) % 12 + (0.5 if mode == "minor" else 0.0)


def _energy(one: Track, other: Track) -> float:
    told = [each.table_features.get("energy") for each in (one, other)]
    if told[0] is not None and told[1] is not None:
        return min(1.0, abs(told[0] - told[1]))
    if one.loudness is not None and other.loudness is not None:
        return min(1.0, abs(one.loudness - other.loudness) / 20)
    return 0.5
