"""Processes that are measured: songkin's own commands, and tasks of ours that must not share a process with others.

Work is told in CPU seconds of a process and all it started, as the system counts them when it ends. They hold on a
machine that does other things as well, better than seconds of the clock do; for ratios both sides still run at the
same time where that can be, one core each, so that whatever slows down one slows down the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from songkin.errors import SongkinError

ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process printed, and the seconds it took: ``cpu`` of it and its children, ``wall`` of the clock; ``peak`` MB of
    resident memory that it had at most, files that it maps included."""

    output: str
    errors: str
    cpu: float
    wall: float
    peak: float


class Started:
    """A process that runs. ``end`` waits for it."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], given: str = "") -> None:
        if not hasattr(os, "wait4"):
            raise SongkinError(
                "This system does not tell the CPU time of other processes.", remedy="Use Linux or macOS."
            )
        self._arguments = arguments
        self._output: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by end
        self._errors: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        given_file: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        given_file.write(given)
        given_file.seek(0)
        self._began = time.perf_counter()
        with given_file:
            try:
                self._process = subprocess.Popen(
                    arguments,
                    stdin=given_file,
                    stdout=self._output,
                    stderr=self._errors,
                    env={**os.environ, **environment},
                )
            except OSError as error:
                self._output.close()
                self._errors.close()
                raise SongkinError(
                    f"{arguments[0]} cannot be started: {error.strerror}.", remedy="Name a Python that is there."
                ) from error

    @property
    def name(self) -> str:
        """The program, for people."""
        return self._arguments[0]

    def runs(self) -> bool:
        """Whether it has not ended yet; leaves the ended process for ``end``."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def end(self) -> Ended:
        """Wait. Raises ``SongkinError`` with the last line that a failed process said."""
        _, status, usage = os.wait4(self._process.pid, 0)
        wall = time.perf_counter() - self._began
        self._process.returncode = os.waitstatus_to_exitcode(status)
        output, errors = _read(self._output), _read(self._errors)
        if self._process.returncode != 0:
            last = (errors or output).strip().splitlines()[-1:] or ["it said nothing"]
            raise SongkinError(f"{' '.join(self._arguments[:5])} … failed: {last[0]}")
        peak = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
        return Ended(output, errors, usage.ru_utime + usage.ru_stime, wall, peak)


def _read(file: IO[str]) -> str:
    with file:
        file.seek(0)
        return file.read()


def songkin(library: Path, cache: Path, *words: str) -> Started:
    """Start ``songkin -L LIBRARY WORDS…`` as a user would, with no settings but the place of the weights."""
    environment = {"SONGKIN_CACHE": str(cache), "SONGKIN_CONFIG": os.devnull}
    return Started([sys.executable, "-m", "songkin", "-L", str(library), *words], environment)


def task(module: str, given: Mapping[str, Any]) -> Started:
    """Start a module of this package that reads JSON and prints JSON, with one thread."""
    return Started([sys.executable, "-m", f"songkin.benchmark.{module}"], ONE_THREAD, json.dumps(given))


def result(started: Started) -> dict[str, Any]:
    """Wait for a task and give what it printed."""
    try:
        found: dict[str, Any] = json.loads(started.end().output)
    except ValueError as error:
        raise SongkinError(f"{started.name} printed no JSON.", remedy="Name a Python that has the package.") from error
    return found


def cpu_and_wall() -> tuple[float, float]:
    """Seconds of this process and of the clock, to be subtracted."""
    return time.process_time(), time.perf_counter()


def push_out(folder: Path) -> None:
    """Have the system forget what it holds in memory of the files in ``folder``, where it can."""
    if not hasattr(os, "posix_fadvise"):
        return
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def crowd() -> str:
    """How much else the machine does, for people."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return f"{cores} cores, load {load:.1f}"
