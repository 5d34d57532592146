"""XSPF: the playlist in XML. Artists of a song stand one by one in ``meta`` where there are several."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from songkin.exports.places import file_uri, key, line, url
from songkin.records import OWN_LIST, Listing, Song


def pieces(listing: Listing, folder: str) -> Iterator[str]:
    """The text of the list."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/">\n'
    yield _element("title", listing.name)
    yield _element("creator", listing.owner)
    yield _element("annotation", listing.description)
    if listing.key:
        yield _element("identifier", f"{OWN_LIST}{listing.key}")
    if listing.modified_at is not None:
        yield _element("date", datetime.fromtimestamp(listing.modified_at, UTC).isoformat())
    yield "<trackList>\n"
    for entry in listing.entries:
        yield f"<track>\n{''.join(_fields(entry.song, folder))}</track>\n"
    yield "</trackList>\n</playlist>\n"


def _fields(song: Song, folder: str) -> Iterator[str]:
    for place in locations(song, folder):
        yield _element("location", place)
    for identifier in identifiers(song):
        yield _element("identifier", identifier)
    yield _element("title", song.title)
    yield _element("creator", ", ".join(song.artists))
    yield _element("annotation", song.comment)
    yield _element("image", song.image)
    yield _element("album", song.album)
    yield _element("trackNum", str(song.track_no or ""))
    yield _element("duration", str(round(song.duration * 1000)) if song.duration else "")
    if len(song.artists) > 1:
        for artist in song.artists:
            yield f'  <meta rel="songkin:artist">{escape(line(artist))}</meta>\n'


def locations(song: Song, folder: str) -> list[str]:
    """Where the song plays from: its file, then its URL."""
    return list(filter(None, [file_uri(song.path, folder) if song.path else "", url(song)]))


def identifiers(song: Song) -> list[str]:
    """What the song is called: its recording, its ISRC, its key."""
    found = []
    if song.musicbrainz_id:
        found.append(f"https://musicbrainz.org/recording/{song.musicbrainz_id}")
    if song.isrc:
        found.append(f"isrc:{song.isrc}")
    return [*found, *filter(None, [key(song)])]


def _element(name: str, text: str) -> str:
    return f"  <{name}>{escape(shown)}</{name}>\n" if (shown := line(text)) else ""
