"""Runs of the real command that are killed at any moment, and go on: they end as if nothing had happened."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from killing import Ended, moments, songkin
from libraries import library_at
from marked import PHASES, START
from snapshots import answers, check_catalog, snapshot
from songkin.store import shard
from soundfiles import RATE, sound_file, tune, wav

CYCLES = {False: 30, True: 500}
PARTS = 4
"""The long form comes in parts that can be run side by side; the short one is the first of them."""
TITLES = ("Song 1",)
"""Songs that are asked for, in every state of the library."""

STEPS: dict[str, tuple[str, int]] = {
    "index": ("first", 2),
    "index what changed": ("second", 2),
    "forget": ("second", 1),
    "reindex": ("second", 1),
}
"""What is done to a library: the music that is there then, and how often it is killed before it may come to its end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Music in two states, and a cache of weights (an empty one: the encoders that need none)."""

    folder: Path
    cache: Path

    @property
    def music(self) -> Path:
        return self.folder / "music"

    @property
    def clip(self) -> Path:
        """A recording of four seconds of the first of ``TITLES``."""
        return self.folder / "clip.wav"

    def put(self, state: str) -> None:
        """Have the music be as in one of its two states, bytes and times."""
        shutil.rmtree(self.music, ignore_errors=True)
        shutil.copytree(self.folder / state, self.music)

    def words(self, step: str, library: Path, workers: int) -> list[str]:
        """The command line of a step."""
        where = ["-L", str(library)]
        if step == "forget":
            return ["forget", "Song 3", *where]
        if step == "reindex":
            return ["reindex", *where]
        encoders = [] if self.weighty else ["--encoder", "descriptors", "--encoder", "fingerprint"]
        return ["index", str(self.music), *where, *encoders, "--no-pull", "--workers", str(workers)]

    @property
    def weighty(self) -> bool:
        return self.cache.exists()

    def run(self, step: str, library: Path, workers: int = 1, **more: Any) -> Ended:
        return songkin(self.words(step, library, workers), env={"SONGKIN_CACHE": str(self.cache)}, **more)

    def look(self, library: Path) -> dict[str, Any]:
        return snapshot(library, TITLES, {"cache": str(self.cache)}, self.clip)


def make(folder: Path, cache: Path) -> Place:
    """A dozen songs, and the same some days later: two re-recorded, one retagged, one moved, one gone, three new."""
    genres = ("jazz", "rock", "folk")
    first, second = folder / "first", folder / "second"
    for n in range(12):
        sound_file(
            first / f"{n:02}.flac",
            tune(6 if n == 1 else 2, seed=n),
            {"title": f"Song {n}", "artist": f"Artist {n % 4}", "genre": genres[n % 3]},
        )
    shutil.copytree(first, second)
    for n in (6, 7, 12, 13, 14):
        sound_file(second / f"{n:02}.flac", tune(2.5, seed=50 + n), {"title": f"Song {n}", "artist": "Artist 9"})
    sound_file(second / "08.flac", tune(2, seed=8), {"title": "Song 8", "artist": "Another", "date": "1999"})
    (second / "deeper").mkdir()
    os.rename(second / "09.flac", second / "deeper" / "09.flac")
    os.remove(second / "10.flac")
    (first / "broken.mp3").write_bytes(b"no music")
    place = Place(folder, cache)
    wav(place.clip, tune(6, seed=1)[RATE : RATE * 5])
    return place


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a library is after each step when nobody kills anything, and how long the phases of each step take."""

    looks: Mapping[str, dict[str, Any]]
    runs: Mapping[str, Ended]


def undisturbed(place: Place) -> Undisturbed:
    """Do all steps once, to their ends."""
    library = place.folder / "undisturbed"
    looks, runs = {}, {}
    for step, (state, _) in STEPS.items():
        place.put(state)
        runs[step] = place.run(step, library)
        assert runs[step].code == 0, runs[step].err
        looks[step] = place.look(library)
        assert "this is the recording" in looks[step]["answers"][-1][0][2][0]
    return Undisturbed(looks, runs)


