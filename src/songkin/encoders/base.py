"""What an encoder is: a name, a version, how it listens, and what it gives.

An audio encoder is fed windows of mono float32 sound, one after the other, by ``audio.hear`` and gives one vector per
output at the end. The same ``WindowPlan`` is used for the library and for a query, so that both are heard alike.
A text encoder turns strings into unit vectors. Weights are named by hash; an encoder without its weights raises
``WeightsMissing`` when it is first used, never when it is imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from songkin.audio import WindowPlan
from songkin.errors import WeightsMissing
from songkin.models import Profile

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """A file with weights that comes from a Python package (read as data, never run)."""

    package: str
    version: str
    sha256: str
    size: int
    licence: str


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """All that decides what an encoder's vectors mean. Two vectors may be compared only if ``fingerprint`` agrees.

    ``outputs`` maps each output to its dimension (0: the length depends on the song). ``windows`` says how many
    windows each profile hears, spread evenly over the whole track (None: all; 0: the encoder sits that profile out).
    """

    name: str
    version: str
    modality: Literal["audio", "text"]
    outputs: Mapping[str, int]
    licence: str
    sample_rate: int | None = None
    window: int | None = None
    hop: int | None = None
    pad: int = 0
    tail: Literal["drop", "anchor"] = "drop"
    windows: Mapping[Profile, int | None] = field(default_factory=dict)
    pooling: str = "mean"
    noncommercial: bool = False
    weights: tuple[Weights, ...] = ()

    @property
    def weights_hash(self) -> str:
        """One short hash over all weights; empty for an encoder that has none."""
        if not self.weights:
            return ""
        return hashlib.sha256("".join(w.sha256 for w in self.weights).encode()).hexdigest()[:16]

    @property
    def fingerprint(self) -> str:
        """Name, version and weights in one string, stored beside each vector."""
        return f"{self.name}/{self.version}/{self.weights_hash}"

    def hears(self, profile: Profile) -> bool:
        """Whether this encoder listens under ``profile`` at all."""
        return self.windows.get(profile) != 0

    def plan(self, profile: Profile) -> WindowPlan:
        """How a file is cut for this encoder under ``profile`` (which it ``hears``)."""
        if self.sample_rate is None or self.window is None or self.hop is None:
            raise TypeError(f"{self.name} does not hear audio")
        return WindowPlan(
            sample_rate=self.sample_rate,
            window=self.window,
            hop=self.hop,
            pad=self.pad,
            tail=self.tail,
            limit=self.windows.get(profile),
        )


class Listening(Protocol):
    """One track being heard: windows go in, vectors come out."""

    def push(self, window: Vector) -> None:
        """Hear one window, float32 of the plan's length, in [-1, 1]."""

    def finish(self) -> dict[str, Vector]:
        """Vectors by output name; empty if nothing was heard. Readable numbers stand in ``facts``."""

    @property
    def facts(self) -> dict[str, float | str]:
        """Readable numbers (bpm, key, loudness …) known after ``finish``."""


class AudioEncoder(Protocol):
    """Turns sound into vectors."""

    @property
    def spec(self) -> EncoderSpec: ...

    def begin(self) -> Listening:
        """Start hearing one track. Raises ``WeightsMissing`` if the weights are not on this machine."""


class Unread:
    """A text encoder that reads nothing; ``why`` says what is in the way."""

    def __init__(self, why: str) -> None:
        self.why = why

    @property
    def spec(self) -> EncoderSpec:
        """That of no encoder."""
        return EncoderSpec("none", "", "text", {"text": 0}, "")

    def encode(self, texts: Sequence[str]) -> Vector:
        """Raises ``WeightsMissing``."""
        raise WeightsMissing(f"{len(texts)} texts cannot be read: {self.why}.", remedy="", brief=self.why)


class TextEncoder(Protocol):
    """Turns text into unit vectors."""

    @property
    def spec(self) -> EncoderSpec: ...

    def encode(self, texts: Sequence[str]) -> Vector:
        """float32 (n, d), rows of norm 1. Raises ``WeightsMissing`` if the weights are not on this machine."""
