"""How good is the ear? Tasks on real songs, each with a right answer that nobody had to write down.

**The other half.** A song is cut in two; one half is in the library, the other asks. Both directions are counted. What
is right is known, though what is asked is a little beside the point: halves share a band, a key and a mixing desk.
**A clip, a telephone.** A few seconds from anywhere in a song, encoded again, look for the whole song.
**Friends.** Songs by the same artist, or of the same collection, among a song's nearest.
**Hubs.** How unevenly songs stand in each other's lists, and how many stand in none.
**Weights.** What a blend would gain whose weights are chosen on one half of the songs and judged on the other, beside the
weights that ship, which were chosen on neither half alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.config import Config
from songkin.errors import QueryError
from songkin.evaluation import crowd, metrics
from songkin.evaluation.hearing import Heard, Kit, able, hear_all
from songkin.evaluation.methods import METHODS, Method, Pipeline, pipeline, recognising, usable
from songkin.evaluation.metrics import Scores
from songkin.evaluation.pieces import Piece
from songkin.evaluation.report import Report, Row, Table
from songkin.evaluation.songs import Song, collect
from songkin.models import Profile
from songkin.progress import Progress, Quiet
from songkin.search.similar import WEIGHTS

LEAST_SONGS: Final = 3
_STEPS: Final = 20
"""Weights are tried in steps of one twentieth."""

_OWN: Final = ("songkin", "timbre", "tags", "descriptors")

Ranks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Options:
    """What is judged: at most ``limit`` songs of ``folders``, heard under ``profile``, and once more under the profile
    ``beside``, to see what that loses. Recordings are also looked up ``among`` so many made-up songs (0: not).
    ``seed`` draws songs, clips, the halves of the songs for the weights, and the bootstrap. ``bliss`` is a Python that
    has bliss-audio (empty: no row for bliss)."""

    folders: tuple[str, ...]
    limit: int | None = None
    seed: int = 0
    profile: Profile = "default"
    beside: Profile | None = None
    among: int = 10_000
    bliss: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """Songs of which every piece could be heard, and what was heard of each piece, in the order of ``songs``: pieces by
    name, and those of the profile ``beside`` by its name and theirs."""

    songs: tuple[Song, ...]
    heard: Mapping[str, list[Heard]]
    left_out: tuple[tuple[str, str], ...]
    beside: str = ""

    def ways(self, *pieces: str) -> Iterator[tuple[str, str, Method, list[list[Heard]]]]:
        """(method, how tables call it, the method, what was heard of each piece): all methods that the encoders allow,
        and songkin's own under the other profile."""
        for profile in dict.fromkeys(("", self.beside)):
            sides = [self.heard[f"{profile} {piece}".strip()] for piece in pieces]
            for name in usable([heard for side in sides for heard in side]):
                label, _, method = METHODS[name]
                if not profile:
                    yield name, label, method, sides
                elif name in _OWN:
                    yield f"{name} {profile}", f"{label}, {profile}", method, sides


