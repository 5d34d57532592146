"""What the readers of playlists share: lines in any encoding, where a song lies, a track's fields, lists in parts.

A place in a list is a path (with either slash, absolute or from the list's own folder), a URL, or the id of a service.
Bytes that are no UTF-8 were written by a program that wrote the names of its own machine: they are that path if such a
file is here, and Windows' Western letters otherwise.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes, urljoin

from songkin import fetching
from songkin.records import OWN_LIST, BadRow, Entry, Listing, Records, Song
from songkin.sources.cells import isrc, number, spotify_key, text
from songkin.sources.given import Given
from songkin.text import uri_key

PART: Final = 5000
"""Songs after which a list goes on as a further part."""
LINE: Final = 1 << 16
"""Characters of a line that are read; what is longer is no name and no path."""
_PATH: Final = 8192
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_DRIVE: Final = re.compile(r"/*([A-Za-z]:[\\/].*)", re.DOTALL)
_DASH: Final = re.compile(r"\s[-–—]\s")
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_RECORDING: Final = re.compile(rf"(?:https?://(?:beta\.)?musicbrainz\.org/recording/|mbid:)({_UUID})/?", re.IGNORECASE)
_OWN: Final = re.compile(rf"{OWN_LIST}{_UUID}")
_ISRC: Final = re.compile(r"(?:urn:)?isrc:(.*)", re.IGNORECASE)


class Place(NamedTuple):
    """Where a song plays from, or what a service calls it; empty where a list does not say."""

    key: str = ""
    path: str = ""
    url: str = ""


def lines(given: Given) -> Iterator[str]:
    """Its lines without their ends, cut after ``LINE`` characters. Bytes that are no text stand in them as surrogates,
    for ``mended`` and ``place``."""
    encoding = given.encoding()
    encoding, errors = ("utf-8", "surrogateescape") if encoding == "cp1252" else (encoding, "replace")
    with given.open() as file, io.TextIOWrapper(file, encoding, errors=errors, newline="") as stream:
        while line := stream.readline(LINE):
            rest = line
            while len(rest) == LINE and rest[-1] not in "\r\n":
                rest = stream.readline(LINE)
            yield line.rstrip("\r\n").lstrip("\ufeff")


def mended(line: str) -> str:
    """A line as people wrote it: one with bytes that are no UTF-8 is Windows' Western encoding."""
    raw = line.encode("utf-8", "surrogateescape") if not line.isascii() else b""
    if not raw:
        return line
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def label(line: str) -> tuple[tuple[str, ...], str]:
    """Artist and title of ``artist - title``, split at the first dash between blanks; a title alone has no artist."""
    parts = _DASH.split(line, maxsplit=1)
    if len(parts) == 2 and (artist := text(parts[0])) and (title := text(parts[1])):
        return (artist,), title
    return (), text(line)


def place(location: str, given: Given, *, encoded: bool = False) -> Place:
    """What a location says. ``encoded``: it is part of a URL, with ``%20`` for a blank, even where it is a path."""
    found = location.strip()
    low = found[:8].lower()
    if not found or "\0" in found or len(found) > _PATH:
        return Place()
    if low == "songkin:" or service_key(found):
        return Place(key=service_key(found), url=found if low.startswith("http") else "")
    if low.startswith("file:"):
        return Place(path=_of_file_url(found[5:], given))
    if _URL.match(found):
        return Place(url=mended(found))
    if given.link and not (_DRIVE.fullmatch(found) or found.startswith("\\\\")):
        return Place(url=_below(given.link, mended(found)))
    if encoded:
        found = os.fsdecode(unquote_to_bytes(os.fsencode(found)))
    return Place(path="" if "\0" in found else _absolute(found, given))


def _below(link: str, found: str) -> str:
    """The address of a place that a list on the web tells from its own address on."""
    try:
        return fetching.public(urljoin(link, found))
    except ValueError:  # half of an IPv6 address
        return ""


def service_key(found: str) -> str:
    """The key behind a service's own name for a song: ``spotify:track:…`` or its URL, and ``songkin:…``, which is how
    songkin itself writes the keys of all other sources."""
    if (key := uri_key(found)) is not None:
        return text(key)
    return spotify_key(found) if "spotify" in found[:30].lower() else ""


