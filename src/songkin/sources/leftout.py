"""Cells that are left out while the rows that they stand in are kept: counted, and told in one line at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from songkin.records import Remark


@dataclass(slots=True)
class LeftOut:
    """What was left out of a table; ``above`` as in ``Columns``, ``of`` what its rows are."""

    above: int = 0
    of: str = "songs"
    _found: dict[str, list[int]] = field(default_factory=dict)
    """By what it was: how often, and the row of the first."""

    def note(self, what: str, row: int) -> None:
        """Count one."""
        self._found.setdefault(what, [0, row])[0] += 1

    def told(self) -> Iterator[Remark]:
        """What to say of them all."""
        told = [
            f"{count:,} × {what} ({'row' if count == 1 else 'the first in row'} {first + self.above})"
            for what, (count, first) in self._found.items()
        ]
        if told:
            yield Remark(
                f"Left out, while their {self.of} were kept: {', '.join(told)}. Correct them and import again."
            )
