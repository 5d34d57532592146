"""Plain text with one song a line: ``artist - title``, or a Spotify URI, URL or id of 22 letters, or a path.

Empty lines and comments (``#``, ``//``) are passed over. Lines that are numbered from 1 on (``1. artist - title``) lose
their numbers. A list of URLs of sound files is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from songkin import fetching
from songkin.errors import SourceError
from songkin.records import BadRow, Entry, Listing, Records, Song
from songkin.sources.cells import spotify_key, text
from songkin.sources.given import Given, Options, decoded
from songkin.sources.lists import label, lines, list_key, listed, mended, place, service_key

KIND: Final = "text_list"

_NUMBERED: Final = re.compile(r"(\d{1,6})[.)]\s+")
_SONGS: Final = ("spotify:track:", "spotify:episode:", "spotify:local:")


def owns(given: Given) -> bool:
    """A text file in whose beginning most lines are songs."""
    if given.suffix not in {".txt", ".text"}:
        return False
    head = decoded(given.head()).replace("\0", "")
    found = [line for one in head.splitlines() if (line := one.strip()) and not _comment(line)]
    songs = [
        line
        for line in found
        if _key(line) or line[:8].lower() == "spotify:" or _is_file(line) or (label(line)[0] and "://" not in line)
    ]
    if any(_key(line) or _is_file(line) for line in songs):  # then what else has an address is a song, too
        songs += [line for line in found if line not in songs and fetching.is_link(line)]
    return 2 * len(songs) > len(found)


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """The list. Raises ``SourceError`` where it holds no line at all."""
    head = Listing(key=list_key(KIND, given), name=text(given.stem))
    empty = True

    def entries() -> Iterator[Entry | BadRow]:
        nonlocal empty
        row = 0
        for line in lines(given):
            stripped = line.replace("\0", " ").strip()
            empty = empty and not stripped
            if stripped and not _comment(stripped):
                row += 1
                yield _entry(row, stripped, given)

    yield from listed(lambda: head, entries())
    if empty:
        raise SourceError(f"{given.name} is empty.", remedy="Write one song a line: artist - title.")


def _comment(line: str) -> bool:
    return line.startswith(("#", "//"))


def _is_file(line: str) -> bool:
    return line[:5].lower() == "file:"


def _key(line: str) -> str:
    return service_key(line) or spotify_key(line)


def _entry(row: int, line: str, given: Given) -> Entry | BadRow:
    if key := _key(line):
        if key.startswith("spotify:") and not key.startswith(_SONGS):
            return BadRow(row, f"{key} is no song", "List its songs instead; Exportify writes them out.")
        return Entry(Song(row=row, key=key))
    if line[:8].lower() == "spotify:":
        return BadRow(row, "has an id that Spotify has not: they are of 22 letters and digits", "Copy its link again.")
    if "://" in line.partition(" ")[0] or _is_file(line) or line.startswith(("/", "./", "../", "\\\\")):
        where = place(line, given)
        if where.url and not fetching.is_link(where.url):
            return BadRow(row, f"{text(line, 80)!r} is no web address", "Write it as http://… or https://….")
        if where.path or where.url:
            return Entry(Song(row=row, path=where.path, url=where.url))
        return BadRow(row, "names no song", "Write artist - title.")
    shown = mended(line)
    match = _NUMBERED.match(shown)
    if match and int(match[1]) == row:
        shown = shown[match.end() :]
    artists, title = label(shown)
    return Entry(Song(row=row, artists=artists, title=title)) if title else BadRow(row, "names no song", "Remove it.")
