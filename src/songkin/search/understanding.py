"""What a question means beside its words: facts that filter, and likeness to something that is named.

Rules come after names: a title, an artist or an album typed exactly is that ("1999", "Like a Prayer"), whatever else its
words could mean. Facts that no song passes are left out again, and a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from songkin.search.facts import facts_in
from songkin.search.filters import conditions
from songkin.search.likeness import Like, likeness
from songkin.store.vectors import Condition, VectorStore


@dataclass(frozen=True, slots=True)
class Understood:
    """``text`` is what remains to be searched for, maybe nothing; ``where`` what all songs must pass."""

    text: str
    where: tuple[Condition, ...]
    like: Like | None = None
    notes: tuple[str, ...] = ()


def understood(store: VectorStore, text: str, where: tuple[Condition, ...]) -> Understood:
    """A question that is no name, understood by rules; one in which none fires comes back as it is."""
    told = facts_in(text)
    facts = [fact for fact in told.facts if fact.filter.field in store.layout.fields]
    if not facts:
        return Understood(text, where, likeness(text))
    said = ", ".join(dict.fromkeys(fact.told for fact in facts))
    held = (*where, *conditions([fact.filter for fact in facts]))
    if next(iter(store.ids(held)), None) is not None:
        return Understood(told.rest, held, likeness(told.rest), (f"Only songs {said}.",))
    rest = told.rest or text
    return Understood(rest, where, likeness(rest), (f"No song here is {said}: that was left out.",))
