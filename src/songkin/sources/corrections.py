"""What no song could be found for, entries of playlists and songs of analyses: written to a table, corrected by hand,
read back.

The table is CSV with the columns ``playlist``, ``pos``, ``artist``, ``title``, ``path`` and ``song``. Whoever knows better
fills ``song`` with the id, the path or the ``artist - title`` of a song of the library; rows in which it is empty stay as
they are. Songs of analyses have no playlist, and in ``path`` what their program knows them by.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from songkin.errors import SourceError
from songkin.models import Unmatched
from songkin.records import BadRow, Correction, Records
from songkin.sources import cells, columns
from songkin.sources.given import Given, Options
from songkin.text import guarded

KIND: Final = "corrections"
HEADINGS: Final = ("playlist", "pos", "artist", "title", "path", "song")


def owns(given: Given) -> bool:
    """Whether a file has the headings of such a table."""
    table = columns.glance(given) if given.suffix == ".csv" else None
    return table is not None and table.headings == HEADINGS


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - as all sources are read
    """A ``Correction`` for every row that was filled in. Raises ``SourceError`` where its columns are others."""
    with columns.opened(given, Options()) as table:
        if table.headings != HEADINGS:
            raise SourceError(
                f"{given.name} is no table of corrections.", remedy=f"Keep the columns {', '.join(HEADINGS)}."
            )
        for number, line in enumerate(table.lines, 2):  # as a spreadsheet counts, for a person looks there
            found = line if isinstance(line, BadRow) else _correction(number, line)
            if found is not None:
                yield replace(found, row=number)


def _correction(number: int, line: list[Any]) -> Correction | BadRow | None:
    row = [cells.text(cell) for cell in line]
    if not any(row):
        return None
    if len(row) == len(HEADINGS) and not row[0] and not row[1] and row[4]:
        return Correction(number, "", 0, row[5], key=row[4]) if row[5] else None
    if len(row) != len(HEADINGS) or not row[1].isascii() or not row[1].isdigit() or not int(row[1][:9]) > 0:
        return BadRow(number, "It is not as it was written.", f"Keep the columns {', '.join(HEADINGS)}.")
    return Correction(number, row[0], int(row[1][:9]) - 1, row[5]) if row[5] else None


def write(path: Path, unmatched: Sequence[Unmatched]) -> None:
    """Write the table. Raises ``SourceError`` if it is there already or cannot be written."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(HEADINGS)
            for each in unmatched:
                pos, where = ("", each.key) if each.key else (str(each.pos + 1), each.path)
                cells = (each.playlist, pos, each.artist, each.title, where, "")
                table.writerow([guarded(cell.encode("utf-8", "replace").decode()) for cell in cells])
    except FileExistsError:
        raise SourceError(f"{path} is there already.", remedy="Name another file, or remove it.") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}.", remedy="Name another file.") from error
