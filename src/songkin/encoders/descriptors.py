"""What can be heard without a trained net: timbre, rhythm and pitch as numbers.

Sound comes in stretches of 512 frames (11.96 s at 22,050 Hz, frames of 2048 samples every 512). One short-time spectrum
per stretch serves everything. Out come raw vectors and the readable facts.

``timbre98``: mean, spread, and spread of the frame-to-frame change of 20 MFCC (DCT-II, orthonormal, of 128 Slaney mel
bands in dB); mean and spread of spectral contrast in 7 bands (octaves from 200 Hz; loudest against softest 2 % of the
bins: Jiang et al., ICME 2002); mean and spread of 12 pitch classes. ``modulation288``: how fast 24 groups of 5 mel
bands swell and fade, in 12 rates from 0.17 to 5.1 Hz (after Pampalk's fluctuation patterns, 2002). ``descriptor_drift``:
how both, side by side, change from third to third of the song (see ``drift``).

Vectors are raw: whoever compares them standardises each number over the library first. Levels in dB are floored 80 dB
below the loudest of their stretch. On songs of 1.5 to 5 minutes ten stretches come to the same place as all of them
(cosine of the standardised vectors .999 in the median, .95 at worst), six to .99 (.93). Lengths are counted in samples and frames, spreads are standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders.base import EncoderSpec, Vector
from songkin.encoders.drift import CONTRASTS, Drift
from songkin.encoders.loudness import LoudnessMeter, k_weights
from songkin.encoders.mel import mel_filters, power_frames
from songkin.encoders.rhythm import PulseMeter
from songkin.encoders.tonality import THIRDS, find_key, fold, peaks, pitch_filters, tuning

SAMPLE_RATE: Final = 22_050
N_FFT: Final = 2048
HOP: Final = 512
BLOCK_FRAMES: Final = 512
AT_ONCE: Final = 256
N_MELS: Final = 128
N_MFCC: Final = 20
BANDS: Final = 24
MELS_PER_BAND: Final = 5
RATES: Final = 12
BINS_PER_RATE: Final = 5
FIRST_RATE_BIN: Final = 2
CONTRAST_EDGES: Final = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, SAMPLE_RATE / 2)
CONTRAST_SHARE: Final = 0.02
ROLLOFF_SHARE: Final = 0.85
ROLLOFF_STEP: Final = 8
FLOOR_DB: Final = 80.0
_TINY: Final = 1e-20

SPEC: Final = EncoderSpec(
    name="descriptors",
    version="2",
    modality="audio",
    outputs={"timbre98": 98, "modulation288": BANDS * RATES, "descriptor_drift": CONTRASTS * (98 + BANDS * RATES)},
    licence="Apache-2.0",
    sample_rate=SAMPLE_RATE,
    window=(BLOCK_FRAMES - 1) * HOP + N_FFT,
    hop=BLOCK_FRAMES * HOP,
    tail="anchor",
    windows={"quick": 5, "default": 10, "full": None},
    pooling="mean and standard deviation over frames",
)


class Descriptors:
    """The encoder that needs no weights: two raw vectors and readable facts per song."""

    @property
    def spec(self) -> EncoderSpec:
        return SPEC

    def begin(self) -> DescriptorListening:
        return DescriptorListening()


class Moments:
    """Running mean and standard deviation of rows, in double precision."""

    def __init__(self) -> None:
        self.count = 0
        self._sum: NDArray[np.float64] | float = 0.0
        self._squares: NDArray[np.float64] | float = 0.0

    def add(self, rows: NDArray[np.float32]) -> None:
        """Take rows (n, d) in."""
        self.count += len(rows)
        self._sum = self._sum + rows.sum(axis=0, dtype=np.float64)
        self._squares = self._squares + np.square(rows, dtype=np.float64).sum(axis=0)

    def join(self, other: Moments) -> None:
        """Take in what another has taken."""
        self.count += other.count
        self._sum = self._sum + other._sum
        self._squares = self._squares + other._squares

    @property
    def mean(self) -> NDArray[np.float64]:
        return np.asarray(self._sum / max(1, self.count))

    @property
    def std(self) -> NDArray[np.float64]:
        return np.sqrt(np.maximum(self._squares / max(1, self.count) - self.mean**2, 0.0))


def _timbre(mfcc: Moments, change: Moments, contrast: Moments, chroma: Moments) -> NDArray[np.float64]:
    parts = (mfcc.mean, mfcc.std, change.std, contrast.mean, contrast.std, chroma.mean, chroma.std)
    return np.concatenate(parts)


class DescriptorListening:
    """One song being heard. ``facts`` is filled by ``finish``; all its levels are dB, frequencies Hz."""

    def __init__(self) -> None:
        self._timbre = tuple(Moments() for _ in range(4))  # MFCC, their change, contrast, chroma
        self._thirds, self._shape, self._modulation = Moments(), Moments(), Moments()
        self._drift = Drift()
        self._crossings = self._samples = 0
        self._loudness = LoudnessMeter(SAMPLE_RATE / HOP)
        self._pulse = PulseMeter(SAMPLE_RATE / HOP)
        self._peak = 0.0
        self._facts: dict[str, float | str] = {}

    @property
    def facts(self) -> dict[str, float | str]:
        return self._facts

    def push(self, window: Vector) -> None:
        """Hear one stretch of ``SPEC.window`` samples."""
        self._peak = max(self._peak, float(np.abs(window).max()))
        self._crossings += int(np.count_nonzero(np.diff(np.signbit(window))))
        self._samples += window.size
        heard = hear_frames(window)
        self._loudness.push(heard.square)
        mel_db = decibel(heard.mel)
        self._pulse.push(mel_db)
        self._describe(heard, mel_db)
        self._shape.add(heard.shape[heard.total >= floor_of(heard.total)])
        self._thirds.add(_shares(heard.key, heard.key.sum(axis=1)))

    def _describe(self, heard: Frames, mel_db: NDArray[np.float32]) -> None:
        mfcc, extremes, chroma = cepstrum(mel_db), decibel(heard.extremes), fold(heard.chroma)
        rows = (mfcc, np.diff(mfcc, axis=0), extremes[:, 0] - extremes[:, 1], _shares(chroma, chroma.max(axis=1)))
        stretch = tuple(Moments() for _ in rows)
        for part, whole, each in zip(stretch, self._timbre, rows, strict=True):
            part.add(each)
            whole.join(part)
        swelling = modulation(mel_db)
        self._modulation.add(swelling[None])
        self._drift.add(np.concatenate([_timbre(*stretch), np.log1p(swelling)]).astype(np.float32))

    def finish(self) -> dict[str, Vector]:
        """The raw vectors, float32, or nothing where nothing was heard."""
        if not self._modulation.count:
            return {}
        self._facts = {**self._sound_facts(), **self._music_facts()}
        return {
            "timbre98": _timbre(*self._timbre).astype(np.float32),
            "modulation288": np.log1p(self._modulation.mean).astype(np.float32),
            "descriptor_drift": self._drift.contrasts(),
        }

    def _sound_facts(self) -> dict[str, float | str]:
        mean, std = self._shape.mean, self._shape.std
        loudness = self._loudness.integrated()
        return {
            "loudness": loudness,
            "loudness_spread": self._loudness.spread(),
            "loudness_range": self._loudness.range(),
            "dynamic_range": 20.0 * float(np.log10(max(self._peak, 1e-6))) - loudness,
            "brightness": float(mean[0]),
            "brightness_spread": float(std[0]),
            "rolloff": float(mean[1]),
            "rolloff_spread": float(std[1]),
            "flatness": float(mean[2]),
            "flatness_spread": float(std[2]),
            "zero_crossings": SAMPLE_RATE * self._crossings / self._samples,
        }

    def _music_facts(self) -> dict[str, float | str]:
        facts: dict[str, float | str] = {"onset_rate": self._pulse.onset_rate()}
        if tempo := self._pulse.tempo():
            facts |= {"bpm": tempo.bpm, "bpm_confidence": tempo.confidence, "bpm_alternative": tempo.alternative}
        thirds = self._thirds.mean
        if key := find_key(thirds):
            facts |= {"key": key.name, "key_confidence": key.confidence, "tuning": tuning(thirds)}
        return facts


@dataclass(frozen=True, slots=True)
class Frames:
    """What the spectra of one stretch come down to, float32, one row per frame.

    ``mel`` (n, 128) are powers, ``key`` and ``chroma`` (n, 36) magnitudes of thirds of semitones in two registers,
    ``extremes`` (n, 2, 7) the mean powers of the loudest and the softest 2 % in 7 octaves, ``shape`` (n, 3) centroid and
    85 % roll-off in Hz (in steps of 86 Hz) and flatness 0–1, ``total`` (n,) all power, ``square`` (n,) the K-weighted
    mean square.
    """

    mel: NDArray[np.float32]
    key: NDArray[np.float32]
    chroma: NDArray[np.float32]
    extremes: NDArray[np.float32]
    shape: NDArray[np.float32]
    total: NDArray[np.float32]
    square: NDArray[np.float32]


def hear_frames(window: Vector) -> Frames:
    """Spectra of one stretch, taken a few at a time (they stay in the cache) and let go at once."""
    count = 1 + (window.size - N_FFT) // HOP
    parts = [
        _reduce(power_frames(window[first * HOP : (first + AT_ONCE - 1) * HOP + N_FFT], N_FFT, HOP))
        for first in range(0, count, AT_ONCE)
    ]
    sums, pitches, extremes, shape = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Frames(
        mel=sums[:, :N_MELS],
        key=pitches[:, :THIRDS],
        chroma=pitches[:, THIRDS:],
        extremes=extremes,
        shape=shape,
        total=sums[:, N_MELS],
        square=sums[:, N_MELS + 1],
    )


def _reduce(power: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Power spectra (n, bins) to linear sums (n, 130), pitches (n, 72), extremes (n, 2, 7) and shape (n, 3)."""
    sums = power @ _linear()
    extremes = np.empty((len(power), 2, len(CONTRAST_EDGES) - 1), dtype=np.float32)
    for column, (first, last, few) in enumerate(_contrast_bands()):
        ordered = np.sort(power[:, first:last], axis=1)
        extremes[:, 0, column] = ordered[:, -few:].mean(axis=1)
        extremes[:, 1, column] = ordered[:, :few].mean(axis=1)
    total = np.maximum(sums[:, N_MELS], _TINY)
    hz = np.arange(power.shape[1], dtype=np.float32) * np.float32(SAMPLE_RATE / N_FFT)
    size = np.sqrt(power)
    centroid = size @ hz / np.maximum(size.sum(axis=1), _TINY)
    rolloff = hz[ROLLOFF_STEP] * (1 + (power @ _steps() >= np.float32(ROLLOFF_SHARE) * total[:, None]).argmax(axis=1))
    geometric = np.exp(np.log(np.maximum(power, np.float32(_TINY))).mean(axis=1))
    flatness = np.minimum(geometric * power.shape[1] / total, 1.0)
    pitches = peaks(size, SAMPLE_RATE, N_FFT) @ pitch_filters(SAMPLE_RATE, N_FFT)
    return sums, pitches, extremes, np.stack([centroid, rolloff, flatness], axis=1).astype(np.float32)


