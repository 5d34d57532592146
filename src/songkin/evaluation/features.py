"""How well audio features are told from words (``songkin eval features``), and what ``find`` gains by it.

Rows are split ten times (nine tenths learned, one judged), and playlists are dealt into ten parts of which each is hidden
whole: a song that stands in a hidden playlist is not learned from, one that stands in a learned playlist too is not
judged. Only the second says something of words that the library has not seen; rows of one playlist share their text, so
that the first mostly measures the averages of playlists. Everything that is fitted (means, deviations, the ridge) is
fitted on the learned part. Twelve features count alike, as in earlier work, ``key`` and ``time_signature`` as if they
were numbers. Mean squared error on standardised features: 1 is what the mean earns where the parts are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.config import Config
from songkin.encoders import text_encoder
from songkin.evaluation import features_queries, features_songs
from songkin.evaluation.features_songs import Material
from songkin.evaluation.metrics import RESAMPLES
from songkin.evaluation.report import Report, Row, Table
from songkin.progress import Progress
from songkin.records import FEATURES
from songkin.search import described
from songkin.store import open_vectors
from songkin.store.catalog import Catalog
from songkin.training.ridge import Numbers, fitted

SPLITS: Final = 10
LISTS: Final = 20
"""Playlists that are needed to hide some."""
_NEAREST: Final = 10

LABELS: Final = {
    "mean": "mean of what was learned from",
    "knn": f"mean of the {_NEAREST} songs of the nearest texts",
    "same": "mean of the songs of the same text",
    "weak": "MiniLM, ridge of .3 whatever is hidden",
    "ridge": "songkin: MiniLM, ridge chosen inside training",
}


_Split = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Songs to learn from, songs to judge."""


def of_library(
    catalog: Catalog,
    config: Config,
    told: Progress,
    *,
    tables: Sequence[str] = (),
    seed: int = 0,
    tune: bool = False,
) -> Report:
    """All tables, those of ``find`` where the library has learned; ``tables`` are the files that the library was made of,
    if it was made for this. Raises ``NotFound``, ``SourceError``, ``WeightsMissing``."""
    encoder = text_encoder("minilm", config.cache)
    material = (
        features_songs.of_tables(tables, encoder, told) if tables else features_songs.of_library(catalog, encoder, told)
    )
    report = evaluate(material, told, seed=seed)
    if described.kept(catalog) is None:
        line = "What `find` gains: skipped, nothing is learned here (`songkin train features`)."
        told.note(line)
        return replace(report, notes=(*report.notes, line))
    told.stage("Asking")
    with open_vectors(catalog, config) as store:
        asked = features_queries.tables(catalog, store, encoder, seed=seed, tune=tune)
    return replace(report, tables=(*report.tables, *asked))


def evaluate(material: Material, told: Progress, *, seed: int = 0) -> Report:
    """The tables of what is learned: hidden rows, hidden playlists, each feature."""
    notes: list[str] = []
    by_row = judged(material, list(rows(len(material.texts), seed)), told, "Hiding rows", grouped=False)
    tables = [_table("rows", "Hidden rows", f"{SPLITS} splits of {len(material.texts)} songs, a tenth judged", by_row)]
    lists = {name for names in material.playlists for name in names}
    shown = {"rows": by_row}
    if len(lists) < LISTS:
        notes.append(f"Hidden playlists: skipped, there are {len(lists)} and it takes {LISTS}.")
    else:
        by_list = judged(material, list(hidden_lists(material, seed)), told, "Hiding playlists", grouped=True)
        about = f"{len(lists)} playlists in {SPLITS} parts, {by_list.n} songs judged that stand in none learned from"
        tables.append(_table("playlists", "Hidden playlists", about, by_list))
        shown["playlists"] = by_list
    tables.append(_by_feature(shown))
    for line in notes:
        told.note(line)
    return Report(tuple(tables), len(material.texts), (), {"seed": seed, "splits": SPLITS}, tuple(notes))


