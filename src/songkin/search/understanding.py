"""What a question means beside its words: facts that filter, and likeness to something that is named.

Rules come after names: a title, an artist or an album typed exactly is that ("1999", "Like a Prayer"), whatever else its
words could mean. Facts that no song passes are left out again, and a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from songkin.search.facts import facts_in
from songkin.search.filed import not_under
from songkin.search.filters import conditions
from songkin.search.likeness import Like, likeness
from songkin.search.negation import taken_apart
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
        return _without_genres(store, Understood(text, where, likeness(text)))
    said = ", ".join(dict.fromkeys(fact.told for fact in facts))
    held = (*where, *conditions([fact.filter for fact in facts]))
    if next(iter(store.ids(held)), None) is not None:
        return _without_genres(store, Understood(told.rest, held, likeness(told.rest), (f"Only songs {said}.",)))
    rest = told.rest or text
    return Understood(rest, where, likeness(rest), (f"No song here is {said}: that was left out.",))


def _without_genres(store: VectorStore, said: Understood) -> Understood:
    """Whoever says "not pop" wants no song that is filed under pop. Where a question also does without what is no genre
    here ("no drums"), that is left to how songs sound."""
    apart = taken_apart(said.text)
    away = {phrase: not_under(store, phrase) for phrase in apart.unwanted}
    held = (*said.where, *(condition for found in away.values() for condition in found))
    if said.like or not away or not all(away.values()) or next(iter(store.ids(held)), None) is None:
        return said
    note = f"No songs that are filed under {', '.join(away)}."
    return Understood(apart.wanted, held, None, (*said.notes, note))
