"""From what encoders give to what is compared: statistics of the library, and the vectors made with them.

The catalog keeps raw vectors; the search index holds these:

``tags``         MusiCNN's 100 tag probabilities p (MagnaTagATune 50 + Million Song Dataset 50) as ln(1 + 100 p),
                 compared by cosine: twice as probable counts alike for strong tags and for weak ones
``heard``        the same as logits ln((p + 1e-4) / (1 - p + 1e-4)), compared by dot product: words ask it
``timbre``       MusiCNN's last layer but one (200 numbers a network), z-scored over the library, on its at most 128 main
                 axes, each direction divided by how much it varies inside a song
``descriptors``  98 descriptors and 288 modulation numbers, each turned like ``timbre`` and of norm 1, the second times
                 sqrt(.5), so that their cosine ranks as the weighted sum of both cosines
``table``        a table's audio features by name: nine z-scored over the library, mode, and key as a place on a circle;
                 what is unknown stands in the middle
and any other    vectors that were imported, as they are

Plain whitening divides each axis by how much it varies over the library and so drowns what tells artists apart in what
merely wobbles. Dividing by the variation inside songs (within-class covariance normalisation, see ``encoders.drift``)
keeps what stays the same while a song lasts: a song's halves meet more often, and so do songs of one artist. The inner
covariance is shrunk towards a multiple of the identity, for a small library knows it badly. All functions are pure;
arrays are float32, songs in rows.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import StoreError
from songkin.records import CONTINUOUS

Matrix = NDArray[np.float32]

TIMBRE_DIM: Final = 128
DESCRIPTORS_DIM: Final = 98 + 128
TAGS_DIM: Final = 100
TEXT_DIM: Final = 384
TABLE_DIM: Final = 12
SOUND_SPACES: Final = ("tags", "timbre", "descriptors")
"""Spaces of what is heard, in which a song is compared with a song."""
SONG_SPACES: Final = (*SOUND_SPACES, "table")
"""All built-in spaces in which a song is compared with a song."""

RAW: Final[Mapping[str, tuple[str, ...]]] = {
    "tags": ("mtt_tags", "msd_tags"),
    "heard": ("mtt_tags", "msd_tags"),
    "timbre": ("mtt_dense", "msd_dense", "mtt_drift", "msd_drift"),
    "descriptors": ("timbre98", "modulation288", "descriptor_drift"),
    "text": ("text",),
    "table": ("table",),
}
"""Which raw outputs each built-in space is made of."""
ENCODED: Final = tuple(space for space in RAW if space != "table")
"""Spaces that encoders fill."""
FITTED: Final = ("heard", "timbre", "descriptors", "table")
"""Spaces whose vectors depend on statistics of the library."""
TABLE_ENCODER: Final = "table/1"
MODE_WEIGHT: Final = 0.5
KEY_WEIGHT: Final = 0.5

RIDGE: Final = 0.3
"""Shrinkage of the covariance inside songs, in units of the mean variance of the axes kept."""

TAG_FLOOR: Final = 0.01
"""Probability below which a tag counts in proportion, above which by ratio."""

_ARRAYS: Final[Mapping[str, Set[str]]] = {
    "heard": {"mean", "std"},
    "timbre": {"mean", "std", "axes"},
    "descriptors": {"mean", "std", "axes98", "axes288"},
    "table": {"mean", "std"},
}
"""What ``fit`` keeps for each space."""

_DENSE: Final = 200
_DESCRIBED: Final = 98 + 288


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
        except Exception as error:  # numpy, zipfile and zlib raise a dozen kinds over damaged bytes
            raise StoreError("The library's statistics are damaged.", remedy="Run `songkin reindex`.") from error


def fitted(space: str, data: bytes | None) -> Statistics | None:
    """What was kept for ``space``; None where nothing was, or where it was fitted by an older songkin in another way.

    Raises ``StoreError`` if it is damaged.
    """
    found = Statistics.unpack(data) if data else None
    return found if found and set(found.arrays) == _ARRAYS.get(space, set()) else None


def outputs(space: str) -> tuple[str, ...]:
    """The raw outputs that a space is made of; vectors that were imported are one."""
    return RAW.get(space, (f"own:{space}",))


def table_row(features: Mapping[str, float]) -> Matrix | None:
    """The raw output ``table`` of a song, float32 (24,): nine features, mode, cosine and sine of the key (0 where they are
    unknown), then for each of the twelve whether it is known. None where nothing is.

    A row in which danceability, speechiness, valence and tempo are all 0 is one whose analysis failed.
    """
    failed = ("danceability", "speechiness", "valence", "tempo")
    if all(features.get(name) == 0 for name in failed):
        return None
    values = [features.get(name) for name in (*CONTINUOUS, "mode")]
    key = features.get("key")
    angle = None if key is None or not 0 <= key <= 11 else 2 * math.pi * key / 12
    values += [None if angle is None else math.cos(angle), None if angle is None else math.sin(angle)]
    if all(value is None for value in values):
        return None
    known = [0.0 if value is None else 1.0 for value in values]
    return np.array([*(value or 0.0 for value in values), *known], np.float32)


def fit(space: str, raw: Matrix) -> Statistics:
    """Statistics of ``space`` from the raw vectors of all songs, float32 (n, d), outputs joined side by side."""
    if space == "timbre":
        drift = raw[:, 2 * _DENSE :].reshape(len(raw), 2, -1, _DENSE)  # song, network, contrast, number
        contrasts = drift.transpose(0, 2, 1, 3).reshape(-1, 2 * _DENSE)
        mean, std, axes = _inside(raw[:, : 2 * _DENSE], contrasts, TIMBRE_DIM)
        return Statistics(len(raw), {"mean": mean, "std": std, "axes": axes})
    if space == "descriptors":
        return _fit_descriptors(raw)
    if space == "table":
        return _fit_table(raw)
    mean, std = _moments(logits(raw) if space == "heard" else raw)
    return Statistics(len(raw), {"mean": mean, "std": std})


def transform(space: str, raw: Matrix, statistics: Statistics | None) -> Matrix:
    """Index vectors of ``space``, float32 (n, dim of the space), from raw vectors float32 (n, d).

    Rows that have no direction (a song that equals the mean of a tiny library) get a faint constant one.
    """
    if space == "text" or space not in RAW:
        return _nowhere_zero(raw)
    if space == "tags":
        return _nowhere_zero(np.log1p(np.asarray(raw, np.float32) / np.float32(TAG_FLOOR)))
    if space == "heard":
        return _nowhere_zero(logits(raw))
    if statistics is None:
        raise StoreError(f"The space {space} has no statistics yet.", remedy="Run `songkin reindex`.")
    if space == "table":
        return _nowhere_zero(_table(raw, statistics))
    side = 2 * _DENSE if space == "timbre" else _DESCRIBED
    standard = np.asarray((raw[:, :side] - statistics.arrays["mean"]) / statistics.arrays["std"], np.float32)
    if space == "timbre":
        return _nowhere_zero(_padded(standard @ statistics.arrays["axes"], TIMBRE_DIM))
    timbre = _rows_to_unit(_padded(standard[:, :98] @ statistics.arrays["axes98"], 98))
    modulation = _rows_to_unit(_padded(standard[:, 98:] @ statistics.arrays["axes288"], DESCRIPTORS_DIM - 98))
    return _nowhere_zero(np.concatenate([timbre, np.float32(np.sqrt(0.5)) * modulation], axis=1))


def needs_statistics(space: str) -> bool:
    """Whether ``transform`` (or asking) needs statistics of the library."""
    return space in FITTED


def ask_heard(weights: Matrix, statistics: Statistics) -> Matrix:
    """The vector to ask ``heard`` with, so that its dot product ranks as the sum of w · z over tags.

    z is the logit z-scored per tag over the library: w · (x - mean) / std differs from (w / std) · x by a constant.
    """
    return np.asarray(weights / statistics.arrays["std"], np.float32)


def _fit_table(raw: Matrix) -> Statistics:
    """Mean and spread of each number over the songs that have it."""
    values, known = raw[:, :TABLE_DIM].astype(np.float64), raw[:, TABLE_DIM:].astype(np.float64)
    n = np.maximum(known.sum(axis=0), 1.0)
    mean = (values * known).sum(axis=0) / n
    std = np.sqrt((((values - mean) * known) ** 2).sum(axis=0) / n)
    std[std < 1e-6] = 1.0
    return Statistics(len(raw), {"mean": mean.astype(np.float32), "std": std.astype(np.float32)})


def _table(raw: Matrix, statistics: Statistics) -> Matrix:
    values, known = raw[:, :TABLE_DIM], raw[:, TABLE_DIM:]
    standard = np.clip((values - statistics.arrays["mean"]) / statistics.arrays["std"], -4.0, 4.0)
    weights = np.ones(TABLE_DIM, np.float32)
    weights[len(CONTINUOUS)] = MODE_WEIGHT
    weights[len(CONTINUOUS) + 1 :] = KEY_WEIGHT
    return np.asarray(standard * known * weights, np.float32)


def _fit_descriptors(raw: Matrix) -> Statistics:
    described = raw[:, :_DESCRIBED]
    contrasts = raw[:, _DESCRIBED:].reshape(-1, _DESCRIBED)
    mean, std, first = _inside(described[:, :98], contrasts[:, :98], 98)
    other_mean, other_std, second = _inside(described[:, 98:], contrasts[:, 98:], DESCRIPTORS_DIM - 98)
    arrays = {"mean": np.concatenate([mean, other_mean]), "std": np.concatenate([std, other_std])}
    return Statistics(len(raw), {**arrays, "axes98": first, "axes288": second})


def _inside(means: Matrix, contrasts: Matrix, most: int) -> tuple[Matrix, Matrix, Matrix]:
    """Mean and spread of (n, d) ``means``, and at most ``most`` axes (in columns) on which each direction of the z-scored
    means is divided by how much it varies inside songs, as ``contrasts`` (2 n, d) show it."""
    mean, std = _moments(means)
    kept = max(1, min(most, len(means) - 1))
    variance, axes = _main_axes((means - mean) / std, kept)
    inner = (contrasts / std).astype(np.float64) @ axes
    within = _as_large(inner.T @ inner, variance)
    shrunk = within + RIDGE * max(float(variance.mean()), 1e-6) * np.eye(kept)
    values, turned = np.linalg.eigh(shrunk)
    return mean, std, (_signed(axes @ turned) / np.sqrt(values)).astype(np.float32)


def _main_axes(standard: Matrix, kept: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variances and directions (in columns) of the ``kept`` main axes."""
    rows = standard.astype(np.float64)
    variance, axes = np.linalg.eigh(rows.T @ rows / max(1, len(rows) - 1))
    return np.maximum(variance[::-1][:kept], 0.0), axes[:, ::-1][:, :kept]


def _as_large(within: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The covariance inside songs with the trace of that between them; that one where no song ever changed."""
    trace = float(np.trace(within))
    return within * (float(variance.sum()) / trace) if trace > 1e-9 else np.diag(variance)


def _signed(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """A fixed sign for each axis: the same library gives the same vectors."""
    return np.asarray(axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]))


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


def _padded(rows: Matrix, dim: int) -> Matrix:
    padded = np.zeros((len(rows), dim), np.float32)
    padded[:, : rows.shape[1]] = rows
    return padded


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
