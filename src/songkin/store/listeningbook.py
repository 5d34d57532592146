"""Who thinks what of songs, who heard them when, and what was searched for.

Two events of one user and one song are the same if they lie in one second, or in one minute whose beginning one of them
names: some files know minutes only. So a listen that two services tell of counts once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from songkin.models import HEARD
from songkin.store.bulk import insert
from songkin.store.database import OPINIONS, PATIENCE, Database
from songkin.store.schema import listens, searches, tracks, votes

HERE: Final = "songkin"
"""Source of what was noted by songkin itself."""
_COLUMNS: Final = ("user", "at", "track_id", "kind", "seconds")


class Listen(NamedTuple):
    """A user played or skipped (``kind``) a track; ``at`` in seconds since 1970, ``seconds`` how much of it."""

    user: str
    at: float
    track: str
    kind: str = "play"
    seconds: float | None = None


class Count(NamedTuple):
    """How often a track was heard or voted for, and when last."""

    track: str
    times: int
    last: float


class Listening:
    """Reads votes and history, and notes single ones. ``user`` is None where all users are meant; ``since`` is in
    seconds since 1970."""

    def __init__(self, db: Database) -> None:
        self.db = db

    # Votes -------------------------------------------------------------------------------------------------------

    def vote(self, user: str, track: str, vote: str, at: float | None = None) -> None:
        """One vote per user and track."""
        with self.db.writing(counts=OPINIONS) as connection:
            connection.execute(sa.delete(votes).where(votes.c.user == user, votes.c.track_id == track))
            row = {"user": user, "track_id": track, "vote": vote, "at": time.time() if at is None else at}
            connection.execute(sa.insert(votes).values(**row))

    def unvote(self, user: str, track: str) -> bool:
        """Take a vote back; whether there was one."""
        with self.db.writing(counts=OPINIONS) as connection:
            where = (votes.c.user == user, votes.c.track_id == track)
            return connection.execute(sa.delete(votes).where(*where)).rowcount > 0

    def votes(self, user: str | None, words: Sequence[str]) -> list[tuple[str, str, str, float]]:
        """(user, track id, vote, when) of the votes that are one of these words, newest first."""
        c = votes.c
        query = sa.select(c.user, c.track_id, c.vote, c.at).where(c.vote.in_(words), *_of(c.user, user))
        return [tuple(row) for row in self.db.rows(query.order_by(c.at.desc(), c.track_id, c.user))]

    def voted(self, user: str, *words: str) -> list[str]:
        """Ids of the tracks on which a user voted with one of these words, newest vote first."""
        return [track for _, track, _, _ in self.votes(user, words)]

    def most_voted(self, user: str | None, words: Sequence[str], since: float, limit: int) -> list[Count]:
        """Tracks by how many users voted for them with one of these words, those of the latest votes first among
        equals."""
        c = votes.c
        return self._counted(c.track_id, c.at, [c.vote.in_(words), c.at >= since, *_of(c.user, user)], limit)

    # History -----------------------------------------------------------------------------------------------------

    def note(self, listen: Listen, *, patience: float = PATIENCE) -> None:
        """Note one event, if the catalog can be written within ``patience`` seconds; what was noted of the same song and
        moment before is replaced."""
        with self.db.writing(patience=patience, counts="") as connection:
            insert(connection, listens, [_row(listen, HERE, 0)], replace=True)

    def note_search(self, user: str, at: float, text: str, *, patience: float = PATIENCE) -> None:
        """Note a search, if the catalog can be written within ``patience`` seconds."""
        with self.db.writing(patience=patience, counts="") as connection:
            insert(connection, searches, [{"user": user, "at": at, "text": text}], replace=True)

    def listens(self, user: str | None, since: float, kinds: Sequence[str], limit: int | None) -> list[sa.Row[Any]]:
        """Events with ``user``, ``at``, ``track_id``, ``kind``, ``seconds`` and ``source``, newest first."""
        c = listens.c
        query = sa.select(listens).where(c.at >= since, c.kind.in_(kinds), *_of(c.user, user))
        return list(self.db.rows(query.order_by(c.at.desc(), c.track_id, c.user).limit(limit)))

    def searches(self, user: str | None, since: float, limit: int | None) -> list[sa.Row[Any]]:
        """Searches with ``user``, ``at`` and ``text``, newest first."""
        c = searches.c
        query = sa.select(searches).where(c.at >= since, *_of(c.user, user))
        return list(self.db.rows(query.order_by(c.at.desc(), c.text, c.user).limit(limit)))

    def most_heard(
        self, user: str | None, since: float, limit: int | None = None, kinds: Sequence[str] = ("play",)
    ) -> list[Count]:
        """Tracks by how often they were played (or skipped), those heard last first among equals."""
        c = listens.c
        return self._counted(c.track_id, c.at, [c.at >= since, c.kind.in_(kinds), *_of(c.user, user)], limit)

    def last_heard(self, user: str | None) -> dict[str, float]:
        """When each track was played or skipped last."""
        return {each.track: each.last for each in self.most_heard(user, 0.0, kinds=HEARD)}

    def newest(self, since: float, limit: int) -> list[Count]:
        """Tracks by when they were added to a playlist first, or else to the library, the latest first."""
        c = tracks.c
        added = sa.func.coalesce(c.liked_at, c.added_at)
        order = (added.desc(), c.artist_fold, c.album, c.disc_no, c.track_no, c.title_fold, c.id)
        rows = self.db.rows(sa.select(c.id, added.label("at")).where(added >= since).order_by(*order).limit(limit))
        return [Count(row.id, 1, row.at) for row in rows]

    def users(self) -> list[str]:
        """Everyone who voted, heard or searched for anything, by name."""
        found: set[str] = set()
        for column in (votes.c.user, listens.c.user, searches.c.user):
            found.update(row[0] for row in self.db.rows(sa.select(column).distinct()))
        return sorted(found)

    def _counted(
        self, track: sa.Column[Any], at: sa.Column[Any], where: Sequence[sa.ColumnElement[bool]], limit: int | None
    ) -> list[Count]:
        count, last = sa.func.count(), sa.func.max(at)
        query = sa.select(track.label("track"), count.label("times"), last.label("last")).where(*where).group_by(track)
        rows = self.db.rows(query.order_by(count.desc(), last.desc(), track).limit(limit))
        return [Count(row.track, row.times, row.last) for row in rows]


class Listens:
    """Writes what files tell of listening, on one open transaction, for the run with this number."""

    def __init__(self, connection: sa.Connection, run: int) -> None:
        self.connection = connection
        self.run = run

    def take(self, found: Sequence[Listen], source: str) -> int:
        """Store those events that are not known yet; how many those are."""
        taken = 0
        for user in sorted({listen.user for listen in found}):
            mine = [listen for listen in found if listen.user == user]
            fresh = list(self._fresh(user, mine))
            insert(self.connection, listens, [_row(listen, source, self.run) for listen in fresh])
            taken += len(fresh)
        return taken

    def _fresh(self, user: str, mine: Sequence[Listen]) -> Iterator[Listen]:
        seconds: set[tuple[str, int]] = set()
        minutes: set[tuple[str, int]] = set()
        whole: set[tuple[str, int]] = set()

        def know(track: str, at: float) -> bool:
            """Note an event; whether it was known."""
            second, minute, is_whole = (track, int(at)), (track, int(at // 60)), at % 60 == 0
            known = second in seconds or minute in whole or (is_whole and minute in minutes)
            seconds.add(second)
            minutes.add(minute)
            if is_whole:
                whole.add(minute)
            return known

        first, last = min(listen.at for listen in mine), max(listen.at for listen in mine)
        c = listens.c
        between = (c.user == user, c.at >= first - 60, c.at <= last + 60)
        for track, at in self.connection.execute(sa.select(c.track_id, c.at).where(*between)):
            know(track, at)
        for listen in mine:
            if not know(listen.track, listen.at):
                yield listen


def _of(column: sa.Column[Any], user: str | None) -> list[sa.ColumnElement[bool]]:
    return [] if user is None else [column == user]


def _row(listen: Listen, source: str, run: int) -> dict[str, Any]:
    return {**dict(zip(_COLUMNS, listen, strict=True)), "source": source, "run": run}
