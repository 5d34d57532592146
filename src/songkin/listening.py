"""One sound file heard by several encoders in one decode: the same code for the library and for a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songkin import audio
from songkin.encoders.base import AudioEncoder
from songkin.models import Profile

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Listened:
    """Vectors by output with their encoder's fingerprint, readable facts, and what decoding showed."""

    vectors: Mapping[str, tuple[str, Array]]
    facts: Mapping[str, float | str]
    heard: audio.Heard
    heard_by: tuple[str, ...]


def listen(
    path: str,
    encoders: Sequence[AudioEncoder],
    profile: Profile,
    limits: audio.Limits,
    progress: Callable[[float], None] | None = None,
) -> Listened:
    """Decode ``path`` once and let every encoder hear it. ``progress`` is told seconds of sound handed out.

    Raises ``AudioError`` for the file and ``WeightsMissing`` for an encoder.
    """
    listenings = [encoder.begin() for encoder in encoders]
    rates = [encoder.spec.sample_rate or 1 for encoder in encoders]

    def push(number: int, window: NDArray[np.float32]) -> None:
        listenings[number].push(window)
        if progress is not None:
            progress(len(window) / rates[number])

    heard = audio.hear(path, [encoder.spec.plan(profile) for encoder in encoders], push, limits)
    vectors: dict[str, tuple[str, Array]] = {}
    facts: dict[str, float | str] = {}
    for encoder, listening in zip(encoders, listenings, strict=True):
        vectors.update({output: (encoder.spec.fingerprint, v) for output, v in listening.finish().items()})
        facts.update(listening.facts)
    return Listened(vectors, facts, heard, tuple(encoder.spec.fingerprint for encoder in encoders))
