"""Parts and copies of songs, as listeners bring them: halves, short clips, a telephone's idea of eight seconds.

A part is written as a sound file and heard like any other file, so that what is measured is what a user gets. Parts of
which something is to be recognised are encoded again on the way; halves are not (16 bit at 44.1 kHz).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from songkin import audio

Sound = NDArray[np.float32]

RATE: Final = 44_100
LEAST_SECONDS: Final = 8.0
"""Shorter songs are not judged: their halves are a chord each."""

TELEPHONE_SECONDS: Final = 8.0
TELEPHONE_BAND: Final = (300.0, 3400.0)
CLIP_SECONDS: Final = (5.0, 15.0)


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes of a song. ``name`` says it all: ``whole``, ``first``, ``second``, ``clip`` (5–15 s from anywhere,
    mp3 at 128 kb/s), ``telephone`` (8 s from anywhere, 300–3400 Hz, mp3 at 32 kb/s). ``seed`` draws lengths and places."""

    name: str
    seed: int = 0

    @property
    def suffix(self) -> str:
        """Of the file that is written; empty for ``whole``, which is the song's own file."""
        return {"whole": "", "first": ".wav", "second": ".wav"}.get(self.name, ".mp3")

    @property
    def clip(self) -> bool:
        """Whether it is a recording to be recognised."""
        return self.suffix == ".mp3"


def cut(piece: Piece, key: str, sound: Sound) -> Sound:
    """The piece of a song: mono float32 at 44.1 kHz in and out. ``key`` tells the song, for where a clip begins."""
    if piece.name == "first":
        return sound[: len(sound) // 2]
    if piece.name == "second":
        return sound[len(sound) // 2 :]
    rng = np.random.default_rng([piece.seed, zlib.crc32(f"{piece.name} {key}".encode("utf-8", "surrogateescape"))])
    seconds = TELEPHONE_SECONDS if piece.name == "telephone" else float(rng.uniform(*CLIP_SECONDS))
    length = min(len(sound), round(seconds * RATE))
    start = int(rng.integers(0, len(sound) - length + 1))
    excerpt = sound[start : start + length]
    return telephone(excerpt) if piece.name == "telephone" else excerpt


def telephone(sound: Sound) -> Sound:
    """What lies between 300 and 3400 Hz and nothing else: mono float32 at 44.1 kHz in and out."""
    from scipy import fft

    spectrum = fft.rfft(sound)
    hertz = fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(hertz < TELEPHONE_BAND[0]) | (hertz > TELEPHONE_BAND[1])] = 0
    return np.asarray(fft.irfft(spectrum, len(sound)), np.float32)


def write(piece: Piece, path: str, sound: Sound) -> None:
    """Encode a piece (mono float32 at 44.1 kHz) as a file at ``path``. Raises ``AudioError``."""
    if piece.name == "telephone":
        audio.write(path, np.asarray(soxr.resample(sound, RATE, 8000, "HQ"), np.float32), 8000, bit_rate=32_000)
    else:
        audio.write(path, sound, RATE)
