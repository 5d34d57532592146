"""Memory of a worker, from minutes to hours.

**memory** One file after the other, each heard in a process of its own by all encoders under the default profile: three
minutes, an hour, ten hours of a tone and silence in turn. The files are an MP3 of one minute over and over. Peak of
resident memory, models included; flat means that the longest takes at most a tenth or 20 MB more than the shortest.
Beside it what `librosa.load` takes, as its users call it, for two hours (``--librosa``: a Python that has librosa), both
above what the process held before.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Final

import numpy as np

from songkin import audio
from songkin.benchmark.figures import Figure, Target, skipped
from songkin.benchmark.processes import Started, result, task
from songkin.benchmark.setup import Setup
from songkin.benchmark.songs import RATE, repeated
from songkin.errors import SongkinError

MINUTES: Final = (3, 60, 600)
SHORTEST_TWO: Final = (1, 3)
TWO_HOURS: Final = 120
FLAT: Final = 1.10
MEGABYTES: Final = 20.0
BESIDE: Final = "memory to hear two hours, above rest / librosa.load"
A_TWENTIETH: Final = Target(most=0.05)

LIBROSA: Final = """
import resource, sys
import librosa
librosa.load(sys.argv[1], duration=1.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
librosa.load(sys.argv[1])
more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print('{"megabytes": %f}' % (more / (2**20 if sys.platform == "darwin" else 2**10)))
"""


def memory(setup: Setup) -> list[Figure]:
    """Peak memory by length."""
    minute = _minute(setup.scratch)
    lengths = SHORTEST_TWO if setup.quick else MINUTES
    figures: list[Figure] = []
    for minutes in lengths:
        setup.say(f"memory: {minutes} minutes")
        path = setup.scratch / "long.mp3"
        repeated(minute, path, minutes)
        found = result(task("peak", {"file": str(path), "cache": str(setup.cache)}))
        path.unlink()
        shortest = figures[0].ours if figures else None
        figures.append(_figure(minutes, found["peak"], found["idle"], shortest))
    try:
        beside = _beside_librosa(setup)
    except SongkinError as error:  # what was measured before is kept
        beside = skipped("memory", BESIDE, f"{error.message} {error.remedy}".strip())
    return [*figures, beside]


def _beside_librosa(setup: Setup) -> Figure:
    if not setup.librosa:
        return skipped("memory", BESIDE, "needs --librosa PYTHON")
    setup.say("memory: two hours, beside librosa")
    path = setup.scratch / "long.wav"
    _plain_sound(path, SHORTEST_TWO[1] if setup.quick else TWO_HOURS)
    found = result(task("peak", {"file": str(path), "cache": str(setup.cache)}))
    theirs = float(result(Started([setup.librosa, "-c", LIBROSA, str(path)], {}))["megabytes"])
    path.unlink()
    ours = found["peak"] - found["idle"]
    return Figure("memory", BESIDE, "MB", ours, theirs, ours / theirs, A_TWENTIETH)


def _figure(minutes: int, peak: float, idle: float, shortest: float | None) -> Figure:
    what = f"peak memory of a worker, {minutes} minutes"
    note = f"{peak - idle:.0f} MB above the worker at rest"
    if shortest is None:
        return Figure("memory", what, "MB", peak, note=note)
    allowed = max(FLAT, (shortest + MEGABYTES) / shortest)
    target = Target(most=round(allowed, 3))
    return Figure("memory", what, "MB", peak, shortest, peak / shortest, target, note=f"{note}; against the shortest")


def _plain_sound(path: Path, minutes: int) -> None:
    """A WAV file, mono: a decoder that believes the first MP3 header would hear one minute of a repeated one."""
    tone = np.sin(2 * np.pi * 440 * np.arange(60 * RATE) / RATE)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for _ in range(minutes):
            file.writeframes((10_000 * tone).astype("<i2").tobytes())


def _minute(scratch: Path) -> Path:
    path = scratch / "minute.mp3"
    time = np.arange(30 * RATE) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * time) * (1 + 0.3 * np.sin(2 * np.pi * 2 * time))
    sound = np.concatenate([tone, np.zeros(30 * RATE)]).astype(np.float32)
    audio.write(str(path), np.stack([sound, sound]), RATE)
    return path
