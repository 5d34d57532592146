"""The catalog: songkin's memory, in one SQL database.

All that songkin knows is here; the search index is made from it. Every change of a track raises its ``rev``; the index
has caught up with a track when ``indexed_rev`` equals it. ``vectors``, ``journal``, ``playlists``, ``schedules`` and
``listening`` are the catalog's other books.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import sqlalchemy as sa

from songkin.errors import StoreError
from songkin.models import Track
from songkin.store.database import CONTENT, OPINIONS, Database, parts
from songkin.store.journal import Journal
from songkin.store.listeningbook import Listening
from songkin.store.playlistbook import Playlists, leave_names
from songkin.store.rows import ORDER, SORTED, Credit, Recording, Stored, to_row, to_track
from songkin.store.schedulebook import Schedules
from songkin.store.schema import aliases, links, refused, tracks, vectors, votes
from songkin.store.songbook import Songbook
from songkin.store.vectorbook import VectorBook, put_vectors
from songkin.text import fold

_TICK: Final = 20_000_000
"""Nanoseconds within which a file system may give two changes one time."""
_MOST: Final = 200
"""Tracks that one name gives at most."""


class Catalog:
    """Tracks, links and votes. Use it as a context manager."""

    def __init__(self, file: Path, *, readonly: bool = False, because: StoreError | None = None) -> None:
        self.db = Database(file, readonly=readonly, because=because)
        self.vectors = VectorBook(self.db)
        self.journal = Journal(self.db)
        self.listening = Listening(self.db)
        self.playlists = Playlists(self.db)
        self.schedules = Schedules(self.db)
        self._kept: dict[str, tuple[object, tuple[str, ...]]] = {}
        self._counted: tuple[object, tuple[str, str]] = (None, ("", ""))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.db.close()

    def content(self) -> str:
        """Another one whenever anyone has changed what searches are answered by; votes and plays leave it. Cheap."""
        return self.opinions()[0]

    def opinions(self) -> tuple[str, str]:
        """Another one whenever that, or a vote, has changed. Cheap."""
        state, known = (self.db.commits, _state(self.db.file)), self._counted
        if known[0] != state or _just_now(state[1]):
            known = self._counted = (state, (self.journal.note(CONTENT), self.journal.note(OPINIONS)))
        return known[1]

    def heard(self) -> Hashable:
        """Another one whenever anyone has changed anything, be it a play or a search. Cheap."""
        return (self.db.commits, _state(self.db.file))

    # Tracks --------------------------------------------------------------------------------------------------

    def put(self, recordings: Sequence[Recording]) -> None:
        """Insert or replace tracks with their vectors. Vectors of other outputs that a track already has stay."""
        if not recordings:
            return
        now = time.time()
        with self.db.writing() as connection:
            known = set(
                connection.execute(
                    sa.select(tracks.c.id).where(tracks.c.id.in_([r.track.id for r in recordings]))
                ).scalars()
            )
            for recording in recordings:
                row = to_row(recording, now)
                if recording.track.id in known:
                    del row["key"], row["added_at"], row["indexed_rev"]
                    connection.execute(
                        sa.update(tracks).where(tracks.c.id == recording.track.id).values(**row, rev=tracks.c.rev + 1)
                    )
                else:
                    connection.execute(sa.insert(tracks).values(**row, rev=1))
                connection.execute(
                    sa.delete(vectors).where(vectors.c.track_id == recording.track.id, vectors.c.output == "text")
                )
                put_vectors(connection, recording.track.id, recording.vectors)
                connection.execute(sa.delete(refused).where(refused.c.path == row["path"]))
            Songbook(connection, 0).files_changed(sorted(known))

    def moved(self, track: str, path: str, size: int, mtime_ns: int) -> None:
        """The file of a track now lies at ``path``."""
        with self.db.writing() as connection:
            connection.execute(
                sa.update(tracks)
                .where(tracks.c.id == track)
                .values(
                    path=os.fsencode(path),
                    size=size,
                    mtime_ns=mtime_ns,
                    missing=0,
                    updated_at=time.time(),
                    rev=tracks.c.rev + 1,
                )
            )

    def touched(self, track: str, size: int, mtime_ns: int) -> None:
        """The file was looked at and holds the same bytes."""
        with self.db.writing() as connection:
            connection.execute(
                sa.update(tracks).where(tracks.c.id == track).values(size=size, mtime_ns=mtime_ns, missing=0)
            )

    def mark_missing(self, ids: Sequence[str], *, missing: bool = True) -> None:
        """Note that the files of these tracks are gone (or back); they keep all else."""
        with self.db.writing() as connection:
            for part in parts(ids):
                connection.execute(sa.update(tracks).where(tracks.c.id.in_(part)).values(missing=int(missing)))

    def forget(self, ids: Sequence[str]) -> int:
        """Remove tracks with their vectors, votes, history and links; returns how many there were."""
        gone = 0
        with self.db.writing() as connection:
            leave_names(connection, ids)
            for part in parts(ids):
                gone += connection.execute(sa.delete(tracks).where(tracks.c.id.in_(part))).rowcount
        return gone

    def track(self, track: str) -> Track | None:
        """The track with this id."""
        return self.tracks([track]).get(track)

    def tracks(self, ids: Sequence[str]) -> dict[str, Track]:
        """Tracks by id; unknown ids are left out."""
        found: dict[str, Track] = {}
        for part in parts(ids):
            found.update(
                {row.id: to_track(row) for row in self.db.rows(sa.select(tracks).where(tracks.c.id.in_(part)))}
            )
        return found

    def twins(self, ids: Sequence[str]) -> set[str]:
        """Other tracks that are called as these, by the same artists."""
        one, other = tracks.alias(), tracks.alias()
        same = (one.c.title_fold == other.c.title_fold) & (one.c.artist_fold == other.c.artist_fold)
        query = sa.select(other.c.id).join(one, same & (one.c.id != other.c.id)).where(one.c.title_fold != "")
        return {row.id for part in parts(ids) for row in self.db.rows(query.where(one.c.id.in_(part)))}

    def credits(self, ids: Sequence[str]) -> dict[str, Credit]:
        """Whom tracks count for, by id; unknown ids are left out. Far cheaper than the tracks."""
        c = tracks.c
        found: dict[str, Credit] = {}
        for part in parts(ids):
            query = sa.select(c.id, c.artist_fold, c.album_fold, c.album_artist).where(c.id.in_(part))
            found.update(
                {row.id: Credit(row.artist_fold, row.album_fold, row.album_artist) for row in self.db.rows(query)}
            )
        return found

    def all_tracks(self, *, limit: int | None = None, offset: int = 0) -> list[Track]:
        """Tracks by artist, album and number."""
        return [to_track(row) for row in self.db.rows(sa.select(tracks).order_by(*ORDER).limit(limit).offset(offset))]

    def in_order(self, sort: str = "best") -> list[str]:
        """Ids of all tracks, by artist, album and number, or by one of ``models.SORTS`` (``-`` before it: the other way
        round); those of which that is not known come last."""
        column = SORTED.get(sort.removeprefix("-"))
        if column is None:
            return list(self._column(sa.select(tracks.c.id).order_by(*ORDER)))
        by = column.desc() if sort.startswith("-") else column.asc()
        unknown = sa.or_(column.is_(None), sa.cast(column, sa.String) == "")
        return list(self._column(sa.select(tracks.c.id).order_by(unknown, by, *ORDER)))

    def artists_as_written(self) -> list[tuple[str, str]]:
        """(folded name, name) of every artist, each once, sorted."""
        names = {fold(name): name for row in self.db.rows(sa.select(tracks.c.artists).distinct()) for name in row[0]}
        return sorted(names.items())

    def albums_as_written(self) -> list[tuple[str, str]]:
        """(folded title, title) of every album that songs are on, each once, sorted."""
        query = sa.select(tracks.c.album_fold, sa.func.min(tracks.c.album)).where(tracks.c.album_fold != "")
        return sorted(tuple(row) for row in self.db.rows(query.group_by(tracks.c.album_fold)))

    def beginning(self, part: str) -> list[Track]:
        """Tracks whose id begins with ``part`` (two at most: enough to know whether it is only one)."""
        query = sa.select(tracks).where(tracks.c.id >= part, tracks.c.id < part + "g").order_by(tracks.c.id).limit(2)
        return [to_track(row) for row in self.db.rows(query)]

    def at_path(self, path: str) -> Track | None:
        """The track whose file lies at ``path``."""
        rows = self.db.rows(sa.select(tracks).where(tracks.c.path == os.fsencode(path)).order_by(tracks.c.missing))
        return to_track(rows[0]) if rows else None

    def named(self, title: str = "", artist: str = "") -> list[Track]:
        """Tracks whose folded title and/or artist equal the folded names given."""
        query = sa.select(tracks).order_by(tracks.c.artist_fold, tracks.c.title_fold, tracks.c.id)
        if title:
            query = query.where(tracks.c.title_fold == fold(title))
        if artist and title:
            query = query.where(_has_artist(fold(artist)))
        elif artist:
            folded = fold(artist)
            lines = [line for line in self._artist_lines() if folded in line.split("\n")]
            query = query.where(tracks.c.artist_fold.in_(lines[:_MOST]))
        return [to_track(row) for row in self.db.rows(query.limit(_MOST))]

    def named_any(self, pairs: Sequence[tuple[str, str]]) -> list[Track]:
        """Tracks whose folded artist and title are one of the ``pairs`` of folded names."""
        if not pairs:
            return []
        either = sa.or_(*(sa.and_(tracks.c.title_fold == title, _has_artist(artist)) for artist, title in pairs))
        query = sa.select(tracks).where(either).order_by(tracks.c.artist_fold, tracks.c.title_fold, tracks.c.id)
        return [to_track(row) for row in self.db.rows(query.limit(_MOST))]

    def with_titles(self, titles: Sequence[str], limit: int) -> list[Track]:
        """Tracks with these folded titles, in the order of the titles."""
        rows: list[sa.Row[Any]] = []
        for part in parts(titles):
            query = sa.select(tracks).where(tracks.c.title_fold.in_(part)).order_by(tracks.c.artist_fold, tracks.c.id)
            rows += self.db.rows(query.limit(_MOST))
        order = {title: place for place, title in enumerate(titles)}
        rows.sort(key=lambda row: order[row.title_fold])
        return [to_track(row) for row in rows[:limit]]

    def begun(self, artist: str, title: str, limit: int) -> list[Track]:
        """Tracks of the artist with this folded name whose folded titles begin with ``title``."""
        lines = [line for line in self._artist_lines() if artist in line.split("\n")]
        query = sa.select(tracks).where(tracks.c.artist_fold.in_(lines[:_MOST]))
        if title:
            query = query.where(tracks.c.title_fold >= title, tracks.c.title_fold < f"{title}\U0010ffff")
        return [to_track(row) for row in self.db.rows(query.order_by(tracks.c.title_fold, tracks.c.id).limit(limit))]

    def titles(self) -> tuple[str, ...]:
        """Folded titles, each once, sorted."""
        return self._folded(tracks.c.title_fold)

    def artists(self) -> tuple[str, ...]:
        """Folded names of artists, each once, sorted."""
        return _each_artist(self._artist_lines())

    def _artist_lines(self) -> tuple[str, ...]:
        return self._folded(tracks.c.artist_fold)

    def _folded(self, column: sa.Column[Any]) -> tuple[str, ...]:
        """What stands in a column, each once, sorted: an index answers that, without looking at any track. Kept until
        anything is committed by anyone, for every question asks for it."""
        state = _state(self.db.file)
        kept = self._kept.get(column.name)
        if kept is None or kept[0] != state:
            kept = (state, tuple(self._column(sa.select(column).distinct().order_by(column))))
            self._kept[column.name] = kept
        return kept[1]

    def on_album(self, album: str) -> list[Track]:
        """Tracks of the albums with this folded name, in album order."""
        order = (tracks.c.disc_no, tracks.c.track_no, tracks.c.title_fold, tracks.c.id)
        query = sa.select(tracks).where(tracks.c.album_fold == fold(album)).order_by(*order).limit(200)
        return [to_track(row) for row in self.db.rows(query)]

    def on_albums(self) -> list[tuple[str, str, str, str]]:
        """(id, folded artists by line, album, album artist) of every track that is on an album, in album order."""
        c = tracks.c
        query = sa.select(c.id, c.artist_fold, c.album, c.album_artist).where(c.album_fold != "")
        return [tuple(row) for row in self.db.rows(query.order_by(c.album_fold, c.disc_no, c.track_no, c.id))]

    def album_rows(self) -> Iterator[sa.Row[Any]]:
        """(id, title, artists, album, album_artist, year, genres, label, liked_at, source) of every track that is on an
        album, in album order."""
        c = tracks.c
        query = sa.select(
            *(c.id, c.title, c.artists, c.album, c.album_artist, c.year, c.genres, c.label, c.liked_at, c.source)
        ).where(c.album_fold != "")
        return iter(self.db.rows(query.order_by(c.album_fold, c.disc_no, c.track_no, c.id)))

    def names(self) -> list[tuple[str, str, str, str]]:
        """(id, folded title, folded artists by line, album) of every track, for spelling."""
        return [
            tuple(row)
            for row in self.db.rows(sa.select(tracks.c.id, tracks.c.title_fold, tracks.c.artist_fold, tracks.c.album))
        ]

    def stored(self) -> list[Stored]:
        """What is known of every file, for the walk to compare with."""
        c = tracks.c
        heard_by = lru_cache(lambda names: tuple(json.loads(names)))  # a few different ones in the largest library
        query = sa.select(
            *(c.id, c.path, c.size, c.mtime_ns, c.file_hash, c.packets, c.profile),
            *(sa.cast(c.heard_by, sa.String), c.silent, c.missing),
        ).where(c.path.is_not(None))
        rows: Sequence[Sequence[Any]] = self.db.rows(query)
        return [
            Stored(i, os.fsdecode(path), size, mtime, digest, packets, profile, heard_by(by), bool(silent), bool(gone))
            for i, path, size, mtime, digest, packets, profile, by, silent, gone in rows
        ]

    def known_as(self, key: str) -> Track | None:
        """The track that a source knows under ``key``."""
        other = sa.select(aliases.c.track_id).where(aliases.c.key == key)
        rows = self.db.rows(sa.select(tracks).where((tracks.c.key == key) | tracks.c.id.in_(other)).limit(1))
        return to_track(rows[0]) if rows else None

    def keys_of(self, track: str) -> list[str]:
        """All keys by which sources know a track, the one under which it was first seen before others."""
        first, more = sa.select(tracks.c.key).where(tracks.c.id == track), sa.select(aliases.c.key)
        return [*self._column(first), *self._column(more.where(aliases.c.track_id == track).order_by(aliases.c.key))]

    def has_key(self, key: str) -> bool:
        """Whether a track was first seen under ``key``."""
        return bool(self.db.rows(sa.select(tracks.c.id).where(tracks.c.key == key)))

    def fileless(self) -> int:
        """How many tracks only sources tell of, without a file."""
        return int(self.db.rows(sa.select(sa.func.count()).select_from(tracks).where(tracks.c.path.is_(None)))[0][0])

    def count(self) -> int:
        """How many tracks there are."""
        return int(self.db.rows(sa.select(sa.func.count()).select_from(tracks))[0][0])

    # What the index has -------------------------------------------------------------------------------------

    def stale(self) -> list[str]:
        """Ids of tracks that the search index has not caught up with."""
        # Sorted here: in the order of ids SQLite would look at every row through an index, five times as slowly.
        return sorted(self._column(sa.select(tracks.c.id).where(tracks.c.rev != tracks.c.indexed_rev)))

    def indexed_count(self) -> int:
        """How many tracks the search index should hold."""
        return int(self.db.rows(sa.select(sa.func.count()).select_from(tracks).where(tracks.c.indexed_rev > 0))[0][0])

    def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        """Current ``rev`` of tracks."""
        found: dict[str, int] = {}
        for part in parts(ids):
            found.update(
                {
                    row.id: row.rev
                    for row in self.db.rows(sa.select(tracks.c.id, tracks.c.rev).where(tracks.c.id.in_(part)))
                }
            )
        return found

    def indexed(self, revisions: Mapping[str, int]) -> None:
        """The index now holds these tracks as of these revisions."""
        with self.db.writing() as connection:
            for track, rev in revisions.items():
                connection.execute(sa.update(tracks).where(tracks.c.id == track).values(indexed_rev=rev))

    def index_lost(self) -> None:
        """Nothing is in the index any more."""
        with self.db.writing() as connection:
            connection.execute(sa.update(tracks).values(indexed_rev=0))

    def ids(self) -> list[str]:
        """All track ids."""
        return list(self._column(sa.select(tracks.c.id).order_by(tracks.c.id)))

    def _column(self, query: sa.Select[Any]) -> Iterator[str]:
        return (row[0] for row in self.db.rows(query))

    # Links, votes ------------------------------------------------------------------------------------------

    def link(self, pairs: Iterable[tuple[str, str, str]]) -> None:
        """Note likely duplicates: (id, id, evidence)."""
        with self.db.writing() as connection:
            for one, other, evidence in pairs:
                a, b = sorted((one, other))
                connection.execute(sa.delete(links).where(links.c.a == a, links.c.b == b))
                connection.execute(sa.insert(links).values(a=a, b=b, evidence=evidence))

    def unlink(self, ids: Sequence[str]) -> None:
        """Forget the links of these tracks."""
        with self.db.writing() as connection:
            for part in parts(ids):
                connection.execute(sa.delete(links).where(links.c.a.in_(part) | links.c.b.in_(part)))

    def durations(self) -> dict[str, float]:
        """Seconds of every track whose length is known, by id."""
        query = sa.select(tracks.c.id, tracks.c.duration).where(tracks.c.duration > 0)
        return {row.id: row.duration for row in self.db.rows(query)}

    def same_packets(self, ids: Sequence[str]) -> list[tuple[str, str, bool]]:
        """(one of ``ids``, another track, whether all bytes agree) where files hold the same audio packets."""
        found: list[tuple[str, str, bool]] = []
        other = tracks.alias()
        for part in parts(ids):
            query = sa.select(
                tracks.c.id, other.c.id.label("other"), (tracks.c.file_hash == other.c.file_hash).label("bytes")
            ).where(
                tracks.c.id.in_(part),
                tracks.c.packets != "",
                tracks.c.packets == other.c.packets,
                tracks.c.id != other.c.id,
            )
            found += [(row.id, row.other, bool(row.bytes)) for row in self.db.rows(query)]
        return found

    def linked(self) -> list[tuple[str, str, str]]:
        """All likely duplicates: (id, id, evidence)."""
        return [
            tuple(row)
            for row in self.db.rows(sa.select(links.c.a, links.c.b, links.c.evidence).order_by(links.c.a, links.c.b))
        ]

    def vote(self, user: str, track: str, vote: str) -> None:
        """One vote per user and track."""
        self.listening.vote(user, track, vote)

    def votes_of(self, user: str) -> dict[str, str]:
        """track id -> vote."""
        rows = self.db.rows(sa.select(votes.c.track_id, votes.c.vote).where(votes.c.user == user))
        return {row.track_id: row.vote for row in rows}

    def votes_on(self, track: str) -> dict[str, str]:
        """user -> vote."""
        rows = self.db.rows(sa.select(votes.c.user, votes.c.vote).where(votes.c.track_id == track))
        return {row.user: row.vote for row in rows}


@lru_cache(maxsize=2)
def _each_artist(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for line in lines for name in line.split("\n") if name}))


def _has_artist(folded: str) -> sa.ColumnElement[bool]:
    return sa.func.instr("\n" + tracks.c.artist_fold + "\n", f"\n{folded}\n") > 0


def _state(file: Path) -> tuple[tuple[int, int], ...]:
    """Another one after every commit of any process: SQLite writes into the file or into the log beside it."""
    beside = (file, file.with_name(f"{file.name}-wal"))
    return tuple((about.st_mtime_ns, about.st_size) for about in (path.stat() for path in beside if path.exists()))


def _just_now(state: tuple[tuple[int, int], ...]) -> bool:
    """Whether files were written so lately that their times cannot tell the next change from the last."""
    return time.time_ns() - max((changed for changed, _ in state), default=0) < _TICK