def evaluate(config: Config, options: Options, progress: Progress | None = None) -> Report:
    """Run all tasks. Raises ``SourceError`` for folders that hold no music, ``QueryError`` for too little of it."""
    told = progress or Quiet()
    songs = collect(options.folders, limit=options.limit, seed=options.seed)
    ears, notes = able(config.cache)
    if not options.bliss:
        notes = (*notes, "bliss itself is left out: name a Python that has bliss-audio with --bliss PYTHON.")
    for line in notes:
        told.note(line)
    kit = Kit(config.cache, kept_in(config), options.profile, ears, options.bliss)
    wanted = [Piece("whole"), Piece("first"), Piece("second"), *(Piece(n, options.seed) for n in ("clip", "telephone"))]
    workers = config.workers or os.cpu_count() or 1
    heard = hear_all(songs, wanted, kit, workers, told)
    if options.beside:
        other = hear_all(songs, wanted, replace(kit, profile=options.beside, bliss=""), workers, told)
        heard |= {f"{options.beside} {name}": rows for name, rows in other.items()}
    material = complete(songs, heard, options.beside or "")
    if len(material.songs) < LEAST_SONGS:
        raise QueryError(
            f"{len(material.songs)} songs of 8 seconds or more are too few to judge the ear by.",
            remedy="Name more music with --music DIR.",
        )
    told.stage("Judging")
    tables = (
        other_half(material, options.seed),
        *clips(material, options.seed),
        *friends(material, options.seed),
        hubs(material),
        *_among(material, options),
        weights(material, options.seed),
    )
    settings = {
        "profile": options.profile,
        "beside": options.beside,
        "seed": options.seed,
        "weights": dict(WEIGHTS),
        "encoders": [encoder.spec.fingerprint for encoder in kit.encoders()],
    }
    return Report(tables, len(material.songs), material.left_out, settings, notes)


def kept_in(config: Config) -> Path:
    """Folder of what was heard for evaluations."""
    return config.cache / "evaluation"


def complete(songs: Sequence[Song], heard: Mapping[str, list[Heard]], beside: str = "") -> Material:
    """Leave out songs with a piece that is silent, too short or broken."""
    kept, left_out = [], []
    for i, song in enumerate(songs):
        trouble = next((f"{name}: {rows[i].trouble}" for name, rows in heard.items() if rows[i].trouble), "")
        if trouble:
            left_out.append((song.path, trouble))
        else:
            kept.append(i)
    pieces = {name: [rows[i] for i in kept] for name, rows in heard.items()}
    return Material(tuple(songs[i] for i in kept), pieces, tuple(left_out), beside)


# Tasks -------------------------------------------------------------------------------------------------------------


def other_half(material: Material, seed: int) -> Table:
    """The library holds one half of each song, the other half asks; and the other way round."""
    rows = []
    for name, label, method, (first, second) in material.ways("first", "second"):
        both = np.stack([_own_ranks(method(first, second)), _own_ranks(method(second, first))])
        values = (*(metrics.recall_at(both, k) for k in (1, 5)), metrics.mean_reciprocal_rank(both))
        rows.append(Row(name, label, values, metrics.bootstrap((1.0 / both).mean(axis=0), seed)))
    n = len(material.songs)
    about = f"One half of each song asks for the other among {n}; both directions, {2 * n} questions."
    return Table("other_half", "A song from its other half", about, ("R@1", "R@5", "MRR"), tuple(rows), n)


def clips(material: Material, seed: int) -> list[Table]:
    """A few seconds of a song look for the whole."""
    told = {
        "clip": ("A clip of 5–15 s finds its song", "mp3 at 128 kb/s, from anywhere in the song"),
        "telephone": ("8 seconds through a telephone find their song", "300–3400 Hz, mp3 at 32 kb/s"),
    }
    tables = []
    whole = material.heard["whole"]
    for piece, (title, how) in told.items():
        rows = []
        first = ("recognising", "songkin", recognising, [whole, material.heard[piece]])
        for name, label, method, (library, asked) in (first, *material.ways("whole", piece)):
            ranks = _own_ranks(method(library, asked))
            values = (*(metrics.recall_at(ranks, k) for k in (3, 1)), metrics.mean_reciprocal_rank(ranks))
            shown = "songkin without fingerprints" if name == "songkin" else label
            rows.append(Row(name, shown, values, metrics.bootstrap(1.0 / ranks, seed)))
        about = f"{how}; the library holds {len(whole)} whole songs."
        tables.append(Table(piece, title, about, ("top 3", "R@1", "MRR"), tuple(rows), len(whole)))
    return tables


