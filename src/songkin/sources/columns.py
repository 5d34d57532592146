"""Tables: CSV with any delimiter and encoding, and parquet (with the extra ``parquet``); rows by a song's fields.

What goes wrong in such files and what is done about it:

- The delimiter is told from the heading line alone (comma, semicolon, tab), for rows are full of commas. A file of one
  column has none. Excel's first line ``sep=;`` is believed.
- Columns without a heading that programs leave at the end are dropped; a heading that nobody knows is ignored.
- A row that is longer than the heading line, or shorter by more than audio features, is refused alone; so is one with a
  cell of more than 131,072 characters. Where a quotation mark is never closed, only the row that it stands in is lost.
- A last line that is cut off without a line end is refused: its last number may be half of one.
- An apostrophe that songkin put before a cell which a spreadsheet would run is taken away again.
- A table of a single column of Python dicts (as pandas writes a series of them) is read as the table it should have been.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any, Final, NamedTuple, TextIO

from songkin.errors import SourceError
from songkin.records import FEATURES, BadRow, Columns
from songkin.sources import cells, headings
from songkin.sources.given import HEAD, Given, Options, decoded
from songkin.text import unguarded

SUFFIXES: Final = (".csv", ".tsv", ".txt", ".parquet")
_DELIMITERS: Final = ",;\t"
_SAMPLE: Final = 200
_MOST_LINE: Final = 16 << 20
_LISTS: Final = frozenset({"artists", "artist_ids", "genres", "album_genres", "subgenres", "vector"})
_MAY_MISS: Final = frozenset(FEATURES)


class Row(NamedTuple):
    """A row: its number (1 is the first below the headings) and its cells by a song's fields."""

    number: int
    cells: Mapping[str, Any]


@dataclass(slots=True)
class Table:
    """A table that is open. ``places``: field -> place of its column; ``sample``: its first rows, as they stand;
    ``above``: as in ``Columns``."""

    given: Given
    headings: tuple[str, ...]
    places: dict[str, int]
    sample: list[list[Any]]
    lines: Iterator[list[Any] | BadRow] = field(default_factory=lambda: iter(()))
    above: int = 0

    def columns(self) -> Columns:
        """How its columns were understood."""
        used = {name: self.headings[place] for name, place in self.places.items()}
        ignored = (h for place, h in enumerate(self.headings) if h and place not in self.places.values())
        return Columns(used, tuple(ignored), self.above)

    def count(self) -> int:
        """How many rows it has, which are gone then."""
        return sum(1 for _ in self.lines)

    def rows(self, only: Sequence[str] | None = None) -> Iterator[Row | BadRow]:
        """Its rows, once, with these fields of them (all). Rows of nothing are passed over, and counted."""
        fields = tuple(name for name in self.places if only is None or name in only)
        pick = itemgetter(*(self.places[name] for name in fields), 0, 0)  # two more: of one place it gave no tuple
        width = len(self.headings)
        for number, line in enumerate(self.lines, 1):
            if isinstance(line, BadRow):
                yield BadRow(number, line.reason, line.remedy)
                continue
            if len(line) != width and not self._fill(line):
                if any(line):
                    yield BadRow(
                        number, f"has {len(line)} cells under {width} headings", "Quote cells with delimiters."
                    )
                continue
            found = pick(line)
            if any(found):
                yield Row(number, dict(zip(fields, found, strict=False)))

    def _fill(self, line: list[Any]) -> bool:
        """Make a row as long as the headings, if only what may be missing misses and nothing is too much."""
        width = len(self.headings)
        if any(line[width:]) or {name for name, place in self.places.items() if place >= len(line)} - _MAY_MISS:
            return False
        line[:] = line[:width] + [""] * (width - len(line))
        return True


