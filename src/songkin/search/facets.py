"""What a search can be narrowed by, with counts: the engine counts over the same filters that a search has.

A field is counted without its own filter, so that what else could be chosen shows. Counts are of songs that pass, not of
those that were found: words only put them in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from songkin.models import Facet, Facets, FacetValue
from songkin.search.understanding import understood
from songkin.store.vectors import Condition, VectorStore
from songkin.text import key_named

KEYWORDS: Final[Mapping[str, int]] = {"genre": 24, "mood": 16, "key": 24, "source": 12}
"""Fields of words, and how many of their values are told."""
TEMPI: Final = (("slow", None, 80), ("easy", 80, 105), ("moving", 105, 130), ("fast", 130, 160), ("racing", 160, None))
_FIRST_DECADE: Final = 1900
_LAST_DECADE: Final = 2030


def facets(store: VectorStore, text: str, where: tuple[Condition, ...], written: Mapping[str, str]) -> Facets:
    """Counts by genre, decade, tempo, key, mood and source of what passes ``where`` and what ``text`` says of years and the
    like. ``written`` has names of genres as people write them, by how they are stored."""
    held = understood(store, text, where).where if text.strip() else where
    found = [
        Facet("genre", _words(store, "genre", held, written)),
        Facet("year", _decades(store, held)),
        Facet("bpm", _tempi(store, held)),
        *(Facet(field, _words(store, field, held, {})) for field in ("key", "mood", "source")),
    ]
    return Facets(store.count(held), tuple(facet for facet in found if facet.values))


def _without(where: Sequence[Condition], field: str) -> tuple[Condition, ...]:
    return tuple(each for each in where if each.field != field)


def _words(
    store: VectorStore, field: str, where: Sequence[Condition], written: Mapping[str, str]
) -> tuple[FacetValue, ...]:
    if field not in store.layout.fields:
        return ()
    counted = store.facet(field, _without(where, field), KEYWORDS[field])
    label = key_named if field == "key" else lambda value: written.get(value, value)
    return tuple(FacetValue(f"{field}={value}", label(value) or value, count) for value, count in counted)


def _decades(store: VectorStore, where: Sequence[Condition]) -> tuple[FacetValue, ...]:
    rest = _without(where, "year")
    if not store.count((*rest, Condition("range", "year", low=0))):
        return ()
    spans = [(f"before {_FIRST_DECADE}", 0, _FIRST_DECADE - 1)]
    spans += [(f"{year}s", year, year + 9) for year in range(_FIRST_DECADE, _LAST_DECADE + 1, 10)]
    return _counted(store, "year", rest, spans)


def _tempi(store: VectorStore, where: Sequence[Condition]) -> tuple[FacetValue, ...]:
    return _counted(store, "bpm", _without(where, "bpm"), [(name, low, high) for name, low, high in TEMPI])


def _counted(
    store: VectorStore,
    field: str,
    where: Sequence[Condition],
    spans: Sequence[tuple[str, int | None, int | None]],
) -> tuple[FacetValue, ...]:
    found = []
    for label, low, high in spans:
        count = store.count((*where, Condition("range", field, low=low, high=high)))
        if count:
            shown = f"{'' if low is None else low}..{'' if high is None else high}"
            found.append(FacetValue(f"{field}={shown}", label, count))
    return tuple(found)
