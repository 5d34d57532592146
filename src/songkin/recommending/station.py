"""A station: songs without end that go with what was asked for, and learn from what is skipped.

What is heard to its end counts as liked a little, what is skipped as disliked for a while; the last plays weigh most, so
that a station drifts with its listener. Nothing is played twice until all that goes with it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from songkin.models import Hit, Query
from songkin.recommending.wishes import Wish

AHEAD: Final = 8
"""Songs that are thought of at once."""
_HEARD: Final = 0.4
_SKIPPED: Final = 0.8
_FADES: Final = 0.85
"""What is left of a play's weight after each song that follows."""
_PER_ARTIST: Final = 1

Ask = Callable[[Wish, Query], tuple[Hit, ...]]


class Station:
    """``ask`` gives hits for a wish. Use ``next`` for the next song and ``skipped`` for the last one that was skipped."""

    def __init__(self, ask: Ask, wish: Wish, query: Query) -> None:
        self._ask = ask
        self._first = wish
        self._query = replace(query, limit=AHEAD, per_artist=_PER_ARTIST)
        self._plays: list[tuple[str, float]] = []
        self._ahead: list[Hit] = []
        self._gone: set[str] = set(wish.without)

    def next(self) -> Hit | None:
        """The next song; None where the library has none that goes with it."""
        if not self._ahead:
            self._ahead = list(self._ask(self._wish(), self._query))
            if not self._ahead and self._plays:  # all was played: from the beginning, but for the last
                self._gone = set(self._first.without) | {song for song, _ in self._plays[-1:]}
                self._ahead = list(self._ask(self._wish(), self._query))
        if not self._ahead:
            return None
        hit = self._ahead.pop(0)
        self._gone.add(hit.track.id)
        self._plays.append((hit.track.id, _HEARD))
        return hit

    def skipped(self) -> None:
        """The last song was skipped: what is like it comes less, and what is to follow is thought of anew."""
        if self._plays:
            self._plays[-1] = (self._plays[-1][0], -_SKIPPED)
            self._ahead.clear()

    def _wish(self) -> Wish:
        wish = Wish(dict(self._first.liked), dict(self._first.disliked), list(self._first.names), set(self._gone))
        for age, (song, weight) in enumerate(reversed(self._plays[-50:])):
            faded = weight * _FADES**age
            if abs(faded) > 0.05:
                wish.add([song], faded)
        wish.settle()
        return wish
