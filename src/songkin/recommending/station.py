"""A station: songs without end that go with what was asked for, and learn from what is skipped.

What is heard to its end counts as liked a little, what is skipped as disliked for a while; the last plays weigh most, so
that a station drifts with its listener. Nothing is played twice until all that goes with it was.

What was heard before counts, too: what the listener hates is never played, what they skipped not for a month, unless they
played or voted for it since, and what they played within a day only when all else was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from songkin.errors import StoreError
from songkin.models import HEARD, Hit, Query
from songkin.recommending.wishes import Wish
from songkin.records import VOTES
from songkin.store.catalog import Catalog

AHEAD: Final = 8
"""Songs that are thought of at once."""
_HEARD: Final = 0.4
_SKIPPED: Final = 0.8
_FADES: Final = 0.85
"""What is left of a play's weight after each song that follows."""
_PER_ARTIST: Final = 1

SKIPPED_FOR: Final = 30 * 86_400.0
"""Seconds for which a song that was skipped is not played."""
RESTS_FOR: Final = 86_400.0
"""Seconds for which a song that was played waits until all else was."""

Ask = Callable[[Wish, Query], tuple[tuple[Hit, ...], tuple[str, ...]]]
"""Gives hits, and lines for people."""
Note = Callable[[str, str], None]
"""Told of a song (id) and of what was done with it (``play``, ``skip``)."""


@dataclass(frozen=True, slots=True)
class Past:
    """Songs (ids) that are not to be played to a listener, and those that only are when all else was."""

    never: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()


def past_of(catalog: Catalog, user: str, now: float | None = None) -> Past:
    """What a listener's votes and history say of what not to play now."""
    when, listening = time.time() if now is None else now, catalog.listening
    votes = {song: (vote, at) for _, song, vote, at in listening.votes(user, list(VOTES))}
    last: dict[str, tuple[str, float]] = {}
    for event in listening.listens(user, when - SKIPPED_FOR, HEARD, None):  # newest first
        last.setdefault(event.track_id, (event.kind, event.at))
    hated = {song for song, (vote, _) in votes.items() if vote == "hate"}
    skipped = {
        song
        for song, (kind, at) in last.items()
        if kind == "skip" and not (song in votes and votes[song][1] > at)  # a vote that is later says more
    }
    played = {song for song, (kind, at) in last.items() if kind == "play" and at > when - RESTS_FOR}
    return Past(frozenset(hated | skipped), frozenset(played))


class Station:
    """``ask`` answers a wish. Use ``next`` for the next song and ``skipped`` for the last one that was skipped;
    ``note`` is told of each that was heard to its end, because the next one was asked for, or skipped. Where it cannot
    write that down, ``notes`` say so, and the music goes on; before the first song they tell what it was chosen by."""

    def __init__(self, ask: Ask, wish: Wish, query: Query, past: Past = Past(), note: Note | None = None) -> None:
        self._ask = ask
        self._first = wish
        self._query = replace(query, limit=AHEAD, per_artist=_PER_ARTIST)
        self._plays: list[tuple[str, float]] = []
        self._ahead: list[Hit] = []
        self._never = wish.without | past.never
        self._gone = self._never | past.late
        self._late = bool(past.late)
        self._note = note
        self._now = ""
        self.notes: list[str] = []

    def heard(self, plays: Sequence[tuple[str, bool]]) -> None:
        """What was played on this station before: (song, whether it was skipped), the first first."""
        for song, skipped in plays:
            self._plays.append((song, -_SKIPPED if skipped else _HEARD))
            self._gone.add(song)
            if skipped:
                self._never.add(song)

    def next(self) -> Hit | None:
        """The next song; None where the library has none that goes with it."""
        self._ended("play")
        if not self._ahead:
            self._think()
            if not self._ahead and (self._plays or self._late):  # all was played: from the beginning, but for the last
                self._gone = self._never | {song for song, _ in self._plays[-1:]}
                self._late = False
                self._think()
        if not self._ahead:
            return None
        hit = self._ahead.pop(0)
        self._gone.add(hit.track.id)
        self._plays.append((hit.track.id, _HEARD))
        self._now = hit.track.id
        return hit

    def skipped(self) -> None:
        """The last song was skipped: what is like it comes less, and what is to follow is thought of anew."""
        if self._plays:
            self._plays[-1] = (self._plays[-1][0], -_SKIPPED)
            self._never.add(self._plays[-1][0])
            self._ahead.clear()
        self._ended("skip")

    def _think(self) -> None:
        """Of what is to follow; what there is to say of it is said once."""
        hits, notes = self._ask(self._wish(), self._query)
        self._ahead = list(hits)
        self.notes += [line for line in notes if not self._plays and line not in self.notes]

    def _ended(self, kind: str) -> None:
        """The song that was played is over."""
        song, self._now = self._now, ""
        if not song or self._note is None:
            return
        try:
            self._note(song, kind)
        except StoreError as error:
            self.notes.append(f"What is played is not noted. {error.message} {error.remedy}")
            self._note = None

    def _wish(self) -> Wish:
        first = self._first
        wish = Wish(dict(first.liked), dict(first.disliked), list(first.names), set(self._gone), votes=first.votes)
        wish.notes += first.notes
        for age, (song, weight) in enumerate(reversed(self._plays[-50:])):
            faded = weight * _FADES**age
            if abs(faded) > 0.05:
                wish.add([song], faded)
        wish.settle()
        return wish