@contextmanager
def opened(given: Given, options: Options) -> Iterator[Table]:
    """A table to read. Raises ``SourceError``: it is none, a column named in ``options`` is not there, or parquet
    cannot be read here."""
    if is_parquet(given):
        from songkin.sources import parquet

        with parquet.opened(given) as found:
            first: list[list[Any] | BadRow] = list(islice(found.lines, _SAMPLE))
            table = _table(
                given, found.names, [list(line) for line in first if isinstance(line, list)], options.columns
            )
            for name, place in table.places.items():
                heading = table.headings[place]
                kind = found.useless.get(heading) or (name not in _LISTS and found.lists.get(heading))
                if kind:
                    raise SourceError(
                        f"{given.name}: its column “{heading}” holds {kind}, which is no {name.replace('_', ' ')}.",
                        remedy=f"Say which column does: --map {name}=COLUMN.",
                    )
            table.lines = _after(first, found.lines)
            yield table
        return
    with given.text() as file:
        names, lines = _start(given, file)
        first = list(islice(lines, _SAMPLE))
        table = _table(given, names, [list(line) for line in first if isinstance(line, list)], options.columns)
        table.lines = _after(first, lines)
        if (inner := _inner_names(table)) and "vector" not in table.places:
            table = _table(given, inner, [_inner(row, inner) for row in table.sample], options.columns)
            table.lines = (_unpacked(line, inner) for line in _after(first, lines))
        table.above = 1
        yield table


def of_rows(given: Given, names: tuple[str, ...], lines: Iterable[Sequence[Any]], options: Options) -> Table:
    """A table of rows that were read elsewhere."""
    rest = iter(lines)
    first: list[list[Any] | BadRow] = [list(line) for line in islice(rest, _SAMPLE)]
    table = _table(given, names, [list(line) for line in first if isinstance(line, list)], options.columns)
    table.lines = _after(first, map(list, rest))
    return table


def glance(given: Given) -> Table | None:
    """A table's headings and first rows, told from its first bytes; None if it is none, or one that cannot be read."""
    if given.suffix not in SUFFIXES:
        return None
    if is_parquet(given):
        try:
            with opened(given, Options()) as table:
                return table
        except SourceError:
            return None
    head = given.head()
    text = decoded(head)
    if len(head) == HEAD:
        text = text[: text.rfind("\n") + 1]
    try:
        names, lines = _start(given, io.StringIO(text, newline=""))
    except SourceError:
        return None
    table = _table(given, names, [line for line in islice(lines, _SAMPLE) if isinstance(line, list)], {})
    if inner := _inner_names(table):
        return _table(given, inner, [_inner(row, inner) for row in table.sample], {})
    return table


def is_parquet(given: Given) -> bool:
    """Whether it is parquet, by its first bytes."""
    return given.suffix == ".parquet" or given.head(4) == b"PAR1"


def _after(first: list[list[Any] | BadRow], rest: Iterable[list[Any] | BadRow]) -> Iterator[list[Any] | BadRow]:
    yield from first
    yield from rest


def _start(given: Given, file: TextIO) -> tuple[tuple[str, ...], Iterator[list[Any] | BadRow]]:
    """The headings, and the rows."""
    records = _Records(file)
    line = records.peek()
    if line.lower().startswith("sep=") and len(line.rstrip("\r\n")) == 5:
        records.delimiter = line[4]
        records.pass_over()
    else:
        records.delimiter = _delimiter(line)
    lines = records.rows()
    names = next(lines, None)
    if not isinstance(names, list) or not any(name.strip() for name in names):
        raise SourceError(
            f"{given.name} has no line of headings.", remedy="A table starts with the names of its columns."
        )
    kept = [cells.text(name, 200) for name in names]
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept), lines


def _delimiter(line: str) -> str:
    """The delimiter under which a heading line has most known names, then most names."""
    best, most = "\0", (0, 1)
    for delimiter in _DELIMITERS:
        try:
            names = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        score = (len(headings.match(names[:2000])), len(names))
        if score[1] > 1 and score > most and (score[0] or "{" not in line):
            best, most = delimiter, score
    return best


def _table(given: Given, names: tuple[str, ...], sample: list[list[Any]], asked: Mapping[str, str]) -> Table:
    places = headings.match(names)
    if not {"id", "title"} <= set(places):
        full = [row for row in sample if len(row) >= len(names)][:20]
        places = headings.by_values(full) or places
    for name, heading in asked.items():
        place = _asked(given, names, name, heading)
        places = {other: at for other, at in places.items() if at != place} | {name: place}
    return Table(given, names, places, sample)


