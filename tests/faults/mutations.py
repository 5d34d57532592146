"""Good sound files made bad, the same way each time, and what songkin's workers and the ``ffmpeg`` tool say of them."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from songkin.audio import Limits
from songkin.encoders.weights import default_cache
from songkin.indexing.supervisor import Died, Outcome, Supervisor
from songkin.indexing.worker import Heard, Job, Refused, Setup
from songkin.models import Profile
from soundfiles import sound_file, tune, wav

SECONDS: Final = 20.0
"""What one file may take, beside a tenth of its length: three times less than a user's run allows."""
SUFFIXES: Final = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aiff", ".wma")
MORE: Final = (".w64", ".au", ".caf", ".aac", ".wv", ".tta", ".mka", ".webm")
Verdict = Literal["clean", "complains", "refuses", "out of time"]


@dataclass(frozen=True, slots=True)
class Case:
    """One file, from what it was made and how."""

    path: Path
    origin: str
    mutation: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A case, what a worker answered, and what ``ffmpeg`` says of it (None: was not asked)."""

    case: Case
    ours: Outcome
    theirs: Verdict | None
    seconds: float = 0.0
    """What ``ffmpeg`` decoded."""

    @property
    def accepted(self) -> bool:
        return isinstance(self.ours, Heard)

    @property
    def said(self) -> str:
        if isinstance(self.ours, Refused):
            return self.ours.reason
        return f"died: {self.ours.how}" if isinstance(self.ours, Died) else "accepted"


def good_files(folder: Path, suffixes: Sequence[str], seconds: float = 3.0) -> list[Path]:
    """A tagged tune in every format, and floats in a WAV."""
    tags = {"title": "Tune", "artist": "Somebody", "album": "Something", "date": "1999"}
    made = [Path(sound_file(folder / f"good{s}", tune(seconds, seed=n), tags)) for n, s in enumerate(suffixes)]
    return [*made, Path(wav(folder / "floats.wav", tune(seconds, seed=50)))]


def mutants(data: bytes, other: bytes, seed: int, rounds: int = 1) -> Iterator[tuple[str, bytes]]:
    """(what was done, the bytes). ``rounds``: how often what depends on chance is done."""
    for share in (1, 10, 50, 90, 99):
        yield f"cut at {share} %", data[: len(data) * share // 100]
    for turn in range(rounds):
        rng = np.random.default_rng((seed, turn))
        for count in (1, 16, 256):
            yield f"{count} bytes flipped", flipped(data, count, rng)
        yield "junk in front", rng.bytes(int(rng.integers(1, 20_000))) + data
        yield "junk behind", data + rng.bytes(int(rng.integers(1, 20_000)))
        at = int(rng.integers(len(data)))
        yield "hole of zeros", data[:at] + bytes(min(4096, len(data) - at)) + data[at + 4096 :]
        yield "4 kB lost", data[:at] + data[at + 4096 :]
    yield "two in one", data + other
    yield "twice the same", data + data


def flipped(data: bytes, count: int, rng: np.random.Generator) -> bytes:
    """The data with ``count`` bytes made other bytes."""
    changed = np.frombuffer(data, np.uint8).copy()
    where = rng.choice(len(changed), min(count, len(changed)), replace=False)
    changed[where] ^= rng.integers(1, 256, len(where), dtype=np.uint8)
    return changed.tobytes()


def cases(goods: Sequence[Path], folder: Path) -> list[Case]:
    """Every mutation of every good file, written to ``folder``; and the good files themselves."""
    others = [*goods[1:], goods[0]]
    return [case for n, path in enumerate(goods) for case in cases_of(path, others[n], folder / str(n), n)]


def cases_of(path: Path, other: Path, folder: Path, seed: int, rounds: int = 1) -> list[Case]:
    """A good file, and every mutation of it in ``folder``; ``other`` is what it is joined with."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [Case(path, path.suffix, "as it was")]
    for turn, (mutation, data) in enumerate(mutants(path.read_bytes(), other.read_bytes(), seed, rounds)):
        place = folder / f"{turn:03}{path.suffix}"
        place.write_bytes(data)
        made.append(Case(place, path.suffix, mutation))
    return made


