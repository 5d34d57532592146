"""Between tracks and rows of the catalog."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from numpy.typing import NDArray

from songkin.models import Track
from songkin.store.schema import tracks
from songkin.text import fold

Array = NDArray[Any]

SHA256_DIGITS: Final = 64
"""Digits of a file's hash; libraries hold 32 (blake2b-128) of files that were heard before SHA-256 was taken."""

_C: Final = tracks.c
ORDER: Final = (_C.artist_fold, _C.album, _C.disc_no, _C.track_no, _C.title_fold, _C.id)
"""How songs are listed: by artist, album and number."""
SORTED: Final[Mapping[str, sa.ColumnElement[Any]]] = {
    "title": _C.title_fold,
    "artist": _C.artist_fold,
    "album": _C.album_fold,
    "year": _C.year,
    "bpm": _C.bpm,
    "duration": _C.duration,
    "loudness": _C.loudness,
    "popularity": _C.popularity,
    "added": sa.func.coalesce(_C.liked_at, _C.added_at),
}
"""What songs can be sorted by."""


class Stored(NamedTuple):  # a tuple: a re-scan makes one for every track
    """What the catalog knows of the file behind a track, to tell whether it must be read again."""

    id: str
    path: str
    size: int | None
    mtime_ns: int | None
    file_hash: str
    packets: str
    profile: str
    heard_by: tuple[str, ...]
    silent: bool
    missing: bool

    @property
    def old_hash(self) -> bool:
        """Whether its file was hashed before songkin took SHA-256."""
        return len(self.file_hash) != SHA256_DIGITS


class Credit(NamedTuple):
    """Whom and what a track counts for: folded artists, one a line, the folded album, whose album it is, as written."""

    artists: str
    album: str
    album_artist: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A track with all that reading its file gave, ready to be stored."""

    track: Track
    key: str
    guessed: tuple[str, ...] = ()
    size: int | None = None
    mtime_ns: int | None = None
    file_hash: str = ""
    packets: str = ""
    profile: str = ""
    heard_by: tuple[str, ...] = ()
    silent: bool = False
    vectors: Mapping[str, tuple[str, Array]] = field(default_factory=dict)
    """output name -> (encoder fingerprint, vector)"""


def to_row(recording: Recording, now: float) -> dict[str, Any]:
    """The columns of ``tracks`` for a recording."""
    track = recording.track
    return {
        "id": track.id,
        "key": recording.key,
        "source": track.source,
        "path": os.fsencode(track.path) if track.path else None,
        "title": track.title,
        "artists": list(track.artists),
        "album": track.album,
        "album_artist": track.album_artist,
        "track_no": track.track_no,
        "disc_no": track.disc_no,
        "year": track.year,
        "genres": list(track.genres),
        "isrc": track.isrc,
        "musicbrainz_id": track.musicbrainz_id,
        "comment": track.comment,
        "has_cover": int(track.has_cover),
        "guessed": list(recording.guessed),
        "title_fold": fold(track.title),
        "artist_fold": "\n".join(fold(name) for name in track.artists),
        "album_fold": fold(track.album) if track.album else "",
        "duration": track.duration,
        "bpm": track.bpm,
        "musical_key": track.key,
        "loudness": track.loudness,
        "brightness": track.brightness,
        "features": dict(track.features),
        "size": recording.size,
        "mtime_ns": recording.mtime_ns,
        "file_hash": recording.file_hash,
        "packets": recording.packets,
        "profile": recording.profile,
        "heard_by": list(recording.heard_by),
        "silent": int(recording.silent),
        "missing": 0,
        "added_at": now,
        "updated_at": now,
        "indexed_rev": 0,
        "subgenres": list(track.subgenres),
        "url": track.url,
        "image": track.image,
        "label": track.record_label,
        "explicit": None if track.explicit is None else int(track.explicit),
        "popularity": track.popularity,
        "placeholder": int(track.placeholder),
        "table_features": dict(track.table_features),
        "released": track.released,
    }


def to_track(row: sa.Row[Any]) -> Track:
    """The track of a row of ``tracks``."""
    return Track(
        id=row.id,
        title=row.title,
        artists=tuple(row.artists),
        album=row.album,
        album_artist=row.album_artist,
        track_no=row.track_no,
        disc_no=row.disc_no,
        year=row.year,
        genres=tuple(row.genres),
        duration=row.duration,
        path=os.fsdecode(row.path) if row.path is not None else "",
        source=row.source,
        bpm=row.bpm,
        key=row.musical_key,
        loudness=row.loudness,
        brightness=row.brightness,
        isrc=row.isrc,
        musicbrainz_id=row.musicbrainz_id,
        comment=row.comment,
        has_cover=bool(row.has_cover),
        missing=bool(row.missing),
        features=dict(row.features),
        table_features=dict(row.table_features),
        subgenres=tuple(row.subgenres),
        url=row.url,
        image=row.image,
        record_label=row.label,
        explicit=None if row.explicit is None else bool(row.explicit),
        popularity=row.popularity,
        placeholder=bool(row.placeholder),
        added_at=row.added_at if row.liked_at is None else row.liked_at,
        released=row.released,
        description=row.description,
        described_by=row.described_by,
        described_at=row.described_at,
    )
