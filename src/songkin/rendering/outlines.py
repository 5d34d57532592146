"""How a sound looks: its peaks over time, and its spectrogram. One decode gives both, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin import audio
from songkin.encoders.mel import mel_filters, power_frames

PEAKS: Final = 800
WIDTH: Final = 1024
BANDS: Final = 192
_RATE: Final = 22_050
_FFT: Final = 2048
_HOP: Final = 512
_MOST: Final = 4096
"""Columns that are held; beyond, two become one."""
_RANGE: Final = 75.0
"""Decibels from the loudest to black."""
_STOPS: Final = (
    (4, 4, 12),
    (34, 16, 78),
    (102, 26, 128),
    (178, 42, 108),
    (236, 92, 64),
    (252, 168, 60),
    (252, 252, 200),
)
"""From silence to loud."""

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outline:
    """``peaks`` are ``PEAKS`` numbers from 0 to 100; ``seconds`` is how long the sound is."""

    peaks: tuple[int, ...]
    seconds: float


class _Growing:
    """Columns over time, of which two become one whenever there are too many. ``pick`` says how."""

    def __init__(self, bands: int, loudest: bool) -> None:
        self.rows: Rows = np.zeros((0, bands), np.float32)
        self._rest: Rows = self.rows
        self._loudest = loudest
        self._each = 1

    def feed(self, rows: Rows) -> None:
        rows = np.concatenate((self._rest, rows))
        whole = len(rows) // self._each * self._each
        self._rest = rows[whole:]
        self.rows = np.concatenate((self.rows, self._joined(rows[:whole], self._each)))
        while len(self.rows) > _MOST:
            even = len(self.rows) // 2 * 2
            odd = np.repeat(self.rows[even:], self._each, axis=0)
            self._rest = np.concatenate((odd, self._rest))
            self.rows = self._joined(self.rows[:even], 2)
            self._each *= 2

    def _joined(self, rows: Rows, many: int) -> Rows:
        grouped = rows.reshape(-1, many, rows.shape[1])
        joined: Rows = grouped.max(axis=1) if self._loudest else grouped.mean(axis=1)
        return joined


def outline(path: str, picture: str, limits: audio.Limits) -> Outline:
    """Decode the sound at ``path``, draw its spectrogram into the file ``picture`` (PNG), and give its outline. Raises
    ``AudioError``."""
    loud, bands = _Growing(1, loudest=True), _Growing(BANDS, loudest=False)
    filters = mel_filters(_RATE, _FFT, BANDS, 30.0, _RATE / 2).T
    waiting, count, spare = np.zeros(_FFT // 2, np.float32), 0, np.zeros(0, np.float32)
    for block in audio.stream(path, _RATE, limits):
        count += len(block)
        spare = np.concatenate((spare, np.abs(block)))
        whole = len(spare) // 220 * 220
        loud.feed(spare[:whole].reshape(-1, 220).max(axis=1, initial=0.0)[:, None])
        spare = spare[whole:]
        waiting = np.concatenate((waiting, block))
        frames = max(0, (len(waiting) - _FFT) // _HOP + 1)
        bands.feed(power_frames(waiting, _FFT, _HOP) @ filters)
        waiting = waiting[frames * _HOP :]
    _draw(bands.rows, picture)
    return Outline(_peaks(loud.rows[:, 0]), count / _RATE)


def _peaks(loud: Rows) -> tuple[int, ...]:
    if not len(loud):
        return (0,) * PEAKS
    ends = np.linspace(0, len(loud), PEAKS + 1)
    starts = np.minimum(ends[:-1].astype(int), len(loud) - 1)
    found = np.maximum.reduceat(loud, starts) if len(loud) >= PEAKS else loud[starts]
    top = float(found.max()) or 1.0
    return tuple(round(100 * float(value) / top) for value in found)


def _draw(rows: Rows, picture: str) -> None:
    from PIL import Image

    if not len(rows):
        rows = np.zeros((1, BANDS), np.float32)
    level = 10.0 * np.log10(np.maximum(rows, 1e-10))
    shade = np.clip((level - level.max() + _RANGE) / _RANGE, 0.0, 1.0)
    values = np.ascontiguousarray((255 * shade).astype(np.uint8).T[::-1])
    image = Image.fromarray(values).resize((WIDTH, BANDS), Image.Resampling.BILINEAR)
    image.putpalette(_palette())
    image.save(picture, "PNG", optimize=True)


def _palette() -> list[int]:
    stops = np.array(_STOPS, np.float64)
    at = np.linspace(0, len(stops) - 1, 256)
    columns = [np.interp(at, np.arange(len(stops)), stops[:, n]) for n in range(3)]
    return [round(float(value)) for value in np.stack(columns, axis=1).ravel()]


def as_json(found: Outline) -> str:
    """The outline as JSON: ``peaks`` and ``duration`` in seconds."""
    return json.dumps({"peaks": list(found.peaks), "duration": round(found.seconds, 3)}, separators=(",", ":"))


def waveform(peaks: Sequence[int], width: int = 800, height: int = 96) -> str:
    """Peaks as an SVG of bars around a middle line."""
    step, bars = width / max(1, len(peaks) // 4), []
    for n in range(len(peaks) // 4):
        high = max(1.5, max(peaks[4 * n : 4 * n + 4]) / 100 * (height - 4))
        bars.append(f"M{n * step + step / 2:.1f} {(height - high) / 2:.1f}v{high:.1f}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f'<path d="{"".join(bars)}" stroke="#7a6ff0" stroke-width="{step * 0.6:.2f}" stroke-linecap="round" fill="none"/></svg>'
    )
