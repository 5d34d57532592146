"""Votes as songkin exports them: a CSV with ``User``, ``Vote`` and ``Voted At`` before what names the song."""

from __future__ import annotations

from typing import Final

from songkin.errors import QueryError, SourceError
from songkin.models import user_name
from songkin.records import VOTES, BadRow, Records, Song, Voted
from songkin.sources import cells, columns, rows
from songkin.sources.given import Given, Options

KIND: Final = "votes"
_HEADINGS: Final = ("User", "Vote", "Voted At")


def owns(given: Given) -> bool:
    """Whether it is such a table."""
    table = columns.glance(given)
    return table is not None and table.headings[: len(_HEADINGS)] == _HEADINGS


def read(given: Given, options: Options) -> Records:
    """A ``Voted`` for each row, and bad rows. Raises ``SourceError``."""
    with columns.opened(given, options) as table:
        if not set(_HEADINGS) <= set(table.headings):
            raise SourceError(
                f"{given.name} has not the columns {', '.join(_HEADINGS)}.", remedy="Keep the headings as exported."
            )
        maker = rows.Maker.of(table)
        table.places |= {heading: table.headings.index(heading) for heading in _HEADINGS}
        yield table.columns()
        for row in table.rows():
            if isinstance(row, BadRow):
                yield row
                continue
            vote = cells.known(row.cells["Vote"]).casefold()
            song = maker.song(row)
            if vote not in VOTES:
                yield BadRow(row.number, f"has no vote: {vote or 'nothing'!r}", f"Write one of {', '.join(VOTES)}.")
            elif not (song.title or song.key or song.path or song.url):
                yield BadRow(row.number, "names no song", "Fill in its title, its id or its path.")
            else:
                yield _voted(
                    row.number, song, vote, cells.text(row.cells["User"]) or options.user, row.cells["Voted At"]
                )


def _voted(number: int, song: Song, vote: str, user: str, at: object) -> Voted | BadRow:
    try:
        return Voted(song, vote, user_name(user), cells.when(at))
    except QueryError as error:
        return BadRow(number, f"has a user that cannot be: {error.message}", error.remedy)
