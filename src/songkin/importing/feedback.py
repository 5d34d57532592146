"""What a person thinks of songs and does with them: votes, plays, skips and searches, and top lists made of these."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Final

from songkin.errors import QueryError, StoreError
from songkin.importing.toplists import Rule, limited, standings
from songkin.models import HEARD, ME, Ballot, Event, Standing, Track, since, user_name
from songkin.records import VOTES
from songkin.sources.cells import text as line
from songkin.store.catalog import Catalog
from songkin.store.listeningbook import Listen

SEARCH: Final = "search"
KINDS: Final = (*HEARD, SEARCH)
NO_VOTE: Final = "none"
_DAY: Final = 86_400.0
"""Seconds that a song may have been heard at once, and that a clock may be ahead of ours."""
_LAST: Final = 253_402_300_800.0
"""The year 10000, in seconds since 1970."""
_PATIENCE: Final = 0.2
"""Seconds that a search may be held up to be noted."""


class Feedback:
    """The verbs of the library that listeners need. ``user`` is a name (None: of all users, where something is read);
    ``at`` and ``now`` are seconds since 1970 (now, unless given); ``window`` is one of ``models.WINDOWS``. All raise
    ``QueryError`` for what cannot be, and those that take ``what``, a song, ``NotFound`` and ``Ambiguous``."""

    @property
    def catalog(self) -> Catalog:
        """The catalog that all of this is about."""
        raise NotImplementedError

    def track(self, what: str) -> Track:
        """The song that ``what`` names."""
        raise NotImplementedError

    def vote(self, what: str, word: str, *, user: str = ME, at: float | None = None) -> Track:
        """Note what a user thinks of a song: ``love``, ``like``, ``okay`` or ``hate``; ``none`` takes the vote back. It
        replaces the one before."""
        if word not in (*VOTES, NO_VOTE):
            raise QueryError(f"There is no vote {word!r}.", remedy=f"Use one of: {', '.join((*VOTES, NO_VOTE))}.")
        name, when = user_name(user), moment(at)
        track = self.track(what)
        if word == NO_VOTE:
            self.catalog.listening.unvote(name, track.id)
        else:
            self.catalog.listening.vote(name, track.id, word, when)
        return track

    def votes(self, *, user: str | None = ME, words: Sequence[str] = VOTES) -> list[Ballot]:
        """Votes, newest first."""
        found = self.catalog.listening.votes(_name(user), words)
        known = self.catalog.tracks(sorted({track for _, track, _, _ in found}))
        return [Ballot(name, known[track], vote, at) for name, track, vote, at in found if track in known]

    def played(self, what: str, *, seconds: float | None = None, user: str = ME, at: float | None = None) -> Event:
        """Note that a user played a song, ``seconds`` of it."""
        return self._heard("play", what, seconds, user, at)

    def skipped(self, what: str, *, seconds: float | None = None, user: str = ME, at: float | None = None) -> Event:
        """Note that a user skipped a song, after ``seconds`` of it."""
        return self._heard("skip", what, seconds, user, at)

    def searched(self, text: str, *, user: str = ME, at: float | None = None) -> bool:
        """Note that a user searched for something, and say whether that was done. No search is to fail or to wait for
        it, so it is left out where the library can only be read or is being written."""
        name, when, words = user_name(user), moment(at), line(text)
        if not words:
            return False
        try:
            self.catalog.listening.note_search(name, when, words, patience=_PATIENCE)
        except StoreError:
            return False
        return True

    def history(
        self,
        *,
        user: str | None = ME,
        window: str = "all",
        kinds: Sequence[str] = KINDS,
        limit: int | None = 50,
        now: float | None = None,
    ) -> list[Event]:
        """Plays, skips and searches, newest first."""
        if wrong := [kind for kind in kinds if kind not in KINDS]:
            raise QueryError(f"The history has no {wrong[0]!r}.", remedy=f"Use one of: {', '.join(KINDS)}.")
        name, start, most = _name(user), since(window, moment(now, ahead=math.inf)), limited(limit)
        book = self.catalog.listening
        heard = [kind for kind in kinds if kind in HEARD]
        rows = book.listens(name, start, heard, most) if heard else []
        known = self.catalog.tracks(sorted({row.track_id for row in rows}))
        found = [
            Event(row.user, row.at, row.kind, known[row.track_id], seconds=row.seconds, source=row.source)
            for row in rows
            if row.track_id in known
        ]
        if SEARCH in kinds:
            found += [Event(row.user, row.at, SEARCH, text=row.text) for row in book.searches(name, start, most)]
        return sorted(found, key=lambda event: -event.at)[:most]

    def top(
        self,
        by: str = "played",
        *,
        window: str = "all",
        user: str | None = ME,
        limit: int = 20,
        now: float | None = None,
    ) -> list[Standing]:
        """A top list: the songs ``played`` most, ``loved`` most (by most users; among equals the latest votes first),
        ``liked`` (or loved) most, or the ``newest`` by when they were added to a playlist, or else to the library."""
        return standings(self.catalog, Rule(by, window, user, limit), moment(now, ahead=math.inf))

    def listeners(self) -> list[str]:
        """Everyone who voted, listened or searched."""
        return self.catalog.listening.users()

    def _heard(self, kind: str, what: str, seconds: float | None, user: str, at: float | None) -> Event:
        name, when = user_name(user), moment(at)
        if seconds is not None and not 0 <= seconds <= _DAY:  # NaN is not
            raise QueryError(f"No song is heard for {seconds:g} seconds.", remedy="Say 0 or more, less than a day.")
        track = self.track(what)
        self.catalog.listening.note(Listen(name, when, track.id, kind, seconds))
        return Event(name, when, kind, track, seconds=seconds)


def _name(user: str | None) -> str | None:
    return None if user is None else user_name(user)


def moment(at: float | None, *, ahead: float = _DAY, written: str = "") -> float:
    """A time since 1970, at most ``ahead`` seconds from now; ``written`` is how a person wrote it. Raises
    ``QueryError``."""
    now = time.time()
    if at is None:
        return now
    if not 0 <= at < _LAST or at > now + ahead:  # NaN is not
        what = "lies in the future" if at >= 0 else "is no time since 1970"
        said, how = (written, "a time") if written else (f"{at:.17g}", "seconds")
        raise QueryError(f"{said} {what}.", remedy=f"Say {how} since 1970, not later than now.")
    return at
