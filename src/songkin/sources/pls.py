"""PLS: ``[playlist]``, then ``File1=``, ``Title1=`` and ``Length1=`` for each song, in any order and any case.

``Length`` is in seconds (−1 and 0: unknown), ``Title`` is ``artist - title``. ``NumberOfEntries`` is often wrong and is
not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from songkin.errors import SourceError
from songkin.records import BadRow, Entry, Listing, Records, Song
from songkin.sources.cells import number, text
from songkin.sources.given import Given, Options
from songkin.sources.lists import label, lines, list_key, listed, mended, place

KIND: Final = "pls"

_MOST: Final = 1_000_000
"""Songs of one file: they are ordered by number, so all have to be held."""
_FIELD: Final = re.compile(r"\s*(file|title|length|playlistname)(\d{0,9})\s*=(.*)", re.IGNORECASE | re.DOTALL)


def owns(given: Given) -> bool:
    """By its suffix or its first line."""
    return given.suffix == ".pls" or given.head(64).lstrip(b"\xef\xbb\xbf \r\n").lower().startswith(b"[playlist]")


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """The list. Raises ``SourceError`` where nothing in it is a PLS."""
    found: dict[int, dict[str, str]] = {}
    name, known = "", False
    for line in lines(given):
        known = known or line.strip().lower() == "[playlist]"
        match = _FIELD.fullmatch(line.replace("\0", ""))
        if not match:
            continue
        field, digits, value = match[1].lower(), match[2], match[3]
        if field == "playlistname":
            name = name or text(mended(value))
        elif digits:
            found.setdefault(int(digits), {}).setdefault(field, value)
            if len(found) > _MOST:
                raise SourceError(f"{given.name} has more than {_MOST:,} songs.", remedy="Split it.")
    if not known and not found:
        raise SourceError(f"{given.name} is no PLS playlist.", remedy="Export the list again.")
    head = Listing(key=list_key(KIND, given), name=name or text(given.stem))
    yield from listed(lambda: head, _entries(found, given))


def _entries(found: dict[int, dict[str, str]], given: Given) -> Iterator[Entry | BadRow]:
    for row, (number_, fields) in enumerate(sorted(found.items()), 1):
        where = place(fields.get("file", ""), given)
        artists, title = label(mended(fields.get("title", "")))
        if not (title or any(where)):
            yield BadRow(row, f"names no file under File{number_}", "Correct the line, or remove it.")
            continue
        seconds = number(fields.get("length"))
        yield Entry(
            Song(
                row=row,
                key=where.key,
                title=title,
                artists=artists,
                duration=seconds if seconds and seconds > 0 else None,
                path=where.path,
                url=where.url,
            )
        )
