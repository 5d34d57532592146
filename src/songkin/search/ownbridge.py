"""A bridge of the library's own: a linear map from what a text means to the tags that its songs are heard with.

``songkin train bridge`` learns it where songs have words and sound. It answers together with the bridge that every library
has (``bridge``), and only where it found hidden songs better: ``share`` is how much it counts.
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
_ARRAYS: Final = ("middle", "map")


@dataclass(frozen=True, slots=True)
class OwnBridge:
    """z-scores of the tags' logits are ``(text - middle) @ map``, float32 (dim,) and (dim, 100). Learned from ``songs`` of
    a library of ``library``; ``share``: how much of an answer is its own, 0 to 1."""

    encoder: str
    songs: int
    library: int
    share: float
    middle: Matrix
    map: Matrix

    def weights(self, vector: Matrix) -> Matrix:
        """The tags that a text promises, float32 (100,) of norm 1, or zeros."""
        found = (vector - self.middle) @ self.map
        norm = float(np.linalg.norm(found))
        return np.asarray(found / norm if norm > 1e-9 else found * 0, np.float32)

    def joined(self, weights: Matrix, vector: Matrix, share: float | None = None) -> Matrix:
        """Weights over the tags with its own beside them, at the same strength."""
        part = self.share if share is None else share
        strength = np.float32(np.linalg.norm(weights))
        return np.asarray((1 - part) * weights + part * strength * self.weights(vector), np.float32)

    def pack(self) -> bytes:
        """As bytes (npz without pickle)."""
        buffer = io.BytesIO()
        numbers: dict[str, Any] = {"library": self.library, "share": self.share}
        np.savez(buffer, middle=self.middle, map=self.map, **numbers)
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
    whole = arrays["middle"].ndim == 1 and arrays["map"].shape == (len(arrays["middle"]), len(TAGS))
    if not whole or not 0 <= share <= 1 or not all(np.isfinite(each).all() for each in arrays.values()):
        raise _damaged()
    return OwnBridge(encoder, songs, library, share, **arrays)


def _damaged() -> StoreError:
    return StoreError("The library's own bridge is damaged.", remedy="Run `songkin train bridge` again.")
