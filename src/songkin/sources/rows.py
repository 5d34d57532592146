"""A table's rows made into songs.

Names are split with proof alone. ``;`` and ``|`` part names, and lists are lists. Whether a comma does is told by
``Seams``: from what stands beside what in the whole file. Genres with `` / `` are split in the same way.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import unquote_plus, unquote_to_bytes

from songkin import fetching
from songkin.records import CONTINUOUS, Entry, Listing, Remark, Song
from songkin.sources import cells, headings
from songkin.sources.columns import Row, Table
from songkin.sources.given import Given
from songkin.sources.leftout import LeftOut
from songkin.text import uri_key

_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    **dict.fromkeys(CONTINUOUS, (0.0, 1.0)),
    "loudness": (-200.0, 30.0),
    "tempo": (0.0, 1000.0),
    "key": (0.0, 11.0),
    "mode": (0.0, 1.0),
    "time_signature": (0.0, 32.0),
}
_FAILED: Final = ("danceability", "speechiness", "valence", "tempo", "time_signature")
_UNKNOWN: Final = frozenset({"key", "mode", "time_signature"})
"""Features of which -1 says that nobody knows them."""
_NOTES: Final = {"c": 0, "c#": 1, "db": 1, "d": 2, "d#": 3, "eb": 3, "e": 4, "f": 5, "f#": 6, "gb": 6, "g": 7, "g#": 8}
_WORDS: Final = {**_NOTES, "ab": 8, "a": 9, "a#": 10, "bb": 10, "b": 11, "major": 1, "minor": 0}
_NOTE: Final = re.compile(r"([a-h][#b]?)\s*(?:m|min|minor|maj|major)?")
"""A key as people write it: ``C#m``, ``F# minor``, ``Bb``; its note alone counts, a column of modes has the rest."""
_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)")
_MILLI: Final = re.compile(r"(?<![a-z])ms(?![a-z])|milli|ミリ|毫秒|مللي", re.IGNORECASE)
_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SOUND: Final = re.compile(r"\.(?:mp3|flac|ogg|oga|opus|m4a|mp4|aac|wav|aiff?|wma|wv|ape|mpc)$", re.IGNORECASE)
_PART: Final = 5000
_KEPT: Final = 50_000
_VARIES: Final = ""
_REVIEWED: Final = frozenset({"review", "rating", "score", "reviewid", "reviewauthor"})
_PROVEN: Final = 20
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)
_DRIVE: Final = re.compile(r"/([A-Za-z]:[\\/].*)", re.DOTALL)

Split = Callable[[str], Iterable[str]]


class Seams:
    """Tells where a separator parts two names and where it belongs to one (``Earth, Wind & Fire``), by all cells of a
    column: it parts A and B if A also stands elsewhere without B after it, and B without A before it.

    If that proves that the column joins names in this way (for 20 cells, and every tenth that has a separator), it is
    enough that one of the two also stands alone.
    """

    def __init__(self, separator: str, column: Iterable[str] = ()) -> None:
        self._separator = re.compile(f"({separator})")
        self._after: dict[str, str] = {}
        self._before: dict[str, str] = {}
        self._alone: set[str] = set()
        self._learn(column)

    def _learn(self, column: Iterable[str]) -> None:
        joined = []
        for cell in column:
            parts = self._separator.split(cell)
            if len(parts) == 1:
                self._alone.add(cell)
                continue
            joined.append(cell)
            names = ["\0", *parts[::2], "\0"]
            for left, name, right in zip(names, names[1:], names[2:], strict=False):
                if self._after.setdefault(name, right) != right:
                    self._after[name] = _VARIES
                if self._before.setdefault(name, left) != left:
                    self._before[name] = _VARIES
        proven = sum(len(self._split(cell, 2)) > 1 for cell in joined)
        self._enough = 1 if proven >= _PROVEN and proven * 10 >= len(joined) else 2

    def split(self, cell: str) -> list[str]:
        """The names in a cell."""
        return self._split(cell, self._enough)

    def _split(self, cell: str, enough: int) -> list[str]:
        parts = self._separator.split(cell)
        names = [parts[0]]
        for left, seam, right in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            alone = (left in self._alone) + (right in self._alone)
            apart = (left in self._alone or self._after.get(left) == _VARIES) and (
                right in self._alone or self._before.get(right) == _VARIES
            )
            if apart or alone >= enough:
                names.append(right)
            else:
                names[-1] += seam + right
        return names


