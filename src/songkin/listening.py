"""One sound file heard by several encoders in one decode: the same code for the library and for a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin import audio
from songkin.encoders import learned
from songkin.encoders.base import AudioEncoder
from songkin.encoders.learned import Learned
from songkin.errors import EncoderError
from songkin.models import Profile
from songkin.store import modelbook
from songkin.store.database import Database

Array = NDArray[Any]

STRETCHES: Final[Mapping[Profile, audio.Stretches]] = {"quick": audio.Stretches(5, 12.1)}
"""Profiles under which only some of a file is decoded: 12.1 s hold one stretch of ``descriptors``, four of ``musicnn``."""


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
    """Decode ``path`` once, or stretches of it, and let every encoder hear it that hears anything under ``profile`` (all
    count as having heard it). ``progress`` is told seconds of sound decoded, and again when they are
    handed out.

    Raises ``AudioError`` for the file and ``WeightsMissing`` for an encoder.
    """
    able = [encoder for encoder in encoders if encoder.spec.hears(profile)]
    listenings = [encoder.begin() for encoder in able]
    rates = [encoder.spec.sample_rate or 1 for encoder in able]

    def push(number: int, window: NDArray[np.float32]) -> None:
        listenings[number].push(window)
        if progress is not None:
            progress(len(window) / rates[number])

    plans, stretches = [encoder.spec.plan(profile) for encoder in able], STRETCHES.get(profile)
    if stretches is None or not plans:
        heard = audio.hear(path, plans, push, limits, progress)
    else:
        heard = audio.hear_stretches(path, plans, push, stretches, limits, progress)
    vectors: dict[str, tuple[str, Array]] = {}
    facts: dict[str, float | str] = {}
    for encoder, listening in zip(able, listenings, strict=True):
        vectors.update({output: (encoder.spec.fingerprint, v) for output, v in listening.finish().items()})
        facts.update(listening.facts)
    return Listened(vectors, facts, heard, tuple(encoder.spec.fingerprint for encoder in encoders))


def networks(db: Database, notes: list[str]) -> Iterator[tuple[Learned, int]]:
    """The networks that the library has trained and that count, each with its run; one that is damaged is left out, and a
    note says so."""
    for kind in learned.KINDS:
        model = modelbook.current(db, kind)
        if model is None:
            continue
        try:
            yield learned.opened(model.folder), model.run
        except EncoderError as error:
            notes.append(f"{error.message} {error.remedy}")


def read_by(networks: Sequence[Learned], vectors: Mapping[str, tuple[str, Array]]) -> dict[str, Array]:
    """What networks make of what was heard (output -> encoder, vector), by space; nothing where other encoders heard it."""
    found: dict[str, Array] = {}
    for network in networks:
        told = [vectors.get(each.output, ("", None)) for each in network.inputs]
        if all(
            vector is not None and fp == each.encoder for (fp, vector), each in zip(told, network.inputs, strict=True)
        ):
            row = np.concatenate([np.asarray(vector, np.float32) for _, vector in told])
            found[network.space] = network.embed(row[None])[0]
    return found
