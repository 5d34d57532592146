"""Tables: CSV with any delimiter and encoding, and parquet (with the extra ``parquet``); rows by a song's fields.

What goes wrong in such files and what is done about it:

- The delimiter is told from the heading line alone (comma, semicolon, tab), for rows are full of commas. A file of one
  column has none. Excel's first line ``sep=;`` is believed.
- Columns without a heading that programs leave at the end are dropped; a heading that nobody knows is ignored.
- A row that is longer than the heading line, or shorter by more than audio features, is refused alone; so is one with a
  cell of more than 131,072 characters. Where a quotation mark is never closed, only the row that it stands in is lost.
- A last line that is cut off without a line end is refused: its last number may be half of one.
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
from songkin.sources.given import HEAD, Given, Options

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
    """A table that is open. ``places``: field -> place of its column; ``sample``: its first rows, as they stand."""

    given: Given
    headings: tuple[str, ...]
    places: dict[str, int]
    sample: list[list[Any]]
    lines: Iterator[list[Any] | BadRow] = field(default_factory=lambda: iter(()))

    def columns(self) -> Columns:
        """How its columns were understood."""
        used = {name: self.headings[place] for name, place in self.places.items()}
        ignored = (h for place, h in enumerate(self.headings) if h and place not in self.places.values())
        return Columns(used, tuple(ignored))

    def rows(self) -> Iterator[Row | BadRow]:
        """Its rows, once. Rows of nothing are passed over, and counted."""
        fields = tuple(self.places)
        pick = itemgetter(*self.places.values(), 0)  # one more, for a single place would give no tuple
        width = len(self.headings)
        for number, line in enumerate(self.lines, 1):
            if isinstance(line, BadRow):
                yield BadRow(number, line.reason, line.remedy)
                continue
            if len(line) != width and not self._fill(line):
                if any(line):
                    yield BadRow(number, f"has {len(line)} cells under {width} headings", "Quote cells with delimiters.")
                continue
            found = pick(line)
            if any(found):
                yield Row(number, dict(zip(fields, found, strict=False)))

    def _fill(self, line: list[Any]) -> bool:
        """Make a row as long as the headings, if only what may be missing misses."""
        width = len(self.headings)
        if len(line) > width:
            extra = line[width:]
            del line[width:]
            return not any(extra)
        missing = {name for name, place in self.places.items() if place >= len(line)}
        line += [""] * (width - len(line))
        return missing <= _MAY_MISS


@contextmanager
def opened(given: Given, options: Options) -> Iterator[Table]:
    """A table to read. Raises ``SourceError``: it is none, a column named in ``options`` is not there, or parquet
    cannot be read here."""
    if is_parquet(given):
        from songkin.sources import parquet

        with parquet.opened(given) as found:
            first: list[list[Any] | BadRow] = list(islice(found.lines, _SAMPLE))
            table = _table(given, found.names, [list(line) for line in first if isinstance(line, list)], options.columns)
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
        records = _Records(file)
        names, first = _start(given, records)
        table = _table(given, names, [list(line) for line in first if isinstance(line, list)], options.columns)
        table.lines = _after(first, records)
        if (inner := _inner_names(table)) and "vector" not in table.places:
            table = _table(given, inner, [_inner(row, inner) for row in table.sample], options.columns)
            table.lines = (_unpacked(line, inner) for line in _after(first, records))
        yield table


def glance(given: Given) -> Table | None:
    """A table's headings and first rows, told from its first bytes; None if it is none. Nothing is read on."""
    if is_parquet(given) or given.suffix not in SUFFIXES:
        return None
    head = given.head()
    text = head.decode(_guess(head), "replace")
    if len(head) == HEAD:
        text = text[: text.rfind("\n") + 1]
    try:
        names, first = _start(given, _Records(io.StringIO(text, newline="")))
    except SourceError:
        return None
    table = _table(given, names, [line for line in first if isinstance(line, list)], {})
    if inner := _inner_names(table):
        return _table(given, inner, [_inner(row, inner) for row in table.sample], {})
    return table


def is_parquet(given: Given) -> bool:
    """Whether it is parquet, by its first bytes."""
    return given.suffix == ".parquet" or given.head(4) == b"PAR1"


def _after(first: list[list[Any] | BadRow], rest: Iterable[list[Any] | BadRow]) -> Iterator[list[Any] | BadRow]:
    yield from first
    yield from rest


def _guess(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if len(head) >= 4 and head[1:4:2] == b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if len(head) >= 4 and head[:4:2] == b"\0\0" else "utf-8-sig"


def _start(given: Given, records: _Records) -> tuple[tuple[str, ...], list[list[Any] | BadRow]]:
    """The headings, and the first rows."""
    line = records.lines.peek()
    if line.lower().startswith("sep=") and len(line.rstrip("\r\n")) == 5:
        records.delimit(line[4])
        next(records.lines)
    else:
        records.delimit(_delimiter(line))
    names = next(records, None)
    if not isinstance(names, list) or not any(name.strip() for name in names):
        raise SourceError(f"{given.name} has no line of headings.", remedy="A table starts with the names of its columns.")
    kept = tuple(cells.text(name, 200) for name in names)
    while kept and not kept[-1]:
        kept = kept[:-1]
    return kept, list(islice(records, _SAMPLE))


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


class _Lines:
    """The lines of a file, one at a time, that can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        """Since it was last emptied."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(_MOST_LINE)
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def peek(self) -> str:
        """The next line that is not blank, without taking it."""
        while not self._again:
            line = self._file.readline(_MOST_LINE)
            if line.strip() or not line:
                self._again.append(line)
        return self._again[0]

    def give_back_all_but_first(self) -> None:
        """As if only the first of the lines taken had been."""
        self._again.extendleft(reversed(self.taken[1:]))


class _Records:
    """Rows as lists of cells, or what is wrong with one."""

    def __init__(self, file: TextIO) -> None:
        self.lines = _Lines(file)
        self._width = 0
        self._reader = csv.reader(self.lines)

    def delimit(self, delimiter: str) -> None:
        """Say by which delimiter cells are parted."""
        self._reader = csv.reader(self.lines, delimiter=delimiter)

    def __iter__(self) -> _Records:
        return self

    def __next__(self) -> list[Any] | BadRow:
        lines = self.lines
        record: list[Any] = []
        while not record:  # a blank line is no row
            lines.taken.clear()
            try:
                record = next(self._reader)
            except csv.Error as error:
                lines.give_back_all_but_first()
                return _refused(error)
        self._width = self._width or len(record)
        taken = lines.taken
        if len(record) < self._width and taken[-1][-1] not in "\r\n":
            if len(taken) > 1:
                lines.give_back_all_but_first()
                return BadRow(0, "opens a quotation mark that is never closed", "Close it, or double it.")
            return BadRow(0, "is cut off: the file ends in the middle of it", "Fetch the file again.")
        return record


def _refused(error: csv.Error) -> BadRow:
    if "field limit" in str(error):
        return BadRow(0, f"has a cell of more than {csv.field_size_limit():,} characters", "Look for a stray quotation mark.")
    return BadRow(0, f"is no row of a table ({error})", "Write the table again, with quoted cells.")
