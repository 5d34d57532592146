"""Answers that pages ask for again and again: they hold as long as the catalog says what it said."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from fastapi import Request

from songkin.library import Library
from songkin.remembering import Remembering

T = TypeVar("T")


def remember(request: Request, music: Library, key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave when the catalog was as it is now. Votes and plays change nothing of that."""
    state = request.app.state

    def content() -> Hashable:
        return music.catalog.content()

    if not hasattr(state, "remembered"):
        state.remembered = Remembering(content)
    known: Remembering = state.remembered
    return known.get(key, make)
