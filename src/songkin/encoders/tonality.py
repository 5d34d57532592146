"""Pitch classes and keys from power spectra.

Task: how much of each pitch class sounds (chroma), and which of the 24 major and minor keys fits the whole song. Every
local maximum of the magnitude spectrum counts for the pitch classes at its frequency through a fixed matrix with three
bins per semitone, so that a song that is tuned up to half a semitone off can be read too: the thirds of a semitone are
folded around where most of it falls. Maxima, because a loud low note is wider than a semitone and would else sound like
its neighbours; magnitudes, because power hears little but the loudest note.

Two weightings share the maxima. The key asks for the register of bass and chords (around 200 Hz). Chroma as a feature
looks around 600 Hz and not below 200, where a telephone hears something too: on 128 songs, telephone copies of 8 s
against the other half of the song, R@1 rose from .52 to .77 by maxima and this register, on clean halves .54 to .56.

A key is the best correlation of the song's chroma with 24 rotated profiles. Classes are numbered from C = 0. Key names
are ``C major``, ``F# minor``; black keys are named as most scores do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from songkin.records import PITCH_CLASSES

_Real = TypeVar("_Real", np.float32, np.float64)

THIRDS: Final = 36
_C: Final = 440.0 * 2.0 ** (-9 / 12)
_PER_SEMITONE: Final = 3
_HIGHEST: Final = 3000.0
_KEY_REGISTER: Final = (60.0, 200.0, 1.0)
_CHROMA_REGISTER: Final = (200.0, 600.0, 1.5)
"""Lowest frequency and centre in Hz, standard deviation in octaves."""

# How much each degree belongs to a key: Albrecht and Shanahan, "The use of large corpora to train a new type of
# key-finding algorithm", Music Perception 31 (2013).
_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


@dataclass(frozen=True, slots=True)
class Key:
    """Name (``A minor``) and how sure: how far the best profile's correlation stands above the second's, 0–1."""

    name: str
    confidence: float


@lru_cache(maxsize=4)
def pitch_filters(sample_rate: int, n_fft: int) -> NDArray[np.float32]:
    """Matrix from ``peaks`` to two times 36 thirds of semitones, for the key and for chroma; float32 (bins, 72).

    Column 3 i of each half is pitch class i in tune at A = 440 Hz, its neighbours a third of a semitone off. Read-only.
    """
    both = [_thirds(sample_rate, n_fft, *register) for register in (_KEY_REGISTER, _CHROMA_REGISTER)]
    filters = np.ascontiguousarray(np.concatenate(both, axis=1))
    filters.setflags(write=False)
    return filters


def _bins(sample_rate: int, n_fft: int) -> int:
    return int(_HIGHEST * n_fft / sample_rate) + 1


def _thirds(sample_rate: int, n_fft: int, lowest: float, centre: float, octaves: float) -> NDArray[np.float32]:
    """Each bin is spread over the circle of 36 as wide as it is itself, and weighs less away from ``centre``."""
    hz = np.arange(_bins(sample_rate, n_fft)) * sample_rate / n_fft
    heard = hz >= lowest
    inside = hz[heard]
    place = THIRDS * np.log2(inside / _C)
    width = np.maximum(THIRDS * np.log2(1.0 + sample_rate / n_fft / inside) / 2.0, 0.5)
    off = (place[:, None] - np.arange(THIRDS) + THIRDS / 2) % THIRDS - THIRDS / 2
    bumps = np.exp(-0.5 * (off / width[:, None]) ** 2)
    bumps[bumps < 1e-4] = 0.0  # also because products with denormal numbers take five times as long
    bumps /= bumps.sum(axis=1, keepdims=True)
    filters = np.zeros((hz.size, THIRDS), dtype=np.float32)
    filters[heard] = bumps * np.exp(-0.5 * (np.log2(inside / centre) / octaves) ** 2)[:, None]
    return filters


def peaks(size: NDArray[np.float32], sample_rate: int, n_fft: int) -> NDArray[np.float32]:
    """Magnitude spectra (frames, n_fft // 2 + 1) up to 3 kHz with everything but their local maxima set to 0."""
    below = size[:, : _bins(sample_rate, n_fft) + 1]
    out = np.zeros((len(size), below.shape[1] - 1), dtype=np.float32)
    middle = below[:, 1:-1]
    np.multiply(middle, (middle > below[:, :-2]) & (middle >= below[:, 2:]), out=out[:, 1:])
    return out


def fold(thirds: NDArray[_Real], offset: int = 0) -> NDArray[_Real]:
    """36 thirds of semitones to 12 classes: (…, 36) to (…, 12). ``offset`` −1, 0 or 1 thirds is where the song is tuned."""
    turned = np.roll(thirds, 1 - offset, axis=-1)
    return np.asarray(turned.reshape(*thirds.shape[:-1], 12, _PER_SEMITONE).sum(axis=-1))


def tuning(thirds: NDArray[np.float64]) -> float:
    """How far from A = 440 Hz the song is tuned, in cents (−50…50), from its mean 36 thirds."""
    phase = np.exp(2j * np.pi * np.arange(_PER_SEMITONE) / _PER_SEMITONE)
    share = thirds.reshape(12, _PER_SEMITONE).sum(axis=0) @ phase
    return float(np.angle(share) / (2 * np.pi) * 100.0)


def find_key(thirds: NDArray[np.float64]) -> Key | None:
    """Key of a song from its mean 36 thirds; None where all classes sound alike (noise, silence)."""
    chroma = np.sqrt(fold(thirds, round(tuning(thirds) / (100.0 / _PER_SEMITONE))))
    if float(np.ptp(chroma)) <= 1e-2 * float(chroma.max()):
        return None
    fits = np.array(
        [np.corrcoef(chroma, np.roll(profile, tonic))[0, 1] for profile in (_MAJOR, _MINOR) for tonic in range(12)]
    )
    first, second = np.argsort(fits)[::-1][:2]
    mode = "major" if first < 12 else "minor"
    sure = float(np.clip(fits[first] - fits[second], 0.0, 1.0)) * float(np.clip(fits[first], 0.0, 1.0))
    return Key(f"{PITCH_CLASSES[first % 12]} {mode}", sure)
