"""Training a small network: layers with tanh between them, Adam, decay of weights, inputs that drop out.

Nothing here needs more than numpy: a library of ten thousand songs is learned in a minute on one core. The weights that
did best on rows kept aside are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from songkin.encoders.learned import Layers, Matrix, run, softmax

_BATCH: Final = 32
_BETAS: Final = (0.9, 0.999)

Loss = Literal["labels", "numbers"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained: ``epochs`` at most, fewer where ``patience`` of them bring nothing on the rows kept aside.
    ``loss``: cross-entropy of labels, or the mean square of what differs."""

    sizes: tuple[int, ...]
    loss: Loss
    epochs: int = 60
    patience: int = 10
    rate: float = 1e-3
    decay: float = 1e-2
    drop: float = 0.3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Inputs (n, d) and what is to come out: (n, out), for labels one 1 a row."""

    given: Matrix
    wanted: Matrix


def train(
    recipe: Recipe,
    rows: Rows,
    aside: Rows | None = None,
    told: Callable[[int, float], None] | None = None,
    start: Layers | None = None,
) -> tuple[Layers, int]:
    """The layers, and after how many epochs they were best on ``aside`` (without these: all epochs); 0: as they were at the
    ``start``, or by chance."""
    rng = np.random.default_rng(recipe.seed)
    layers = [(weights.copy(), offset.copy()) for weights, offset in start or _by_chance(recipe, rng)]
    flat = [each for layer in layers for each in layer]
    moments = [(np.zeros_like(each), np.zeros_like(each)) for each in flat]
    best, best_epoch, step = [each.copy() for each in flat], 0, 0
    lowest = loss_of(layers, aside or rows, recipe.loss)
    for epoch in range(1, recipe.epochs + 1):
        order = rng.permutation(len(rows.given))
        for first in range(0, len(order), _BATCH):
            some = order[first : first + _BATCH]
            given = rows.given[some]
            kept = rng.random(given.shape) >= recipe.drop
            slopes = _slopes(layers, given * kept / np.float32(1 - recipe.drop), rows.wanted[some], recipe.loss)
            step += 1
            _adam(flat, slopes, moments, step, recipe)
        loss = loss_of(layers, aside or rows, recipe.loss)
        if told:
            told(epoch, loss)
        if aside is None or loss < lowest:
            best, best_epoch, lowest = [each.copy() for each in flat], epoch, loss
        elif epoch - best_epoch >= recipe.patience:
            break
    return [(best[n], best[n + 1]) for n in range(0, len(best), 2)], best_epoch


def _by_chance(recipe: Recipe, rng: np.random.Generator) -> Layers:
    layers = [
        (rng.normal(0, 1 / np.sqrt(a), (a, b)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in pairwise(recipe.sizes)
    ]
    layers[-1][0][:] = 0  # nothing is claimed before something was seen
    return layers


def loss_of(layers: Layers, rows: Rows, loss: Loss) -> float:
    """How far off they are, on average."""
    out = run(layers, rows.given).astype(np.float64)
    if loss == "numbers":
        return float(((out - rows.wanted) ** 2).mean())
    odds = softmax(out.astype(np.float32))
    return float(-(rows.wanted * np.log(np.maximum(odds, 1e-9))).sum(axis=1).mean())


def _slopes(layers: Layers, given: Matrix, wanted: Matrix, loss: Loss) -> list[Matrix]:
    """Derivatives of the loss by each layer's weights and offsets."""
    outs = [given.astype(np.float32)]
    for n, (weights, offset) in enumerate(layers):
        out = outs[-1] @ weights + offset
        outs.append(np.tanh(out) if n < len(layers) - 1 else out)
    error = (softmax(outs[-1]) if loss == "labels" else outs[-1]) - wanted
    error = error / np.float32(len(given)) * np.float32(1.0 if loss == "labels" else 2.0 / wanted.shape[1])
    slopes: list[Matrix] = []
    for n in range(len(layers) - 1, -1, -1):
        slopes[:0] = [np.asarray(outs[n].T @ error, np.float32), np.asarray(error.sum(axis=0), np.float32)]
        if n:
            error = (error @ layers[n][0].T) * (1 - outs[n] ** 2)
    return slopes


def _adam(
    flat: Sequence[Matrix],
    slopes: Sequence[Matrix],
    moments: Sequence[tuple[Matrix, Matrix]],
    step: int,
    recipe: Recipe,
) -> None:
    """One step (Loshchilov and Hutter, 2019: decay beside the gradient), in place; offsets do not decay."""
    first, second = _BETAS
    for each, slope, (mean, square) in zip(flat, slopes, moments, strict=True):
        np.add(first * mean, (1 - first) * slope, out=mean)
        np.add(second * square, (1 - second) * slope**2, out=square)
        if each.ndim == 2:
            np.multiply(each, 1 - recipe.rate * recipe.decay, out=each)
        root = np.sqrt(square / (1 - second**step)) + 1e-8
        np.subtract(each, recipe.rate * (mean / (1 - first**step)) / root, out=each)