def rows(n: int, seed: int) -> Iterator[_Split]:
    """Ten splits of ``n`` rows, a tenth of them judged."""
    for number in range(SPLITS):
        order = np.random.default_rng([seed, number]).permutation(n)
        yield order[n // 10 :], order[: n // 10]


def hidden_lists(material: Material, seed: int) -> Iterator[_Split]:
    """Ten splits that share no playlist; songs in none are a playlist of their own text."""
    own = [names or frozenset({group}) for names, group in zip(material.playlists, material.groups, strict=True)]
    lists = sorted({name for names in own for name in names})
    dealt = np.random.default_rng(seed).permutation(len(lists)) % SPLITS
    part = {name: int(number) for name, number in zip(lists, dealt, strict=True)}
    for number in range(SPLITS):
        hidden = np.array([{part[name] for name in names} == {number} for names in own])
        kept = np.array([number not in {part[name] for name in names} for names in own])
        if hidden.any():
            yield np.flatnonzero(kept), np.flatnonzero(hidden)


@dataclass(frozen=True, slots=True)
class Judged:
    """By method: the error of every judged song (mean over features), of every split, of every feature (12). ``lists``
    says which songs are drawn together for intervals: those of a playlist are not independent."""

    songs: dict[str, NDArray[np.float64]]
    splits: dict[str, NDArray[np.float64]]
    features: dict[str, NDArray[np.float64]]
    ridges: tuple[float, ...]
    lists: NDArray[np.intp]
    n: int


def judged(material: Material, splits: Sequence[_Split], told: Progress, stage: str, *, grouped: bool) -> Judged:
    """Errors of all methods over these splits."""
    told.stage(stage, len(splits))
    off: dict[str, list[Numbers]] = {name: [] for name in LABELS}
    ridges = []
    for number, (own, hidden) in enumerate(splits, start=1):
        mean, std = material.features[own].mean(axis=0), material.features[own].std(axis=0)
        std[std < 1e-9] = 1.0
        standard = (material.features - mean) / std
        x, y, asked = material.texts[own], standard[own], material.texts[hidden]
        groups = [material.groups[i] for i in own] if grouped else None
        fit = fitted(x, y, groups)
        ridges.append(fit.ridge)
        for name, way in _WAYS.items():
            off[name].append((way(x, y, asked) - standard[hidden]) ** 2)
        off["ridge"].append((fit.predict(asked) - standard[hidden]) ** 2)
        told.step(number)
    return Judged(
        {name: np.concatenate([each.mean(axis=1) for each in parts]) for name, parts in off.items()},
        {name: np.array([each.mean() for each in parts]) for name, parts in off.items()},
        {name: np.concatenate(parts).mean(axis=0) for name, parts in off.items()},
        tuple(ridges),
        np.unique(np.asarray(material.groups), return_inverse=True)[1][np.concatenate([each for _, each in splits])],
        sum(len(hidden) for _, hidden in splits),
    )


def _nearest(x: NDArray[np.float32], y: Numbers, asked: NDArray[np.float32]) -> Numbers:
    near = np.argpartition(-(asked @ x.T), min(_NEAREST, len(x)) - 1, axis=1)[:, :_NEAREST]
    return np.asarray(y[near].mean(axis=1))


def _same(x: NDArray[np.float32], y: Numbers, asked: NDArray[np.float32]) -> Numbers:
    sums: dict[bytes, list[int]] = {}
    for number, row in enumerate(x):
        sums.setdefault(row.tobytes(), []).append(number)
    middle = y.mean(axis=0)
    found = [sums.get(row.tobytes(), []) for row in asked]
    return np.stack([y[numbers].mean(axis=0) if numbers else middle for numbers in found])


def _mean(_: NDArray[np.float32], y: Numbers, asked: NDArray[np.float32]) -> Numbers:
    return np.tile(y.mean(axis=0), (len(asked), 1))


def _weak(x: NDArray[np.float32], y: Numbers, asked: NDArray[np.float32]) -> Numbers:
    return fitted(x, y, ridges=(0.3,)).predict(asked)


_WAYS: Final[Mapping[str, Callable[[NDArray[np.float32], Numbers, NDArray[np.float32]], Numbers]]] = {
    "mean": _mean,
    "knn": _nearest,
    "same": _same,
    "weak": _weak,
}


def _table(name: str, title: str, about: str, found: Judged) -> Table:
    made = [
        _row(method, label, found.splits[method], found.songs[method], found.lists) for method, label in LABELS.items()
    ]
    gained = [by["mean"] - by["ridge"] for by in (found.splits, found.songs)]
    made.append(_row("gained", "songkin, how much below the mean", gained[0], gained[1], found.lists))
    ridges = ", ".join(f"{ridge:g}" for ridge in sorted(set(found.ridges)))
    about = f"{about}; MSE of 12 standardised features, intervals over playlists; ridges chosen: {ridges}."
    return Table(name, title, about, ("mean of splits", "sd", "MSE over songs"), tuple(made), found.n)


def _row(
    method: str, label: str, splits: NDArray[np.float64], songs: NDArray[np.float64], lists: NDArray[np.intp]
) -> Row:
    values = (float(splits.mean()), float(splits.std()), float(songs.mean()))
    return Row(method, label, values, _interval(songs, lists))


def _interval(songs: NDArray[np.float64], lists: NDArray[np.intp], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean over songs where whole playlists are drawn."""
    sums, counts = np.bincount(lists, songs), np.bincount(lists)
    sums, counts = sums[counts > 0], counts[counts > 0]
    drawn = np.random.default_rng(seed).integers(0, len(sums), (RESAMPLES, len(sums)))
    low, high = np.percentile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _by_feature(shown: dict[str, Judged]) -> Table:
    made = []
    for number, feature in enumerate(FEATURES):
        both = [(each.features["ridge"][number], each.features["mean"][number]) for each in shown.values()]
        r2 = [1 - ours / mean if mean else 0.0 for ours, mean in both]
        made.append(Row(feature, feature, tuple(float(value) for value in r2)))
    title = "R² of each feature"
    about = "1 − error / error of the mean; 0 or less: words say nothing of it."
    columns = tuple(f"hidden {name}" for name in shown)
    return Table("features", title, about, columns, tuple(made), min(each.n for each in shown.values()))
