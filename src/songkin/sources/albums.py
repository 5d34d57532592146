"""Tables of albums with reviews or ratings: SpotiSearch's, and Pitchfork's, which comes in several files.

- SpotiSearch: ``artist,title,year_released,rating,review,genre,query,album_id``. ``genre`` is a list joined by `` / ``.
  ``query`` is a question of an evaluation: it is kept as that alone. A table with more columns that end in ``_orig`` or
  begin with ``my_`` is a merge in which those belong to other albums, so they are ignored.
- Pitchfork: reviews (``reviewid,title,artist,score,…,year``), genres and labels (``reviewid,genre`` and
  ``reviewid,label``, several rows a review), joined where they lie in one folder or zip. ``pub_year`` is the review's.
  A review of several pressings stands there once for each: rows of one id that follow one another are one album, of the
  earliest year.

Columns are known by name. Where a file of vectors belongs to the table, another source reads both.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from songkin.errors import SourceError
from songkin.records import Album, BadRow, Records, Remark
from songkin.sources import cells, columns
from songkin.sources.columns import Row, Table
from songkin.sources.given import Given, Options, expand
from songkin.sources.headings import plain
from songkin.sources.leftout import LeftOut

KIND: Final = "albums"

_SPELLINGS: Final = {
    "id": ("reviewid", "albumid", "id"),
    "title": ("title", "album", "albumname", "albumtitle"),
    "artists": ("artist", "artists", "artistname", "albumartist", "artistnames"),
    "year": ("yearreleased", "releaseyear", "year", "released", "releasedate"),
    "rating": ("rating", "score"),
    "review": ("review", "reviewtext", "content"),
    "genres": ("genre", "genres"),
    "label": ("label", "recordlabel"),
    "query": ("query",),
}
_REVIEWED: Final = frozenset({"rating", "score", "review", "reviewtext", "reviewid"})
_SONGS: Final = frozenset({"trackname", "trackid", "trackuri", "songname", "trackartist"})
_GENRES: Final = re.compile(r"\s/\s|;")
_LONG: Final = 100_000
_MOST_FILES: Final = 1000
_MOST_JOINED: Final = 5_000_000


def owns(given: Given) -> bool:
    """Whether it is a table of albums, or what belongs to one."""
    table = columns.glance(given)
    return table is not None and (_is_ours(table) or bool(_joined(table)))


def read(given: Given, options: Options) -> Records:
    """Its albums and bad rows. Raises ``SourceError``."""
    with columns.opened(given, Options()) as table:
        _understand(table, options)
        if part := _joined(table):
            yield _is_part(given, part)
            return
        if not {"title", "artists"} <= set(table.places):
            raise SourceError(
                f"{given.name} has no columns of titles and artists of albums.",
                remedy="Say which they are: --map title=COLUMN --map artists=COLUMN.",
            )
        yield table.columns()
        more = _beside(given) if "reviewid" in map(plain, table.headings) else {}
        yield from _albums(table, more)


def _places(table: Table) -> dict[str, int]:
    names = [plain(heading) for heading in table.headings]
    places: dict[str, int] = {}
    for field, spellings in _SPELLINGS.items():
        found = next((spelling for spelling in spellings if spelling in names), None)
        if found is not None:
            places[field] = names.index(found)
    return places


def _understand(table: Table, options: Options) -> None:
    """Read the table's columns as those of albums."""
    places = _places(table)
    for field, heading in options.columns.items():
        if field not in _SPELLINGS or heading not in table.headings:
            raise SourceError(
                f"{table.given.name}: “{field}={heading}” names no field of an album, or no column.",
                remedy=f"Fields are: {', '.join(_SPELLINGS)}; columns: {', '.join(filter(None, table.headings[:40]))}.",
            )
        places[field] = table.headings.index(heading)
    table.places = places


def _is_ours(table: Table) -> bool:
    names = {plain(heading) for heading in table.headings}
    return {"title", "artists"} <= set(_places(table)) and bool(names & _REVIEWED) and not names & _SONGS


def _joined(table: Table) -> str:
    """Whether it only says more of the reviews of another table: ``genres`` or ``label``."""
    names = {plain(heading) for heading in table.headings if heading}
    return {frozenset({"reviewid", "genre"}): "genres", frozenset({"reviewid", "label"}): "label"}.get(
        frozenset(names), ""
    )