@dataclass(slots=True)
class Maker:
    """Makes songs of a table's rows. ``remarks`` are what should be said about the table."""

    given: Given
    split_artists: Split | None = None
    split_genres: Split | None = None
    own: str = ""
    """Before ids that only this table knows: the same for no other file."""
    features: tuple[tuple[str, float, float, float], ...] = ()
    milliseconds: bool | None = None
    remarks: list[Remark] = field(default_factory=list)
    left: LeftOut = field(default_factory=LeftOut)
    _plan: tuple[tuple[str, Callable[[Any], Any]], ...] = ()
    _seen: dict[tuple[str, Split | None], tuple[str, ...]] = field(default_factory=dict)
    _titles: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table, split_artists: Split | None = None, split_genres: Split | None = None) -> Maker:
        """For this table. Split says how a name without other separators is to be divided. A column of features on
        another scale is taken out of the table's ``places``."""
        maker = cls(table.given, split_artists, split_genres, own_prefix(table.given))
        maker.left.above = table.above
        maker.features = tuple(_features(table, maker.remarks))
        if "duration" in table.places:
            heading = table.headings[table.places["duration"]]
            maker.milliseconds = bool(_MILLI.search(heading.replace("_", " "))) or None
        maker._plan = tuple((name, read) for name, read in maker._readers().items() if name in table.places)
        return maker

    def _readers(self) -> dict[str, Callable[[Any], Any]]:
        """How a cell that is not empty becomes the value of the song's field of the same name."""
        return {
            **dict.fromkeys(("title", "album"), cells.text),
            **dict.fromkeys(("image", "label", "comment", "musicbrainz_id"), cells.known),
            "path": place,
            "url": _address,
            **dict.fromkeys(("track_no", "disc_no"), _count),
            "artists": lambda cell: self.names(cell, self.split_artists),
            "album_artist": lambda cell: cells.text(cell).replace("\\,", ","),
            "genres": lambda cell: self.names(cell, self.split_genres),
            "subgenres": lambda cell: self.names(cell, None),
            "year": cells.year,
            "duration": self.seconds,
            "isrc": cells.isrc,
            "explicit": cells.flag,
            "popularity": cells.number,
            "hash": lambda cell: cells.known(cell).lower(),
        }

    def song(self, row: Row) -> Song:
        """The song of a row. Title and artists may be empty."""
        line = row.cells
        found: dict[str, Any] = {"row": row.number}
        for name, read in self._plan:
            if (cell := line[name]) is not None and cell != "":
                found[name] = read(cell)
        if found.get("year") and (date := cells.released(line["year"])):
            found["released"] = date
        if raw := line.get("id"):
            said = identify(raw)
            if not said and (own := cells.known(raw)):
                said = {"key": f"{self.own}:{own}"}
                if own.startswith("spotify:"):
                    self.left.note("id that Spotify has not", row.number)
            found |= {name: value for name, value in said.items() if not found.get(name)}
        if line.get("url") and cells.known(line["url"]) and not found.get("url"):
            self.left.note("address that is none", row.number)
        if "spotify" in (url := found.get("url", "")) and (key := cells.spotify_key(url)):
            found["url"] = ""
            found.setdefault("key", key)
        if not found.get("genres") and (album := line.get("album_genres")):
            found["genres"] = self.names(album, self.split_genres)
        if self.features:
            found["features"] = self._features(line, row.number)
        if found.get("duration", 0) is None and cells.known(line["duration"]) and cells.number(line["duration"]) != 0:
            self.left.note("duration that cannot be", row.number)
        known, title = found.get("key"), found.get("title")
        if known and title and self._titles.setdefault(known, title) != title:
            self.left.note("other title for the id of an earlier row", row.number)
        return Song(**found)

    def named(self, song: Song) -> Song:
        """The song with a title. One that has none gets it made up of the file's name and the row, and is marked; if
        nothing else says which song it is, its key says that it is this row of this file."""
        if song.title:
            return song
        where = song.path or song.url
        stem = os.path.splitext(os.path.basename(where.split("?")[0]))[0] if where else ""
        title = cells.text(stem) or f"{cells.text(self.given.stem)} {song.row}"
        known = song.key or where or song.isrc or song.musicbrainz_id or song.hash
        return replace(song, title=title, placeholder=True, key=song.key if known else f"{self.own}:row {song.row}")

    def names(self, cell: object, split: Split | None) -> tuple[str, ...]:
        """The names in a cell."""
        if not isinstance(cell, str):
            return cells.many(cell)
        if not cell or len(cell) > 200:
            return cells.many(cell, split=split)
        found = self._seen.get((cell, split))
        if found is None:
            if len(self._seen) > 20_000:
                self._seen.clear()
            found = self._seen[cell, split] = cells.many(cell, split=split)
        return found

    def seconds(self, cell: object) -> float | None:
        """A duration in seconds, of a number or of ``3:45``. Where the heading names no unit, more than 10,000 (three
        hours) is of milliseconds."""
        if clock := _CLOCK.fullmatch(str(cell).strip()):
            return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
        value = cells.number(cell)
        if value is None or value <= 0:
            return None
        return value / 1000 if self.milliseconds or (self.milliseconds is None and value > 10_000) else value

    def _features(self, row: Mapping[str, Any], number: int) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, scale, least, most in self.features:
            cell = row[name]
            try:
                value = float(cell) * scale
            except (ValueError, TypeError):
                if not cell:
                    continue
                if not cells.known(cell):
                    continue
                value = _other(cell, scale)
            if least <= value <= most:
                found[name] = value
            elif value == value and not (value == -1 and name in _UNKNOWN):  # NaN says that nobody knows it, too
                self.left.note(f"{name} that cannot be", number)
        if found.get("tempo") == 0 and not any(found.get(name) for name in _FAILED):
            return {}
        return found


