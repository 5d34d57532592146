"""Albums: those that sources tell of, and those that the songs of the library are on. Reviews meet one's own records.

An album is known by its title and by whom it is: ``(Deluxe Edition)``, remasters, accents and punctuation make no other
album of it, nor does the article of ``The Beatles``; another artist does, so that two albums of one title stay apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from songkin.models import AlbumNote, Track, track_id
from songkin.store import descriptions
from songkin.store.catalog import Catalog
from songkin.text import fold, plain_artist

_EDITION: Final = re.compile(
    r"\s*[(\[][^)\]]*\b(?:deluxe|expanded|remaster(?:ed)?|anniversary|edition|bonus|special|explicit|complete|reissue|"
    r"mono|stereo|version)\b[^)\]]*[)\]]|"
    r"(?:\s+[-–]|\s*:)\s+(?:[^-–:]*\b(?:deluxe|expanded|anniversary|special|collector's|limited)\b[^-–:]*|(?:\d{4} )?remaster(?:ed)?"
    r"(?: \d{4})?|ep|single)$|\s+(?:ep|lp)$",
    re.IGNORECASE,
)


def plain_album(title: str) -> str:
    """A folded album title without what does not make it another album."""
    return fold(_EDITION.sub("", title)) or fold(title)


def gathered(catalog: Catalog) -> list[tuple[AlbumNote, tuple[str, ...]]]:
    """Every album once, with all that is said of it and the titles of its songs here, by title and artist. What several
    sources say of one is told one after the other."""
    told: dict[tuple[str, str], _Told] = {}
    for note in catalog.playlists.albums():
        told.setdefault(_key(note.artists[:1], note.title), _Told()).notes.append(note)
    plain: dict[tuple[str, ...], tuple[str, str]] = {}
    for row in catalog.album_rows():
        said = (row.album, row.album_artist, *row.artists)
        if said not in plain:
            plain[said] = _meant(told, row)
        told.setdefault(plain[said], _Told()).songs.append(row)
    written = descriptions.of_albums(catalog.db)
    whole = [(each.album(key), tuple(row.title for row in each.songs)) for key, each in told.items()]
    found = [(replace(album, **descriptions.told(written.get(album.id))), titles) for album, titles in whole]
    return sorted(found, key=lambda each: (fold(each[0].title), fold("; ".join(each[0].artists)), each[0].id))


@dataclass(frozen=True, slots=True)
class Judged:
    """An album and the question that is to find it; empty where none came with it."""

    album: AlbumNote
    query: str


def asked_for(catalog: Catalog) -> list[Judged]:
    """Every album that sources tell of, with its question."""
    queries = catalog.playlists.album_queries()
    every = gathered(catalog)
    return [Judged(album, queries.get(album.id, "")) for album, _ in every if album.review or album.id in queries]


@dataclass(slots=True)
class _Told:
    """What is known of one album."""

    notes: list[AlbumNote] = field(default_factory=list)
    songs: list[Any] = field(default_factory=list)

    def album(self, key: tuple[str, str]) -> AlbumNote:
        """All of it as one note."""
        own = self._own(key)
        first = self.notes[0] if self.notes else own
        notes = [*self.notes, own]
        genres = dict.fromkeys(genre for note in notes for genre in note.genres)
        return replace(
            first,
            year=next((note.year for note in notes if note.year), None),
            genres=tuple(genres),
            label=next((note.label for note in notes if note.label), ""),
            rating=next((note.rating for note in notes if note.rating is not None), None),
            review="\n".join(dict.fromkeys(note.review for note in notes if note.review)),
            liked=any(note.liked for note in notes),
            tracks=tuple(row.id for row in self.songs),
        )

    def _own(self, key: tuple[str, str]) -> AlbumNote:
        """What the songs here say of it."""
        if not self.songs:
            return AlbumNote("", "")
        first = self.songs[0]
        counts = Counter(genre for row in self.songs for genre in row.genres)
        return AlbumNote(
            id=track_id(f"album:{key[0]}|{key[1]}"),
            title=first.album,
            artists=(first.album_artist,) if first.album_artist else tuple(first.artists),
            year=min((row.year for row in self.songs if row.year), default=None),
            genres=tuple(genre for genre, _ in counts.most_common(5)),
            label=next((row.label for row in self.songs if row.label), ""),
            liked=any(row.liked_at for row in self.songs),
            source=first.source,
        )


def _meant(told: Mapping[tuple[str, str], _Told], row: Any) -> tuple[str, str]:
    """The album that a song is on: one that a source tells of under any of its artists, else that of its first."""
    artists = [row.album_artist, *row.artists] if row.album_artist else list(row.artists)
    keys = [_key((name,), row.album) for name in artists] or [_key((), row.album)]
    return next((key for key in keys if key in told), keys[0])


def _key(artists: Sequence[str], title: str) -> tuple[str, str]:
    return (plain_artist(artists[0]) if artists else "", plain_album(title))


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
