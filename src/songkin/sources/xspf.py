"""XSPF: playlists in XML. Read as a stream; a document type is refused, so no entity is ever expanded.

Elements count only in XSPF's own namespace (or in none, as old programs write). ``location`` is a URI, a relative one
from the list's folder; ``duration`` is in milliseconds. An ``identifier`` may be a MusicBrainz recording, an ISRC
(``isrc:…``), a Spotify URI, or songkin's own (``songkin:`` and a key). ``meta`` of ``songkin:artist`` names one artist
each where there are several.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from songkin.errors import SourceError
from songkin.records import BadRow, Entry, Listing, Records
from songkin.sources.cells import text, when
from songkin.sources.given import Given, Options
from songkin.sources.lists import Fields, list_key, listed, own_list, track

KIND: Final = "xspf"

_SPACES: Final = ("", "http://xspf.org/ns/0/", "https://xspf.org/ns/0/")
_OF_TRACK: Final = frozenset(
    {"location", "identifier", "title", "creator", "annotation", "image", "album", "trackNum", "duration"}
)
_OF_LIST: Final = frozenset({"title", "creator", "annotation", "identifier", "date"})
_DEPTH: Final = 64
_TEXT: Final = 1 << 16
_REPEATS: Final = 100
_BLOCK: Final = 1 << 16


def owns(given: Given) -> bool:
    """By its suffix or its first element."""
    if given.suffix == ".xspf":
        return True
    head = given.head(4096).replace(b"\0", b"")
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<") and b"xspf.org/ns/" in head


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """The list. Raises ``SourceError`` where it is no XSPF, is cut, or has a document type."""
    reading = _Reading(given)

    def head() -> Listing:
        about = reading.about
        identifier = about.first("identifier")
        return Listing(
            key=own_list(identifier)
            or (f"{KIND}:{identifier}" if identifier.startswith("http") else list_key(KIND, given)),
            name=about.first("title") or text(given.stem),
            description=about.first("annotation"),
            owner=about.first("creator"),
            modified_at=when(about.first("date")),
        )

    yield from listed(head, reading.entries())


class _Reading:
    """Where in the document the parser stands. ``about`` is what stands beside the tracks."""

    def __init__(self, given: Given) -> None:
        self.about = Fields({}, [])
        self._given = given
        self._where: list[str] = []
        self._written: list[str] = []
        self._size = 0
        self._rel = ""
        self._track = Fields({}, [])
        self._done: list[Fields] = []

    def entries(self) -> Iterator[Entry | BadRow]:
        """The songs, as the file goes by."""
        row = 0
        with self._given.open() as file:
            parser = self._parser()
            end = False
            while not end:
                block = file.read(_BLOCK)
                end = not block
                try:
                    parser.Parse(block, end)
                except (expat.ExpatError, LookupError, ValueError) as error:  # the others: an unknown encoding
                    raise self._broken(f"is no whole XML ({error})") from error
                done, self._done = self._done, []
                for fields in done:
                    row += 1
                    song = track(row, fields, self._given)
                    yield song if isinstance(song, BadRow) else Entry(song)

    def _parser(self) -> expat.XMLParserType:
        """A parser; for bytes that are no UTF-8, though the file says so or nothing, one of Western letters."""
        head = self._given.head(1024).lower()
        said = b"encoding=" in head and b"utf-8" not in head
        western = not said and self._given.encoding() == "cp1252"
        parser = expat.ParserCreate("windows-1252" if western else None, namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        return parser

    def _doctype(self, *_: object) -> None:
        raise self._broken("declares a document type or entities, which are never expanded")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self._where.append(local if space in _SPACES else "")
        if len(self._where) > _DEPTH:
            raise self._broken("is nested too deeply")
        if len(self._where) == 1 and self._where != ["playlist"]:
            raise self._broken("is XML, but no XSPF playlist")
        self._written, self._size = [], 0
        self._rel = attributes.get("rel", "")[:2000]
        if self._where == ["playlist", "trackList", "track"]:
            self._track = Fields({}, [])

    def _data(self, data: str) -> None:
        if self._size < _TEXT:
            self._written.append(data[: _TEXT - self._size])
            self._size += len(data)

    def _end(self, _name: str) -> None:
        match self._where:
            case ["playlist", "trackList", "track"]:
                self._done.append(self._track)
            case ["playlist", "trackList", "track", "meta"] if len(self._track.metas) < _REPEATS:
                self._track.metas.append((self._rel, "".join(self._written)))
            case ["playlist", "trackList", "track", name] if name in _OF_TRACK:
                self._keep(self._track, name)
            case ["playlist", name] if name in _OF_LIST:
                self._keep(self.about, name)
        self._where.pop()
        self._written, self._size = [], 0

    def _keep(self, fields: Fields, name: str) -> None:
        held = fields.texts.setdefault(name, [])
        if len(held) < _REPEATS:
            held.append("".join(self._written))

    def _broken(self, why: str) -> SourceError:
        return SourceError(f"{self._given.name} {why}.", remedy="Export the list again; nothing of it was taken.")
