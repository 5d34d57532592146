"""From distances to an order: blending spaces, correcting hubs, spreading a page. Pure functions, no I/O.

Some songs are near to everything: they crowd every list. Local scaling (Schnitzer, Flexer, Schedl and Widmer, JMLR 13,
2012) divides the distance of two songs by how crowded it is around each: with c the cosine distance and r a song's mean
distance to its ten nearest, the affinity is exp(-c / sqrt(r_x r_y)). It is 1 for the same song, e^-1 for two songs as far
apart as neighbours usually are, and has no unit, so affinities of different spaces may be averaged with weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final, TypeVar

DEFAULT_RADIUS: Final = 0.5

Item = TypeVar("Item")


def affinity(distance: float, own_radius: float, other_radius: float) -> float:
    """Locally scaled similarity in (0, 1] of two songs at cosine ``distance`` (0–2)."""
    return math.exp(-max(distance, 0.0) / math.sqrt(max(own_radius, 1e-4) * max(other_radius, 1e-4)))


def blend(
    distances: Mapping[str, Mapping[str, float]],
    own_radii: Mapping[str, float],
    radii: Mapping[str, Mapping[str, float]],
    weights: Mapping[str, float],
) -> dict[str, tuple[float, dict[str, float]]]:
    """Blend spaces: id -> (score, affinity per space).

    ``distances`` maps space -> id -> cosine distance, ``radii`` likewise. A song that lacks a space is judged by the
    spaces it has, at a discount: one heard by fewer ears cannot come first by luck.
    """
    total = sum(weights.get(space, 0.0) for space in distances) or 1.0
    found: dict[str, tuple[float, dict[str, float]]] = {}
    for each in {i for by_id in distances.values() for i in by_id}:
        parts = {
            space: affinity(
                by_id[each], own_radii.get(space, DEFAULT_RADIUS), radii.get(space, {}).get(each, DEFAULT_RADIUS)
            )
            for space, by_id in distances.items()
            if each in by_id
        }
        present = sum(weights.get(space, 0.0) for space in parts)
        if present > 0:
            score = sum(weights.get(space, 0.0) * part for space, part in parts.items()) / present
            found[each] = (score * math.sqrt(present / total), parts)
    return found


def mean_of_nearest(distances: Sequence[float], k: int = 10) -> float:
    """Radius of a song that is not in the library, from its nearest distances."""
    nearest = sorted(distances)[:k]
    return max(sum(nearest) / len(nearest), 1e-4) if nearest else DEFAULT_RADIUS


def spread(
    ranked: Sequence[Item], limit: int, caps: Sequence[tuple[Callable[[Item], Sequence[Hashable]], int | None]]
) -> list[Item]:
    """The best ``limit`` items such that no key of a cap occurs more often than the cap allows.

    ``caps`` pairs a function that gives an item's keys (its artists, say) with the most items one key may have. Where
    that leaves the page short, the caps are raised together, one by one, until it is full. Order is kept.
    """
    active = [(keys, cap) for keys, cap in caps if cap is not None]
    if not active or len(ranked) <= 1:
        return list(ranked[:limit])
    for extra in range(len(ranked) + 1):
        chosen = _capped(ranked, limit, [(keys, cap + extra) for keys, cap in active])
        if len(chosen) == min(limit, len(ranked)):
            return chosen
    return list(ranked[:limit])


def _capped(
    ranked: Sequence[Item], limit: int, caps: Sequence[tuple[Callable[[Item], Sequence[Hashable]], int]]
) -> list[Item]:
    seen: list[dict[Hashable, int]] = [{} for _ in caps]
    chosen: list[Item] = []
    for item in ranked:
        keys = [tuple(of(item)) for of, _ in caps]
        if any(
            counts.get(key, 0) >= cap for counts, own, (_, cap) in zip(seen, keys, caps, strict=True) for key in own
        ):
            continue
        for counts, own in zip(seen, keys, strict=True):
            for key in own:
                counts[key] = counts.get(key, 0) + 1
        chosen.append(item)
        if len(chosen) == limit:
            break
    return chosen


def collapse(ranked: Sequence[Item], key: Callable[[Item], str], linked: Mapping[str, set[str]]) -> list[Item]:
    """Leave out an item whose duplicate stands above it."""
    hidden: set[str] = set()
    kept = []
    for item in ranked:
        if key(item) not in hidden:
            kept.append(item)
            hidden |= linked.get(key(item), set())
    return kept


def shares(parts: Mapping[str, float]) -> dict[str, float]:
    """Parts of a sum as shares of 1."""
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items()} if total > 0 else {}
