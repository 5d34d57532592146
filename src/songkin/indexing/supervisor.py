"""Workers under supervision: one file each at a time, watched for death and for getting stuck.

A pool that breaks when one worker dies, and cannot say which file did it, is of no use with files from anywhere. Here
each worker has its own pipe; the supervisor knows who holds which file, ends a worker that is stuck, notes a death
against the file, starts a new worker, and tries the file once more at the end. A file that kills twice is quarantined.
"""

from __future__ import annotations

import multiprocessing as mp
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from songkin.confined import no_main_module, one_thread_each
from songkin.errors import SongkinError
from songkin.indexing import worker
from songkin.indexing.worker import Heard, Job, Refused, Setup

START_SECONDS: Final = 120.0
"""How long a worker may take to import and load its models."""


@dataclass(frozen=True, slots=True)
class Died:
    """The worker that held the file ended without an answer. ``stuck``: it was ended for taking too long."""

    how: str
    stuck: bool = False


Outcome = Heard | Refused | Died


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    progress: Any
    job: Job | None = None
    since: float = 0.0
    ready: bool = False

    def stuck(self, seconds: float) -> bool:
        if not self.ready:
            return time.monotonic() - self.since > START_SECONDS
        return (
            self.job is not None
            and time.monotonic() - self.since > seconds + worker.SECONDS_PER_SECOND * self.progress.value
        )

    def give(self, job: Job) -> None:
        self.job, self.since = job, time.monotonic()
        self.pipe.send(job)

    def end(self) -> None:
        self.process.kill()
        self.process.join(5)
        self.pipe.close()


class Supervisor:
    """Runs jobs in ``count`` processes. ``run`` yields (job, outcome) in the order in which they end."""

    def __init__(self, setup: Setup, count: int, file_seconds: float) -> None:
        self._setup = setup
        self._count = count
        self._file_seconds = file_seconds
        self._workers: list[_Worker] = []
        self._context = mp.get_context("spawn")

    def run(self, jobs: Sequence[Job], halted: Callable[[], bool] = lambda: False) -> Iterator[tuple[Job, Outcome]]:
        """Hand out ``jobs`` until all are done or ``halted`` says so; workers are ended whatever happens."""
        queue = deque(jobs)
        try:
            while (queue or any(w.job for w in self._workers)) and not halted():
                self._keep_up(len(queue))
                yield from self._collect(queue)
        finally:
            for each in self._workers:
                each.end()
            self._workers.clear()

    def _keep_up(self, waiting: int) -> None:
        busy = sum(1 for w in self._workers if w.job is not None)
        while len(self._workers) < min(self._count, waiting + busy):
            self._workers.append(self._start())

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        progress = self._context.Value("d", 0.0, lock=False)
        process = self._context.Process(target=worker.main, args=(theirs, self._setup, progress), daemon=True)
        with one_thread_each(), no_main_module():
            process.start()
        theirs.close()
        return _Worker(process, ours, progress, since=time.monotonic())

    def _collect(self, queue: deque[Job]) -> Iterator[tuple[Job, Outcome]]:
        wait([w.pipe for w in self._workers], timeout=0.25)
        for each in list(self._workers):
            if each.pipe.poll():
                try:
                    message = each.pipe.recv()
                except (EOFError, OSError):
                    yield from self._bury(each, "it crashed")
                    continue
                if message == "ready":
                    each.ready = True
                elif each.job is not None:
                    job, each.job = each.job, None
                    yield job, message
            elif each.stuck(self._file_seconds):
                yield from self._bury(each, "it took too long", stuck=True)
                continue
            if each.ready and each.job is None and queue:
                each.give(queue.popleft())

    def _bury(self, dead: _Worker, how: str, *, stuck: bool = False) -> Iterator[tuple[Job, Outcome]]:
        self._workers.remove(dead)
        dead.end()
        if dead.job is not None:
            yield dead.job, Died(_told(dead.process.exitcode) if how == "it crashed" else how, stuck)
        elif not dead.ready:
            raise SongkinError(
                f"A worker process could not start ({_told(dead.process.exitcode)}).",
                remedy="Run `songkin doctor`; with little memory, try --workers 1.",
            )


def _told(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"ended by signal {-exitcode}"
    return f"ended with code {exitcode}"
