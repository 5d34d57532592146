"""What the readers of listening histories share: whose play it is, when it was, and by whom a song may be."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Final

from songkin.errors import SourceError
from songkin.models import user_name
from songkin.records import BadRow, Heard, Song, Voted
from songkin.sources.cells import text, when
from songkin.sources.given import Options

_TOMORROW: Final = 86_400.0
"""Seconds by which a clock elsewhere may be ahead of ours."""
_CLOCK: Final = re.compile(r"(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2}))?")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEAM: Final = re.compile(r"\s+(?:feat\.?|ft\.?|featuring|with|and|vs\.?|x|&|\+)\s+|\s*[,;/]\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listener:
    """Makes records of what one user did, none of it later than ``now`` (seconds since 1970)."""

    user: str
    now: float = field(default_factory=time.time)

    @classmethod
    def of(cls, options: Options) -> Listener:
        """The user that was named for a file."""
        return cls(user_name(options.user))

    def heard(self, song: Song, cell: object) -> Heard | BadRow:
        """A play at the time that a cell tells."""
        at = moment(cell)
        wrong = self._wrong(song, at, cell)
        return wrong or Heard(song, float(int(at or 0)), self.user)

    def voted(self, song: Song, vote: str, cell: object) -> Voted | BadRow:
        """A vote at the time that a cell tells."""
        at = moment(cell)
        wrong = self._wrong(song, at, cell)
        return wrong or Voted(song, vote, self.user, at)

    def _wrong(self, song: Song, at: float | None, cell: object) -> BadRow | None:
        if not (song.title or song.musicbrainz_id or song.key):
            return BadRow(song.row, "names no song", "Leave it out; the others were taken.")
        if at is None:
            shown = text(cell, 40)
            told = f"a time that cannot be: {shown}" if shown else "no time"
            return BadRow(song.row, f"has {told}", "Write seconds since 1970, or 2024-01-31T20:15:00Z.")
        if at > self.now + _TOMORROW:
            return BadRow(song.row, "lies in the future", "Set the clock of what wrote it.")
        return None


def moment(cell: object) -> float | None:
    """Seconds since 1970 from such a number, from ISO 8601, or from ``31 Jan 2024 20:15`` (with or without a comma,
    always UTC). None for a day alone, and for what lies before 1973: clocks that were never set say 1970."""
    if isinstance(cell, str) and (found := _CLOCK.fullmatch(cell.strip())):
        day, month, year, hour, minute, second = found.groups()
        if month.lower() not in _MONTHS:
            return None
        number = _MONTHS.index(month.lower()) + 1
        cell = f"{year}-{number:02}-{int(day):02}T{int(hour):02}:{minute}:{second or '00'}"
    at = when(cell)
    if at is None or at <= 1e8 or (isinstance(cell, str) and "-" in cell and ":" not in cell):
        return None
    return at


def artists(name: str, others: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Everyone by whom a song may be that is said to be by ``name``: itself first, who is named one by one, and the
    parts of ``A feat. B``. A song is known by any of them."""
    return tuple(dict.fromkeys(filter(None, (name, *others, *map(str.strip, _SEAM.split(name))))))


def of_another_kind(name: str, what: str) -> SourceError:
    """The error for a file that is said to be a history, and is none."""
    return SourceError(f"{name} is no {what}.", remedy="Say what it is with --as KIND.")
