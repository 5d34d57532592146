"""Tables of songs, as data sets of Spotify's audio features come: a row a song, or a row for every song in a playlist.

Columns stand in any order and under many names (``headings``). What is peculiar:

- The rows of one id are one song. Its genres are those of all its rows (they often are the playlists' genres), all else
  is the first row's. Where a column names playlists, each is a listing with its songs.
- Artists are joined by ``, `` and nothing says which commas belong to names, so that the file is read twice: a comma
  parts two names only if each of them is also met without the other (``rows.Seams``). ``Lady Gaga, Bruno Mars`` are two
  where both also stand alone, ``Tyler, The Creator`` stays one. Where proof lacks, nothing is split. So with ``, `` and
  `` / `` in genres (``funk / soul`` is one genre).
- Tables of features by artist, genre or year hold no songs and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from songkin.errors import SourceError
from songkin.records import BadRow, Entry, Record, Records, Song
from songkin.sources import cells, columns, headings, rows
from songkin.sources.columns import Table
from songkin.sources.given import Given, Options

KIND: Final = "songs"
_TELLING: Final = ("artists", "genres", "subgenres", "id")
_LONG: Final = 500
_NO_SONGS: Final = tuple(f"spotify:{kind}:" for kind in ("episode", "album", "artist", "playlist"))
_COMMA: Final = r",(?!\d)\s*"
_COMMA_OR_SLASH: Final = rf"{_COMMA}| / "


def owns(given: Given) -> bool:
    """Whether it is a table of songs, or one of features of something else, which reading it says."""
    table = columns.glance(given)
    if table is None:
        return columns.is_parquet(given)  # it cannot be read here: reading it says why
    places = set(table.places)
    if len(headings.features(table.places)) >= 5:
        return True
    return "title" in places and bool({"artists", "id"} & places) and not rows.of_albums(table)


def read(given: Given, options: Options) -> Records:
    """Its columns, songs, playlists and bad rows. Raises ``SourceError``."""
    evidence = _Evidence()
    with columns.opened(given, options) as table:
        _check(table)
        evidence.learn(table)
    with columns.opened(given, options) as table:
        maker = rows.Maker.of(table, evidence.artists.split, evidence.genres.split)
        yield table.columns()
        yield from maker.remarks
        yield from _songs(table, maker, evidence)


def _check(table: Table) -> None:
    places = table.places
    if "id" in places or "title" in places:
        return
    shown = ", ".join(name for name in table.headings[:40] if name)
    if "artists" in places and headings.features(places):
        raise SourceError(
            f"{table.given.name} is a table of artists, not of songs.",
            remedy="Import the table of their songs instead, or say which column holds titles: --map title=COLUMN.",
        )
    raise SourceError(
        f"{table.given.name} has neither titles nor ids of songs; its columns are: {shown}.",
        remedy="Say which column holds them: --map title=COLUMN or --map id=COLUMN.",
    )


@dataclass(slots=True)
class _Evidence:
    """What only the whole file tells: what its commas mean, and the genres of songs that stand in it repeatedly."""

    artists: rows.Seams = field(default_factory=lambda: rows.Seams(_COMMA))
    genres: rows.Seams = field(default_factory=lambda: rows.Seams(_COMMA))
    more: dict[str, dict[tuple[str, str], None]] = field(default_factory=dict)
    """By id of songs with several rows: the cells of their genres and subgenres."""

    def learn(self, table: Table) -> None:
        """Read all of a table."""
        artists: set[str] = set()
        genres: set[str] = set()
        first: dict[str, tuple[str, str]] = {}
        repeated = {"id", "genres", "playlist"} <= set(table.places)
        for row in table.rows(_TELLING if repeated else _TELLING[:2]):
            if isinstance(row, BadRow):
                continue
            get = row.cells.get
            artist, genre = get("artists"), get("genres")
            if isinstance(artist, str) and len(artist) < _LONG:
                artists.add(artist)
            if isinstance(genre, str) and len(genre) < _LONG:
                genres.add(genre)
                if repeated and isinstance(own := get("id"), str):
                    both = (genre, str(get("subgenres") or ""))
                    if (before := first.setdefault(own, both)) != both:
                        self.more.setdefault(own, {before: None})[both] = None
        self.artists = rows.Seams(_COMMA, (name for cell in artists for name in cells.many(cell)))
        self.genres = rows.Seams(_COMMA_OR_SLASH, (name for cell in genres for name in cells.many(cell)))


def _songs(table: Table, maker: rows.Maker, evidence: _Evidence) -> Iterator[Record]:
    lists = rows.Lists()
    seen: set[str] = set()
    for row in table.rows():
        if isinstance(row, BadRow):
            yield row
            continue
        song = maker.song(row)
        if not song.title and not song.key and not song.path and not song.url:
            yield BadRow(row.number, "has neither a title nor an id", "Fill one in.")
            continue
        if song.key.startswith(_NO_SONGS):
            yield BadRow(row.number, f"is no song ({song.key})", "Leave it out.")
            continue
        song = maker.named(song)
        known = song.key in seen
        if song.key and not known:
            seen.add(song.key)
            if pairs := evidence.more.get(row.cells["id"]):
                song = _with_genres(song, pairs, maker)
        if not known:
            yield song
        if playlist := cells.known(row.cells.get("playlist")):
            yield from lists.add(_playlist_key(table.given, row.cells, playlist), playlist, Entry(_slight(song)))
        elif known:
            yield BadRow(row.number, f"has the id of an earlier row ({song.key})", "Leave one of them out.")
    yield from lists.end()
    yield from maker.left.told()


def _with_genres(song: Song, pairs: dict[tuple[str, str], None], maker: rows.Maker) -> Song:
    genres = dict.fromkeys(name for cell, _ in pairs for name in maker.names(cell, maker.split_genres))
    subgenres = dict.fromkeys(name for _, cell in pairs for name in maker.names(cell, None))
    return replace(song, genres=tuple(genres), subgenres=tuple(subgenres))


def _playlist_key(given: Given, row: Any, name: str) -> str:
    return cells.spotify_key(row.get("playlist_id"), "playlist") or f"{rows.own_prefix(given)}:{name}"


def _slight(song: Song) -> Song:
    """As much of a song as names it: a playlist need not hold all of it once more."""
    if not song.key:
        return song
    return Song(row=song.row, key=song.key, title=song.title, artists=song.artists, placeholder=song.placeholder)