def _asked(given: Given, names: Sequence[str], name: str, heading: str) -> int:
    if name not in headings.FIELDS:
        raise SourceError(
            f"A song has no field “{name}” that a column could be mapped to.",
            remedy=f"The fields are: {', '.join(headings.FIELDS)}.",
        )
    for wanted, have in ((heading, list(names)), (headings.plain(heading), [headings.plain(one) for one in names])):
        if wanted in have:
            return have.index(wanted)
    shown = ", ".join(name for name in names[:100] if name)
    raise SourceError(f"{given.name} has no column “{heading}”.", remedy=f"Its columns are: {shown}.")


def _inner_names(table: Table) -> tuple[str, ...]:
    """The keys of the dicts that are all there is in a table."""
    named = [place for place, name in enumerate(table.headings) if name]
    if len(named) != 1 or "title" in table.places:
        return ()
    place = named[0]
    packed = [cells.pairs(row[place]) for row in table.sample if len(row) > place]
    if not packed or not packed[0]:
        return ()
    return (*dict.fromkeys(key for one in packed for key in one), table.headings[place])


def _inner(row: list[Any], names: tuple[str, ...]) -> list[Any]:
    """The values of the dict in a row. The last name is that of the column itself: nothing is left in it."""
    found = cells.pairs(next((cell for cell in reversed(row) if cell), ""))
    return [found.get(name, "") for name in names[:-1]] + [""]


def _unpacked(line: list[Any] | BadRow, names: tuple[str, ...]) -> list[Any] | BadRow:
    if isinstance(line, BadRow):
        return line
    found = _inner(line, names)
    return found if any(found) or not any(line) else BadRow(0, "is no dict", "Its cell must be like {'artist': 'A'}.")


class _Records:
    """Rows as lists of cells, or what is wrong with one. The lines of a row can be given back, so that one that never
    ends costs no others."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        """The lines of the row that is being read."""
        self.delimiter = ","

    def peek(self) -> str:
        """The next line that is not blank, without taking it."""
        while (line := self._file.readline(_MOST_LINE)) and not line.strip():
            pass
        self._again.append(line)
        return line

    def pass_over(self) -> None:
        """Leave out the line that ``peek`` gave."""
        self._again.popleft()

    def rows(self) -> Iterator[list[Any] | BadRow]:
        """All that is left. Blank lines are no rows."""
        reader = csv.reader(self._lines(), delimiter=self.delimiter)
        taken, width = self._taken, 0
        while True:
            taken.clear()
            try:
                record: list[Any] = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                wrong: BadRow | None = _refused(error)
            else:
                width = width or len(record)
                if not record:
                    continue
                wrong = self._wrong(len(record), width)
            if wrong is None:
                quoted = "'" in taken[0] or len(taken) > 1  # nearly never: asking every cell would take longer
                yield [unguarded(cell) for cell in record] if quoted else record
            else:
                yield wrong
                self._again.extendleft(reversed(taken[1:]))
                reader = csv.reader(self._lines(), delimiter=self.delimiter)

    def _wrong(self, cells_: int, width: int) -> BadRow | None:
        """What is wrong with the lines of the row that was read, if it is too short or of several lines."""
        taken = self._taken
        if len(taken) == 1:
            if cells_ < width and taken[0][-1] not in "\r\n":
                return BadRow(0, "is cut off: the file ends in the middle of it", "Fetch the file again.")
            return None
        if cells_ == width and self._is_strict():
            return None
        return BadRow(0, "opens a quotation mark that is never closed", "Close it, or double it.")

    def _is_strict(self) -> bool:
        """Whether the lines are one row to a strict reader, too: not if the end of the file or a later mark closes it."""
        try:
            return len(list(csv.reader(self._taken, delimiter=self.delimiter, strict=True))) == 1
        except csv.Error:
            return False

    def _lines(self) -> Iterator[str]:
        readline, taken, again = self._file.readline, self._taken, self._again
        while line := again.popleft() if again else readline(_MOST_LINE):
            taken.append(line)
            yield line


def _refused(error: csv.Error) -> BadRow:
    if "field limit" in str(error):
        return BadRow(
            0, f"has a cell of more than {csv.field_size_limit():,} characters", "Look for a stray quotation mark."
        )
    return BadRow(0, f"is no row of a table ({error})", "Write the table again, with quoted cells.")
