"""Answers that are kept for as long as they hold: until what they were made from changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST: Final = 512


class Remembering:
    """The latest ``most`` answers, as of one ``state``. May be used by several threads; two that ask the same at once both
    work it out."""

    def __init__(self, state: Callable[[], Hashable], most: int = MOST) -> None:
        self._state = state
        self._most = most
        self._as_of: Hashable = None
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T], keep: Callable[[T], bool] = lambda _: True) -> T:
        """What is kept under ``key``, else what ``make`` gives; that is kept where ``keep`` says so."""
        state = self._state()
        with self._lock:
            if state != self._as_of:
                self._kept.clear()
                self._as_of = state
            if key in self._kept:
                self._kept.move_to_end(key)
                found: T = self._kept[key]
                return found
        made = make()
        if keep(made):
            with self._lock:
                if self._as_of == state:  # what was made meanwhile may be of another state
                    self._kept[key] = made
                    while len(self._kept) > self._most:
                        self._kept.popitem(last=False)
        return made

    def forget(self) -> None:
        """Keep nothing of what is kept."""
        with self._lock:
            self._kept.clear()