# What is said of them ---------------------------------------------------------------------------------------------------


def judged(
    cases: Sequence[Case], encoders: tuple[str, ...], ffmpeg: str | None, workers: int = 2, share: float = 1.0
) -> list[Judged]:
    """Let workers hear all files, and ask ``ffmpeg`` about each, or a ``share`` chosen by chance, if it is here."""
    ours = heard([case.path for case in cases], encoders, workers)
    asked = random.Random(7).sample(cases, round(share * len(cases))) if ffmpeg else []
    with ThreadPoolExecutor(2) as pool:
        theirs = dict(zip(asked, pool.map(lambda case: verdict(ffmpeg or "", case.path), asked), strict=True))
    return [Judged(case, ours[str(case.path)], *theirs.get(case, (None, 0.0))) for case in cases]


def heard(paths: Sequence[Path], encoders: tuple[str, ...], workers: int) -> dict[str, Outcome]:
    """What the workers of an ``index`` run answer for each file."""
    setup = Setup(default_cache(), Limits(), memory_mb=1024, nice=False, encoders=encoders)
    profiles: tuple[Profile, Profile] = ("default", "quick")  # they decode in two ways
    jobs = [Job(str(path), str(path.parent), encoders, profiles[n % 2]) for n, path in enumerate(paths)]
    return {job.path: outcome for job, outcome in Supervisor(setup, workers, SECONDS).run(jobs)}


def verdict(ffmpeg: str, path: Path) -> tuple[Verdict, float]:
    """Whether the tool decodes the first audio stream, to at least one sample, and without a message; and how many
    seconds of it."""
    command = [ffmpeg, "-nostdin", "-v", "error", "-threads", "1", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", "1", "-ar", "8000", "-f", "s16le", "-"]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=2 * SECONDS)
    except subprocess.TimeoutExpired:
        return "out of time", 0.0
    seconds = len(done.stdout) / 2 / 8000
    if done.returncode or not seconds:
        return "refuses", seconds
    return "complains" if done.stderr else "clean", seconds


# Tables -----------------------------------------------------------------------------------------------------------------


def table(results: Sequence[Judged], by: Literal["mutation", "origin"]) -> str:
    """Agreement as Markdown: one row per mutation or format, and their sum."""
    rows = list(dict.fromkeys(getattr(each.case, by) for each in results))
    lines = [
        f"| {by} | files | clean to ffmpeg | of these taken | ffmpeg complains | of these taken | ffmpeg refuses "
        "| of these taken | ffmpeg out of time | of these taken | ended a worker |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in [*sorted(rows), None]:
        chosen = [each for each in results if row is None or getattr(each.case, by) == row]
        cells = [row or "**all**", str(len(chosen))]
        for said in ("clean", "complains", "refuses", "out of time"):
            these = [each for each in chosen if each.theirs == said]
            cells += [str(len(these)), _share(sum(each.accepted for each in these), len(these))]
        cells.append(str(sum(isinstance(each.ours, Died) for each in chosen)))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def disagreements(results: Sequence[Judged]) -> str:
    """Where songkin and ffmpeg differ, in both directions, as Markdown. (What ffmpeg decodes with complaints, and
    songkin takes, is none; nor is what ffmpeg had no time for.)"""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for each in results:
        if each.theirs not in {None, "out of time"} and (each.theirs == "refuses") == each.accepted:
            reason = each.said.replace(each.case.path.name, "It")
            found[each.theirs, reason, each.case.origin, each.case.mutation] += 1
    lines = ["| ffmpeg | songkin | format | mutation | files |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} | {n} |" for row, n in sorted(found.items()))])


def agreement(results: Sequence[Judged]) -> float:
    """The share of what is clean to ffmpeg that is taken."""
    clean = [each for each in results if each.theirs == "clean"]
    return sum(each.accepted for each in clean) / len(clean)


def less_heard(results: Sequence[Judged]) -> list[Judged]:
    """What is clean to ffmpeg and taken, but heard to less than nine tenths of what ffmpeg decodes."""
    return [
        each
        for each in results
        if each.theirs == "clean" and isinstance(each.ours, Heard) and each.ours.duration < 0.9 * each.seconds - 0.1
    ]


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})" if whole else "0"
