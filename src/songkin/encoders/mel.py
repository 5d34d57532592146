"""Power spectra and mel bands: the front end that several encoders share.

Everything is float32 and streams in blocks of 512 frames, so that a long file never stands in memory as one spectrum
of complex numbers. Nothing is centred or padded here: who needs zeros before the first frame cuts them in (the
encoder's ``WindowPlan.pad`` does).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 32
"""Frames transformed at once: these fit into a core's own cache (512 of them take nearly twice as long)."""


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above."""
    above = 15.0 + 27.0 * np.log(np.maximum(hz, 1000.0) / 1000.0) / np.log(6.4)
    return np.where(hz < 1000.0, 3.0 * hz / 200.0, above)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of ``hz_to_mel``."""
    above = 1000.0 * np.exp((np.maximum(mel, 15.0) - 15.0) * np.log(6.4) / 27.0)
    return np.where(mel < 15.0, 200.0 * mel / 3.0, above)


@lru_cache(maxsize=8)
def mel_filters(sample_rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float) -> NDArray[np.float32]:
    """Triangular mel filters of equal area, float32 (n_mels, n_fft // 2 + 1), read-only.

    Multiply a power spectrum from the left: ``power @ mel_filters(...).T``. Frequencies in Hz. Scale and area
    normalisation are Slaney's (Auditory Toolbox, 1998).
    """
    ends = hz_to_mel(np.array([fmin, fmax], dtype=np.float64))
    points = mel_to_hz(np.linspace(ends[0], ends[1], n_mels + 2))
    bins = np.arange(n_fft // 2 + 1, dtype=np.float64) * sample_rate / n_fft
    width = np.diff(points)[:, None]
    slopes = bins[None, :] - points[:, None]
    rising = slopes[:-2] / width[:-1]
    falling = -slopes[2:] / width[1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    filters = (triangles * (2.0 / (points[2:] - points[:-2]))[:, None]).astype(np.float32)
    filters.setflags(write=False)
    return filters


@lru_cache(maxsize=8)
def hann(size: int) -> NDArray[np.float32]:
    """Periodic Hann window, float32 (size,), read-only."""
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    window.setflags(write=False)
    return window


def power_frames(signal: NDArray[np.float32], n_fft: int, hop: int) -> NDArray[np.float32]:
    """|STFT|² of mono float32 sound, float32 (frames, n_fft // 2 + 1), with a periodic Hann window.

    Frame i covers samples [i * hop, i * hop + n_fft); samples after the last whole frame are left out, and a signal
    shorter than ``n_fft`` gives no frame.
    """
    from scipy import fft

    bins = n_fft // 2 + 1
    if signal.size < n_fft:
        return np.zeros((0, bins), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(signal, dtype=np.float32), n_fft)[::hop]
    window = hann(n_fft)
    power = np.empty((len(frames), bins), dtype=np.float32)
    for start in range(0, len(frames), BLOCK):
        spectrum = fft.rfft(frames[start : start + BLOCK] * window, axis=1)
        part = power[start : start + BLOCK]
        np.square(spectrum.real, out=part)
        part += np.square(spectrum.imag)
    return power
