"""Entries of playlists that no song could be found for: written to a table, corrected by hand, read back.

The table is CSV with the columns ``playlist``, ``pos``, ``artist``, ``title``, ``path`` and ``song``. Whoever knows better
fills ``song`` with the id, the path or the ``artist - title`` of a song of the library; rows in which it is empty stay as
they are.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from songkin.errors import SourceError
from songkin.models import Unmatched
from songkin.records import BadRow, Correction, Records
from songkin.sources.given import Given, Options
from songkin.text import guarded, unguarded

KIND: Final = "corrections"
HEADINGS: Final = ("playlist", "pos", "artist", "title", "path", "song")


def owns(given: Given) -> bool:
    """Whether a file has the headings of such a table."""
    if given.suffix != ".csv":
        return False
    first = given.head(200).decode("utf-8-sig", "replace").splitlines()[:1]
    return bool(first) and tuple(first[0].replace('"', "").replace(";", ",").split(",")) == HEADINGS


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - as all sources are read
    """A ``Correction`` for every row that was filled in."""
    with given.text() as file:
        head = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=";" if ";" in head else ",")
        try:
            for number, cells in enumerate(rows):
                if number == 0 or not any(cells):
                    continue
                if len(cells) != len(HEADINGS) or not cells[1].strip().isdecimal() or int(cells[1]) < 1:
                    yield BadRow(number, "It is not as it was written.", f"Keep the columns {', '.join(HEADINGS)}.")
                elif cells[5].strip():
                    yield Correction(number, unguarded(cells[0]), int(cells[1]) - 1, unguarded(cells[5].strip()))
        except csv.Error as error:
            raise SourceError(f"{given.name} cannot be read: {error}.", remedy="Save it as CSV, in UTF-8.") from error


def write(path: Path, unmatched: Sequence[Unmatched]) -> None:
    """Write the table. Raises ``SourceError`` if it is there already or cannot be written."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(HEADINGS)
            for each in unmatched:
                cells = (each.playlist, str(each.pos + 1), each.artist, each.title, each.path, "")
                table.writerow([guarded(cell.encode("utf-8", "replace").decode()) for cell in cells])
    except FileExistsError:
        raise SourceError(f"{path} is there already.", remedy="Name another file, or remove it.") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}.", remedy="Name another file.") from error
