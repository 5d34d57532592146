"""What all measurements are given, and which songs they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TextIO

from songkin import audio
from songkin.benchmark.songs import make_songs
from songkin.errors import AudioError
from songkin.sources import folder
from songkin.sources.found import SoundFile

MADE: Final = 12
SECONDS: Final = 240.0


def silent(_line: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, slots=True)
class Setup:
    """``music`` are files and folders to measure on (none: songs are made up), ``cache`` holds the weights, ``scratch``
    is a folder that goes away.

    ``tracks`` is the size of the libraries that are made up; ``quick`` asks for a fraction of everything, to see that
    it runs: its figures mean little. ``bliss``, ``librosa`` and ``sklearn`` are Pythons in whose environments these are
    installed, ``plot`` a file to draw the growth in.
    """

    cache: Path
    scratch: Path
    music: tuple[str, ...] = ()
    tracks: int = 20_000
    quick: bool = False
    bliss: str = ""
    librosa: str = ""
    sklearn: str = ""
    plot: TextIO | None = None
    say: Callable[[str], None] = silent

    def songs(self, most: int, *, shortest: float = 0.0, longest: float = 900.0) -> list[str]:
        """At most ``most`` sound files, spread over all of them, that last ``shortest`` to ``longest`` seconds."""
        there: Sequence[str] = _found(self.music) if self.music else _made(self.scratch / "music", self.quick)
        if not shortest:
            there = _spread(there, most)
        return _spread(
            [path for path in there if 0 < seconds_of(path) <= longest and seconds_of(path) >= shortest], most
        )


def _spread(paths: Sequence[str], most: int) -> list[str]:
    if len(paths) <= most:
        return list(paths)
    return [paths[number * len(paths) // most] for number in range(most)]


@lru_cache(maxsize=8)
def _found(music: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item.path for item in folder.walk(music) if isinstance(item, SoundFile))


@lru_cache(maxsize=8)
def _made(where: Path, quick: bool) -> tuple[str, ...]:
    return tuple(make_songs(where, 4 if quick else MADE, SECONDS / 2 if quick else SECONDS))


@lru_cache(maxsize=4096)
def seconds_of(path: str) -> float:
    """Seconds of decoded sound; 0 for a file that cannot be decoded. Also brings the file into the system's memory."""
    try:
        return audio.hear(path, [], lambda _number, _window: None).duration
    except AudioError:
        return 0.0
