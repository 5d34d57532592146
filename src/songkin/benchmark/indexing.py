"""Indexing against the sum of its parts, what a song costs, and what a second worker brings.

**index** A run of ``songkin index`` with one worker does more than hear: it walks, reads tags, hashes, sends, stores,
fits statistics, fills the search index, measures neighbourhoods, looks for duplicates. All its CPU, of all processes,
is set against the parts that no pipeline can do without, called directly on the same files (``hearing.py``), both at the
same time. What a run costs before the first song and whatever the number of songs (interpreters, imports, models) is
taken off: it is what a run over one second of sound costs, less that second's own parts.

**song** What a worker takes for a song of about four minutes, scaled to 240 seconds.

**workers** Songs heard by two workers in the time in which one hears one; each hears every song, so that neither waits
at the end for the other's last one. Beside it, what the machine itself gives to two: the parts of the same songs in two
plain processes at once, by the CPU seconds that a song takes there and in one process alone. Cores that share a cache,
a memory or (as those of many virtual machines do) a real core give less than two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from songkin import audio, encoders
from songkin.benchmark.figures import Figure, Target, median, skipped
from songkin.benchmark.processes import crowd, result, songkin, task
from songkin.benchmark.setup import Setup, seconds_of
from songkin.errors import SongkinError
from songkin.indexing.supervisor import Supervisor
from songkin.indexing.worker import Heard, Job
from songkin.indexing.worker import Setup as WorkerSetup

SONG: Final = 240.0
OVERHEAD: Final = Target(most=1.10)
ENOUGH: Final = 200
"""Songs from which on a whole run is held to its target."""
PER_SONG: Final = Target(most=2.0, of="ours")
TWO: Final = Target(least=1.8)
_NO_SONGS: Final = "no song of 100 to 400 seconds among the music"


def index(setup: Setup) -> list[Figure]:
    """Whole CPU of ``songkin index`` over the sum of its parts."""
    what = "index: CPU a song / its parts called directly"
    files = setup.songs(6 if setup.quick else 240)
    if not files:
        return [skipped("index", what, "no music")]
    setup.say(f"index: {len(files)} songs, {sum(map(seconds_of, files)) / 60:.0f} minutes")
    started = _start_of_a_run(setup)
    bare = task("hearing", _given(setup, files, "parts"))
    report = songkin(setup.scratch / "whole", setup.cache, *_words(files)).end()
    songs = result(bare)["songs"]
    parts = _summed(songs)
    whole = report.cpu - started
    total = sum(parts.values())
    extra = parts.get("fingerprint", 0.0) + parts.get("minilm", 0.0)
    return [
        Figure(
            "index",
            what,
            "s",
            whole / len(songs),
            total / len(songs),
            whole / total,
            OVERHEAD if len(songs) >= ENOUGH else None,
            note=f"{len(songs)} songs, {_minutes(songs):.0f} minutes; {started:.1f} s to start a run taken off; "
            f"{whole / (total - extra):.2f} where fingerprints and MiniLM are not counted as parts; {crowd()}",
            details={"parts": parts, "whole": whole, "start": started, "songs": len(songs)},
        )
    ]


def song(setup: Setup) -> list[Figure]:
    """CPU of one song of four minutes."""
    what = "song of 4 minutes: CPU of the whole default analysis"
    files = setup.songs(2 if setup.quick else 24, shortest=100, longest=400)
    if not files:
        return [skipped("song", what, _NO_SONGS)]
    setup.say(f"song: {len(files)} songs")
    whole = task("hearing", _given(setup, files, "worker"))
    bare = task("hearing", _given(setup, files, "parts"))
    songs, parts = result(whole)["songs"], result(bare)["songs"]
    scale = SONG / (60 * _minutes(songs))
    each = {part: seconds * scale for part, seconds in _summed(parts).items()}
    cost = _summed(songs)["default"] * scale
    split = ", ".join(f"{part} {seconds:.2f}" for part, seconds in each.items())
    note = f"{len(songs)} songs of {60 * _minutes(songs) / len(songs):.0f} s on average, scaled to 240 s; {split}; {crowd()}"
    return [Figure("song", what, "s", cost, target=PER_SONG, note=note, details={"parts": each})]


def workers(setup: Setup) -> list[Figure]:
    """Songs per hour of two workers over one."""
    what = "two workers / one: songs heard per hour"
    files = setup.songs(4 if setup.quick else 16, shortest=0 if setup.quick else 60, longest=400)
    if not files:
        return [skipped("workers", what, _NO_SONGS)]
    setup.say(f"workers: {len(files)} songs, three times, and their parts, three times")
    wall, cpu = zip(*(_supervised(setup, files, count) for count in (1, 2)), strict=True)
    per_hour = [3600 * count * len(files) / seconds for count, seconds in zip((1, 2), wall, strict=True)]
    note = f"{len(files)} songs; CPU a song {cpu[1] / cpu[0] / 2:.2f} times that of one worker alone; {crowd()}"
    limit = 2 * _plain(setup, files, 1) / _plain(setup, files, 2)
    about = "two plain processes / one: what the machine gives"
    return [
        Figure("workers", what, "/h", per_hour[1], per_hour[0], per_hour[1] / per_hour[0], TWO, note),
        Figure("workers", about, "", limit, note=f"the parts of the same songs, by CPU seconds; {crowd()}"),
    ]


def _plain(setup: Setup, files: Sequence[str], count: int) -> float:
    """CPU seconds of the parts of all songs in each of ``count`` processes at once."""
    running = [task("hearing", _given(setup, files, "parts")) for _ in range(count)]
    return float(np.mean([sum(_summed(result(each)["songs"]).values()) for each in running]))


def _supervised(setup: Setup, files: Sequence[str], count: int) -> tuple[float, float]:
    """Wall seconds from when all of ``count`` workers are warm, and CPU seconds, for every song once by each."""
    import resource

    names = tuple(encoders.AUDIO)
    tiny = _second_of_sound(setup.scratch)
    jobs = [Job(path, "", names, "default") for path in [tiny] * count + [path for path in files for _ in range(count)]]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, warm = time.perf_counter(), 0
    given = WorkerSetup(setup.cache, audio.Limits(), 4096, False, names)
    for job, outcome in Supervisor(given, count, 600.0).run(jobs):
        if not isinstance(outcome, Heard):
            raise SongkinError(f"{job.path} was not heard: {outcome}")
        if job.path == tiny:
            warm += 1
            began = time.perf_counter() if warm == count else began
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _start_of_a_run(setup: Setup) -> float:
    """CPU seconds of a run before its first song: of a run over a second of sound, less that second's parts."""
    tiny = _second_of_sound(setup.scratch)
    runs = 1 if setup.quick else 3
    whole = [
        songkin(setup.scratch / f"start-{number}", setup.cache, *_words([tiny])).end().cpu for number in range(runs)
    ]
    bare = result(task("hearing", _given(setup, [tiny], "parts")))["songs"]
    return median(whole) - sum(_summed(bare).values())


def _second_of_sound(scratch: Path) -> str:
    path = scratch / "second.wav"
    if not path.exists():
        audio.write(str(path), np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32), 44_100)
    return str(path)


def _words(files: Sequence[str]) -> list[str]:
    return ["index", "--json", "--no-pull", "--workers", "1", *files]


def _given(setup: Setup, files: Sequence[str], how: str) -> dict[str, Any]:
    return {"files": list(files), "cache": str(setup.cache), "how": how}


def _summed(songs: Sequence[dict[str, Any]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each in songs:
        for part, seconds in each["cpu"].items():
            total[part] = total.get(part, 0.0) + seconds
    return total


def _minutes(songs: Sequence[dict[str, Any]]) -> float:
    return float(sum(each["seconds"] for each in songs)) / 60