def sequence(place: Place, expected: Undisturbed, seed: int, hits: Counter[str], most: int, times: int = 1) -> int:
    """All steps, each killed up to ``times`` as often as ``STEPS`` says before it may end; returns how often was killed.
    A run that ends before its kill has nothing more to be killed in."""
    library = place.folder / f"killed {seed}"
    workers = 1 + seed % 2
    done = tried = 0
    for step, (state, kills) in STEPS.items():
        place.put(state)
        for _ in range(min(kills * times, most - done)):
            whole, tried = expected.runs[step], tried + 1
            moment = moments(seed * 100 + tried, whole.seconds, whole.entered)
            ended = place.run(step, library, workers, moment=moment)
            assert_no_traceback(ended.err, orphans=bool(ended.phase) and not moment.whole)
            if not ended.phase:
                hits["(came to its end before)"] += 1
                break
            hits["the process with its workers" if moment.whole else "the process alone"] += 1
            hits[ended.phase] += 1
            done += 1
            if (library / "catalog.db").exists():
                look_at_killed(place, library, asked=tried % 3 == 0)
        go_on(place, library, step, workers)
        assert_same(place.look(library), expected.looks[step], f"{step}, seed {seed}")
    shutil.rmtree(library)
    return done


def go_on(place: Place, library: Path, step: str, workers: int) -> None:
    """Let the step come to its end."""
    ended = place.run(step, library, workers)
    gone = step == "forget" and ended.code == 1 and "Song 3" in ended.err  # it was forgotten before the kill
    assert ended.code == 0 or gone, ended.err
    assert "Traceback" not in ended.err
    if gone:  # the next question takes it out of the search index
        with library_at(library, cache=str(place.cache)) as found:
            answers(found, TITLES)


def assert_no_traceback(err: str, *, orphans: bool) -> None:
    """Nothing says a traceback; but where the process was killed alone, a worker that it was just starting, in which
    nothing of songkin runs yet, finds the pipe from its parent empty, and Python says so."""
    told = err.count("Traceback")
    assert told == 0 or (orphans and told == err.count("EOFError: Ran out of input") <= 2), err


def look_at_killed(place: Place, library: Path, *, asked: bool) -> None:
    """What lies there after a kill is whole (looked at in a copy: to look is to mend), and answers."""
    copy = place.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shard.copy(library, copy)
    check_catalog(copy)
    if asked:
        with library_at(copy, cache=str(place.cache)) as found:
            titles = tuple(track.title for track in found.tracks()[:1])
            if titles:
                answers(found, titles, place.clip)


def assert_same(found: dict[str, Any], expected: dict[str, Any], when: str) -> None:
    for part, value in expected.items():
        assert found[part] == value, f"{part} differ: {when}"


def table(hits: Counter[str]) -> str:
    lines = ["| killed while | times |", "|---|---|"]
    return "\n".join([*lines, *(f"| {phase} | {times} |" for phase, times in hits.most_common())])


@pytest.mark.parametrize("part", range(PARTS))
def test_a_library_that_is_killed_again_and_again_ends_as_one_that_never_was(
    part: int, tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    if part and not long:
        pytest.skip("long form only")
    cycles = CYCLES[long] // (PARTS if long else 1)
    place = make(tmp_path / "plain", tmp_path / "no weights")
    expected = undisturbed(place)
    hits: Counter[str] = Counter()
    began = sum(os.times()[:4])
    done, seed = 0, part * 1000
    while done < cycles:
        done += sequence(place, expected, seed, hits, cycles - done, times=4 if long else 1)
        seed += 1
    spent = sum(os.times()[:4]) - began
    report(f"{done} kills in {seed % 1000} libraries, {spent:.0f} CPU seconds\n\n{table(hits)}")
    possible = {START, *PHASES} & {phase for run in expected.runs.values() for phase in run.seconds}
    hit = possible & set(hits)
    assert len(hit) >= len(possible) // (2 if long else 5)  # which ones thirty kills meet is chance


def test_with_all_encoders_too(tmp_path: Path, long: bool, report: Callable[[str], None]) -> None:
    from songkin import config
    from songkin.encoders import specs, weights

    cache = config.load().cache
    if not long:
        pytest.skip("long form only")
    if not all(weights.installed(spec, cache) for spec in specs(cache).values()):
        pytest.skip("the weights are not here: `make weights`")
    place = make(tmp_path, cache)
    expected = undisturbed(place)
    hits: Counter[str] = Counter()
    done = sum(sequence(place, expected, seed, hits, 100, times=2) for seed in range(9000, 9003))
    report(f"{done} kills in 3 libraries with all encoders\n\n{table(hits)}")
