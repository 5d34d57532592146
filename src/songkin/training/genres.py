"""A network that sorts songs by labels (genres of tags, names of folders), over what encoders heard of them.

One hidden layer, whose numbers are a space of the library: what tells the labels apart is near in it, other differences
are not. It is judged in parts: each song by a network that heard neither it nor its artist, beside chance, the most
frequent label, the nearest song, and the same network without its hidden layer (multinomial logistic regression).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

KIND: Final = "genres"
SIZE: Final = 32
LEAST: Final = 5
"""Songs of a label, and two artists, below which it is not learned."""
FOLDS: Final = 5

_MOST: Final = 100
"""Epochs."""
_DECAY: Final = 10.0
"""Of one, .1 and 10: a hundred songs with 800 numbers each are learned by heart without it."""
_WAYS: Final[Mapping[str, str]] = {
    "network": "hidden layer",
    "logistic": "logistic regression",
    "nearest": "nearest song",
    "majority": "most frequent label",
}

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Row:
    """How one way of guessing does: share of songs, share of songs of a label on average, 95 % interval of the first."""

    label: str
    accuracy: float
    balanced: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Judged:
    """``confusion[i, j]``: songs of label i that were taken for label j by the network."""

    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    confusion: Numbers
    songs: int
    groups: int
    folds: int
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Genres:
    """What came of a training."""

    judged: Judged
    run: int
    folder: Path
    space: str


def by_genre(catalog: Catalog, ids: Sequence[str]) -> dict[str, str]:
    """Label of each song: the first genre of its tags and tables."""
    tracks = catalog.tracks(ids)
    return {i: tracks[i].genres[0] for i in ids if i in tracks and tracks[i].genres}


def by_folder(catalog: Catalog, ids: Sequence[str], folders: Sequence[Path]) -> dict[str, str]:
    """Label of each song: the folder right under one of ``folders`` in which its file lies."""
    found: dict[str, str] = {}
    for i, track in catalog.tracks(ids).items():
        for folder in folders:
            if track.path and folder in Path(track.path).parents:
                inside = Path(track.path).relative_to(folder).parts
                found |= {i: inside[0]} if len(inside) > 1 else {}
    return found


def train(
    catalog: Catalog, labels: Mapping[str, str], told: Progress, *, encoder: str = "", size: int = SIZE, seed: int = 0
) -> Genres:
    """Judge and train a network on songs with labels (id -> label), and make it a part of the library. Raises
    ``NotFound`` where there is too little to learn from, ``QueryError`` for another size than the library's."""
    keeping.check_size(catalog, KIND, size)
    everything = hearing.gather(catalog, encoder)
    songs, truth, names, left_out = _chosen(everything, labels)
    told.stage("Judging on songs of artists that were not heard", FOLDS)
    judged, epochs = _judge(songs, truth, names, left_out, size, seed, told)
    told.stage("Training on all of them")
    moments = hearing.moments(songs.rows)
    recipe = _recipe(songs, names, size, seed, epochs)
    layers, _ = net.train(recipe, _rows(standard(songs.rows, *moments), truth, len(names)))
    facts = {
        "accuracy": {row.label: [row.accuracy, *row.interval] for row in judged.rows},
        "epochs": epochs,
        "seed": seed,
    }
    made, number = keeping.keep(catalog, KIND, everything, moments, layers, 1, names, {**facts, "labelled": len(truth)})
    return Genres(judged, number, folder_of(catalog.db, KIND, number), made.space)


def _chosen(heard: Heard, labels: Mapping[str, str]) -> tuple[Heard, Numbers, tuple[str, ...], dict[str, int]]:
    """The songs whose label can be learned, the number of each one's label, the labels, and those that are left out."""
    told = [labels.get(i, "") for i in heard.ids]
    counts = {name: told.count(name) for name in sorted(set(told)) if name}
    artists = {name: len({int(heard.groups[n]) for n, each in enumerate(told) if each == name}) for name in counts}
    names = tuple(name for name, count in counts.items() if count >= LEAST and artists[name] >= 2)
    if len(names) < 2:
        raise NotFound(
            f"{len(names)} of {len(counts)} labels have {LEAST} songs of two artists that were heard; 2 are needed.",
            remedy="Name a folder with one folder for each label: songkin train genres FOLDER",
        )
    chosen = [n for n, each in enumerate(told) if each in names]
    truth = np.array([names.index(told[n]) for n in chosen], np.int64)
    return heard.some(chosen), truth, names, {name: n for name, n in counts.items() if name not in names}