def identify(cell: object) -> dict[str, str]:
    """What an id says of a song: ``key``, ``hash``, ``musicbrainz_id``, ``isrc``, ``url`` or ``path``; empty if only its
    table knows what it means."""
    if not cell:
        return {}
    if key := cells.spotify_key(cell) or uri_key(str(cell)):
        return {"key": cells.text(key)}
    raw = cells.known(cell)
    if _HASH.fullmatch(raw):
        return {"hash": raw.lower()}
    if _UUID.fullmatch(raw):
        return {"musicbrainz_id": raw.lower()}
    if len(raw) >= 12 and (isrc := cells.isrc(raw)):
        return {"isrc": isrc}
    if _WEB.match(raw):
        return {"url": place(cell)}
    return {"path": place(cell)} if _SOUND.search(raw) or raw[:5].lower() == "file:" else {}


def place(cell: object) -> str:
    """A path or an URL as it stands; the URL of a file of this machine is its path."""
    found = "" if cell is None else str(cell).strip()
    if found[:8].lower() == "file:///":
        found = os.fsdecode(unquote_to_bytes(os.fsencode(found[7:])))
        found = drive[1] if (drive := _DRIVE.fullmatch(found)) else found
    return found if len(found) < 4096 and "\0" not in found and cells.known(found) else ""


def _address(cell: object) -> str:
    """A web address, or where a file lies; empty for what is neither."""
    found = place(cell)
    a_file = "://" not in found and _SOUND.search(found)
    return found if a_file or fetching.is_link(found) or cells.spotify_key(found) else ""


def own_prefix(given: Given) -> str:
    """A word for keys that mean something in one file alone."""
    return f"table-{hashlib.sha256(given.name.encode('utf-8', 'replace')).hexdigest()[:12]}"


