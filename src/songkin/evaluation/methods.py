"""Ways to say how alike two songs are: songkin's own, its parts, and what it is measured against.

Every method is a function from what was heard of a library and of some queries to a matrix of scores (queries,
candidates), higher is better. Whatever is fitted (means, spreads, axes, radii) is fitted on the library alone; labels
are never seen. ``Pipeline`` calls the very functions that ``songkin similar`` calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin import ranking, spaces
from songkin.encoders.fingerprint import FingerprintIndex
from songkin.evaluation import baselines
from songkin.evaluation.hearing import Heard
from songkin.evaluation.metrics import Scores
from songkin.indexing.hubs import radii_of
from songkin.search.similar import WEIGHTS

Matrix = NDArray[np.float32]
Side = Sequence[Heard]
Method = Callable[[Side, Side], Scores]


def outputs(side: Side, *names: str) -> Matrix:
    """Raw vectors of all songs, outputs joined side by side: float32 (n, d)."""
    return np.stack([np.concatenate([heard.vectors[name] for name in names]) for heard in side]).astype(np.float32)


def cosine(queries: Matrix, library: Matrix) -> Scores:
    """Cosine of every query with every candidate."""
    a, b = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (queries, library))
    return np.asarray(a @ b.T, np.float64)


def standardised(library: Matrix, queries: Matrix) -> tuple[Matrix, Matrix]:
    """Each number z-scored over the library, on both sides."""
    mean = library.mean(axis=0)
    std = np.maximum(library.std(axis=0), 1e-6)
    return (library - mean) / std, (queries - mean) / std


# One vector, one cosine --------------------------------------------------------------------------------------------


def by_space(space: str) -> Method:
    """One of the index's own spaces alone, without hub correction."""

    def scores(library: Side, queries: Side) -> Scores:
        return cosine(*reversed(_both_sides(space, library, queries)))

    return scores


def by_output(name: str, part: slice = slice(None)) -> Method:
    """One raw output (or a part of it), each number z-scored, by cosine."""

    def scores(library: Side, queries: Side) -> Scores:
        lib, asked = standardised(outputs(library, name)[:, part], outputs(queries, name)[:, part])
        return cosine(asked, lib)

    return scores


def audiomuse(library: Side, queries: Side) -> Scores:
    """AudioMuse-AI's sound: the 200 numbers as they are, by cosine."""
    return cosine(outputs(queries, "msd_dense"), outputs(library, "msd_dense"))


def bliss_like(library: Side, queries: Side) -> Scores:
    """bliss's numbers as far as ours go, by Euclid's distance of z-scores."""
    rows = [baselines.bliss_like(outputs(s, "timbre98"), [heard.facts for heard in s]) for s in (library, queries)]
    return euclid(*standardised(*rows))


def bliss(library: Side, queries: Side) -> Scores:
    """bliss itself, by Euclid's distance of its own numbers (they lie between -1 and 1)."""
    return euclid(outputs(library, "bliss"), outputs(queries, "bliss"))


def euclid(library: Matrix, queries: Matrix) -> Scores:
    """Minus the distance of every query from every candidate."""
    difference = queries[:, None, :].astype(np.float64) - library[None, :, :]
    return np.asarray(-np.sqrt((difference**2).sum(axis=2)))


def chance(library: Side, queries: Side) -> Scores:
    """Random numbers, the same each time."""
    return np.random.default_rng(0).random((len(queries), len(library)))


def _both_sides(space: str, library: Side, queries: Side) -> tuple[Matrix, Matrix]:
    raw = [outputs(side, *spaces.RAW[space]) for side in (library, queries)]
    statistics = spaces.fit(space, raw[0]) if spaces.needs_statistics(space) else None
    return spaces.transform(space, raw[0], statistics), spaces.transform(space, raw[1], statistics)


