"""*Like Portishead but happier*: songs near to what is named, away from it in the direction that is said.

What is named must be a title or an artist of the library (``A Whiter Shade`` typed alone is no likeness). The mean of its
songs asks every space in which they stand; words of direction move it in ``table`` and, where they name a sound, ask
``heard`` through the tag bridge. Where the songs' features are known, a direction is a promise: only songs that are happier
than these come back, as long as there are any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin.encoders.base import TextEncoder
from songkin.errors import WeightsMissing
from songkin.models import TABLE_FIELDS, Filter, Track
from songkin.search import bridge
from songkin.search.described import leaning_vector
from songkin.search.filters import conditions
from songkin.search.leaning import leaning
from songkin.search.names import named
from songkin.search.similar import WEIGHTS
from songkin.spaces import Statistics
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask, Condition, VectorStore
from songkin.text import fold

MOST: Final = 50
"""Songs of one artist that are looked at."""
MOVED: Final = 1.5
"""How far a direction moves what is asked of ``table``, in deviations of the library."""
BRIDGE: Final = 0.4
"""Weight of the sound that a direction names, beside those of ``similar``."""
_LIKE: Final = re.compile(
    r"^(?:(?:some|any)?(?:thing|songs?|music|tracks?|stuff)?\s*(?:more\s+)?)"
    r"(?:(?:that\s+|which\s+)?sounds?\s+like|like|similar\s+to|in\s+the\s+(?:style|vein)\s+of)\s+"
    r"(?P<seed>.+?)(?:\s*,?\s+(?:but|only|just)\s+(?P<but>.+))?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Like:
    """What a question names, and in which direction it goes on."""

    seed: str
    but: str


@dataclass(frozen=True, slots=True)
class Alike:
    """The asks for songs like those that are named, their weights, what they all must pass; ``told`` says it."""

    asks: tuple[Ask, ...]
    weights: tuple[float, ...]
    bridge: bridge.Bridge | None
    where: tuple[Condition, ...]
    told: str


def likeness(text: str) -> Like | None:
    """The question taken apart, None where it compares with nothing."""
    found = _LIKE.match(text.strip())
    return Like(found["seed"].strip(" ,"), (found["but"] or "").strip(" ,.")) if found else None


def alike(
    catalog: Catalog,
    store: VectorStore,
    encoder: TextEncoder,
    said: Like,
    where: tuple[Condition, ...],
    statistics: Mapping[str, Statistics],
    limit: int,
) -> Alike | None:
    """What to ask for it; None where nothing of the library is called so, or it stands in no space."""
    name = named(catalog, said.seed)
    if name is None or not (name.exact or fold(said.seed) in name.meant.split()):
        return None
    tracks, leans = name.tracks[:MOST], leaning(said.but)
    where = (*where, Condition("ids", values=tuple(track.id for track in name.tracks), negate=True))
    filters = _further(tracks, leans)
    held = (*where, *conditions(filters))
    told = f"Like {said.seed}" + "".join(f"; {_told(each)}" for each in filters) + "."
    if filters and next(iter(store.ids(held)), None) is None:
        held, told = where, f"Like {said.seed}; no song lies further in the direction that you say."
    asks = _near(store, [track.id for track in tracks], leans, held, limit)
    if not asks:
        return None
    weights = [WEIGHTS[ask.space] for ask in asks]
    over = _over(catalog, encoder, said.but, statistics) if said.but else None
    if over is not None:
        asks.append(Ask("heard", over.vector, limit, held))
        weights.append(BRIDGE * over.surety)
    return Alike(tuple(asks), tuple(weights), over, held, told)


def _near(
    store: VectorStore, ids: Sequence[str], leans: Mapping[str, float], where: tuple[Condition, ...], limit: int
) -> list[Ask]:
    there = {space.name for space in store.layout.spaces}
    names = [name for name in WEIGHTS if name in there]
    points = store.get(ids, names)
    asks = []
    for name in names:
        rows = [points[i].dense[name] for i in ids if i in points and name in points[i].dense]
        if not rows:
            continue
        middle = np.mean(rows, axis=0)
        if name == "table":  # stored with norm 1: three deviations are about what a song departs by
            middle = 3 * middle / max(float(np.linalg.norm(middle)), 1e-6) + MOVED * leaning_vector(leans)
        if float(np.linalg.norm(middle)) > 1e-6:
            asks.append(Ask(name, np.asarray(middle, np.float32), limit, where))
    return asks


def _over(
    catalog: Catalog, encoder: TextEncoder, text: str, statistics: Mapping[str, Statistics]
) -> bridge.Bridge | None:
    if "heard" not in statistics:
        return None
    try:
        return bridge.ask(encoder, catalog, text, statistics["heard"])
    except WeightsMissing:
        return None


def _further(tracks: Sequence[Track], leans: Mapping[str, float]) -> list[Filter]:
    """Filters for what lies beyond the mean of these songs in each direction."""
    found = []
    for name, value in leans.items():
        field = "bpm" if name == "tempo" else name
        own = [track.bpm if field == "bpm" else track.table_features.get(name) for track in tracks]
        known = [each for each in own if each is not None]
        if known and field in (*TABLE_FIELDS, "bpm"):
            middle = round(float(np.mean(known)), 3)
            found.append(Filter(field, "range", low=middle) if value > 0 else Filter(field, "range", high=middle))
    return found


def _told(each: Filter) -> str:
    more = each.low is not None
    value = each.low if more else each.high
    unit = "faster" if more else "slower"
    if each.field == "bpm":
        return f"only what is {unit} than its {value:.0f} bpm"
    return f"only {'more' if more else 'less'} {each.field} than its {value:.2f}"
