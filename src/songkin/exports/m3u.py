"""M3U in UTF-8 (``.m3u8``).

Beside what all players read, ``#EXTART`` names each artist of a song on a line of its own, so that a dash or a comma
in a name is no question when the list is read again; ``#SONGKIN-KEY`` keeps the key of a song that has a path, too, and
``#SONGKIN-LIST`` says which playlist of the library it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from songkin.exports.places import key, line, plain_path, url
from songkin.records import Listing, Song


def pieces(listing: Listing, folder: str) -> Iterator[str]:
    """The text of the list."""
    yield "#EXTM3U\n"
    if name := line(listing.name):
        yield f"#PLAYLIST:{name}\n"
    if about := line(listing.description):
        yield f"#SONGKIN-ABOUT:{about}\n"
    if listing.key:
        yield f"#SONGKIN-LIST:{line(listing.key)}\n"
    for entry in listing.entries:
        yield "\n".join([*_about(entry.song), _place(entry.song, folder), ""])


def _about(song: Song) -> Iterator[str]:
    artists = [found for artist in song.artists if (found := line(artist))]
    seconds = f"{song.duration:.3f}".rstrip("0").rstrip(".") if song.duration else "-1"
    joined = f"{', '.join(artists)} - " if artists else ""
    yield f"#EXTINF:{seconds},{joined}{line(song.title)}"
    if song.album:
        yield f"#EXTALB:{line(song.album)}"
    yield from (f"#EXTART:{artist}" for artist in artists or [""])
    yield from (f"#EXTGENRE:{line(genre)}" for genre in song.genres)
    if song.key and (song.path or url(song)):
        yield f"#SONGKIN-KEY:{line(song.key)}"


def _place(song: Song, folder: str) -> str:
    if song.path:
        return plain_path(song.path, folder)
    return url(song) or key(song) or "songkin:"
