"""Reads tags and covers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from tinytag import TinyTag

from songkin import audio
from songkin.errors import AudioError
from songkin.models import Tags
from songkin.tags import clean

MAX_PICTURE: Final = 20 << 20
"""Largest cover that is taken, in bytes."""

_BESIDE: Final = tuple(
    name + suffix
    for stem in ("cover", "folder", "front", "album")
    for name in (stem, stem.capitalize())
    for suffix in (".jpg", ".jpeg", ".png", ".webp")
)
_VARIOUS: Final = {"various", "various artists", "va"}

Fields = dict[str, list[str]]


def read_tags(path: str) -> Tags:
    """Everything the file's tags say. Never raises for trouble with tags: what cannot be read stays empty."""
    parsed = _parsed(path)
    fields = _fields(parsed) if parsed else {}
    pictured = any(True for _ in _covers(path, parsed))
    tags = _tags(fields, pictured)
    enough = tags.track_no if path.lower().endswith((".wav", ".wma")) else parsed  # there tinytag drops "3/12"
    if enough and tags.title and tags.artists:
        return tags
    try:
        more = audio.metadata(path)
    except AudioError:  # hearing the file will say what is wrong with it
        return tags
    for name, value in more.items():
        fields.setdefault(name, []).append(value)
    return _tags(fields, pictured)


def cover(path: str) -> tuple[bytes, str] | None:
    """The picture in the file, else one called cover, folder, front or album beside it: bytes and MIME type.

    JPEG, PNG, GIF and WebP of at most 20 MB, recognised by their first bytes. None where there is none.
    """
    return next(_covers(path, _parsed(path)), None)


def _tags(fields: Fields, pictured: bool) -> Tags:
    def values(*names: str) -> list[str]:
        return [value for name in names for value in fields.get(name, ())]

    album_artist = clean.first(values("albumartist", "album artist", "album_artist"))
    artists = clean.artists((values("artist", "artists", "author") or values("performer"))[:200])
    if not artists and album_artist.casefold() not in _VARIOUS:
        artists = clean.listed([album_artist])
    return Tags(
        title=clean.first(values("title")),
        artists=artists[:50],
        album=clean.first(values("album")),
        album_artist=album_artist,
        track_no=clean.number(values("track", "_track", "tracknumber", "iprt")),
        disc_no=clean.number(values("disc", "_disc", "discnumber"), longest=999),
        year=clean.year(values("year", "date", "_year", "originaldate", "originalyear", "tdor", "tory", "tdrl")),
        genres=clean.genres(values("genre")[:200])[:50],
        bpm=clean.tempo(values("bpm", "tbpm", "tempo", "fbpm")),
        key=clean.first(values("initial_key", "initialkey", "tkey", "key"), longest=20),
        isrc=clean.isrc(values("isrc", "tsrc")),
        musicbrainz_id=clean.uuid(
            values("musicbrainz_trackid", "musicbrainz track id", "musicbrainz/track id", "ufid")
        ),
        comment=clean.first(values("comment", "description"), longest=clean.COMMENT),
        has_cover=pictured,
    )


def _parsed(path: str) -> TinyTag | None:
    try:
        return TinyTag.get(path, duration=False, image=True)
    except Exception:  # noqa: BLE001 - its parser meets hostile bytes; no tags is all that follows
        return None


def _fields(parsed: TinyTag) -> Fields:
    said = parsed.as_dict()
    return {name: value for name, value in said.items() if isinstance(value, list)}


def _covers(path: str, parsed: TinyTag | None) -> Iterator[tuple[bytes, str]]:
    """Every picture that may serve as a cover, the best first."""
    for data in _pictures(path, parsed):
        kind = _kind(data[:16])
        if kind and len(data) <= MAX_PICTURE:
            yield data, kind


def _pictures(path: str, parsed: TinyTag | None) -> Iterator[bytes]:
    if parsed:
        for images in parsed.images.as_dict().values():  # the front cover stands first
            yield from (image.data for image in images)
    else:
        with suppress(AudioError):  # hearing the file will say what is wrong with it
            yield from audio.pictures(path)
    folder = os.path.dirname(path)
    for name in _BESIDE:
        beside = os.path.join(folder, name)
        try:
            if os.path.isfile(beside) and os.path.getsize(beside) <= MAX_PICTURE:
                with open(beside, "rb") as file:
                    yield file.read()
        except OSError:  # a picture that may not be read is no picture
            continue


def _kind(head: bytes) -> str:
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else ""