# songkin -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What ``songkin similar`` does, from statistics to blended scores, over spaces that were heard.

    ``parts`` are affinities of each query to each candidate in each space: float64 (spaces, queries, candidates).
    """

    names: tuple[str, ...]
    parts: NDArray[np.float64]

    def scores(self, weights: Mapping[str, float] = WEIGHTS) -> Scores:
        """Blended with ``weights``."""
        share = np.array([weights.get(name, 0.0) for name in self.names])
        return np.asarray(np.tensordot(share / share.sum(), self.parts, axes=1))


def pipeline(library: Side, queries: Side, *, corrected: bool = True) -> Pipeline:
    """Affinities in every space. ``queries is library`` where a library is asked about its own songs.

    Not ``corrected``: as if it were equally crowded around all songs.
    """
    names = tuple(space for space in spaces.SOUND_SPACES if heard_in(space, [*library, *queries]))
    parts = np.zeros((len(names), len(queries), len(library)))
    for number, space in enumerate(names):
        lib, asked = _both_sides(space, library, queries)
        distance = 1.0 - cosine(asked, lib)
        radii = radii_of(lib) if corrected else [ranking.DEFAULT_RADIUS] * len(lib)
        for row, each in enumerate(distance):
            own = radii[row] if queries is library else ranking.mean_of_nearest(each.tolist())
            own = own if corrected else ranking.DEFAULT_RADIUS
            parts[number, row] = [ranking.affinity(d, own, r) for d, r in zip(each.tolist(), radii, strict=True)]
    return Pipeline(names, parts)


def heard_in(space: str, side: Side) -> bool:
    """Whether all songs of ``side`` were heard by the encoders that ``space`` is made of."""
    return all(name in heard.vectors for heard in side for name in spaces.RAW[space])


def songkin(library: Side, queries: Side) -> Scores:
    """The whole pipeline with the weights it is shipped with."""
    return pipeline(library, queries).scores()


def recognising(library: Side, queries: Side) -> Scores:
    """The whole pipeline for recordings from outside: what the fingerprint knows for sure comes first."""
    scores = songkin(library, queries)
    prints = {str(i): heard.vectors["fingerprint"] for i, heard in enumerate(library) if "fingerprint" in heard.vectors}
    index = FingerprintIndex(prints)
    for row, heard in zip(scores, queries, strict=True):
        found = index.find([codes for name, codes in heard.vectors.items() if name.startswith("codes")], limit=1)
        if found:
            row[int(found[0].id)] = np.inf
    return scores


def uncorrected(library: Side, queries: Side) -> Scores:
    """The same without hub correction."""
    return pipeline(library, queries, corrected=False).scores()


MFCC: Final = slice(0, 60)
"""Mean, spread and spread of the change of 20 MFCC in ``timbre98``."""

METHODS: Final[Mapping[str, tuple[str, tuple[str, ...], Method]]] = {
    "songkin": ("songkin", (), songkin),
    "uncorrected": ("songkin, hubs not corrected", (), uncorrected),
    "timbre": ("musicnn timbre alone", ("mtt_drift",), by_space("timbre")),
    "tags": ("musicnn tags alone", ("mtt_tags",), by_space("tags")),
    "descriptors": ("descriptors alone", ("timbre98",), by_space("descriptors")),
    "mfcc": ("MFCC statistics", ("timbre98",), by_output("timbre98", MFCC)),
    "logmel": ("log-mel statistics", ("logmel",), by_output("logmel")),
    "audiomuse": ("AudioMuse-AI's vector, rebuilt", ("msd_dense",), audiomuse),
    "bliss": ("bliss itself", ("bliss",), bliss),
    "bliss_like": ("bliss-like numbers", ("timbre98",), bliss_like),
    "chance": ("random", (), chance),
}
"""Method: how tables call it, which outputs it needs, what it does."""


def usable(side: Side) -> list[str]:
    """Methods whose outputs were heard of all songs."""
    return [
        name
        for name, (_, needs, _) in METHODS.items()
        if all(need in heard.vectors for heard in side for need in needs)
    ]
