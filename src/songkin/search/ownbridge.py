"""A bridge of the library's own: a linear map from what a text means to the tags that its songs are heard with.

``songkin train bridge`` learns it where songs have words and sound. It answers together with the bridge that every library
has (``bridge``), and only where it found hidden songs better: ``share`` is how much it counts, of words that songs here are
filed under. The less a question is like any of them, the less it counts: of words that it never met it knows little.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from songkin.encoders.base import TextEncoder
from songkin.encoders.musicnn import TAGS
from songkin.errors import StoreError
from songkin.spaces import Matrix
from songkin.store.catalog import Catalog

KEPT: Final = "own bridge"
"""Under which name the catalog keeps it."""
FAR, NEAR = 0.65, 0.85
"""Cosine to the nearest word that was met, up to which it says nothing, and from which it says all that it may."""
_ARRAYS: Final = ("middle", "map", "met")


@dataclass(frozen=True, slots=True)
class OwnBridge:
    """z-scores of the tags' logits are ``(text - middle) @ map``, float32 (dim,) and (dim, 100). Learned from ``songs`` of
    a library of ``library``; ``share``: how much of an answer is its own at most, 0 to 1; ``met``: vectors of the words
    that it was learned from, float32 (words, dim)."""

    encoder: str
    songs: int
    library: int
    share: float
    middle: Matrix
    map: Matrix
    met: Matrix

    def known(self, vector: Matrix) -> float:
        """How well it knows what is asked, 0 to 1."""
        nearest = float((self.met @ vector).max()) if len(self.met) else 0.0
        return min(1.0, max(0.0, (nearest - FAR) / (NEAR - FAR)))

    def weights(self, vector: Matrix) -> Matrix:
        """The tags that a text promises, float32 (100,) of norm 1, or zeros."""
        found = (vector - self.middle) @ self.map
        norm = float(np.linalg.norm(found))
        return np.asarray(found / norm if norm > 1e-9 else found * 0, np.float32)

    def joined(self, weights: Matrix, vector: Matrix, share: float | None = None) -> Matrix:
        """Weights over the tags with its own beside them, at the same strength."""
        part = (self.share if share is None else share) * self.known(vector)
        strength = np.float32(np.linalg.norm(weights))
        return np.asarray((1 - part) * weights + part * strength * self.weights(vector), np.float32)

    def pack(self) -> bytes:
        """As bytes (npz without pickle)."""
        buffer = io.BytesIO()
        numbers: dict[str, Any] = {"library": self.library, "share": self.share}
        np.savez(buffer, middle=self.middle, map=self.map, met=self.met, **numbers)
        return buffer.getvalue()


def keep(catalog: Catalog, learned: OwnBridge) -> None:
    """Have the library answer with it from now on; one of no share is kept, too, so that nobody need learn it again.
    Raises ``StoreError``."""
    catalog.vectors.put_statistic(KEPT, learned.encoder, learned.songs, learned.pack())


def kept(catalog: Catalog) -> OwnBridge | None:
    """What the library learned, None where it did not. Raises ``StoreError`` where it is damaged."""
    row = catalog.vectors.statistic(KEPT)
    return _unpacked(row[1], row[2], row[3]) if row else None


def of(catalog: Catalog, encoder: TextEncoder) -> OwnBridge | None:
    """The one that counts for questions that this encoder reads."""
    found = kept(catalog)
    return found if found and found.share > 0 and found.encoder == encoder.spec.fingerprint else None


@lru_cache(maxsize=2)
def _unpacked(encoder: str, songs: int, data: bytes) -> OwnBridge:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], np.float32) for name in _ARRAYS}
            library, share = int(stored["library"]), float(stored["share"])
    except Exception as error:  # numpy, zipfile and zlib raise a dozen kinds over damaged bytes
        raise _damaged() from error
    wide = len(arrays["middle"]) if arrays["middle"].ndim == 1 else 0
    whole = arrays["map"].shape == (wide, len(TAGS)) and arrays["met"].ndim == 2 and arrays["met"].shape[1] == wide
    if not whole or not 0 <= share <= 1 or not all(np.isfinite(each).all() for each in arrays.values()):
        raise _damaged()
    return OwnBridge(encoder, songs, library, share, **arrays)


def _damaged() -> StoreError:
    return StoreError("The library's own bridge is damaged.", remedy="Run `songkin train bridge` again.")
