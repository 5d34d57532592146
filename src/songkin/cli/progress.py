"""Progress on stderr: a bar where a person watches, silence where none does."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from songkin.cli.common import note, printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """Draws the stages of a run. Use it as a context manager; quiet when stderr is no terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._drawn = sys.stderr.isatty() and not quiet
        self._quiet = quiet
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._last = 0.0
        if self._drawn:
            from rich import progress
            from rich.console import Console

            self._progress = progress.Progress(
                progress.SpinnerColumn(),
                progress.TextColumn("{task.description}", markup=False),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TimeRemainingColumn(),
                progress.TextColumn("{task.fields[note]}", markup=False, style="dim"),
                console=Console(stderr=True, markup=False, highlight=False),
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins."""
        if self._progress is None:
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(name, total=total, note="")

    def step(self, done: int, note: str = "") -> None:
        """``done`` of the stage's total."""
        if self._progress is None or self._task is None:
            return
        now = time.monotonic()
        if now - self._last > 0.05:
            self._progress.update(self._task, completed=done, note=printable(note)[:40])
            self._last = now

    def note(self, line: str) -> None:
        """One line for people."""
        if self._quiet:
            return
        if self._progress is not None:
            self._progress.console.print(printable(line))
        else:
            note(line)