def _recipe(songs: Heard, names: Sequence[str], size: int, seed: int, epochs: int) -> net.Recipe:
    inner = (size,) if size else ()
    return net.Recipe((songs.rows.shape[1], *inner, len(names)), "labels", epochs=epochs, decay=_DECAY, seed=seed)


def _rows(given: Matrix, truth: Numbers, count: int) -> net.Rows:
    return net.Rows(given, np.eye(count, dtype=np.float32)[truth])


def _judge(
    songs: Heard,
    truth: Numbers,
    names: tuple[str, ...],
    left_out: Mapping[str, int],
    size: int,
    seed: int,
    told: Progress,
) -> tuple[Judged, int]:
    """Every song is guessed once; how it went, and how many epochs were best."""
    count = min(FOLDS, len(np.unique(songs.groups)))
    part = hearing.folds(songs.groups, count, seed)
    guesses: dict[str, Numbers] = {name: np.zeros(len(truth), np.int64) for name in _WAYS}
    epochs = []
    for n in range(count):
        told.step(n)
        asked = np.flatnonzero(part == n)
        aside, learned = _dealt(part, n, count)
        moments = hearing.moments(songs.rows[learned])
        near = standard(songs.rows, *moments)
        known = np.union1d(learned, aside)
        rows, watched, all_ = (_rows(near[each], truth[each], len(names)) for each in (learned, aside, known))
        _, best = net.train(_recipe(songs, names, size, seed, _MOST), rows, watched)
        layers, _ = net.train(_recipe(songs, names, size, seed, max(1, best)), all_)
        _, best_plain = net.train(_recipe(songs, names, 0, seed, _MOST), rows, watched)
        plain, _ = net.train(_recipe(songs, names, 0, seed, max(1, best_plain)), all_)
        epochs.append(max(1, best))
        guesses["network"][asked] = _guess(layers, near[asked])
        guesses["logistic"][asked] = _guess(plain, near[asked])
        guesses["nearest"][asked] = truth[known[_nearest(near[asked], near[known])]]
        guesses["majority"][asked] = np.bincount(truth[known], minlength=len(names)).argmax()
    told.step(count)
    made = tuple(_row(label, guesses[way] == truth, truth, songs, seed) for way, label in _WAYS.items())
    share = np.bincount(truth, minlength=len(names)) / len(truth)
    chance = float((share**2).sum())
    rows_ = (*made, Row("chance", chance, 1 / len(names), (chance, chance)))
    confusion = np.zeros((len(names), len(names)), np.int64)
    np.add.at(confusion, (truth, guesses["network"]), 1)
    judged = Judged(names, rows_, confusion, len(truth), len(np.unique(songs.groups)), count, left_out)
    return judged, int(np.median(epochs))


def _dealt(part: Numbers, n: int, count: int) -> tuple[Numbers, Numbers]:
    """Of the songs outside of part ``n``: those kept aside to tell when to stop, and those learned from."""
    if count > 2:
        return np.flatnonzero(part == (n + 1) % count), np.flatnonzero((part != n) & (part != (n + 1) % count))
    rest = np.flatnonzero(part != n)
    return rest, rest


def _guess(layers: Layers, rows: Matrix) -> Numbers:
    return np.asarray(run(layers, rows).argmax(axis=1), np.int64)


def _nearest(asked: Matrix, known: Matrix) -> Numbers:
    unit = [rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9) for rows in (asked, known)]
    return np.asarray((unit[0] @ unit[1].T).argmax(axis=1), np.int64)


def _row(label: str, right: NDArray[np.bool_], truth: Numbers, songs: Heard, seed: int) -> Row:
    hit = right.astype(np.float64)
    balanced = float(np.mean([hit[truth == n].mean() for n in np.unique(truth)]))
    return Row(label, float(hit.mean()), balanced, hearing.interval(hit, songs.groups, seed))


def plain(found: Genres) -> dict[str, Any]:
    """As plain values."""
    judged = found.judged
    return {
        "run": found.run,
        "space": found.space,
        "folder": str(found.folder),
        "songs": judged.songs,
        "groups": judged.groups,
        "folds": judged.folds,
        "labels": list(judged.labels),
        "left_out": dict(judged.left_out),
        "accuracy": {
            row.label: {"accuracy": row.accuracy, "balanced": row.balanced, "interval": list(row.interval)}
            for row in judged.rows
        },
        "confusion": judged.confusion.tolist(),
    }
