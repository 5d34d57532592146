"""What songkin's ear is measured against: old statistics of spectra, and two peers rebuilt from their descriptions.

``logmel``: mean and standard deviation of 96 log-mel bands over all frames, the least one can do with a spectrogram.
``audiomuse``: AudioMuse-AI compares songs by the mean of 200 numbers of MusiCNN's last layer but one (the MSD model,
before its rectifier), by cosine; our ``msd_dense`` is that. ``bliss_like``: the numbers bliss compares by Euclid's
distance (tempo, zero crossings, mean and spread of centroid, roll-off, flatness and loudness, and how strong intervals
and triads are), as far as our own facts hold them: 20 of 23. ``bliss``: the real numbers, from a Python of its own
that has bliss-audio (its licence is the GPL: it never runs in songkin's process).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders import musicnn
from songkin.encoders.base import EncoderSpec, Vector
from songkin.errors import AudioError, SongkinError

Matrix = NDArray[np.float32]

_BANDS: Final = 96

LOGMEL: Final = EncoderSpec(
    name="logmel",
    version="1",
    modality="audio",
    outputs={"logmel": 2 * _BANDS},
    licence="Apache-2.0",
    sample_rate=musicnn.SPEC.sample_rate,
    window=musicnn.SPEC.window,
    hop=musicnn.SPEC.hop,
    pad=musicnn.SPEC.pad,
    tail=musicnn.SPEC.tail,
    windows=musicnn.SPEC.windows,
    pooling="mean and standard deviation over frames",
)

_FACTS: Final = (
    *("bpm", "zero_crossings", "brightness", "brightness_spread", "rolloff", "rolloff_spread"),
    *("flatness", "flatness_spread", "loudness", "loudness_spread"),
)
_CHROMA: Final = slice(74, 86)
"""Where the mean of the 12 pitch classes stands in ``timbre98``."""

_TRIADS: Final = ((4, 7), (3, 7), (3, 6), (4, 8))
"""Major, minor, diminished, augmented: semitones above the root."""

BLISS: Final = """
import json, sys
from bliss_audio import Song
try:
    told = list(Song(sys.argv[1]).analysis)
except Exception as error:
    told = str(error)
json.dump(told, sys.stdout)
"""


class LogMel:
    """The audio encoder ``logmel``; it hears the windows that MusiCNN hears."""

    @property
    def spec(self) -> EncoderSpec:
        return LOGMEL

    def begin(self) -> LogMelListening:
        return LogMelListening()


class LogMelListening:
    """One song being heard: sums of log-mel bands and of their squares."""

    def __init__(self) -> None:
        self._sum = np.zeros(_BANDS)
        self._squares = np.zeros(_BANDS)
        self._frames = 0

    @property
    def facts(self) -> dict[str, float | str]:
        return {}

    def push(self, window: Vector) -> None:
        """Hear one window, mono at 16 kHz."""
        mel = musicnn.log_mel(window).astype(np.float64)
        self._sum += mel.sum(axis=0)
        self._squares += (mel**2).sum(axis=0)
        self._frames += len(mel)

    def finish(self) -> dict[str, Vector]:
        """``logmel``, float32 (192,)."""
        if not self._frames:
            return {}
        mean = self._sum / self._frames
        std = np.sqrt(np.maximum(self._squares / self._frames - mean**2, 0.0))
        return {"logmel": np.concatenate([mean, std]).astype(np.float32)}


def bliss_like(timbre98: Matrix, facts: Sequence[Mapping[str, Any]]) -> Matrix:
    """20 numbers a song, float32 (n, 20); what could not be told (a tempo, say) is the mean of the others."""
    told = np.array([[_number(each.get(name)) for name in _FACTS] for each in facts], np.float64)
    known = np.isfinite(told)
    means = np.where(known, told, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    told = np.where(known, told, means)
    return np.concatenate([told, chords(timbre98[:, _CHROMA])], axis=1).astype(np.float32)


def chords(chroma: Matrix) -> NDArray[np.float64]:
    """How strong the six intervals and four triads are, whatever their root: (n, 12) to (n, 10), rows of norm 1."""
    share = np.asarray(chroma, np.float64)
    share = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
    columns = [(share * np.roll(share, -step, axis=1)).sum(axis=1) for step in range(1, 7)]
    columns += [(share * np.roll(share, -a, axis=1) * np.roll(share, -b, axis=1)).sum(axis=1) for a, b in _TRIADS]
    found = np.stack(columns, axis=1)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def bliss(python: str, path: str) -> Vector:
    """bliss itself: 23 numbers of the file at ``path``, float32, from the Python ``python`` that has bliss-audio.

    Raises ``AudioError`` where bliss cannot analyse the file, ``SongkinError`` where that Python cannot be started or
    prints no JSON.
    """
    try:
        ran = subprocess.run([python, "-c", BLISS, path], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        told = json.loads(ran.stdout)
    except (OSError, ValueError) as error:
        said = str(error) if isinstance(error, OSError) else _last_line(ran.stderr)
        raise SongkinError(
            f"{python} gives no numbers of bliss: {said}.", remedy="Name a Python that has bliss-audio with --bliss."
        ) from error
    if isinstance(told, str):
        raise AudioError(f"bliss cannot analyse it: {told}")
    return np.asarray(told, np.float32)


def _last_line(said: bytes) -> str:
    return (said.decode("utf-8", "replace").strip().splitlines() or ["it printed no JSON"])[-1]
