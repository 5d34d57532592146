"""Sound files by their web addresses: given one by one, in a text file of a line each, or in a table with a ``url``.

In a text file empty lines and what follows a ``#`` at a line's start are passed over. A table (commas, semicolons or
tabs) may also name ``title``, ``artist`` and ``album``; of a song that is heard later, the file's own tags go first.

Nothing is fetched here but what a server says of a file (``walk``): its size, and its ETag or date, by which the next
run knows whether it must be fetched again. An address may let its bearer in; what of it does is fetched with, and
stands in ``SoundFile.link`` alone. ``Song.url`` and keys are the address without it (``fetching.public``), so addresses
that differ in nothing else cannot be told apart: the second is refused.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final
from urllib.parse import unquote

from songkin import fetching
from songkin.errors import SourceError, Unreachable
from songkin.fetching import Rules
from songkin.records import BadRow, Columns, Record, Records, Song
from songkin.sources import cells
from songkin.sources.found import SoundFile, Unreadable
from songkin.sources.given import Given, Options, decoded

KIND: Final = "urls"
_TABLES: Final = frozenset({".csv", ".tsv"})
_TEXTS: Final = frozenset({".txt", ".urls", ".list"})
_FIELDS: Final = ("url", "title", "artist", "album")
_LISTS: Final = frozenset({".m3u", ".m3u8", ".pls", ".xspf", ".jspf"})
_AT_ONCE: Final = 4
_REMEDY: Final = "Write it as http://… or https://…, one address a line."


def owns(given: Given) -> bool:
    """Whether it is an address, a text whose first line is one, or a table with a column ``url``. A text that also names
    files and ids of a service is a list of songs, and not of sound files on the web."""
    if fetching.is_link(given.path):
        return True
    if given.suffix in _TABLES:
        header, _ = _header(given)
        return "url" in header
    if given.suffix not in _TEXTS:
        return False
    lines = decoded(given.head()).splitlines()
    found = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    first = next(iter(found), "")
    if any(line[:8].lower().startswith(("file:", "spotify:")) for line in found):
        return False
    if "://" in first and not fetching.is_link(first):  # a wrong one among others
        return any(map(fetching.is_link, found))
    return fetching.is_link(first) and not cells.spotify_key(first)


def read(given: Given, options: Options) -> Records:
    """A ``Song`` for each address. Raises ``SourceError`` where there is no column of addresses."""
    for record, _ in linked(given, options):
        yield record


def linked(given: Given, options: Options) -> Iterator[tuple[Record, str]]:
    """What ``read`` tells, each ``Song`` with the address that it is fetched from: that is never stored."""
    if fetching.is_link(given.path):
        rows: Iterator[tuple[int, dict[str, str]]] = iter([(0, {"url": given.path})])
    elif given.suffix in _TABLES:
        mapping = _columns(given, options)
        yield Columns(mapping, above=1), ""
        rows = _table(given, mapping)
    else:
        rows = _lines(given)
    seen: dict[str, str] = {}
    for row, found in rows:
        link = found["url"].strip()
        wrong = _wrong(link)
        if wrong:
            yield BadRow(row, wrong, _REMEDY), ""
            continue
        url = fetching.public(link)
        if seen.setdefault(url, link) != link:
            reason = (
                "The address differs from an earlier one only in what looks like a secret, so they are one to songkin."
            )
            yield BadRow(row, reason, "Rename that part of the address, or fetch the file yourself."), ""
            continue
        yield _song(row, url, found), link


def walk(links: Sequence[str], rules: Rules) -> Iterator[SoundFile | Unreadable]:
    """What the servers say of the files at ``links``, in their order, several asked at a time."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = iter(dict.fromkeys(links))
        while batch := list(islice(waiting, 16 * _AT_ONCE)):
            yield from pool.map(lambda link: _asked(link, rules), batch)


def _asked(link: str, rules: Rules) -> SoundFile | Unreadable:
    path = fetching.public(link)
    try:
        facts = fetching.ask(link, rules)
    except Unreachable as error:
        return Unreadable(path, error.what, error.remedy, error.gone)
    return SoundFile(path, path.partition("?")[0].rpartition("/")[0], facts.size or 0, facts.version, link)


def _wrong(link: str) -> str:
    if not link:
        return "There is no address in this row."
    if len(link) > fetching.MOST_ADDRESS:
        return "The address is longer than any server takes."
    if any(sign < " " or sign == "\x7f" for sign in link):
        return "The address holds control characters."
    if cells.spotify_key(link):
        return "This is a link of a streaming service, and no sound file."
    if os.path.splitext(link.partition("?")[0].partition("#")[0])[1].lower() in _LISTS:
        return "This is the address of a list, and no sound file: import it by itself."
    return "" if fetching.is_link(link) else f"{cells.text(fetching.shown(link), 80)!r} is no web address."


def _song(row: int, url: str, found: dict[str, str]) -> Song:
    artist, title = cells.known(found.get("artist")), cells.known(found.get("title"))
    name = unquote(url.partition("?")[0].rpartition("/")[2])
    return Song(
        row=row,
        key=f"url:{url}",
        title=title or cells.text(os.path.splitext(name)[0]) or f"Song {row}",
        placeholder=not title,
        artists=(artist,) if artist else (),
        album=cells.known(found.get("album")),
        url=url,
    )


def _lines(given: Given) -> Iterator[tuple[int, dict[str, str]]]:
    with given.text() as file:
        for row, line in enumerate(file, 1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield row, {"url": line.strip().strip("\0\ufeff").strip()}


def _columns(given: Given, options: Options) -> dict[str, str]:
    header, headings = _header(given)
    mapping: dict[str, str] = {field: headings[header.index(field)] for field in _FIELDS if field in header}
    mapping.update({field: name for field, name in options.columns.items() if field in _FIELDS and name in headings})
    if "url" not in mapping:
        raise SourceError(
            f"{given.name} has no column called url.",
            remedy="Say which column holds the addresses with --map url=HEADING.",
        )
    return mapping


def _header(given: Given) -> tuple[list[str], list[str]]:
    """The headings folded, and as they are written."""
    line = decoded(given.head()).splitlines()[:1]
    try:
        headings = next(csv.reader(line, delimiter=_delimiter(line)), [])
    except csv.Error:
        headings = []
    return [heading.strip().casefold() for heading in headings], headings


def _delimiter(lines: Sequence[str]) -> str:
    return max(",;\t", key=lines[0].count) if lines else ","


def _table(given: Given, mapping: dict[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    with given.text() as file:
        first = file.readline()
        headings = next(csv.reader([first.lstrip("\ufeff")], delimiter=_delimiter([first])), [])
        places = {field: headings.index(name) for field, name in mapping.items() if name in headings}
        rows = csv.reader(file, delimiter=_delimiter([first]))
        row = 0
        while True:
            row += 1
            try:
                values = next(rows)
            except StopIteration:
                return
            except csv.Error:  # a cell too large for any address
                yield row, {"url": ""}
                continue
            if any(value.strip() for value in values):
                yield (
                    row,
                    {field: values[at] for field, at in places.items() if at < len(values)}
                    | ({} if places.get("url", 0) < len(values) else {"url": ""}),
                )
