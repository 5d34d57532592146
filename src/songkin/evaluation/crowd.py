"""Is a recording known among many others? The songs' fingerprints, hidden among made-up ones.

Made-up fingerprints are those of real songs, turned in time and with their 32 bands rotated: as uneven as real ones, and of
nothing that is asked for. Looking up is the very code that ``songkin similar`` runs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from songkin.evaluation.hearing import Heard
from songkin.evaluation.report import Row, Table
from songkin.search.recognise import recognise
from songkin.store import prints
from songkin.store.prints import Codes

CODES: Final = 2600
"""Codes of a made-up song: four minutes."""


def table(whole: Sequence[Heard], asked: Sequence[tuple[str, str, Sequence[Heard]]], others: int, seed: int) -> Table:
    """How many of each kind of recording are found among ``whole`` songs and ``others`` made-up ones, how many lead to a
    wrong song, and how long one takes. ``asked``: (name, how tables call it, one recording of each song, in order)."""
    known = {f"song {n}": heard.vectors["fingerprint"] for n, heard in enumerate(whole)}
    rows = []
    with tempfile.TemporaryDirectory(prefix="songkin-eval-") as folder:
        path = Path(folder) / "prints"
        prints.write(path, _all(known, others, seed), "evaluation")
        file = prints.read(path)
        for name, label, clips in asked if file else ():
            began = time.process_time()
            found = [_found(file, clip, known) for clip in clips] if file else []
            spent = time.process_time() - began
            right = sum(song == f"song {n}" for n, song in enumerate(found))
            wrong = sum(bool(song) for song in found) - right
            rows.append(Row(name, label, (right / len(clips), wrong / len(clips), 1000 * spent / len(clips))))
    about = f"{len(known)} songs and {others} made-up fingerprints; milliseconds of CPU for one, its decoding left out."
    columns = ("R@1", "wrong", "ms")
    return Table("among", f"Known among {len(known) + others} songs", about, columns, tuple(rows), len(known) + others)


def _found(file: prints.CodeFile, clip: Heard, known: dict[str, Codes]) -> str:
    codes = [found for name, found in clip.vectors.items() if name.startswith("codes")]
    best = recognise([file], codes, lambda ids: {i: known[i] for i in ids if i in known}) if codes else None
    return best.id if best else ""


def _all(known: dict[str, Codes], others: int, seed: int) -> Iterator[tuple[str, Codes]]:
    yield from known.items()
    rng = np.random.default_rng([seed, 7])
    real = list(known.values())
    for number in range(others):
        codes = np.roll(np.resize(real[rng.integers(len(real))], CODES), rng.integers(CODES))
        turned = np.uint32(rng.integers(1, 32))
        yield f"made up {number}", (codes << turned) | (codes >> (np.uint32(32) - turned))
