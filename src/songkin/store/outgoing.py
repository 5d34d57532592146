"""Songs and playlists of the catalog as records, for files that other programs read.

A song that has a file is named by its path, not by the key that was made of it: another library must not take that for
the id of a service. Where any service knows the song, its id is told.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from songkin.models import Playlist
from songkin.records import Entry, Listing, Song, Voted
from songkin.store.database import Database, parts
from songkin.store.rows import ORDER, SHA256_DIGITS
from songkin.store.schema import aliases, entries, tracks, votes

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def songs(db: Database, ids: Sequence[str]) -> dict[str, Song]:
    """Songs by the ids of their tracks; unknown ids are left out."""
    found: dict[str, Song] = {}
    for part in parts(ids):
        more: dict[str, list[str]] = {}
        for row in db.rows(sa.select(aliases.c.track_id, aliases.c.key).where(aliases.c.track_id.in_(part))):
            more.setdefault(row.track_id, []).append(row.key)
        for row in db.rows(sa.select(tracks).where(tracks.c.id.in_(part))):
            found[row.id] = _song(row, more.get(row.id, ()))
    return found


def all_songs(db: Database, name: str) -> Listing:
    """Every song by artist, album and number, as one list."""
    ids = [row.id for row in db.rows(sa.select(tracks.c.id).order_by(*ORDER))]
    return of_ids(db, ids, name)


def of_ids(db: Database, ids: Sequence[str], name: str) -> Listing:
    """These songs as a list; unknown ids are left out."""
    found = songs(db, sorted(set(ids)))
    return Listing("", name, tuple(Entry(found[i]) for i in ids if i in found))


def playlist(db: Database, which: Playlist) -> Listing:
    """A playlist with all its places, also those that name no song of the library."""
    rows = db.rows(sa.select(entries).where(entries.c.playlist_id == which.id).order_by(entries.c.pos))
    found = songs(db, sorted({row.track_id for row in rows if row.track_id}))
    places = tuple(
        Entry(found.get(row.track_id) or given_song(row.given or {}), row.added_at, row.added_by) for row in rows
    )
    return Listing(
        key=which.id,
        name=which.name,
        entries=places,
        description=which.description,
        owner=which.owner,
        collaborative=which.collaborative,
        modified_at=which.modified_at,
        facts=which.facts,
    )


def voted(db: Database, user: str | None = None) -> list[Voted]:
    """All votes, or those of one user, by user and time."""
    query = sa.select(votes).order_by(votes.c.user, votes.c.at, votes.c.track_id)
    rows = db.rows(query if user is None else query.where(votes.c.user == user))
    found = songs(db, sorted({row.track_id for row in rows}))
    return [Voted(found[row.track_id], row.vote, row.user, row.at) for row in rows]


def given_song(given: Any) -> Song:
    """A song that is not in the library, of what was kept of it (``playlistbook.given_of``)."""
    path = str(given.get("path", ""))
    away = bool(_ADDRESS.match(path))
    artist, duration = str(given.get("artist", "")), str(given.get("duration", ""))
    return Song(
        key=str(given.get("key", "")),
        title=str(given.get("title", "")),
        artists=tuple(part for part in artist.split("; ") if part),
        album=str(given.get("album", "")),
        duration=float(duration) if duration else None,
        isrc=str(given.get("isrc", "")),
        musicbrainz_id=str(given.get("musicbrainz_id", "")),
        path="" if away else path,
        url=path if away else "",
    )


def _song(row: sa.Row[Any], others: Sequence[str]) -> Song:
    path = os.fsdecode(row.path) if row.path is not None else ""
    away = bool(_ADDRESS.match(path))
    return Song(
        key=_key((row.key, *sorted(others)), bool(path)),
        title=row.title,
        artists=tuple(row.artists),
        album=row.album,
        album_artist=row.album_artist,
        track_no=row.track_no,
        disc_no=row.disc_no,
        year=row.year,
        genres=tuple(row.genres),
        subgenres=tuple(row.subgenres),
        duration=row.duration,
        isrc=row.isrc,
        musicbrainz_id=row.musicbrainz_id,
        path="" if away else path,
        url=path if away else row.url,
        image=row.image,
        explicit=None if row.explicit is None else bool(row.explicit),
        popularity=row.popularity,
        label=row.label,
        comment=row.comment,
        hash=row.file_hash if len(row.file_hash) == SHA256_DIGITS else "",
        placeholder=bool(row.placeholder),
        features=dict(row.table_features),
        released=row.released,
    )


def _key(keys: Sequence[str], has_path: bool) -> str:
    services = [key for key in keys if key.startswith("spotify:")]
    others = [key for key in keys if not (has_path and key.startswith("folder:"))]
    return next(iter([*services, *others]), "")