@lru_cache(maxsize=1)
def _linear() -> NDArray[np.float32]:
    """One matrix for one product, float32 (bins, 130): 128 mel bands, all power, K-weighted square."""
    mel = mel_filters(SAMPLE_RATE, N_FFT, N_MELS, 0.0, SAMPLE_RATE / 2)
    single = np.stack([np.ones(N_FFT // 2 + 1, dtype=np.float32), k_weights(SAMPLE_RATE, N_FFT)], axis=1)
    return np.ascontiguousarray(np.concatenate([mel.T, single], axis=1))


@lru_cache(maxsize=1)
def _steps() -> NDArray[np.float32]:
    """Matrix from a power spectrum to its sums over bins 0…7, 0…15, … and over all, float32 (bins, 129)."""
    ends = np.append(np.arange(ROLLOFF_STEP, N_FFT // 2 + 1, ROLLOFF_STEP), N_FFT // 2 + 1)
    return (np.arange(N_FFT // 2 + 1)[:, None] < ends).astype(np.float32)


@lru_cache(maxsize=1)
def _contrast_bands() -> tuple[tuple[int, int, int], ...]:
    """First bin, last bin + 1, and how many bins are 2 %, for each band."""
    edges = [round(hz * N_FFT / SAMPLE_RATE) for hz in CONTRAST_EDGES]
    edges[-1] += 1
    return tuple((a, b, max(1, round(CONTRAST_SHARE * (b - a)))) for a, b in pairwise(edges))


def floor_of(power: NDArray[np.float32]) -> np.float32:
    """80 dB below the loudest value, and never 0."""
    return np.float32(max(float(power.max()) * 10.0 ** (-FLOOR_DB / 10.0), _TINY))


def decibel(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """10 log10, floored 80 dB below the loudest value."""
    return np.float32(10.0 / np.log(10.0)) * np.log(np.maximum(power, floor_of(power)))


def _shares(rows: NDArray[np.float32], whole: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of magnitudes over ``whole`` (n,), those of frames that hardly sound going to 0."""
    return np.asarray(rows / np.maximum(whole, max(float(whole.max()) * 10.0 ** (-FLOOR_DB / 20.0), _TINY))[:, None])


def cepstrum(mel_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """20 MFCC of mel bands in dB: (frames, 128) to (frames, 20)."""
    from scipy import fft

    return np.asarray(fft.dct(mel_db, type=2, norm="ortho", axis=1)[:, :N_MFCC])


def modulation(mel_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """How strongly each band group swells at each rate: (frames, 128) to (288,), band by band, in dB."""
    from scipy import fft

    bands = mel_db[:, : BANDS * MELS_PER_BAND].reshape(-1, BANDS, MELS_PER_BAND).mean(axis=2)
    size = np.abs(fft.rfft(bands - bands.mean(axis=0), BLOCK_FRAMES, axis=0)) * np.float32(2.0 / BLOCK_FRAMES)
    rates = size[FIRST_RATE_BIN : FIRST_RATE_BIN + RATES * BINS_PER_RATE]
    return np.asarray(rates.reshape(RATES, BINS_PER_RATE, BANDS).mean(axis=1).T.ravel())