def _of_file_url(rest: str, given: Given) -> str:
    """``///music/a%20b.mp3``, ``//localhost/…``, ``//server/share/…`` or ``///C:/…``; sloppy writers leave ``#`` and
    ``?`` as they are."""
    path = os.fsdecode(unquote_to_bytes(os.fsencode(rest)))
    if "\0" in path:
        return ""
    if path.startswith("//\\\\"):
        return mended(path[2:])  # a server of Windows, as it stands there
    if path.startswith("//"):
        host, slash, below = path[2:].partition("/")
        path = slash + below if host.lower() in {"", "localhost"} else path
    drive = _DRIVE.fullmatch(path)
    return _absolute(drive[1] if drive else path, given, plain=True)


def _absolute(found: str, given: Given, *, plain: bool = False) -> str:
    """A path on this machine as it is on its disk, one of a Windows machine as it stands there."""
    if _DRIVE.fullmatch(found) or found.startswith("\\\\"):
        return mended(found)
    if "\\" in found and "/" not in found and not plain:
        found = found.replace("\\", "/")
    path = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(given.path)), found))
    shown = mended(path)
    return path if shown != path and os.path.exists(path) else shown


@dataclass(slots=True)
class Fields:
    """What XSPF and JSPF say of a list or of one of its tracks: ``texts`` by the element's name, ``metas`` with what
    they are about."""

    texts: dict[str, list[str]]
    metas: list[tuple[str, str]]

    def first(self, name: str) -> str:
        """The first text that stands under ``name``, as one line."""
        return next((found for one in self.texts.get(name, ()) if (found := text(one))), "")


def track(row: int, fields: Fields, given: Given) -> Song | BadRow:
    """The song that a track of XSPF or JSPF names; duration in its milliseconds."""
    key = path = url = recording = code = ""
    for where in fields.texts.get("location", ()):
        found = place(where, given, encoded=True)
        key, path, url = key or found.key, path or found.path, url or found.url
    for name in (*fields.texts.get("identifier", ()), *fields.texts.get("location", ())):
        stripped = name.strip()[:2000]
        mbid, tagged = _RECORDING.fullmatch(stripped), _ISRC.fullmatch(stripped)
        recording = recording or (mbid[1].lower() if mbid else "")
        code = code or (isrc(tagged[1]) if tagged else "")
        key = key or service_key(stripped)
    artists = tuple(text(value) for rel, value in fields.metas if rel == "songkin:artist" and text(value))
    artists = artists or tuple(filter(None, [fields.first("creator")]))
    title = fields.first("title")
    if not (title or key or path or url or recording or code):
        return BadRow(row, "names no song: it has neither a title nor a place", "Remove it, or give it a title.")
    length, position = number(fields.first("duration")), number(fields.first("trackNum"))
    return Song(
        row=row,
        key=key,
        title=title,
        artists=artists,
        album=fields.first("album"),
        track_no=int(position) if position is not None and 0 < position < 10_000 else None,
        duration=length / 1000 if length and length > 0 else None,
        isrc=code,
        musicbrainz_id=recording,
        path=path,
        url=url,
        image=fields.first("image"),
        comment=fields.first("annotation"),
    )


def list_key(kind: str, given: Given) -> str:
    """The key of a list that has no id of its own: where it lies."""
    where = fetching.public(given.link) if given.link else os.path.abspath(given.path)
    return f"{kind}:{where}{f'/{given.member}' if given.member else ''}"


def own_list(text: str) -> str:
    """The key of a list that songkin wrote, of what its file says; empty where it says none."""
    return text if _OWN.fullmatch(text) else ""


def listed(head: Callable[[], Listing], found: Iterable[Entry | BadRow]) -> Records:
    """A list with its entries, in parts if there are very many; the bad rows beside it. ``head`` is asked whenever a
    part is complete, for a list may say its name late."""
    held: list[Entry] = []
    whole = True
    for one in found:
        if isinstance(one, BadRow):
            yield one
            continue
        held.append(one)
        if len(held) == PART:
            whole = False
            yield replace(head(), entries=tuple(held), whole=False)
            held = []
    if held or whole:
        yield replace(head(), entries=tuple(held), whole=whole)


def flat(value: object) -> Sequence[object]:
    """A JSON value that may be a list or stand alone, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def pairs(value: object) -> Iterator[tuple[str, object]]:
    """The pairs of a JSON object, or of a list of such."""
    for one in flat(value):
        if isinstance(one, Mapping):
            yield from one.items()
