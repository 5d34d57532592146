"""Runs ``songkin`` in a process group of its own and kills it with SIGKILL at a chosen moment."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marked import START

MARKED = Path(__file__).with_name("marked.py")
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: ``delay`` seconds after ``phase`` is entered for the ``time``-th time, but no later than ``latest``
    seconds after the start. ``whole``: the process with its workers, else the process alone."""

    phase: str
    delay: float
    whole: bool = True
    time: int = 1
    latest: float = PATIENCE


@dataclass(slots=True)
class Ended:
    """How a run ended: in which phase it was ("" if it came to its end), what it said, how long each phase took."""

    phase: str
    code: int
    out: str
    err: str
    seconds: dict[str, float] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=dict)


def songkin(words: Sequence[str], moment: Moment | None = None, env: dict[str, str] | None = None) -> Ended:
    """Run a command, to its end or to the moment when it is killed."""
    ours, theirs = os.pipe()
    command = [sys.executable, str(MARKED), str(theirs), *words]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(theirs,),
        start_new_session=True,
        env={**os.environ, **(env or {})},
    )
    os.close(theirs)
    watch = _Watch(process, ours, moment)
    try:
        watch.follow()
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        os.close(ours)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if not wait_for_group(process.pid):
        raise AssertionError("a worker outlived its parent")
    return Ended(
        watch.phase if watch.killed else "",
        process.returncode,
        out.decode(),
        err.decode(),
        watch.seconds,
        watch.entered,
    )


class _Watch:
    def __init__(self, process: subprocess.Popen[bytes], pipe: int, moment: Moment | None) -> None:
        self.process, self.pipe, self.moment = process, pipe, moment
        self.phase, self.since = START, time.monotonic()
        self.end = self.since + (moment.latest if moment else PATIENCE)
        self.seconds: dict[str, float] = {}
        self.entered: dict[str, int] = {START: 1}
        self.killed = False
        self.at = self._when()
        self.rest = b""

    def _when(self) -> float | None:
        if self.moment and self.phase == self.moment.phase and self.entered.get(self.phase) == self.moment.time:
            return time.monotonic() + self.moment.delay
        return None

    def follow(self) -> None:
        """Read phases until the pipe ends or the moment has come."""
        while True:
            left = max((self.end if self.at is None else min(self.at, self.end)) - time.monotonic(), 0.0)
            if not select.select([self.pipe], [], [], left)[0]:
                self._kill()
                return
            data = os.read(self.pipe, 1 << 16)
            if not data:
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            now = time.monotonic()
            self.seconds[self.phase] = self.seconds.get(self.phase, 0.0) + now - self.since
            self.phase, self.since = line.decode(), now
            self.entered[self.phase] = self.entered.get(self.phase, 0) + 1
            if self.at is None:
                self.at = self._when()

    def _kill(self) -> None:
        if self.process.poll() is not None:
            return
        whole = self.moment is None or self.moment.whole
        (os.killpg if whole else os.kill)(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while select.select([self.pipe], [], [], 0)[0] and (data := os.read(self.pipe, 1 << 16)):
            self._take(data)  # what was said until the kill took effect
        self.killed = self.process.returncode == -signal.SIGKILL


def wait_for_group(group: int, seconds: float = 20.0) -> bool:
    """Whether every process of a group ends by itself within ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return True
        time.sleep(0.01)
    return False


def moments(seed: int, phases: dict[str, float], entered: dict[str, int]) -> Moment:
    """A moment chosen by ``seed``: half of them evenly over all phases, half evenly over the time of a whole run."""
    rng = random.Random(seed)
    names = sorted(phases)
    if seed % 2:
        phase = rng.choice(names)
    else:
        (phase,) = rng.choices(names, [phases[name] for name in names])
    often = rng.randint(1, min(entered.get(phase, 1), 3))
    delay = rng.uniform(0, phases[phase] / max(entered.get(phase, 1), 1))
    latest = rng.uniform(0.5, 1.5) * sum(phases.values())  # a run that goes on may not enter that phase any more
    return Moment(phase, delay, whole=rng.random() < 0.7, time=often, latest=max(latest, delay))
