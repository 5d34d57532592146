"""What less listening costs and keeps, and how songkin's descriptors stand beside bliss's.

**profile** The profiles `quick` and `full` on the same songs in one process, song by song: CPU of each, decoding
included, and how far the vectors agree: their cosine in each space that songs are compared in, fitted on what `full` heard.
Median over songs. What that loses in finding songs is told by ``songkin eval sound --beside quick``.

**descriptors** The descriptors alone (tags read, file hashed, decoded, described) against bliss-audio, which hears whole
songs and gives 23 numbers: both at the same time, one process each. bliss runs in a Python of its own (``--bliss``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from songkin import spaces
from songkin.benchmark.figures import Figure, Target, median, skipped
from songkin.benchmark.processes import Started, crowd, result, task
from songkin.benchmark.setup import Setup

CHEAPER: Final = Target(least=4.0)
SAME: Final = {"tags": Target(least=0.95, of="ours"), "timbre": Target(least=0.9, of="ours")}
NO_DEARER: Final = Target(most=1.0)
SHORTEST: Final = 60.0
"""Seconds of the songs that profiles are compared on: below, all of them hear nearly everything."""
FEWEST: Final = 3

BLISS: Final = """
import json, sys, time
from bliss_audio import Song
spent = {}
for path in json.load(sys.stdin):
    began = time.process_time()
    try:
        Song(path)
    except Exception as error:
        print(path, error, file=sys.stderr)
    else:
        spent[path] = time.process_time() - began
json.dump(spent, sys.stdout)
"""


def profile(setup: Setup) -> list[Figure]:
    """Quick beside full."""
    what = "profile quick / full"
    files = setup.songs(4 if setup.quick else 48, shortest=SHORTEST)
    if len(files) < FEWEST:
        return [
            skipped("profile", what, f"fewer than {FEWEST} songs of {SHORTEST:.0f} seconds or more among the music")
        ]
    setup.say(f"profile: {len(files)} songs, twice")
    given = {"files": files, "cache": str(setup.cache), "how": "worker", "profiles": ["quick", "full"]}
    songs = result(task("hearing", given))["songs"]
    cost = [sum(song["cpu"][name] for song in songs) / len(songs) for name in ("full", "quick")]
    note = f"{len(songs)} songs of {sum(song['seconds'] for song in songs) / len(songs):.0f} s on average; {crowd()}"
    figures = [Figure("profile", "CPU a song, full / quick", "s", cost[1], cost[0], cost[0] / cost[1], CHEAPER, note)]
    for space in spaces.SOUND_SPACES:
        about = f"{space}: cosine of quick to full"
        quick, full = (_rows(songs, which, spaces.RAW[space]) for which in ("quick", "full"))
        if not full.size:
            figures.append(skipped("profile", about, "MusiCNN's weights are not on this machine"))
            continue
        cosines = agreement(space, quick, full)
        lowest = f"median of {len(cosines)}; the lowest {min(cosines):.3f}"
        figures.append(Figure("profile", about, "", median(cosines), target=SAME.get(space), note=lowest))
    return figures


def agreement(space: str, quick: spaces.Matrix, full: spaces.Matrix) -> list[float]:
    """Cosine in ``space`` of each row of ``quick`` to that of ``full``, raw vectors float32 (n, d); fitted on ``full``."""
    statistics = spaces.fit(space, full) if spaces.needs_statistics(space) else None
    a, b = (spaces.transform(space, rows, statistics) for rows in (quick, full))
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return [float(cosine) for cosine in np.sum(a * b, axis=1) / np.maximum(norms, 1e-12)]


def _rows(songs: Sequence[dict[str, Any]], which: str, outputs: Sequence[str]) -> spaces.Matrix:
    found = [song["vectors"][which] for song in songs]
    if not all(output in vectors for vectors in found for output in outputs):
        return np.zeros((0, 0), np.float32)
    return np.array([np.concatenate([vectors[output] for output in outputs]) for vectors in found], np.float32)


def descriptors(setup: Setup) -> list[Figure]:
    """Descriptors beside bliss."""
    what = "descriptors alone / bliss-audio: CPU a song"
    if not setup.bliss:
        return [skipped("descriptors", what, "name a Python that has bliss-audio with --bliss")]
    files = setup.songs(3 if setup.quick else 48)
    setup.say(f"descriptors: {len(files)} songs")
    given = {"files": files, "cache": str(setup.cache), "how": "worker", "encoders": ["descriptors"]}
    theirs = Started([setup.bliss, "-c", BLISS], {}, json.dumps(files))
    songs = result(task("hearing", {**given, "profiles": ["default", "full"]}))["songs"]
    spent: dict[str, float] = json.loads(theirs.end().output)
    both = [song for song in songs if song["path"] in spent]
    if not both:
        return [skipped("descriptors", what, "bliss-audio heard none of the songs")]
    other = sum(spent[song["path"]] for song in both) / len(both)
    note = f"{len(both)} songs, {sum(song['seconds'] for song in both) / 60:.0f} minutes; {crowd()}"
    figures = []
    for name, about in (("default", what), ("full", f"{what}, every second heard")):
        ours = sum(song["cpu"][name] for song in both) / len(both)
        figures.append(Figure("descriptors", about, "s", ours, other, ours / other, NO_DEARER, note))
    return figures