def friends(material: Material, seed: int) -> list[Table]:
    """Songs by the same artist among the nearest 3, of the same collection among the nearest 10."""
    tables = []
    for name, title, k, labels in (
        ("artist", "Same artist", 3, [song.artist for song in material.songs]),
        ("collection", "Same collection", 10, [song.collection for song in material.songs]),
    ):
        if len({label for label in labels if label}) < 2:
            continue
        rows = []
        asked = 0
        for which, label, method, (library,) in material.ways("whole"):
            precisions = metrics.precisions_at(method(library, library), labels, k)
            asked = len(precisions)
            if asked:
                rows.append(Row(which, label, (float(precisions.mean()),), metrics.bootstrap(precisions, seed)))
        about = f"{asked} songs that are not alone in this, among {len(material.songs)}; the song itself left out."
        tables.append(Table(name, title, about, (f"P@{k}",), tuple(rows), len(material.songs)))
    return tables


def hubs(material: Material) -> Table:
    """How evenly songs stand among each other's nearest 5."""
    rows = []
    for name, label, method, (whole,) in material.ways("whole"):
        counts = metrics.occurrences(method(whole, whole))
        rows.append(Row(name, label, (metrics.skewness(counts), float(counts.max()), metrics.never(counts))))
    about = f"How often each of {len(material.songs)} songs stands among the nearest 5 of another (5 on average)."
    columns = ("skewness", "most often", "never")
    return Table("hubs", "Hubs", about, columns, tuple(rows), len(material.songs))


def _among(material: Material, options: Options) -> list[Table]:
    whole = material.heard["whole"]
    if not options.among or not all("fingerprint" in heard.vectors for heard in whole):
        return []
    asked = [(piece, piece, material.heard[piece]) for piece in ("clip", "telephone")]
    return [crowd.table(whole, asked, options.among, options.seed)]


def weights(material: Material, seed: int) -> Table:
    """The blend's weights: those that ship, and some chosen on one half of the songs and judged on the other, both ways."""
    first, second = material.heard["first"], material.heard["second"]
    both = (pipeline(first, second), pipeline(second, first))
    order = np.random.default_rng(seed).permutation(len(first))
    half = len(order) // 2
    sides = (np.sort(order[:half]), np.sort(order[half:]))
    rows = [Row("shipped", _told(WEIGHTS), tuple(_mrr(both, side, WEIGHTS) for side in sides))]
    for name, side in zip(("on the first", "on the second"), sides, strict=True):
        chosen = choose(both, side)
        rows.append(Row(f"chosen {name}", _told(chosen), tuple(_mrr(both, each, chosen) for each in sides)))
    about = f"{len(sides[0])} and {len(sides[1])} songs by seed {seed}; all {len(first)} are candidates."
    columns = ("MRR, first songs", "MRR, second songs")
    return Table("weights", "Weights of the blend", about, columns, tuple(rows), len(first))


def choose(both: Sequence[Pipeline], songs: NDArray[np.int64]) -> dict[str, float]:
    """Weights with the highest MRR on ``songs``, of all that are multiples of 1/20; the first of equals, beginning
    from those nearest to the shipped ones."""
    names = both[0].names
    grid = [c for c in product(range(_STEPS + 1), repeat=len(names)) if sum(c) == _STEPS]
    tried = [dict(zip(names, (count / _STEPS for count in counts), strict=True)) for counts in grid]
    tried.sort(key=lambda each: sum((each[name] - WEIGHTS.get(name, 0.0)) ** 2 for name in names))
    return max(tried, key=lambda each: _mrr(both, songs, each))


def _mrr(both: Sequence[Pipeline], songs: NDArray[np.int64], chosen: Mapping[str, float]) -> float:
    return float(np.mean([metrics.mean_reciprocal_rank(_own_ranks(p.scores(chosen))[songs]) for p in both]))


def _told(chosen: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {weight:.2f}" for name, weight in chosen.items())


def _own_ranks(scores: Scores) -> Ranks:
    return metrics.ranks_of(scores, np.arange(len(scores)))
