"""Genres of the library that stand in a question: "slow metal" wants slow songs that are filed under metal, "not pop" none
that are filed under pop."""

from __future__ import annotations

from typing import Final

from songkin.store.vectors import Condition, VectorStore
from songkin.text import fold

FIELDS: Final = ("genre", "subgenre")
_LONGEST: Final = 3
"""Words of a genre."""
_MOST: Final = 12
"""Words of a question that are looked at."""


def genres_in(store: VectorStore, text: str) -> tuple[Condition, ...]:
    """That a song is filed under one of the genres that stand in a text, else under one of the subgenres; empty where
    none does. The longest name counts: "hip hop", and not "hop"."""
    words = fold(text).split()[:_MOST]
    for field in FIELDS:
        if field in store.layout.fields and (found := _named(store, field, words)):
            return (Condition("match", field, values=found),)
    return ()


def not_under(store: VectorStore, phrase: str) -> tuple[Condition, ...]:
    """That a song is not filed under what a phrase names; empty where it names no genre of the library."""
    named = fold(phrase)
    fields = [field for field in FIELDS if field in store.layout.fields and _is_one(store, field, named)]
    return tuple(Condition("match", field, values=(named,), negate=True) for field in fields)


def _named(store: VectorStore, field: str, words: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    at = 0
    while at < len(words):
        spans = (" ".join(words[at : at + length]) for length in range(min(_LONGEST, len(words) - at), 0, -1))
        name = next((span for span in spans if _is_one(store, field, span)), "")
        found += [name] if name else []
        at += len(name.split()) or 1
    return tuple(dict.fromkeys(found))


def _is_one(store: VectorStore, field: str, name: str) -> bool:
    return bool(name) and store.count((Condition("match", field, values=(name,)),)) > 0
