"""Playlists and albums as sources tell of them: reading them, and writing them inside one transaction."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import sqlalchemy as sa

from songkin.errors import Ambiguous, NotFound
from songkin.models import AlbumNote, Playlist, PlaylistEntry, track_id
from songkin.records import Album, Listing, Song
from songkin.store import returning
from songkin.store.bulk import insert
from songkin.store.database import Database, parts
from songkin.store.descriptions import of_albums, told
from songkin.store.rows import to_track
from songkin.store.schema import albums, changes, entries, playlists, schedules, tracks
from songkin.text import alike, fold, meant

REMOVED: Final = "removed playlist"
"""The kind of change that a playlist that went is kept as."""
Outcome = Literal["added", "updated", "unchanged"]


class Place(NamedTuple):
    """One place of a playlist, matched or not: the track's id, by what it was matched, what the source said, when and
    by whom it was added."""

    track: str | None
    how: str
    given: Mapping[str, str] | None
    added_at: float | None
    added_by: str


def given_of(song: Song) -> dict[str, str]:
    """What is kept of a song that is not in the library."""
    told = {
        "title": song.title,
        "artist": "; ".join(song.artists),
        "album": song.album,
        "path": song.path or song.url,
        "key": song.key,
        "isrc": song.isrc,
        "musicbrainz_id": song.musicbrainz_id,
        "duration": f"{song.duration:.3f}" if song.duration else "",
    }
    return {
        name: value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for name, value in told.items()
        if value
    }


class Playlists:
    """Reads playlists and albums."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def all(self) -> list[Playlist]:
        """Every playlist, by name."""
        return self._found(sa.true())

    def named(self, name: str) -> list[Playlist]:
        """Playlists with this id, or of this name."""
        return self._found((playlists.c.id == name) | (playlists.c.name_fold == fold(name)))

    def is_named(self, name: str) -> bool:
        """Whether there is a playlist of this name."""
        query = sa.select(playlists.c.id).where(playlists.c.name_fold == fold(name)).limit(1)
        return bool(self.db.rows(query))

    def with_ids(self, ids: Sequence[str]) -> list[Playlist]:
        """Those of these playlists that are there, by name."""
        return [each for part in parts(ids) for each in self._found(playlists.c.id.in_(part))]

    def one(self, name: str) -> Playlist:
        """The playlist with this name or id. Raises ``NotFound``, ``Ambiguous``."""
        found = self.named(name)
        if not found:
            near = meant(alike(name, (each.name for each in self.all())))
            raise NotFound(f"There is no playlist {name!r}.", remedy=near or "`songkin list --playlists` shows them.")
        if len(found) > 1:
            raise Ambiguous(
                f"{len(found)} playlists are called {name!r}.",
                remedy="Name one by its id.",
                candidates=[f"{each.id}  {each.name} ({each.songs} songs, {each.source})" for each in found],
            )
        return found[0]

    def entries(self, playlist: str) -> list[PlaylistEntry]:
        """The places of a playlist in order."""
        rows = self.db.rows(sa.select(entries).where(entries.c.playlist_id == playlist).order_by(entries.c.pos))
        ids = sorted({row.track_id for row in rows if row.track_id})
        found = {}
        for part in parts(ids):
            found.update(
                {row.id: to_track(row) for row in self.db.rows(sa.select(tracks).where(tracks.c.id.in_(part)))}
            )
        return [
            PlaylistEntry(row.pos, found.get(row.track_id or ""), row.how, row.given or {}, row.added_at, row.added_by)
            for row in rows
        ]

    def contents(self, playlist: str = "") -> Iterator[tuple[str, str]]:
        """(playlist id, track id) of every place that is a song of the library, in order; of one playlist, or of all."""
        query = sa.select(entries.c.playlist_id, entries.c.track_id).where(entries.c.track_id.is_not(None))
        if playlist:
            query = query.where(entries.c.playlist_id == playlist)
        for row in self.db.rows(query.order_by(entries.c.playlist_id, entries.c.pos)):
            yield row.playlist_id, row.track_id

    def added(self, since: float, by: str | None = None) -> list[str]:
        """Ids of the songs of which a source says when they were added to a playlist, since then (seconds since 1970), the
        latest first; ``by``: only those that this user added."""
        c = entries.c
        where = [c.track_id.is_not(None), c.added_at >= since, *([] if by is None else [c.added_by == by])]
        last = sa.func.max(c.added_at)
        query = sa.select(c.track_id).where(*where).group_by(c.track_id).order_by(last.desc(), c.track_id)
        return [row.track_id for row in self.db.rows(query)]

    def of_source(self, source: str) -> list[tuple[Playlist, str]]:
        """Playlists of this kind of source, and what each lies in (its ``origin``), by name."""
        origins = {row.id: row.origin for row in self.db.rows(sa.select(playlists.c.id, playlists.c.origin))}
        return [(each, origins[each.id]) for each in self._found(playlists.c.source == source)]

    def of_tracks(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Track id -> folded names of the playlists that it is in."""
        found: dict[str, list[str]] = {}
        for part in parts(ids):
            query = (
                sa.select(entries.c.track_id, playlists.c.name_fold)
                .join(playlists, playlists.c.id == entries.c.playlist_id)
                .where(entries.c.track_id.in_(part))
                .distinct()
            )
            for row in self.db.rows(query):
                found.setdefault(row.track_id, []).append(row.name_fold)
        return found

    def having(self, track: str) -> list[Playlist]:
        """The playlists that a song is in, by name."""
        return self._found(playlists.c.id.in_(sa.select(entries.c.playlist_id).where(entries.c.track_id == track)))

    def albums(self) -> list[AlbumNote]:
        """What sources say of albums, by title."""
        rows = self.db.rows(sa.select(albums).order_by(albums.c.title_fold, albums.c.artist_fold, albums.c.key))
        said = of_albums(self.db)
        return [
            AlbumNote(
                id=row.id,
                title=row.title,
                artists=tuple(row.artists),
                year=row.year,
                genres=tuple(row.genres),
                label=row.label,
                rating=row.rating,
                review=row.review,
                liked=bool(row.liked),
                source=row.source,
                **told(said.get(row.id)),
            )
            for row in rows
        ]

    def album_queries(self) -> dict[str, str]:
        """Questions of evaluations by the ids of the albums that they are meant to find."""
        rows = self.db.rows(sa.select(albums.c.id, albums.c.query).where(albums.c.query != ""))
        return {row.id: row.query for row in rows}

    def _found(self, where: sa.ColumnElement[bool]) -> list[Playlist]:
        counts = sa.select(
            entries.c.playlist_id, sa.func.count().label("songs"), sa.func.count(entries.c.track_id).label("matched")
        ).group_by(entries.c.playlist_id)
        counted = counts.subquery()
        query = (
            sa.select(playlists, counted.c.songs, counted.c.matched)
            .outerjoin(counted, counted.c.playlist_id == playlists.c.id)
            .where(where)
            .order_by(playlists.c.name_fold, playlists.c.key)
        )
        return [_playlist(row) for row in self.db.rows(query)]


class Lists:
    """Writes playlists and albums on one open transaction, for the run with this number."""

    def __init__(self, connection: sa.Connection, run: int) -> None:
        self.connection = connection
        self.run = run

    def put(self, listing: Listing, source: str, origin: str, places: Sequence[Place]) -> tuple[Outcome, set[str]]:
        """Store a playlist that ``origin`` holds; what was done, and the ids of tracks that came in or went out."""
        identity = returning.identity(listing.key)
        head = {**_head(listing), "source": source, "origin": origin}
        old = self.connection.execute(sa.select(playlists).where(playlists.c.id == identity)).first()
        if old is not None and returning.returns(listing.key, source):
            head = returning.head_as_before(head, dict(old._mapping))
            places = returning.places_as_before(places, self._places(identity))
        rows = [{"playlist_id": identity, "pos": pos, **place._asdict()} for pos, place in enumerate(places)]
        for row in rows:
            row["track_id"] = row.pop("track")
        digest = _digest(head, rows)
        if old is not None and old.digest == digest:
            if old.origin != head["origin"]:
                self.connection.execute(
                    sa.update(playlists).where(playlists.c.id == identity).values(origin=head["origin"])
                )
            return "unchanged", set()
        members = {row["track_id"] for row in rows}
        if old is not None:
            members ^= self._keep_old(old)
            self.connection.execute(sa.delete(entries).where(entries.c.playlist_id == identity))
            self.connection.execute(
                sa.update(playlists)
                .where(playlists.c.id == identity)
                .values(**head, digest=digest, updated_at=time.time())
            )
        else:
            self.connection.execute(
                sa.insert(playlists).values(
                    id=identity, key=listing.key, **head, digest=digest, run=self.run, updated_at=time.time()
                )
            )
        insert(self.connection, entries, rows)
        return ("added" if old is None else "updated"), {member for member in members if member}

    def as_corrected(self, listing: Listing, places: Sequence[Place]) -> list[Place]:
        """The places of a listing, with the songs that a person named where none was found."""
        by_hand = self._by_hand(returning.identity(listing.key))
        return [by_hand.get(_given_key(place.given), place) if place.track is None else place for place in places]

    def with_others(self, listing: Listing, origin: str, places: Sequence[Place]) -> list[Place] | None:
        """The places of a playlist of which another file than ``origin`` holds a part: what is there, then what is not;
        None if it is all in one file."""
        identity = returning.identity(listing.key)
        held = self.connection.execute(sa.select(playlists.c.origin).where(playlists.c.id == identity)).scalar()
        if held is None or held == origin:
            return None
        before = self._places(identity)
        known = {(place.track, _given_key(place.given)) for place in before}
        return before + [place for place in places if (place.track, _given_key(place.given)) not in known]

    def twin(self, listing: Listing, songs: Sequence[str | None]) -> bool:
        """Whether another playlist has this name and just these songs, in this order, where this one is not here."""
        if not any(songs):
            return False
        own = returning.identity(listing.key)
        query = sa.select(playlists.c.id).where(playlists.c.name_fold == fold(listing.name))
        same = list(self.connection.execute(query).scalars())
        return own not in same and any([place.track for place in self._places(i)] == list(songs) for i in same)

    def _by_hand(self, playlist: str) -> dict[str, Place]:
        """What a person said of entries, by what their source says of them."""
        where = (entries.c.playlist_id == playlist, entries.c.how == "hand")
        rows = self.connection.execute(sa.select(entries).where(*where)).all()
        return {
            _given_key(row.given): Place(row.track_id, "hand", row.given, row.added_at, row.added_by)
            for row in rows
            if row.track_id
        }

    def _places(self, playlist: str) -> list[Place]:
        query = sa.select(entries).where(entries.c.playlist_id == playlist).order_by(entries.c.pos)
        rows = self.connection.execute(query)
        return [Place(row.track_id, row.how, row.given, row.added_at, row.added_by) for row in rows]

    def of_name(self, name: str, pos: int) -> str:
        """The id of the playlist of this name, or with this id, that has such a place; empty if there is none."""
        query = (
            sa.select(playlists.c.id)
            .join(entries, (entries.c.playlist_id == playlists.c.id) & (entries.c.pos == pos))
            .where((playlists.c.name == name) | (playlists.c.id == name))
            .order_by(entries.c.track_id.is_not(None), playlists.c.key)  # one that has no song there comes first
        )
        return str(self.connection.execute(query).scalar() or "")

    def correct(self, playlist: str, pos: int, track: str) -> bool:
        """Let the song at a place be this one; whether that changed anything."""
        where = (entries.c.playlist_id == playlist, entries.c.pos == pos)
        if self.connection.execute(sa.select(entries.c.track_id).where(*where)).scalar() == track:
            return False
        old = self.connection.execute(sa.select(playlists).where(playlists.c.id == playlist)).one()
        self._keep_old(old)
        self.connection.execute(sa.update(entries).where(*where).values(track_id=track, how="hand"))
        rows = self.connection.execute(
            sa.select(entries).where(entries.c.playlist_id == playlist).order_by(entries.c.pos)
        ).mappings()
        digest = _digest(_head_of(old), [dict(row) for row in rows])
        self.connection.execute(sa.update(playlists).where(playlists.c.id == playlist).values(digest=digest))
        return True

    def remove(self, playlist: str) -> set[str]:
        """Remove a playlist, kept to be put back whole; the tracks that were in it."""
        old = self.connection.execute(sa.select(playlists).where(playlists.c.id == playlist)).mappings().one()
        rows = self.connection.execute(sa.select(entries).where(entries.c.playlist_id == playlist)).mappings()
        kept = [dict(row) for row in rows]
        timed = self.connection.execute(sa.select(schedules).where(schedules.c.playlist_id == playlist)).mappings()
        whole = {"row": dict(old), "entries": kept, "schedule": [dict(row) for row in timed]}
        self._note(REMOVED, playlist, whole)
        self.connection.execute(sa.delete(entries).where(entries.c.playlist_id == playlist))
        self.connection.execute(sa.delete(schedules).where(schedules.c.playlist_id == playlist))
        self.connection.execute(sa.delete(playlists).where(playlists.c.id == playlist))
        return {row["track_id"] for row in kept if row["track_id"]}

    def put_album(self, album: Album, source: str) -> Outcome:
        """Store what a source says of an album."""
        artist = "\n".join(fold(name) for name in album.artists)
        key = album.key or f"album:{source}:{artist}|{fold(album.title)}"
        row = {
            "source": source,
            "title": album.title,
            "artists": list(album.artists),
            "title_fold": fold(album.title),
            "artist_fold": artist,
            "year": album.year,
            "genres": list(album.genres),
            "label": album.label,
            "rating": album.rating,
            "review": album.review,
            "query": album.query,
            "liked": int(album.liked),
        }
        old = self.connection.execute(sa.select(albums).where(albums.c.key == key)).mappings().first()
        if old is None:
            self.connection.execute(
                sa.insert(albums).values(id=track_id(key), key=key, **row, run=self.run, updated_at=time.time())
            )
            return "added"
        if all(old[name] == value for name, value in row.items()):
            return "unchanged"
        self._note("album", old["id"], {name: old[name] for name in row})
        self.connection.execute(sa.update(albums).where(albums.c.key == key).values(**row, updated_at=time.time()))
        return "updated"

    def _keep_old(self, old: sa.Row[Any]) -> set[str]:
        """Keep a playlist as it was, to be put back; the tracks that were in it."""
        rows = self.connection.execute(
            sa.select(entries).where(entries.c.playlist_id == old.id).order_by(entries.c.pos)
        ).mappings()
        kept = [dict(row) for row in rows]
        self._note("playlist", old.id, {"head": {**_head_of(old), "digest": old.digest}, "entries": kept})
        return {row["track_id"] for row in kept}

    def _note(self, kind: str, item: str, before: Mapping[str, Any]) -> None:
        self.connection.execute(sa.insert(changes).values(run=self.run, kind=kind, item=item, before=dict(before)))


def _head(listing: Listing) -> dict[str, Any]:
    return {
        "name": listing.name,
        "name_fold": fold(listing.name),
        "description": listing.description,
        "owner": listing.owner,
        "collaborative": None if listing.collaborative is None else int(listing.collaborative),
        "modified_at": listing.modified_at,
        "facts": dict(listing.facts),
    }


def _head_of(old: sa.Row[Any]) -> dict[str, Any]:
    passing = ("id", "key", "digest", "run", "updated_at")
    return {name: value for name, value in old._mapping.items() if name not in passing}


def _digest(head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """By what a playlist is known to be unchanged. By what its songs were known is no part of it: the second time they
    are known by their ids. Where its file lies is none, either."""
    head = {name: value for name, value in head.items() if name != "origin"}
    said = [[row["track_id"], row["given"], row["added_at"], row["added_by"]] for row in rows]
    text = json.dumps([head, said], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _given_key(given: Mapping[str, str] | None) -> str:
    return json.dumps(given, sort_keys=True)


def _playlist(row: sa.Row[Any]) -> Playlist:
    return Playlist(
        id=row.id,
        name=row.name,
        description=row.description,
        owner=row.owner,
        source=row.source,
        songs=row.songs or 0,
        matched=row.matched or 0,
        modified_at=row.modified_at,
        collaborative=None if row.collaborative is None else bool(row.collaborative),
        facts=row.facts,
    )


def members(connection: sa.Connection, ids: Sequence[str]) -> Iterator[str]:
    """Those of these tracks that are in a playlist."""
    for part in parts(ids):
        query = sa.select(entries.c.track_id).where(entries.c.track_id.in_(part)).distinct()
        yield from connection.execute(query).scalars()


def leave_names(connection: sa.Connection, ids: Sequence[str]) -> None:
    """Songs that are about to go leave their names in the playlists that they are in."""
    for part in parts(ids):
        there = sa.select(entries.c.track_id).where(entries.c.track_id.in_(part)).distinct()
        for row in connection.execute(sa.select(tracks).where(tracks.c.id.in_(there))).all():
            given = {"title": row.title, "artist": "; ".join(row.artists), "album": row.album, "key": row.key}
            where = entries.c.track_id == row.id
            theirs = sa.select(entries.c.playlist_id).where(where)
            connection.execute(sa.update(playlists).where(playlists.c.id.in_(theirs)).values(digest=""))
            connection.execute(sa.update(entries).where(where).values(track_id=None, how="", given=given))
