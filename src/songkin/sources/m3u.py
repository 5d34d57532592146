"""M3U and M3U8: one path or URL a line, and lines of ``#`` that say more about the next one.

``#EXTINF:SECONDS,artist - title`` (−1 and 0: unknown) may carry ``key="value"`` pairs before its comma. ``#PLAYLIST:``
names the list. ``#EXTALB:``, ``#EXTART:``, ``#EXTGENRE:``, ``#EXTGRP:`` and ``#EXTIMG:`` are of one song where they
follow its ``#EXTINF``, and of all songs before the first. ``#EXTART`` is one artist a line: the song's own if
``#EXTINF`` begins with them, else that of its album. A ``.m3u8`` with ``#EXT-X-`` is no playlist but a stream in pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from songkin.errors import SourceError
from songkin.records import OWN_LIST, BadRow, Entry, Listing, Records, Song
from songkin.sources.cells import number, text
from songkin.sources.given import Given, Options
from songkin.sources.lists import label, lines, list_key, listed, mended, own_list, place

KIND: Final = "m3u"

_INFO: Final = re.compile(
    r"\s*(?P<seconds>[-+]?[\d.]*)(?P<pairs>(?:\s+[\w-]+=(?:\"[^\"]*\"|[^\s\",]*))*)\s*(?:,(?P<text>.*))?", re.DOTALL
)
_TAGS: Final = ("EXTALB", "EXTART", "EXTGENRE", "EXTGRP", "EXTIMG", "SONGKIN-KEY")


def owns(given: Given) -> bool:
    """By its suffix or its first line."""
    return given.suffix in {".m3u", ".m3u8"} or given.head(64).lstrip(b"\xef\xbb\xbf").startswith(b"#EXTM3U")


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """The list. Raises ``SourceError`` for an empty file and for a stream in pieces."""
    reading = _Reading(given)

    def head() -> Listing:
        key = reading.own or list_key(KIND, given)
        return Listing(key=key, name=reading.name or text(given.stem), description=reading.about)

    yield from listed(head, reading.entries())
    if not reading.seen:
        raise SourceError(f"{given.name} is empty.", remedy="Export the list again.")


@dataclass(slots=True)
class _Reading:
    """What was said since the last song. ``common`` is what was said before the first one."""

    given: Given
    name: str = ""
    about: str = ""
    own: str = ""
    seen: bool = False
    info: str | None = None
    tags: dict[str, list[str]] = field(default_factory=dict)
    common: dict[str, list[str]] = field(default_factory=dict)
    headed: bool = True

    def entries(self) -> Iterator[Entry | BadRow]:
        row = 0
        for line in lines(self.given):
            stripped = line.replace("\0", "").strip()
            self.seen = self.seen or bool(stripped)
            if stripped.startswith("#"):
                self._directive(mended(stripped[1:]))
            elif stripped:
                row += 1
                yield self._song(row, stripped)

    def _directive(self, line: str) -> None:
        name, _, value = line.partition(":")
        name = name.strip().upper()
        if name.startswith("EXT-X-"):
            raise SourceError(
                f"{self.given.name} is a stream in pieces (HLS), no playlist.", remedy="Import the songs themselves."
            )
        if name == "EXTINF":
            self.headed, self.info = False, value
        elif name == "PLAYLIST":
            self.name = self.name or text(value)
        elif name == "SONGKIN-ABOUT":
            self.about = text(value)
        elif name == "SONGKIN-LIST":
            self.own = own_list(f"{OWN_LIST}{value.strip()}")
        elif name in _TAGS and len(held := (self.common if self.headed else self.tags).setdefault(name, [])) < 100:
            held.append(text(value))

    def _song(self, row: int, line: str) -> Entry | BadRow:
        info, tags = self.info, self.common | self.tags
        self.info, self.tags, self.headed = None, {}, False
        where = place(line, self.given)
        seconds, (artists, title, album_artist) = None, _named(info or "", tags.get("EXTART"))
        if info is not None and (match := _INFO.match(info)):
            seconds = number(match["seconds"])
        key = next((text(one) for one in tags.get("SONGKIN-KEY", ())), "") or where.key
        if not (title or key or where.path or where.url):
            return BadRow(row, "names no file", "Correct the line, or remove it.")
        return Entry(
            Song(
                row=row,
                key=key,
                title=title,
                artists=artists,
                album=_first(tags, "EXTALB"),
                album_artist=album_artist,
                genres=tuple(filter(None, tags.get("EXTGENRE", ()))),
                duration=seconds if seconds and seconds > 0 else None,
                path=where.path,
                url=where.url,
                image=_first(tags, "EXTIMG"),
                comment=_first(tags, "EXTGRP"),
            )
        )


def _first(tags: dict[str, list[str]], name: str) -> str:
    return next(filter(None, tags.get(name, ())), "")


def _named(info: str, said: list[str] | None) -> tuple[tuple[str, ...], str, str]:
    """Artists, title and album artist, from what ``#EXTINF`` and ``#EXTART`` say."""
    match = _INFO.match(info)
    shown = (match["text"] or "") if match else ""
    if said is None:
        return *label(shown), ""
    artists = tuple(filter(None, said))
    if not artists:  # songkin writes an empty one so that a dash in a title stays there
        return (), text(shown), ""
    joined = ", ".join(artists)
    line = " ".join(shown.split())
    if line == f"{joined} -" or line.startswith(f"{joined} - "):
        return artists, text(line[len(joined) + 2 :]), ""
    named, title = label(shown)
    return (named, title, joined) if named else (artists, title, "")
