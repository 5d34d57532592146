"""MusiCNN: what a song sounds like, as tags and as a place among sounds.

Two small networks with one architecture (see ``musicnn_graph``) listen to three seconds at a time: one learned the 50
tags of MagnaTagATune (instruments, voices, tempo words), the other the 50 of the Million Song Dataset (genres, moods,
decades). Sound is mono at 16 kHz; its spectrogram has 187 frames per window, 16 ms apart, in 96 mel bands between 0
and 8 kHz, as log10(1 + 10000 · power). The file as a whole is led in and out by 256 zeros, and windows follow one
another without overlap in frames, which makes 47872 samples from one to the next and 48128 in each.

Windows are heard one at a time: that is as fast as batches and needs a tenth of the memory. What a song gets is the
mean over its windows, and of the last layer but one (``dense``) also how it changes from third to third (``drift``).
Digital silence has tags too (guitar, of all things), so windows without sound are passed over.

Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR 2019 late-breaking
demo.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.audio import SILENCE
from songkin.encoders import weights
from songkin.encoders.base import EncoderSpec, Vector, Weights
from songkin.encoders.drift import CONTRASTS, Drift
from songkin.encoders.mel import mel_filters, power_frames
from songkin.encoders.runtime import Session, open_session
from songkin.errors import EncoderError

FRAMES: Final = 187
_N_FFT: Final = 512
_HOP: Final = 256
_BANDS: Final = 96

WEIGHTS: Final = Weights(
    package="musicnn",
    version="0.1.0",
    sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
    size=29_292_476,
    licence="ISC",
)

SPEC: Final = EncoderSpec(
    name="musicnn",
    version="2",
    modality="audio",
    outputs={
        "mtt_tags": 50,
        "msd_tags": 50,
        "mtt_dense": 200,
        "msd_dense": 200,
        "mtt_drift": CONTRASTS * 200,
        "msd_drift": CONTRASTS * 200,
    },
    licence="ISC",
    sample_rate=16_000,
    window=(FRAMES - 1) * _HOP + _N_FFT,
    hop=FRAMES * _HOP,
    pad=_N_FFT // 2,
    tail="drop",
    windows={"quick": 10, "default": 20, "full": None},
    weights=(WEIGHTS,),
)

# fmt: off
MTT_TAGS: Final = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
    "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
    "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man",
    "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello",
    "no voice", "weird", "country", "metal", "female voice", "choral",
)
MSD_TAGS: Final = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock",
    "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow",
    "electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient",
    "acoustic", "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening",
    "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House",
    "happy",
)
# fmt: on
TAGS: Final = MTT_TAGS + MSD_TAGS
"""Names of the 100 tags, in the order of ``mtt_tags`` followed by ``msd_tags``."""

_MODELS: Final = ("mtt", "msd")
_HEARD: Final[Mapping[str, str]] = {"tags": "tags", "dense": "dense"}
"""What each network is asked for, and how it is called in the outputs."""

_lock: Final = Lock()
_networks: Final[dict[Path, dict[str, Session]]] = {}


def heard_logits(probabilities: Vector) -> Vector:
    """Tag probabilities as ln((p + 1e-4) / (1 − p + 1e-4)), float32 of the same shape."""
    p = np.asarray(probabilities, dtype=np.float64)
    return np.log((p + 1e-4) / (1.0 - p + 1e-4)).astype(np.float32)


def log_mel(window: Vector) -> Vector:
    """log10(1 + 10000 · mel power) of mono sound at 16 kHz: float32 (frames, 96)."""
    filters = mel_filters(16_000, _N_FFT, _BANDS, 0.0, 8000.0)
    mel: Vector = power_frames(window, _N_FFT, _HOP) @ filters.T
    louder: Vector = np.log10(np.float32(1.0) + np.float32(10_000.0) * mel)
    return louder


class MusiCNN:
    """The audio encoder ``musicnn``; its networks are loaded once per process, when a first song is heard."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    @property
    def spec(self) -> EncoderSpec:
        return SPEC

    def begin(self) -> Hearing:
        """Start hearing one track. Raises ``WeightsMissing``, or ``EncoderError`` if the networks cannot run."""
        return Hearing(_load(self._cache))


def _load(cache: Path) -> Mapping[str, Session]:
    with _lock:
        if cache not in _networks:
            paths = {model: weights.locate(WEIGHTS, f"{model}.onnx", cache, verify=True) for model in _MODELS}
            _networks[cache] = {model: open_session(path) for model, path in paths.items()}
        return _networks[cache]


class Hearing:
    """One track being heard by both networks: sums over its windows."""

    def __init__(self, networks: Mapping[str, Session]) -> None:
        self._networks = networks
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._drift = {model: Drift() for model in _MODELS}
        self._windows = 0

    def push(self, window: Vector) -> None:
        """Hear one window: float32 (48128,), mono at 16 kHz in [-1, 1]. A song that is shorter is repeated."""
        if not _N_FFT <= window.size <= (FRAMES - 1) * _HOP + _N_FFT:
            raise ValueError(f"a window of {window.size} samples does not fit")
        if float(np.sqrt(np.mean(np.square(window, dtype=np.float64)))) < SILENCE:
            return
        mel = np.resize(log_mel(window), (1, FRAMES, _BANDS))
        for model in _MODELS:
            found = self._networks[model].run(tuple(_HEARD), {"mel": mel})
            for output, value in zip(_HEARD.values(), found, strict=True):
                name = f"{model}_{output}"
                self._sums[name] = self._sums.get(name, np.zeros(value.shape[1])) + value[0]
                if output == "dense":
                    self._drift[model].add(value[0])
        self._windows += 1

    def finish(self) -> dict[str, Vector]:
        """Means over all windows with sound and contrasts of thirds, float32 by output name; empty if there was none.

        Raises ``EncoderError`` if the sound was no sound (not-a-number, infinite).
        """
        vectors = {name: (total / self._windows).astype(np.float32) for name, total in self._sums.items()}
        if vectors:
            vectors |= {f"{model}_drift": drift.contrasts() for model, drift in self._drift.items()}
        if not all(np.isfinite(vector).all() for vector in vectors.values()):
            raise EncoderError("The sound holds numbers that are no sound.", remedy="Export the file again.")
        return vectors

    @property
    def facts(self) -> dict[str, float | str]:
        """Nothing: tags are a vector."""
        return {}
