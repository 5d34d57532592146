"""Loudness of a song as ears weigh it, read from power spectra.

Task: one number in LUFS for the mono downmix, after ITU-R BS.1770-4, without running its two filters over the samples.
A filter is a factor per frequency; so each frame's weighted mean square is one dot product of its power spectrum with
|K(f)|², the squared response of the standard's shelf and high-pass at 48 kHz (Parseval does the rest).

Conventions: full scale is 1.0, and a 1 kHz sine at full scale reads −3.01 LUFS. A gating block is 17 frames (about 0.4 s
at 22,050 Hz and a hop of 512) every 4 frames instead of 0.4 s every 0.1 s. Blocks under −70 LUFS, and then blocks more
than 10 LU under the mean of the rest, do not count. Loudness range is EBU Tech 3342's: 3 s blocks, gates at −70 LUFS and
−20 LU, 10th to 95th percentile. Sound above half the sample rate is not heard, and two channels that were one sound
read 3 LU under a stereo meter, which sums them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

FLOOR: Final = -70.0
"""LUFS: the absolute gate, and what a song reads that never passes it."""

_SHELF: Final = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS: Final = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_GATE_S: Final = 0.4
_RANGE_S: Final = 3.0


@lru_cache(maxsize=4)
def k_weights(sample_rate: int, n_fft: int) -> NDArray[np.float32]:
    """Factors that turn the power spectrum of a Hann-windowed frame into its K-weighted mean square.

    float32 (n_fft // 2 + 1,), read-only: ``power @ k_weights(...)`` is the mean square of each frame. The filters are
    the two of BS.1770-4, annex 1, given there for 48 kHz.
    """
    z = np.exp(-2j * np.pi * np.arange(n_fft // 2 + 1) * sample_rate / n_fft / 48_000)
    gain = np.ones(z.size)
    for zeros, poles in (_SHELF, _HIGH_PASS):
        gain *= np.abs(np.polyval(zeros[::-1], z) / np.polyval(poles[::-1], z)) ** 2
    sides = np.full(z.size, 2.0)
    sides[[0, -1]] = 1.0
    window_power = 3.0 / 8.0 * n_fft
    weights = (gain * sides / (n_fft * window_power)).astype(np.float32)
    weights.setflags(write=False)
    return weights


class LoudnessMeter:
    """Takes several stretches of one song at ``frame_rate`` frames per second, gives loudness, its range and spread."""

    def __init__(self, frame_rate: float) -> None:
        self._gate = round(_GATE_S * frame_rate), max(1, round(_GATE_S * frame_rate / 4))
        self._span = round(_RANGE_S * frame_rate), max(1, round(_RANGE_S * frame_rate / 3))
        self._blocks: list[NDArray[np.float64]] = []
        self._long: list[NDArray[np.float64]] = []

    def push(self, square: NDArray[np.float32]) -> None:
        """Hear frames that follow each other: their K-weighted mean squares (``power @ k_weights(...)``), (frames,)."""
        wide = square.astype(np.float64)
        self._blocks.append(_running_mean(wide, *self._gate))
        self._long.append(_running_mean(wide, *self._span))

    def integrated(self) -> float:
        """Gated loudness in LUFS, at least −70."""
        blocks = _above(np.concatenate([np.empty(0), *self._blocks]), 10.0)
        return max(FLOOR, float(_lufs(blocks.mean()))) if blocks.size else FLOOR

    def spread(self) -> float:
        """Standard deviation of the gated 0.4 s blocks, in LU."""
        blocks = _above(np.concatenate([np.empty(0), *self._blocks]), 10.0)
        return float(_lufs(blocks).std()) if blocks.size else 0.0

    def range(self) -> float:
        """Loudness range (EBU Tech 3342) in LU."""
        blocks = _above(np.concatenate([np.empty(0), *self._long]), 20.0)
        if blocks.size < 2:
            return 0.0
        low, high = np.percentile(_lufs(blocks), (10, 95))
        return float(high - low)


def _lufs(mean_square: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(mean_square, 1e-20)))


def _above(blocks: NDArray[np.float64], relative: float) -> NDArray[np.float64]:
    """Blocks that pass both gates."""
    loud = blocks[_lufs(blocks) > FLOOR]
    return np.asarray(loud[_lufs(loud) > float(_lufs(loud.mean())) - relative]) if loud.size else np.asarray(loud)


def _running_mean(values: NDArray[np.float64], length: int, step: int) -> NDArray[np.float64]:
    """Means over ``length`` values every ``step``; a stretch shorter than that is one block."""
    if values.size <= length:
        return np.asarray(values.mean(keepdims=True))
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray((total[length:] - total[:-length])[::step] / length)
