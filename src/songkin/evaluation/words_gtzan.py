"""Published tag vectors with genre labels: MusiCNN's taggrams of GTZAN, as jordipons/sklearn-audio-transfer-learning
publishes them (ISC): two files ``*_GTZAN_MSDmusicnn_taggram.npz`` with ``X`` (windows, 50), ``Y`` and ``IDS``.

They are real music heard by somebody else's run of one of our two nets, so the bridge is judged with 50 tags. Labels
are taken from the ids ("blues/blues.00000.au"). Nothing of it is in this repository, not even a hash: the report shows
the beginning of each file's sha256, so that a reader can compare it with another report's. It is checked against nothing.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin import spaces
from songkin.encoders.musicnn import TAGS
from songkin.errors import SourceError
from songkin.evaluation.metrics import bootstrap
from songkin.evaluation.report import Row, Table
from songkin.evaluation.words_marks import by_chance, graded
from songkin.evaluation.words_shelves import Shelf
from songkin.search import bridge
from songkin.spaces import Matrix, Statistics

PATTERN: Final = "*_GTZAN_MSDmusicnn_taggram.npz"
MSD: Final = slice(50, 100)
PHRASES: Final = {
    "blues": "slow guitar and a husky voice singing of sorrow in the delta",
    "classical": "symphony orchestra and string quartet",
    "country": "nashville singer with steel guitar and fiddle",
    "disco": "seventies dance floor with a mirror ball",
    "hiphop": "rapping over beats",
    "jazz": "saxophone improvisation with double bass and brushes",
    "metal": "screaming vocals and distorted guitars at high speed",
    "pop": "catchy chart hit sung by a young star",
    "reggae": "jamaican offbeat guitar and deep bass",
    "rock": "electric guitar band in a stadium",
}
"""Each genre in other words."""


def table(folder: Path, shelf: Shelf, seed: int) -> Table:
    """The bridge on GTZAN, asked for genres by name and in other words. Raises ``SourceError``."""
    labels, probabilities, hashes = read(folder)
    full = np.zeros((len(labels), len(TAGS)), np.float32)
    full[:, MSD] = probabilities
    logits = spaces.logits(full)
    statistics = Statistics(len(full), {"mean": logits.mean(axis=0), "std": np.maximum(logits.std(axis=0), 1e-3)})
    rows = []
    for how, texts in (("by name", {genre: genre for genre in PHRASES}), ("in other words", PHRASES)):
        found: dict[str, list[tuple[float, ...]]] = {"bridge": [], "probabilities": [], "z-scores": [], "random": []}
        for genre, text in texts.items():
            weights = _weights(shelf, text)
            right = {str(i) for i, label in enumerate(labels) if label == genre}
            for name, scores in (
                ("bridge", logits @ bridge.asking(weights, statistics)),
                ("probabilities", full @ weights),
                ("z-scores", logits @ (weights / statistics.arrays["std"])),
            ):
                found[name].append(_marks([str(i) for i in np.argsort(-scores, kind="stable")], right))
            share, _, ap = by_chance(len(right), len(labels))
            found["random"].append((share, ap))
        for name, values in found.items():
            marks = np.array(values)
            interval = bootstrap(marks[:, -1], seed)
            rows.append(Row(f"{how}/{name}", f"{how}: {name}", tuple(map(float, marks.mean(axis=0))), interval))
    about = f"10 genres, {len(labels)} songs, 50 tags; sha256 shown to compare, not checked: {hashes}"
    return Table("gtzan", "Genres of GTZAN", about, ("P@10", "mAP"), tuple(rows), len(labels))


def _weights(shelf: Shelf, text: str) -> Matrix:
    names = bridge.tag_names(shelf.encoder, shelf.catalog)[MSD]
    weights = np.zeros(len(TAGS), np.float32)
    weights[MSD] = bridge.tag_weights(shelf.encoder.encode([f"{text} music"])[0], names)
    return weights


def _marks(ranking: list[str], right: set[str]) -> tuple[float, float]:
    return sum(each in right for each in ranking[:10]) / 10, graded(ranking, right)[2]


def read(folder: Path) -> tuple[list[str], NDArray[np.float32], str]:
    """(genre of each song, mean tag probabilities (n, 50), name of each file and the beginning of its sha256, to be shown)."""
    files = sorted(folder.glob(PATTERN))
    if not files:
        raise SourceError(f"{folder} holds no {PATTERN}.", remedy="Name the folder of the published files.")
    rows: dict[str, list[NDArray[np.float32]]] = {}
    hashes = []
    for file in files:
        hashes.append(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}")
        try:
            with np.load(file, allow_pickle=False) as stored:
                windows, ids = np.asarray(stored["X"], np.float32), [str(each) for each in stored["IDS"]]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise SourceError(f"{file} cannot be read: {error}.", remedy="Fetch it again.") from error
        if windows.ndim != 2 or windows.shape != (len(ids), 50):
            raise SourceError(f"{file} does not hold 50 tags per window.", remedy="Fetch it again.")
        for each, window in zip(ids, windows, strict=True):
            rows.setdefault(each, []).append(window)
    labels = [each.replace("\\", "/").rsplit("/", 1)[-1].split(".")[0] for each in rows]
    return labels, np.stack([np.mean(each, axis=0) for each in rows.values()]), ", ".join(hashes)
