"""Which songs of the library belong to the albums that sources tell of: reviews meet one's own records.

An album is known by its title and by whom it is: ``(Deluxe Edition)``, remasters, accents and punctuation make no other
album of it, nor does the article of ``The Beatles``; another artist does, so that two albums of one title stay apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from songkin.models import AlbumNote, Track
from songkin.store.catalog import Catalog
from songkin.text import fold

_EDITION: Final = re.compile(
    r"\s*[(\[][^)\]]*\b(?:deluxe|expanded|remaster(?:ed)?|anniversary|edition|bonus|special|explicit|complete|reissue|"
    r"mono|stereo|version)\b[^)\]]*[)\]]|"
    r"(?:\s+[-–]|\s*:)\s+(?:[^-–:]*\b(?:deluxe|expanded|anniversary|special|collector's|limited)\b[^-–:]*|(?:\d{4} )?remaster(?:ed)?"
    r"(?: \d{4})?|ep|single)$|\s+(?:ep|lp)$",
    re.IGNORECASE,
)


_ARTICLE: Final = re.compile(r"^(?:the|an?) (?=.)")
_ARTICLE_LAST: Final = re.compile(r",\s*(?:the|an?)\s*$", re.IGNORECASE)


def plain_artist(name: str) -> str:
    """A folded artist's name without its article: of ``The Beatles``, ``Beatles`` and ``Beatles, The``."""
    return _ARTICLE.sub("", fold(_ARTICLE_LAST.sub("", name)))


def plain_album(title: str) -> str:
    """A folded album title without what does not make it another album."""
    return fold(_EDITION.sub("", title)) or fold(title)


def joined(catalog: Catalog, albums: Sequence[AlbumNote]) -> list[AlbumNote]:
    """The albums with the ids of their songs in the library."""
    songs: dict[tuple[str, str], list[str]] = {}
    plain: dict[str, str] = {}
    for track, artists, album, album_artist in catalog.on_albums():
        title = plain.get(album) or plain.setdefault(album, plain_album(album))
        for artist in {plain_artist(name) for name in (*artists.split("\n"), album_artist)} - {""}:
            songs.setdefault((artist, title), []).append(track)
    return [
        replace(album, tracks=tuple(dict.fromkeys(_of(songs, album, plain_album(album.title))))) for album in albums
    ]


def _of(songs: dict[tuple[str, str], list[str]], album: AlbumNote, title: str) -> list[str]:
    return [track for artist in album.artists for track in songs.get((plain_artist(artist), title), [])]


def notes_on(catalog: Catalog, track: Track) -> list[AlbumNote]:
    """What sources say of the album that a song is on."""
    if not track.album:
        return []
    title = plain_album(track.album)
    artists = {plain_artist(name) for name in (*track.artists, track.album_artist)} - {""}
    return [
        note
        for note in catalog.playlists.albums()
        if artists.intersection(map(plain_artist, note.artists)) and plain_album(note.title) == title
    ]