def of_albums(table: Table) -> bool:
    """Whether a table seems to be one of albums: a title with a review or rating, and nothing that only songs have."""
    if "id" in table.places or not any(headings.plain(name) in _REVIEWED for name in table.headings):
        return False
    title = table.places.get("title")
    return title is None or not any(word in headings.plain(table.headings[title]) for word in ("track", "song"))


def local(song: Song) -> tuple[str, tuple[str, ...]]:
    """Title and artists that stand in the URI of a file of the user's own (``spotify:local:ARTIST:ALBUM:TITLE:SECONDS``)."""
    parts = [cells.text(unquote_plus(part)) for part in song.key.split(":")]
    if len(parts) < 6 or parts[1] != "local":
        return "", ()
    return parts[4], (parts[2],) if parts[2] else ()


@dataclass(slots=True)
class Lists:
    """Gathers the places of playlists; a list of very many comes in parts."""

    _entries: dict[str, list[Entry]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _parted: set[str] = field(default_factory=set)
    _held: int = 0

    def open(self, key: str, name: str) -> None:
        """Know of a playlist, which may stay empty."""
        self._names.setdefault(key, name)
        self._entries.setdefault(key, [])

    def add(self, key: str, name: str, entry: Entry) -> Iterator[Listing]:
        """Put a place at the end of a playlist."""
        self.open(key, name)
        entries = self._entries[key]
        entries.append(entry)
        self._held += 1
        if len(entries) >= _PART:
            yield self._part(key)
        elif self._held >= _KEPT:
            yield from [self._part(key) for key in list(self._entries)]

    def end(self) -> Iterator[Listing]:
        """What is left."""
        for key, entries in self._entries.items():
            if entries or key not in self._parted:
                yield Listing(key, self._names[key], tuple(entries), whole=key not in self._parted)

    def _part(self, key: str) -> Listing:
        entries = self._entries[key]
        self._held -= len(entries)
        self._entries[key] = []
        self._parted.add(key)
        return Listing(key, self._names[key], tuple(entries), whole=False)


def _count(cell: object) -> int | None:
    value = cells.number(str(cell).split("/")[0])
    return int(value) if value is not None and 0 < value < 10_000 else None


def _other(cell: object, scale: float) -> float:
    """A feature that is no plain number: a decimal comma, a note, ``Major``."""
    value = cells.number(cell)
    if value is not None:
        return value * scale
    written = str(cell).strip().casefold().replace("♯", "#").replace("♭", "b")
    note = _NOTE.fullmatch(written)
    return float(_WORDS.get(note[1] if note else written, -2))


def _features(table: Table, remarks: list[Remark]) -> Iterator[tuple[str, float, float, float]]:
    """The features of a table with their scale and limits. A column of which many values lie outside is another scale."""
    for name in headings.features(table.places):
        place_of = table.places[name]
        least, most = _LIMITS[name]
        scale = 0.01 if "%" in table.headings[place_of] and name in CONTINUOUS else 1.0
        if _is_other_scale([row[place_of] for row in table.sample if len(row) > place_of], least / scale, most / scale):
            shown = table.headings[table.places.pop(name)]
            remarks.append(
                Remark(f"The column “{shown}” is not used as {name}: its values lie outside {least:g} to {most:g}.")
            )
        else:
            yield name, scale, least, most


def _is_other_scale(column: Sequence[object], least: float, most: float) -> bool:
    values = [value for value in map(cells.number, column) if value is not None]
    outside = sum(not least <= value <= most for value in values)
    return outside > 1 and outside > 0.02 * len(values)


def listing_key(given: Given) -> str:
    """The key of the playlist that a file is: its name, below the folder or zip that was asked for, so that a newer
    export of it is the same playlist."""
    where = given.member or (os.path.relpath(given.path, given.root) if given.root else os.path.basename(given.path))
    return where.replace("\\", "/").removesuffix(".gz").rpartition(".")[0] or where
