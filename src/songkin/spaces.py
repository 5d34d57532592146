"""From what encoders give to what is compared: statistics of the library, and the vectors made with them.

The catalog keeps raw vectors; the search index holds these:

``tags``         MusiCNN's 100 tag probabilities (MagnaTagATune 50 + Million Song Dataset 50), compared by cosine
``heard``        the same as logits ln((p + 1e-4) / (1 - p + 1e-4)), compared by dot product: words ask it
``timbre``       MusiCNN's two mean pools (753 each), z-scored over the library, PCA-whitened to at most 128 numbers
``descriptors``  98 descriptors and 288 modulation numbers, each z-scored and of norm 1, the second times sqrt(.5), so
                 that their cosine ranks as the weighted sum of both cosines

Whitening is shrunk: with n songs and n - 1 axes of equal length every song would be as far from every other, so
each axis is divided by sqrt(variance + ridge) and small libraries keep fewer axes. All functions are pure; arrays are
float32, songs in rows.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import StoreError

Matrix = NDArray[np.float32]

TIMBRE_DIM: Final = 128
DESCRIPTORS_DIM: Final = 98 + 288
TAGS_DIM: Final = 100
TEXT_DIM: Final = 384
SOUND_SPACES: Final = ("tags", "timbre", "descriptors")
"""Spaces in which a song is compared with a song."""

RAW: Final[Mapping[str, tuple[str, ...]]] = {
    "tags": ("mtt_tags", "msd_tags"),
    "heard": ("mtt_tags", "msd_tags"),
    "timbre": ("mtt_pool", "msd_pool"),
    "descriptors": ("timbre98", "modulation288"),
    "text": ("text",),
}
"""Which raw outputs each space is made of."""

RIDGE: Final = 0.1
"""Shrinkage of the whitening, in units of the mean variance of the axes kept."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What one space needs to know of the library: named arrays, fitted on ``n`` songs."""

    n: int
    arrays: Mapping[str, Matrix]

    def pack(self) -> bytes:
        """As bytes (npz without pickle)."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {**self.arrays, "n": np.array(self.n)}
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def unpack(cls, data: bytes) -> Statistics:
        """Back from bytes; raises ``StoreError`` if they are damaged."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            return cls(int(arrays.pop("n")), arrays)
        except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise StoreError("The library's statistics are damaged.", remedy="Run `songkin reindex`.") from error


def fit(space: str, raw: Matrix) -> Statistics:
    """Statistics of ``space`` from the raw vectors of all songs, float32 (n, d), outputs joined side by side."""
    if space == "timbre":
        return _fit_timbre(raw)
    mean, std = _moments(logits(raw) if space == "heard" else raw)
    return Statistics(len(raw), {"mean": mean, "std": std})


def transform(space: str, raw: Matrix, statistics: Statistics | None) -> Matrix:
    """Index vectors of ``space``, float32 (n, dim of the space), from raw vectors float32 (n, d).

    Rows that have no direction (a song that equals the mean of a tiny library) get a faint constant one.
    """
    if space in {"tags", "text"}:
        return _nowhere_zero(raw)
    if space == "heard":
        return _nowhere_zero(logits(raw))
    if statistics is None:
        raise StoreError(f"The space {space} has no statistics yet.", remedy="Run `songkin reindex`.")
    standard = (raw - statistics.arrays["mean"]) / statistics.arrays["std"]
    if space == "timbre":
        reduced = standard @ statistics.arrays["axes"]
        padded = np.zeros((len(raw), TIMBRE_DIM), np.float32)
        padded[:, : reduced.shape[1]] = reduced
        return _nowhere_zero(padded)
    sides = (_rows_to_unit(standard[:, :98]), np.float32(np.sqrt(0.5)) * _rows_to_unit(standard[:, 98:]))
    return _nowhere_zero(np.concatenate(sides, axis=1))


def needs_statistics(space: str) -> bool:
    """Whether ``transform`` (or asking) needs statistics of the library."""
    return space in {"timbre", "descriptors", "heard"}


def ask_heard(weights: Matrix, statistics: Statistics) -> Matrix:
    """The vector to ask ``heard`` with, so that its dot product ranks as the sum of w · z over tags.

    z is the logit z-scored per tag over the library: w · (x - mean) / std differs from (w / std) · x by a constant.
    """
    return np.asarray(weights / statistics.arrays["std"], np.float32)


def _fit_timbre(raw: Matrix) -> Statistics:
    mean, std = _moments(raw)
    n = len(raw)
    kept = max(1, min(TIMBRE_DIM, n // 2))
    variance, axes = _principal_axes(((raw - mean) / std).astype(np.float64), kept)
    scale = 1.0 / np.sqrt(np.maximum(variance, 0.0) + RIDGE * max(float(variance.mean()), 1e-6))
    return Statistics(n, {"mean": mean, "std": std, "axes": (axes * scale).astype(np.float32)})


def _principal_axes(rows: NDArray[np.float64], kept: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ``kept`` largest variances and their unit axes (in columns) of centred rows, by the smaller of two Gram
    matrices. Each axis has a fixed sign, so that the same library gives the same vectors."""
    n, d = rows.shape
    share = max(1, n - 1)
    if n >= d:
        variance, axes = np.linalg.eigh(rows.T @ rows / share)
    else:
        variance, sides = np.linalg.eigh(rows @ rows.T / share)
        axes = rows.T @ sides / np.sqrt(np.maximum(variance * share, 1e-12))
    variance, axes = variance[::-1][:kept], axes[:, ::-1][:, :kept]
    return variance, axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(kept)])


def _moments(raw: Matrix) -> tuple[Matrix, Matrix]:
    mean = raw.mean(axis=0, dtype=np.float64).astype(np.float32)
    std = raw.std(axis=0, dtype=np.float64)
    if len(raw) < 2:
        std = np.ones_like(std)
    floor = max(1e-6, 1e-3 * float(std.mean()))
    return mean, np.maximum(std, floor).astype(np.float32)


def logits(probabilities: Matrix) -> Matrix:
    """ln((p + 1e-4) / (1 - p + 1e-4)), float32."""
    p = np.asarray(probabilities, np.float32)
    return np.log((p + np.float32(1e-4)) / (1 - p + np.float32(1e-4)))


def _rows_to_unit(rows: Matrix) -> Matrix:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, 1e-12), np.float32)


def _nowhere_zero(rows: Matrix) -> Matrix:
    rows = np.asarray(rows, np.float32)
    empty = ~(np.linalg.norm(rows, axis=1) > 1e-9)
    if empty.any():
        rows = rows.copy()
        rows[empty] = np.float32(1e-3)
    return rows
