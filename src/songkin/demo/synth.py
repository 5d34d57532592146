"""Sound from arithmetic: oscillators, envelopes, filters, plucked strings, rooms, and a stage to put notes on.

Everything is mono float32 at ``RATE`` samples a second, full scale 1.0, until ``Stage.mix`` makes a song of it.
Steady tones are read from one-cycle tables that hold only harmonics below half the rate, so nothing aliases; filters
multiply the spectrum of a whole note, since every note is known from its start to its end. Nothing here keeps state:
what is random comes from the generator that the caller passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

RATE: Final = 22_050
"""Samples a second of everything made here."""

_CYCLE: Final = 4096
_TOP: Final = 0.45 * RATE


def samples(seconds: float) -> int:
    """How many samples a time in seconds is, at least 1."""
    return max(1, round(seconds * RATE))


def clock(seconds: float) -> Sound:
    """Time in seconds at each sample, float32."""
    return (np.arange(samples(seconds)) / RATE).astype(np.float32)


def pitch(midi: float) -> float:
    """Frequency in Hz of a MIDI note number (69 = A = 440 Hz)."""
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


# Oscillators ----------------------------------------------------------------------------------------------------


def phase(hz: float | Sound, seconds: float, start: float = 0.0) -> NDArray[np.float64]:
    """Cycles done at each sample, from ``start``, of a fixed or changing frequency."""
    count = samples(seconds)
    if isinstance(hz, np.ndarray):
        return np.asarray(start + np.cumsum(hz[:count], dtype=np.float64) / RATE)
    return np.asarray(start + np.arange(count) * (hz / RATE))


def vibrato(hz: float, seconds: float, rate: float, depth: float, delay: float = 0.2) -> Sound:
    """A frequency that swings by ``depth`` (a share of it) ``rate`` times a second, growing in over ``delay`` seconds."""
    t = clock(seconds)
    grown = np.minimum(t / max(delay, 1e-3), 1.0)
    return np.asarray(hz * (1.0 + depth * grown * np.sin(2 * np.pi * rate * t)), dtype=np.float32)


def tone(hz: float | Sound, seconds: float, harmonics: Sequence[float] | Sound, start: float = 0.0) -> Sound:
    """A steady tone: ``harmonics[k]`` is the amplitude of harmonic k + 1; those above the audible top are left out."""
    highest = float(hz.max()) if isinstance(hz, np.ndarray) else hz
    kept = np.asarray(harmonics, dtype=np.float64)[: max(1, int(_TOP / highest))]
    spectrum = np.zeros(_CYCLE // 2 + 1, dtype=np.complex128)
    spectrum[1 : kept.size + 1] = -0.5j * _CYCLE * kept
    cycle = np.fft.irfft(spectrum).astype(np.float32)
    return np.asarray(cycle[(phase(hz, seconds, start) * _CYCLE).astype(np.int64) & (_CYCLE - 1)])


def saw(count: int = 80) -> Sound:
    """Harmonics of a sawtooth."""
    return (0.6 / np.arange(1, count + 1)).astype(np.float32)


def pulse(width: float = 0.5, count: int = 80) -> Sound:
    """Harmonics of a pulse wave (0.5: a square)."""
    k = np.arange(1, count + 1)
    return np.asarray(np.sin(np.pi * k * width) / k, dtype=np.float32)


def partials(hz: Sequence[float], seconds: float, amplitudes: Sequence[float], decays: Sequence[float]) -> Sound:
    """Sines of any frequencies, each dying away with its own time constant in seconds."""
    t = clock(seconds)
    out = np.zeros_like(t)
    for f, a, d in zip(hz, amplitudes, decays, strict=True):
        if f < _TOP:
            heard = t[: samples(9.0 * d)]  # down to −78 dB
            out[: heard.size] += (
                np.float32(a) * np.exp(heard * np.float32(-1.0 / d)) * np.sin(heard * np.float32(2 * np.pi * f))
            )
    return out


def noise(rng: np.random.Generator, seconds: float) -> Sound:
    """White noise, standard deviation 0.3."""
    return rng.standard_normal(samples(seconds), dtype=np.float32) * np.float32(0.3)


# Envelopes ------------------------------------------------------------------------------------------------------


def swell(sound: Sound, attack: float, release: float) -> Sound:
    """Fade in over ``attack`` and out over ``release`` seconds (raised cosines)."""
    out = sound.copy()
    for part, seconds in ((slice(None), attack), (slice(None, None, -1), release)):
        count = min(sound.size, samples(seconds))
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(count, dtype=np.float32) / count)
        out[part][:count] *= ramp.astype(np.float32)
    return out


def fade(sound: Sound, time: float) -> Sound:
    """Die away exponentially with a time constant in seconds."""
    return np.asarray(sound * np.exp(np.arange(sound.size, dtype=np.float32) * np.float32(-1.0 / (time * RATE))))


# Filters --------------------------------------------------------------------------------------------------------


def low_pass(sound: Sound, hz: float, order: int = 2) -> Sound:
    """Butterworth's magnitude without its phase: 3 dB down at ``hz``, 6 dB per octave and order beyond."""
    return shaped(sound, lambda f: 1.0 / np.sqrt(1.0 + (f / hz) ** (2 * order)))


