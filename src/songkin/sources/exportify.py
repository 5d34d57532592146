"""Playlists as Exportify writes them, one in each CSV: three dialects, and tables that were made of them.

- A, exportify.net (pavelkomarov): 24 columns, ``;`` between artists, ``,`` between genres, a mark of UTF-8 in single files.
- B, watsonbox and forks: 19 columns and options, every cell quoted, headings in fourteen languages; ``, `` between
  artists and ``\\,`` inside their names, which older versions did not write: a split must agree with the count of URIs.
- C, older: bare ids and ``,`` between artists, not escaped: a split must agree with the count of ``Artist IDs``.
- Poor relatives: ``Title,Artists,Album`` and ``Track Name,Album Name,Artist Name(s),Record Label``, without ids.

A track that was removed from Spotify is a row of the word ``undefined``. The file is the playlist, and named after it;
a column ``playlist_name`` or ``Name`` beside the title's says better, where it is filled. Podcast episodes are no songs.
songkin's own tables are read here, too; their column ``Playlist ID`` says which playlist of the library it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from songkin.errors import SourceError
from songkin.records import BadRow, Entry, Record, Records, Song
from songkin.sources import cells, columns, rows
from songkin.sources.columns import Row, Table
from songkin.sources.given import Given, Options
from songkin.sources.lists import own_list
from songkin.text import fold

KIND: Final = "exportify"
_LIKED: Final = "Liked Songs"
_COPY: Final = re.compile(r"(?: \(\d+\)| ?- Copy)$")
_COMMA: Final = re.compile(r"(?<!\\),\s*")
_TIGHT: Final = re.compile(r",(?! )")
_POOR: Final = (
    {"title", "artists", "album"},
    {"title", "artists", "album", "label"},
)
_UNDEFINED: Final = "undefined"


def owns(given: Given) -> bool:
    """Whether it is a table of a playlist's songs."""
    table = columns.glance(given)
    return table is not None and _is_ours(table)


def read(given: Given, options: Options) -> Records:
    """Its columns, its playlist with the songs in it, and bad rows. Raises ``SourceError``."""
    with columns.opened(given, options) as table:
        if "title" not in table.places and "id" not in table.places:
            raise SourceError(
                f"{given.name} has no column of titles.",
                remedy="Say which it is: --map title=COLUMN --map artists=COLUMN.",
            )
        maker = rows.Maker.of(table, split_genres=_by_commas)
        yield table.columns()
        yield from maker.remarks
        yield from _Playlist(given, table, maker).records()


def _is_ours(table: Table) -> bool:
    places = table.places
    if {"title", "artists", "added_at"} <= set(places) and ("id" in places or "album" in places):
        return True
    return set(places) in _POOR and len([name for name in table.headings if name]) == len(places)


class _Playlist:
    def __init__(self, given: Given, table: Table, maker: rows.Maker) -> None:
        self._table = table
        self._maker = maker
        self._by_ids = "artist_ids" in table.places
        self._key, self._name = rows.listing_key(given), _name(given)
        if self._name == _LIKED:
            self._key = "liked"

    def records(self) -> Iterator[Record]:
        lists = rows.Lists()
        empty = True
        for row in self._table.rows():
            if isinstance(row, BadRow):
                yield row
                continue
            found = self._song(row)
            if isinstance(found, BadRow):
                yield found
                continue
            empty = False
            name = cells.known(row.cells.get("playlist")) or self._name
            key = own_list(cells.text(row.cells.get("playlist_id")))
            key = key or f"exportify:{self._key}" + (f"#{name}" if name != self._name else "")
            by = cells.known(row.cells.get("added_by")).removeprefix("spotify:user:")
            yield from lists.add(key, name, Entry(found, cells.when(row.cells.get("added_at")), by))
        if empty:
            lists.open(f"exportify:{self._key}", self._name)
        yield from lists.end()
        yield from self._maker.left.told()

    def _song(self, row: Row) -> Song | BadRow:
        said = {cells.text(row.cells.get(name)) for name in ("id", "title", "artists")}
        if _UNDEFINED in said and said <= {"", _UNDEFINED}:
            return BadRow(row.number, "was removed from Spotify: nothing is left of it", "Take it out of the playlist.")
        song = self._maker.song(row)
        if self._by_ids:
            song = replace(song, artists=_counted(row.cells))
        if song.key.startswith("spotify:episode:"):
            return BadRow(row.number, "is an episode of a podcast, not a song", "Nothing is to be done.")
        if song.key.startswith("spotify:local:"):
            title, artists = rows.local(song)
            song = replace(song, title=song.title or title, artists=song.artists or artists)
        if song.title or song.key:
            return self._maker.named(song)
        if song.path or song.url or song.isrc or song.musicbrainz_id or song.hash:
            return song  # a place of a list that songkin wrote: it may name no song that is here
        return BadRow(row.number, "has neither a title nor an id", "Fill one in.")


def _counted(row: Any) -> tuple[str, ...]:
    """Artists of dialects B and C: divided only if that gives as many as there are ids."""
    cell, ids = cells.text(row.get("artists")), cells.text(row.get("artist_ids"))
    if not cell:
        return ()
    many = len([one for one in re.split(r"[,;]\s*", ids) if one])
    for parts in (cell.split(";"), _COMMA.split(cell), _TIGHT.split(cell)):
        if len(parts) == many:
            return tuple(dict.fromkeys(part.strip().replace("\\,", ",") for part in parts if part.strip()))
    if "\\," in cell:  # written with escapes: sure even where ids are missing (files of one's own have none)
        return tuple(dict.fromkeys(part.strip().replace("\\,", ",") for part in _COMMA.split(cell) if part.strip()))
    return (cell,)


def _by_commas(cell: str) -> list[str]:
    return cell.split(",")


def _name(given: Given) -> str:
    """The playlist's name: the file's, with blanks again."""
    stem = _COPY.sub("", given.stem)
    folded = fold(stem)
    if folded in {"liked", "liked songs"} or "my liked songs" in folded:
        return _LIKED
    return cells.text(stem.replace("_", " ")) or given.stem
