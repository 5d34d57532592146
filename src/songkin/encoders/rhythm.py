"""Tempo, and how much of a pulse there is, from the rise of mel bands.

Task: beats per minute of a whole song out of a few stretches of some 12 s each. Onset strength is the mean positive
change of the mel bands in dB from frame to frame, less its own moving mean. Its autocorrelation, averaged over the
stretches, has peaks at the beat and at its multiples. A tempo is scored by the autocorrelation at the first eight
multiples of its period, under a log-normal prior around 120 (Ellis, "Beat tracking by dynamic programming", 2007), and
then refined on up to sixteen multiples: one lag is 23 ms, which at 120 bpm would be a step of 5 bpm, but sixteen beats
are the same step shared by sixteen.

Metrical doubt is part of the answer. ``alternative`` is the better of half and double the tempo, ``confidence`` is the
height of the autocorrelation at the beat (1: a machine, 0: no pulse at all).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOWEST: Final = 40.0
FASTEST: Final = 240.0
_PRIOR_BPM: Final = 120.0
_PRIOR_OCTAVES: Final = 1.0
_MULTIPLES: Final = 8
_MOVING_MEAN_S: Final = 0.8
_LEAST_ONSET: Final = 0.35


@dataclass(frozen=True, slots=True)
class Tempo:
    """Beats per minute, how sure (0–1), and the likelier of half and double."""

    bpm: float
    confidence: float
    alternative: float


class PulseMeter:
    """Takes the mel bands of several stretches of one song, gives its tempo and its onsets per second."""

    def __init__(self, frame_rate: float) -> None:
        self._rate = frame_rate
        self._correlation = np.zeros(0)
        self._onsets = 0
        self._seconds = 0.0

    def push(self, mel_db: NDArray[np.float32]) -> None:
        """Hear frames that follow each other: mel bands in dB, float32 (frames, bands)."""
        if len(mel_db) < 3:
            return
        onset = onset_strength(mel_db, self._rate)
        correlation = autocorrelation(onset)
        if self._correlation.size < correlation.size:
            self._correlation = np.pad(self._correlation, (0, correlation.size - self._correlation.size))
        self._correlation[: correlation.size] += correlation
        self._onsets += count_onsets(onset)
        self._seconds += len(mel_db) / self._rate

    def tempo(self) -> Tempo | None:
        """The tempo, or None where nothing pulses."""
        return find_tempo(self._correlation, self._rate)

    def onset_rate(self) -> float:
        """Onsets per second."""
        return self._onsets / self._seconds if self._seconds else 0.0


def onset_strength(mel_db: NDArray[np.float32], frame_rate: float) -> NDArray[np.float64]:
    """Mean positive rise of the bands per frame, less its moving mean; float64 (frames - 1,), in dB, never negative."""
    flux = np.maximum(np.diff(mel_db, axis=0), 0.0).mean(axis=1).astype(np.float64)
    width = min(2 * round(_MOVING_MEAN_S * frame_rate / 2) + 1, 2 * ((flux.size - 1) // 2) + 1)
    padded = np.pad(flux, width // 2, mode="reflect" if flux.size > width // 2 else "edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray(np.maximum(flux - (total[width:] - total[:-width]) / width, 0.0))


def autocorrelation(onset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unbiased autocorrelation of the centred curve over its own variance: 1 at lag 0, zeros for a flat curve.

    Lags up to three quarters of the curve; further out too few products are left to average.
    """
    from scipy import fft

    centred = onset - onset.mean()
    energy = float(centred @ centred)
    lags = max(1, 3 * onset.size // 4)
    if energy <= 1e-9:
        return np.zeros(lags)
    spectrum = fft.rfft(centred, fft.next_fast_len(2 * onset.size, real=True))
    raw = fft.irfft(np.abs(spectrum) ** 2)[:lags]
    return np.asarray(raw / energy * onset.size / (onset.size - np.arange(lags)))


def count_onsets(onset: NDArray[np.float64]) -> int:
    """Local maxima that stand out of the curve: above the mean plus a part of the strongest."""
    if onset.size < 3 or float(onset.max()) < _LEAST_ONSET:
        return 0
    middle = onset[1:-1]
    peak = (middle > onset[:-2]) & (middle >= onset[2:])
    return int(np.count_nonzero(peak & (middle > max(_LEAST_ONSET, onset.mean() + 0.5 * onset.std()))))


def find_tempo(correlation: NDArray[np.float64], frame_rate: float) -> Tempo | None:
    """Tempo from an averaged autocorrelation at ``frame_rate`` lags per second; None where there is no pulse."""
    if correlation.size < 8 or correlation[0] <= 0:
        return None
    curve = correlation / correlation[0]
    grid = SLOWEST * 2.0 ** np.linspace(0.0, np.log2(FASTEST / SLOWEST), 600)
    score = _score(curve, grid, frame_rate)
    best = int(score.argmax())
    if score[best] <= 0.0:
        return None
    bpm = _refine(curve, float(grid[best]), frame_rate)
    confidence = float(np.clip(_heights(curve, np.array([bpm]), frame_rate, 2).mean(), 0.0, 1.0))
    others = np.array([bpm / 2.0, bpm * 2.0])
    return Tempo(bpm, confidence, float(others[int(_score(curve, others, frame_rate).argmax())]))


def _heights(curve: NDArray[np.float64], bpm: NDArray[np.float64], rate: float, multiples: int) -> NDArray[np.float64]:
    """The curve at the multiples of each tempo's period (linear between lags, 0 beyond the end): (tempi, multiples)."""
    lags = (60.0 * rate / bpm)[:, None] * np.arange(1, multiples + 1)
    return np.interp(lags, np.arange(curve.size), curve, right=0.0)


def _score(curve: NDArray[np.float64], bpm: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Mean height at the first multiples of each tempo's period, under the prior."""
    prior = np.exp(-0.5 * (np.log2(bpm / _PRIOR_BPM) / _PRIOR_OCTAVES) ** 2)
    return np.asarray(_heights(curve, bpm, rate, _MULTIPLES).mean(axis=1) * prior)


def _refine(curve: NDArray[np.float64], bpm: float, rate: float) -> float:
    """The tempo within 4 % whose many multiples fit best, in steps of 0.1 %.

    Far multiples are precise but may belong to a neighbour, so their number grows while the search narrows.
    """
    for multiples, reach in ((4, 0.04), (8, 0.02), (16, 0.008)):
        near = bpm * (1.0 + np.arange(-reach, reach + 1e-9, 0.001))
        usable = max(1, min(multiples, int((curve.size - 1) * bpm / (60.0 * rate * (1.0 + reach)))))
        bpm = float(near[int(_heights(curve, near, rate, usable).sum(axis=1).argmax())])
    return bpm
