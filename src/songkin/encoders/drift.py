"""How a song changes while it lasts: the contrast of its beginning, middle and end.

What an encoder says of one song's windows differs from window to window. Where those differences are large, a difference
between two songs means little; so whoever compares songs wants to know how much each direction varies inside a song
(within-class covariance normalisation: Hatch, Kajarekar and Stolcke, "Within-class covariance normalization for SVM-based
speaker recognition", Interspeech 2006; here the classes are songs, so nobody had to label anything). Keeping all windows
of all songs would do, and would be large. Two numbers per direction and song do nearly as well: with g the means of the
first, second and last third,

    (g1 - g3) / sqrt(2)    and    (g1 - 2 g2 + g3) / sqrt(6),

whose outer products add up to the scatter of the three thirds, and over many songs to the covariance that is wanted.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CONTRASTS: Final = 2
_MOST: Final = 96
"""Runs kept; beyond, neighbours are joined, so that a long song needs no more memory than a short one."""


class Drift:
    """Takes one song's vectors, window by window, in bounded memory."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.float64]] = []
        self._open: NDArray[np.float64] | None = None
        self._held = 0
        self._size = 1

    def add(self, vector: NDArray[np.float32]) -> None:
        """The next window's vector, (d,)."""
        self._open = vector.astype(np.float64) if self._open is None else self._open + vector
        self._held += 1
        if self._held == self._size:
            self._close()

    def contrasts(self) -> NDArray[np.float32]:
        """Both contrasts, one after the other: float32 (2 d,). Zeros where there were fewer windows than thirds."""
        runs = list(self._runs)
        if self._open is not None and 2 * self._held >= self._size:
            runs.append(self._open / self._held)
        if not runs:
            raise ValueError("no window was heard")
        if len(runs) == 1:
            return np.zeros(CONTRASTS * runs[0].size, np.float32)
        first, middle, last = (np.mean(part, axis=0) if len(part) else None for part in np.array_split(runs, 3))
        if last is None or middle is None:  # two windows
            return np.concatenate([runs[0] - runs[1], np.zeros_like(runs[0])]).astype(np.float32) / np.float32(2**0.5)
        rise, bend = (first - last) / np.sqrt(2.0), (first - 2.0 * middle + last) / np.sqrt(6.0)
        return np.concatenate([rise, bend]).astype(np.float32)

    def _close(self) -> None:
        if self._open is None:
            return
        self._runs.append(self._open / self._held)
        self._open, self._held = None, 0
        if len(self._runs) == _MOST:
            self._runs = [(a + b) / 2.0 for a, b in zip(self._runs[::2], self._runs[1::2], strict=True)]
            self._size *= 2
