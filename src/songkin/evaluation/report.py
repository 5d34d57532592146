"""What an evaluation found: tables of numbers, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One method's numbers, in the order of the table's columns; ``interval`` is the 95 % one of the last of them."""

    method: str
    label: str
    values: tuple[float, ...]
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One task. ``about`` says what was asked of what; ``n`` is the number of candidates."""

    name: str
    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    n: int

    def value(self, method: str, column: str) -> float:
        """One number. Raises ``KeyError``."""
        for row in self.rows:
            if row.method == method and column in self.columns:
                return row.values[self.columns.index(column)]
        raise KeyError((method, column))

    def as_json(self) -> dict[str, Any]:
        rows = []
        for row in self.rows:
            cells: dict[str, Any] = {"method": row.method, "label": row.label}
            cells.update({column: round(v, 4) for column, v in zip(self.columns, row.values, strict=True)})
            if row.interval:
                cells["interval"] = [round(end, 4) for end in row.interval]
            rows.append(cells)
        return {"name": self.name, "title": self.title, "about": self.about, "candidates": self.n, "rows": rows}


@dataclass(frozen=True, slots=True)
class Report:
    """All tables, the songs judged and those left out (path, reason), settings that decide the numbers, and notes."""

    tables: tuple[Table, ...]
    songs: int
    left_out: tuple[tuple[str, str], ...]
    settings: Mapping[str, Any]
    notes: tuple[str, ...] = field(default=())

    def table(self, name: str) -> Table:
        """The table of this name. Raises ``KeyError``."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        return {
            "songs": self.songs,
            "settings": dict(self.settings),
            "tables": [table.as_json() for table in self.tables],
            "left_out": [{"path": path, "reason": reason} for path, reason in self.left_out],
            "notes": list(self.notes),
        }
