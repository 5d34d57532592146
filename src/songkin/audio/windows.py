"""Cuts a stream of mono sound into windows, in bounded memory and without knowing how long the sound is.

Window ``w`` of a plan covers samples ``[w * hop, w * hop + window)`` of the sound with ``pad`` zeros before and
after it. With ``pad`` half an FFT frame, frames that are not centred inside each window are the centred frames of
the whole sound (``window = pad * 2 + (frames - 1) * step`` and ``hop = frames * step``), so that an encoder may
hear windows and yet see one unbroken spectrogram.

A limited plan wants windows spread over the whole sound. They are thinned while they pass: every ``stride``-th is
held; when more than twice the limit would be held every second one goes and the stride doubles; at the end ``limit`` of
them are chosen, evenly. What is chosen depends on the sound alone.

Windows without sound are never handed on, nor counted: networks find a "guitar" in digital silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import soxr
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""Mono float32 (n,), full scale at 1."""

SILENCE: Final = 10.0 ** (-70 / 20)
"""RMS below which a window counts as silent: -70 dBFS, above the dither of 16 bit (-96 dBFS), below any music."""


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How one listener wants a file cut: mono windows of ``window`` samples every ``hop`` samples at ``sample_rate``.

    ``pad`` zeros stand before and after the whole file. At most ``limit`` windows, spread evenly over all of it
    (None: every one). ``tail``: a last partial window is dropped, or (if more than a quarter of a hop would go
    unheard) a last full one is anchored at the end. A sound shorter than one window is repeated to fill it.
    """

    sample_rate: int
    window: int
    hop: int
    pad: int = 0
    limit: int | None = None
    tail: Literal["drop", "anchor"] = "drop"

    def __post_init__(self) -> None:
        if min(self.sample_rate, self.window, self.hop) < 1 or not 0 <= 2 * self.pad < self.window:
            raise ValueError(f"a window plan that cannot be cut: {self}")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"a window plan that hears nothing: {self}")


class Cutter:
    """Cuts one plan's windows out of a stream at the plan's rate. ``pushed`` counts the windows handed on."""

    def __init__(self, plan: WindowPlan, push: Callable[[Sound], None]) -> None:
        self.plan = plan
        self.pushed = 0
        self._push = push
        self._buffer: Sound = np.zeros(plan.pad, np.float32)
        self._next = 0  # start of the next window, counted from the buffer's first sample
        self._cut = 0
        self._audible = 0
        self._stride = 1
        # Room for all that is ever held, in one piece; pages that are not written to take no memory.
        self._held = np.empty((2 * (plan.limit or 0), plan.window), np.float32)
        self._holds = 0

    def feed(self, sound: Sound) -> None:
        """Hear the next piece, float32 (n,), at the plan's rate."""
        window = self.plan.window
        self._buffer = np.concatenate((self._buffer, sound))
        while self._next + window <= len(self._buffer):
            self._take(self._buffer[self._next : self._next + window])
            self._next += self.plan.hop
            self._cut += 1
        # A window anchored at the end may reach back before the next one's start.
        passed = max(0, min(self._next, len(self._buffer) - window))
        self._buffer = self._buffer[passed:]
        self._next -= passed

    def finish(self) -> None:
        """The sound is over: cut what the tail asks for, and hand on the windows of a limited plan."""
        plan = self.plan
        sounding = len(self._buffer) - plan.pad
        if self._cut == 0 and sounding + 2 * plan.pad < plan.window:
            if sounding > 0:
                self._take(_repeated(self._buffer[plan.pad :], plan))
        else:
            self.feed(np.zeros(plan.pad, np.float32))
            unheard = len(self._buffer) - (self._next - plan.hop + plan.window)
            if plan.tail == "anchor" and unheard > plan.hop / 4:
                self._take(self._buffer[-plan.window :])
        count, limit = self._holds, plan.limit or 0
        chosen = range(count) if count <= limit else [(2 * i + 1) * count // (2 * limit) for i in range(limit)]
        for index in chosen:
            self._hand_on(self._held[index])
        self._holds, self._held = 0, self._held[:0]

    def _take(self, window: Sound) -> None:
        if not audible(window):
            return
        limit = self.plan.limit
        if limit is None:
            self._hand_on(window.copy())
            return
        if self._audible % self._stride == 0:
            if self._holds == 2 * limit:
                for kept in range(1, limit):
                    self._held[kept] = self._held[2 * kept]
                self._holds, self._stride = limit, 2 * self._stride
            self._held[self._holds] = window
            self._holds += 1
        self._audible += 1

    def _hand_on(self, window: Sound) -> None:
        self.pushed += 1
        self._push(window)


class Resampling:
    """The way of one stream of mono sound to one rate; nothing happens where the rates agree."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._from = rate
        self._resampler: Any = None

    def feed(self, rate: int, sound: Sound) -> Sound:
        """Take the next piece, mono at ``rate`` (which may change on the way), and give what is ready."""
        if rate == self._from:
            return self._resampled(sound)
        rest = self.finish()
        self._from = rate
        if rate != self.rate:
            self._resampler = soxr.ResampleStream(rate, self.rate, 1, dtype="float32", quality="HQ")
        return np.concatenate((rest, self._resampled(sound)))

    def finish(self) -> Sound:
        """The stream is over: give the rest."""
        rest = self._resampled(np.zeros(0, np.float32), last=True)
        self._from, self._resampler = self.rate, None
        return rest

    def _resampled(self, sound: Sound, last: bool = False) -> Sound:
        if self._resampler is None:
            return sound
        ready: Sound = self._resampler.resample_chunk(sound, last=last)
        return ready


def audible(sound: Sound) -> bool:
    """Whether the RMS of ``sound`` (not empty) reaches ``SILENCE``."""
    return float(np.dot(sound, sound)) >= SILENCE * SILENCE * len(sound)


def _repeated(sound: Sound, plan: WindowPlan) -> Sound:
    """One window of ``plan``: its zeros, and ``sound`` over and over between them."""
    return np.pad(np.resize(sound, plan.window - 2 * plan.pad), plan.pad)
