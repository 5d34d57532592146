"""What was heard of the songs of a library, as numbers to learn from, and how songs are dealt for judging.

Songs of one artist never stand on both sides, and neither do recordings that are likely the same: who knows an artist's
production would else be taken for one who knows a genre.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders.learned import Input, Matrix
from songkin.errors import NotFound
from songkin.store.catalog import Catalog
from songkin.text import fold

ENCODERS: Final[Mapping[str, tuple[str, ...]]] = {
    "musicnn": ("mtt_dense", "msd_dense"),
    "descriptors": ("timbre98", "modulation288"),
}
"""What is learned from, by the encoder that gives it."""
_RESAMPLES: Final = 2000


@dataclass(frozen=True)
class Heard:
    """Songs in the order of their ids, what was heard of each in a row, and whose they are: songs of one ``group`` belong
    together."""

    ids: tuple[str, ...]
    rows: Matrix
    inputs: tuple[Input, ...]
    groups: NDArray[np.int64]

    def some(self, chosen: Sequence[int]) -> Heard:
        """Some of these songs."""
        return Heard(tuple(self.ids[n] for n in chosen), self.rows[chosen], self.inputs, self.groups[chosen])


def gather(catalog: Catalog, encoder: str = "") -> Heard:
    """The songs that were heard alike: by ``encoder``, or by all that have heard most of them. Raises ``NotFound`` where
    nothing was heard."""
    named = [output for name, outputs in ENCODERS.items() if encoder in ("", name) for output in outputs]
    counts = catalog.vectors.counts()
    found = [max(((n, fp, output) for output, fp, n in counts if output == name), default=None) for name in named]
    told = [each for each in found if each]
    most = max((n for n, _, _ in told), default=0)
    having = [(output, fp) for n, fp, output in told if n * 2 >= most]
    ids = sorted(set.intersection(*(set(catalog.vectors.having(*each)) for each in having))) if having else []
    if not ids:
        raise NotFound(
            f"Nothing was heard{f' by {encoder}' if encoder else ''} of any song here.",
            remedy="Add sound first: `songkin index FOLDER`.",
        )
    stored = catalog.vectors.of(ids, [output for output, _ in having])
    rows = np.stack([np.concatenate([stored[i][output] for output, _ in having]) for i in ids]).astype(np.float32)
    inputs = tuple(Input(output, fp, int(stored[ids[0]][output].size)) for output, fp in having)
    return Heard(tuple(ids), rows, inputs, _groups(catalog, ids))


def moments(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and deviation of each number; of one that never changes, 1."""
    std = rows.std(axis=0, dtype=np.float64)
    return rows.mean(axis=0, dtype=np.float64).astype(np.float32), np.where(std > 1e-6, std, 1.0).astype(np.float32)


def folds(groups: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Which of ``count`` parts each song is in: groups are dealt whole, the largest first, each to the smallest part."""
    names, sizes = np.unique(groups, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    loads = np.zeros(count, np.int64)
    part_of = {}
    for n in order:
        part = int(np.argmin(loads))
        part_of[int(names[n])] = part
        loads[part] += sizes[n]
    return np.array([part_of[int(group)] for group in groups], np.int64)


def interval(values: NDArray[np.float64], groups: NDArray[np.int64], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of ``values``, one a song: groups are drawn with replacement, for songs of one artist are
    alike (percentile bootstrap)."""
    names, place = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(place, values), np.bincount(place)
    if len(names) < 2:
        return float(values.mean()), float(values.mean())
    drawn = np.random.default_rng(seed).integers(0, len(names), (_RESAMPLES, len(names)))
    low, high = np.percentile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _groups(catalog: Catalog, ids: Sequence[str]) -> NDArray[np.int64]:
    """A number for each song, the same for songs of one artist and for likely duplicates. A song without an artist stands
    by itself."""
    root = {i: i for i in ids}

    def top(i: str) -> str:
        while root[i] != i:
            i = root[i]
        return i

    first: dict[str, str] = {}
    for i, credit in catalog.credits(ids).items():
        for artist in filter(None, map(fold, credit.artists.split("\n"))):
            root[top(i)] = top(first.setdefault(artist, i))
    for a, b, _ in catalog.linked():
        if a in root and b in root:
            root[top(a)] = top(b)
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(top(i), len(numbers)) for i in ids], np.int64)