def _is_part(given: Given, part: str) -> Remark:
    if any(table is not None and _is_ours(table) for table in map(columns.glance, _neighbours(given))):
        return Remark(f"{given.name} was joined to the reviews beside it.")
    what = "genres" if part == "genres" else "labels"
    raise SourceError(
        f"{given.name} holds the {what} of reviews that are not beside it.",
        remedy="Put it into one folder with the table of the reviews, and import that folder.",
    )


def _neighbours(given: Given) -> Iterator[Given]:
    """The other tables in the same folder or zip."""
    if given.member:
        found = [one for one in expand([given.path]) if isinstance(one, Given)]
    else:
        folder = os.path.dirname(os.path.abspath(given.path))
        found = [Given(os.path.join(folder, name), root=folder) for name in sorted(os.listdir(folder))]
        found = [one for one in found if os.path.isfile(one.path)]
    tables = (one for one in found if one.suffix in columns.SUFFIXES and one.name != given.name)
    for number, one in enumerate(tables):
        if number < _MOST_FILES:
            yield one


def _beside(given: Given) -> dict[str, dict[str, list[str]]]:
    """``genres`` and ``label`` -> id of a review -> what the tables beside it say."""
    more: dict[str, dict[str, list[str]]] = {}
    count = 0
    for one in _neighbours(given):
        table = columns.glance(one)
        part = _joined(table) if table else ""
        if not part:
            continue
        with columns.opened(one, Options()) as opened:
            opened.places = _places(opened)
            for row in opened.rows(tuple(_SPELLINGS)):
                count += 1
                if isinstance(row, Row) and count < _MOST_JOINED and (value := cells.known(row.cells.get(part))):
                    more.setdefault(part, {}).setdefault(cells.text(row.cells.get("id")), []).append(value)
    return more


def _albums(table: Table, more: dict[str, dict[str, list[str]]]) -> Iterator[Album | BadRow | Remark]:
    """The albums; rows of one id that follow one another are one."""
    seen: set[str] = set()
    held: Album | None = None
    left = LeftOut(table.above, "albums")
    for row in table.rows(tuple(_SPELLINGS)):
        album = row if isinstance(row, BadRow) else _album(row, table, more, left)
        if isinstance(album, BadRow):
            yield album
        elif album.key and held and (album.key, album.title, album.artists) == (held.key, held.title, held.artists):
            held = replace(held, year=min(filter(None, (held.year, album.year)), default=None))
        elif album.key in seen:
            yield BadRow(album.row, f"has the id of an earlier row ({album.key})", "Give it an id of its own.")
        else:
            if held:
                yield held
            held = album
            seen.update(filter(None, [album.key]))
    if held:
        yield held
    yield from left.told()


def _album(row: Row, table: Table, more: dict[str, dict[str, list[str]]], left: LeftOut) -> Album | BadRow:
    get = row.cells.get
    title, artists = cells.text(get("title")), cells.many(get("artists"))
    if not title or not artists:
        return BadRow(row.number, f"has no {'title' if not title else 'artist'}", "Fill it in.")
    own = cells.known(get("id"))
    year, rating = cells.year(get("year")), cells.number(get("rating"))
    for name, value in (("year", year), ("rating", rating)):
        if value is None and cells.known(get(name)):
            left.note(f"{name} that is none", row.number)
    genres = tuple(part.strip() for part in _GENRES.split(cells.known(get("genres"))) if part.strip())
    labels = more.get("label", {}).get(own, [])
    return Album(
        row=row.number,
        title=title,
        artists=artists,
        key=_key(own, table),
        year=year,
        genres=tuple(dict.fromkeys([*genres, *more.get("genres", {}).get(own, [])])),
        label=cells.known(get("label")) or " / ".join(dict.fromkeys(labels)),
        rating=rating,
        review=cells.text(get("review"), _LONG),
        query=cells.text(get("query")),
    )


def _key(own: str, table: Table) -> str:
    """The key of an album: its id, and after what it is an id."""
    return f"{plain(table.headings[table.places['id']])}:{own.removesuffix('.0')}" if own else ""
