"""Sound files to measure on where no music is given: chords, a beat and noise, in the formats that people have.

What they sound like matters little here, how long they are and how they are coded does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from songkin import audio
from songkin.audio.windows import Sound

RATE: Final = 44_100
SUFFIXES: Final = (".mp3", ".ogg", ".flac", ".m4a")
_PASSAGE: Final = 15.0
"""Seconds that are composed; a song repeats them."""


def make_songs(folder: Path, count: int, seconds: float) -> list[str]:
    """Write ``count`` songs of ``seconds`` and give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        path = str(folder / f"{number:02} Made up{SUFFIXES[number % len(SUFFIXES)]}")
        played = passage(number)
        times = int(np.ceil(seconds * RATE / played.shape[1]))
        tags = {"title": f"Made up {number}", "artist": f"Nobody {number}", "genre": "none"}
        audio.write(path, np.tile(played, (1, times))[:, : int(seconds * RATE)], RATE, tags)
        paths.append(path)
    return paths


def passage(seed: int) -> Sound:
    """A few bars in stereo, float32 (2, n): four chords with overtones, a beat, a little noise."""
    rng = np.random.default_rng([13, seed])
    length = int(_PASSAGE * RATE) // 4
    beat = RATE * 60 // int(rng.integers(70, 150))
    bars = []
    for _ in range(4):
        root = 110.0 * 2.0 ** (int(rng.integers(12)) / 12)
        time = np.arange(length) / RATE
        chord = sum(
            np.sin(2 * np.pi * root * step * overtone * time) / (4 * overtone)
            for step in (1.0, 1.25, 1.5)
            for overtone in range(1, 7)
        )
        pulse = np.exp(-(np.arange(length) % beat) / (0.03 * RATE)) * rng.normal(0, 0.5, length)
        bars.append(np.stack([0.2 * chord + 0.3 * pulse, 0.2 * np.roll(chord, 300) + 0.3 * pulse]))
    played = np.concatenate(bars, axis=1) + rng.normal(0, 0.003, (2, 4 * length))
    return np.clip(played, -1, 1).astype(np.float32)


def repeated(passage_file: Path, path: Path, times: int) -> None:
    """An MP3 that plays another one ``times`` over. Its frames stand alone, so its bytes may be repeated; the file may be
    hours long, and nobody needs to have held them."""
    once = passage_file.read_bytes()
    with path.open("wb") as file:
        for _ in range(times):
            file.write(once)
