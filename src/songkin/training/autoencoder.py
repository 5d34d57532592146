"""An autoencoder over what encoders heard of songs: a network that is to give back what it was given, through few numbers.

Those few numbers are a space of the library. It begins as the main axes (PCA) of the songs, each in the nearly straight
middle of its tanh, and learns from there to give back songs of which some numbers were left out, as long as that helps
with songs kept aside. It is judged on songs of artists that it did not hear, beside those axes, which are the best that
can be had without bends, and beside the mean of all songs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders.learned import Layers, Matrix, run, standard
from songkin.errors import NotFound
from songkin.progress import Progress
from songkin.store.catalog import Catalog
from songkin.store.modelbook import folder_of
from songkin.training import heard as hearing
from songkin.training import keeping, net
from songkin.training.heard import Heard

KIND: Final = "autoencoder"
SIZE: Final = 32
_MIDDLE: Final = 0.3
"""Deviation of an axis before its tanh."""
LEAST: Final = 20
"""Songs, of five artists, below which nothing is learned."""
FOLDS: Final = 5
_MOST: Final = 150


@dataclass(frozen=True)
class Coded:
    """What came of a training: mean square errors per number (1: the mean of the songs), on songs that were not heard, with
    95 % intervals."""

    errors: dict[str, tuple[float, float, float]]
    songs: int
    judged: int
    size: int
    epochs: int
    run: int
    folder: Path
    space: str

    def plain(self) -> dict[str, Any]:
        """As plain values."""
        names = ("songs", "judged", "size", "epochs", "run", "space")
        return {
            **{name: getattr(self, name) for name in names},
            "folder": str(self.folder),
            "errors": {name: {"error": e, "interval": [low, high]} for name, (e, low, high) in self.errors.items()},
        }


def train(catalog: Catalog, told: Progress, *, encoder: str = "", size: int = SIZE, seed: int = 0) -> Coded:
    """Train an autoencoder on what was heard, and make it a part of the library. Raises ``NotFound`` where there is too
    little, ``QueryError`` for another size than the library's."""
    keeping.check_size(catalog, KIND, size)
    songs = hearing.gather(catalog, encoder)
    artists = len(np.unique(songs.groups))
    if len(songs.ids) < LEAST or artists < FOLDS:
        raise NotFound(
            f"{len(songs.ids)} songs of {artists} artists were heard; {LEAST} of {FOLDS} are needed.",
            remedy="Add more: `songkin index FOLDER`.",
        )
    told.stage("Training", _MOST)
    part = hearing.folds(songs.groups, FOLDS, seed)
    learned, watched, asked = (np.flatnonzero(each) for each in (part > 1, part == 1, part == 0))
    moments = hearing.moments(songs.rows[learned])
    given = standard(songs.rows, *moments)
    layers, epochs = net.train(
        _recipe(songs, size, seed, _MOST),
        net.Rows(given[learned], given[learned]),
        net.Rows(given[watched], given[watched]),
        lambda epoch, loss: told.step(epoch, f"error {loss:.3f}"),
        _axes(given[learned], size),
    )
    errors = _errors(layers, given[learned], given[asked], songs.groups[asked], size, seed)
    told.stage("Training on all of them")
    moments = hearing.moments(songs.rows)
    given = standard(songs.rows, *moments)
    layers, _ = net.train(_recipe(songs, size, seed, epochs), net.Rows(given, given), start=_axes(given, size))
    facts = {"errors": errors, "epochs": epochs, "seed": seed}
    made, number = keeping.keep(catalog, KIND, songs, moments, layers, 1, (), facts)
    folder = folder_of(catalog.db, KIND, number)
    return Coded(errors, len(songs.ids), len(asked), size, epochs, number, folder, made.space)


def _recipe(songs: Heard, size: int, seed: int, epochs: int) -> net.Recipe:
    wide = songs.rows.shape[1]
    return net.Recipe((wide, size, wide), "numbers", epochs=epochs, rate=1e-5, decay=0.1, drop=0.1, seed=seed)


def _axes(rows: Matrix, size: int) -> Layers:
    """Layers that give back little more and little less than the main axes do; an axis that there is none of is 0."""
    mean = rows.mean(axis=0)
    _, spread, axes = np.linalg.svd(rows - mean, full_matrices=False)
    kept = min(size, len(axes))
    scale = np.zeros(size, np.float32)
    scale[:kept] = spread[:kept] / np.sqrt(len(rows)) / _MIDDLE
    there = scale > 1e-6 * max(1e-9, float(scale.max()))
    turned = np.zeros((size, rows.shape[1]), np.float32)
    turned[:kept] = axes[:kept]
    into = (turned / np.where(there, scale, np.inf)[:, None]).T.astype(np.float32)
    return [(into, (-mean @ into).astype(np.float32)), (turned * scale[:, None], mean.astype(np.float32))]


def _errors(
    layers: Layers, learned: Matrix, asked: Matrix, groups: NDArray[np.int64], size: int, seed: int
) -> dict[str, tuple[float, float, float]]:
    mean = learned.mean(axis=0)
    axes = np.linalg.svd(learned - mean, full_matrices=False)[2][:size]
    guesses = {
        "autoencoder": run(layers, asked),
        f"main axes (PCA, {len(axes)})": (asked - mean) @ axes.T @ axes + mean,
        "mean of the songs": np.broadcast_to(mean, asked.shape),
    }
    found = {}
    for name, guess in guesses.items():
        each = ((guess.astype(np.float64) - asked) ** 2).mean(axis=1)
        found[name] = (float(each.mean()), *hearing.interval(each, groups, seed))
    return found
