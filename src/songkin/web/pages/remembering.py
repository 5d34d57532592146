"""Answers that are asked for again: further pages of one, Back, the same words by another. They hold as long as the
catalog says what it said."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar, cast

from fastapi import Request

from songkin.library import Library

_MOST: Final = 128
T = TypeVar("T")


class Remembered:
    """The answers that were asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def ask(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer that is known under ``key``, or a new one. Two may make the same at once."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return cast(T, self._known[key])
        made = make()
        with self._lock:
            self._known[key] = made
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return made


def remember(request: Request, music: Library, key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave when the catalog was as it is now."""
    state = request.app.state
    if not hasattr(state, "remembered"):
        state.remembered = Remembered()
    known: Remembered = state.remembered
    return known.ask((music.catalog.content(), key), make)
