"""How a run tells where it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told how a run goes; a shell draws it."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins."""

    def step(self, done: int, note: str = "") -> None:
        """``done`` of the stage's total."""

    def note(self, line: str) -> None:
        """One line for people."""


class Quiet:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Nothing."""

    def step(self, done: int, note: str = "") -> None:
        """Nothing."""

    def note(self, line: str) -> None:
        """Nothing."""