def high_pass(sound: Sound, hz: float, order: int = 2) -> Sound:
    """The mirror of ``low_pass``."""
    return shaped(sound, lambda f: (f / hz) ** order / np.sqrt(1.0 + (f / hz) ** (2 * order)))


def band(sound: Sound, hz: float, octaves: float = 1.0) -> Sound:
    """A bell around ``hz``, 4.3 dB down ``octaves`` / 2 away."""
    return shaped(sound, lambda f: np.exp(-(((np.log2(np.maximum(f, 1.0) / hz)) / (octaves / 2)) ** 2)))


def sweep(sound: Sound, cutoff: Sound, resonance: float = 0.0) -> Sound:
    """A low-pass whose ``cutoff`` in Hz moves (one value per sample), with a peak of ``resonance`` at the edge."""
    size, hop = 1024, 256
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    padded = np.pad(sound, (size, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window
    edge = np.interp(np.arange(len(frames)) * hop - size / 2, np.arange(cutoff.size), cutoff)[:, None]
    ratio = np.fft.rfftfreq(size, 1 / RATE) / edge
    gain = 1.0 / np.sqrt(1.0 + ratio**8) + resonance * np.exp(-((6.0 * (ratio - 1.0)) ** 2))
    made = (np.fft.irfft(np.fft.rfft(frames, axis=1) * gain, axis=1) * window).astype(np.float32)
    out = np.zeros((len(made) + size // hop, hop), dtype=np.float32)
    for part in range(size // hop):
        out[part : part + len(made)] += made[:, part * hop : (part + 1) * hop]
    return np.asarray(out.ravel()[size : size + sound.size] / 1.5)


def shaped(sound: Sound, gain: Callable[[Sound], NDArray[np.floating]]) -> Sound:
    """The sound with its spectrum multiplied by ``gain`` (a function of frequencies in Hz), zero phase."""
    size = _fast(sound.size + RATE // 20)
    spectrum = np.fft.rfft(sound, size) * gain(np.fft.rfftfreq(size, 1 / RATE).astype(np.float32))
    return np.asarray(np.fft.irfft(spectrum, size)[: sound.size], dtype=np.float32)


def _fast(size: int) -> int:
    """The next size that transforms quickly: a power of two times 1, 3 or 5."""
    return min(int(base * 2 ** max(0, int(np.ceil(np.log2(size / base))))) for base in (1, 3, 5))


# Strings, rooms, stage ------------------------------------------------------------------------------------------


def pluck(
    rng: np.random.Generator, hz: float, seconds: float, ring: float = 2.0, dull: float = 0.3, place: float = 0.2
) -> Sound:
    """A plucked string: noise that runs round a loop and is smoothed on each round.

    Karplus and Strong, "Digital synthesis of plucked-string and drum timbres" (1983), with a fractional delay by linear
    interpolation. ``ring`` is the time constant in seconds, ``dull`` (0–0.5) how much each round takes off the top,
    ``place`` where along the string it is plucked (0.5: the middle, which silences every second harmonic).
    """
    total = RATE / hz
    whole = int(total - 1.0)
    rest = total - whole - 1.0
    keep = np.exp(-1.0 / (ring * hz))
    smooth = np.convolve([dull / 2, 1.0 - dull, dull / 2], [1.0 - rest, rest]) * keep
    burst = rng.uniform(-1.0, 1.0, whole + 4).astype(np.float32)
    burst -= np.roll(burst, max(1, round(place * whole)))
    count = samples(seconds)
    out = np.zeros(count + 2 * whole + 4, dtype=np.float32)
    out[: whole + 4] = burst - burst.mean()
    for start in range(whole + 4, count + whole + 4, whole):
        past = out[start - whole - 3 : start]
        out[start : start + whole] = np.convolve(past, smooth, "valid")[: out.size - start]
    return np.asarray(out[:count] * np.float32(0.5))


def drive(sound: Sound, gain: float) -> Sound:
    """Overdrive: louder into a soft clip."""
    return np.asarray(np.tanh(sound * np.float32(gain)))


class Stage:
    """Where notes are put: a stereo buffer of a given length, with a dry and a wet (reverberant) side."""

    def __init__(self, seconds: float, rng: np.random.Generator) -> None:
        self.size = samples(seconds)
        self.rng = rng
        self._dry = np.zeros((2, self.size), dtype=np.float32)
        self._wet = np.zeros((2, self.size), dtype=np.float32)

    def put(self, sound: Sound, at: float, gain: float = 1.0, pan: float = 0.0, wet: float = 0.2) -> None:
        """Add a sound at a time in seconds. ``pan`` −1 (left) to 1; ``wet`` is the share sent to the room."""
        start = round(at * RATE)
        if start >= self.size or start < 0:
            return
        part = sound[: self.size - start]
        angle = (pan + 1.0) * np.pi / 4
        for side, share in enumerate((np.cos(angle), np.sin(angle))):
            level = np.float32(gain * share)
            self._dry[side, start : start + part.size] += part * np.float32(level * (1.0 - wet))
            if wet:
                self._wet[side, start : start + part.size] += part * np.float32(level * wet)

    def duck(self, times: Sequence[float], depth: float, recovery: float) -> None:
        """Press everything put so far down at each time and let it come back (the pumping of dance music)."""
        gain = np.ones(self.size, dtype=np.float32)
        dip = (1.0 - depth * np.exp(-clock(4 * recovery) / recovery)).astype(np.float32)
        for at in times:
            start = round(at * RATE)
            if 0 <= start < self.size:
                gain[start : start + dip.size] = np.minimum(gain[start : start + dip.size], dip[: self.size - start])
        self._dry *= gain
        self._wet *= gain

    def mix(self, room: float = 1.2, peak: float = 0.8, width: float = 1.0) -> Sound:
        """The song, float32 (2, n): dry and room together, faded at both ends, at the given peak level.

        ``room`` is the reverberation time in seconds (to −60 dB); 0 leaves it out.
        """
        out = self._dry.copy()
        if room > 0 and np.any(self._wet):
            out += _room(self._wet, room, width, self.rng)
        ends = swell(np.ones(self.size, dtype=np.float32), 0.005, 0.4)
        loudest = max(float(np.abs(out).max()), 1e-9)
        return np.asarray(out * ends * np.float32(peak / loudest))


def _room(wet: NDArray[np.float32], seconds: float, width: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Each side through its own decaying noise (a diffuse room), highs dying first."""
    tail = samples(min(seconds, 4.0))
    size = _fast(wet.shape[1] + tail)
    common = rng.standard_normal(tail)
    out = np.empty_like(wet)
    decay = 10.0 ** (-3.0 * np.arange(tail) / (seconds * RATE))
    for side in range(2):
        impulse = (width * rng.standard_normal(tail) + (1.0 - width) * common) * decay
        impulse[: samples(0.008)] = 0.0
        impulse = low_pass(impulse.astype(np.float32), 4500.0, 1)
        impulse /= np.sqrt(np.square(impulse).sum())
        spectrum = np.fft.rfft(wet[side], size) * np.fft.rfft(impulse, size)
        out[side] = np.fft.irfft(spectrum, size)[: wet.shape[1]]
    return out
