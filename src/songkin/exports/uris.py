"""One URI a line: the key, else the URL, else the file; ``artist - title`` for a song that has none of them."""

from __future__ import annotations

from collections.abc import Iterator

from songkin.exports.places import file_uri, key, line, url
from songkin.records import Listing, Song


def pieces(listing: Listing, folder: str) -> Iterator[str]:  # noqa: ARG001 - every writer is asked alike
    """The text of the list; an URI is always absolute."""
    for entry in listing.entries:
        yield f"{_uri(entry.song)}\n"


def _uri(song: Song) -> str:
    if song.key.startswith("spotify:"):
        return key(song)
    if song.path:
        return file_uri(song.path)
    return url(song) or key(song) or line(f"{', '.join(song.artists)} - {song.title}")
