"""Scrobbles of Last.fm as programs save them, in CSV.

- without headings ``artist,album,track,31 Jan 2024 20:15``, as lastfm-to-csv writes them;
- ``uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid`` and other tables whose headings name an artist, a
  track and when it was heard, in any order.

Times are UTC. Some know only minutes. Players whose clock was never set scrobbled at the beginning of 1970: nobody knows
when those songs were played, and they are refused. ``artist`` is one line, however many sang. Rows that say what is being
played now have no time. What has a date alone is a table of songs, and their release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from songkin.records import FEATURES, BadRow, Heard, Records, Song
from songkin.sources import cells, columns, headings
from songkin.sources.columns import Row, Table
from songkin.sources.given import Given, Options
from songkin.sources.plays import Listener, artists, moment, of_another_kind

KIND: Final = "lastfm"
_BARE: Final = {"artists": 0, "album": 1, "title": 2, "at": 3}
_TIMES: Final = (
    *("uts", "unixtime", "timestamp", "dateuts", "utctime", "isotime", "listenedat", "playedat", "scrobbledat"),
    *("scrobbletime", "datetime", "date", "time"),
)
_IDS: Final = ("trackmbid", "recordingmbid", "mbid")
_SONGS: Final = frozenset({"id", "playlist", "added_at", "index", "vector", *FEATURES})
"""Columns that tables of songs have, and histories have not."""


def owns(given: Given) -> bool:
    """Whether it is a table of artists, tracks and times."""
    table = columns.glance(given)
    return table is not None and bool(_places(table)) and not _SONGS & set(table.places)


def read(given: Given, options: Options) -> Records:
    """A ``Heard`` for each scrobble, and bad rows. Raises ``SourceError``."""
    listener = Listener.of(options)
    with columns.opened(given, Options()) as table:
        table.places = _places(table)
        if not table.places:
            raise of_another_kind(given.name, "table of scrobbles: it names no artist, track and time")
        bare = table.places == _BARE and _is_bare(table)
        if bare:  # what was taken for headings is the first row
            yield _heard(Row(1, {name: table.headings[place] for name, place in table.places.items()}), listener)
        else:
            yield table.columns()
        for row in table.rows():
            found = row if isinstance(row, BadRow) else _heard(row, listener)
            yield _moved(found) if bare else found


def _heard(row: Row, listener: Listener) -> Heard | BadRow:
    line: Mapping[str, Any] = row.cells
    song = Song(
        row=row.number,
        title=cells.text(line["title"]),
        artists=artists(cells.text(line["artists"])),
        album=cells.text(line.get("album")),
        musicbrainz_id=cells.known(line.get("musicbrainz_id")).lower(),
    )
    told = [line[name] for name in ("at", "or at") if line.get(name)]
    return listener.heard(song, next((one for one in told if moment(one) is not None), next(iter(told), "")))


def _moved(found: Heard | BadRow) -> Heard | BadRow:
    """One row further down, for the first was taken for headings."""
    if isinstance(found, BadRow):
        return replace(found, row=found.row + 1)
    return replace(found, song=replace(found.song, row=found.song.row + 1))


def _is_bare(table: Table) -> bool:
    return len(table.headings) == len(_BARE) and moment(table.headings[3]) is not None


def _places(table: Table) -> dict[str, int]:
    """Where in a table what stands; empty if it is none of scrobbles."""
    if _is_bare(table):
        return dict(_BARE)
    known = headings.match(table.headings)
    names = [headings.plain(name) for name in table.headings]
    times = [names.index(name) for name in _TIMES if name in names]
    times = [place for place in times if _tells_time(table, place)]
    if not times or not {"title", "artists"} <= set(known):
        return {}
    places: dict[str, int] = {name: known[name] for name in ("title", "artists", "album") if name in known}
    ids = [names.index(name) for name in _IDS if name in names]
    places |= {"musicbrainz_id": ids[0]} if ids else {}
    return places | dict(zip(("at", "or at"), times, strict=False))


def _tells_time(table: Table, place: int) -> bool:
    """Whether most of a column's first cells are moments; of an empty table nobody knows."""
    told = [row[place] for row in table.sample if len(row) > place and row[place]]
    return 2 * sum(moment(cell) is not None for cell in told) >= len(told)
