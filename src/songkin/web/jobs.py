"""Long work in processes of its own, one at a time, so that searches stay fast meanwhile.

A job runs one verb of the library. It tells how far it is through a pipe; cancelled, it is interrupted as Ctrl-C does it in
the terminal, and keeps what it stored.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import shutil
import signal
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Literal

from songkin.config import Config
from songkin.confined import end_with_parent, no_main_module
from songkin.errors import NotFound, QueryError, SongkinError

State = Literal["queued", "running", "done", "failed", "cancelled"]

MOST: Final = 50
"""Jobs that are remembered, and that may wait."""
_NOTES: Final = 50
_GRACE: Final = 30.0
"""Seconds that a cancelled job may take to end in good order."""
_TELL: Final = 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work. ``done`` of ``total`` in this ``stage``; times in seconds since 1970."""

    id: str
    kind: str
    state: State = "queued"
    stage: str = ""
    done: int = 0
    total: int | None = None
    note: str = ""
    notes: tuple[str, ...] = ()
    result: Any = None
    error: dict[str, str] | None = None
    began: float = 0.0
    ended: float | None = None


class Jobs:
    """The jobs of one library."""

    def __init__(self, config: Config, ended: Callable[[], None]) -> None:
        """``ended`` is called when a job is over."""
        self._config = config
        self._ended = ended
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._processes: dict[str, SpawnProcess] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._closed = False

    def begin(self, kind: str, verb: str, arguments: Mapping[str, Any], folder: str = "") -> Job:
        """Have ``verb`` of the library done; ``folder`` is removed when it is."""
        job = Job(uuid.uuid4().hex, kind, began=time.time())
        with self._lock:
            if sum(each.state in {"queued", "running"} for each in self._jobs.values()) >= MOST:
                raise QueryError("Too much waits to be done.", remedy="Wait until some of it is.")
            self._jobs[job.id] = job
            for old in [each.id for each in self._jobs.values() if each.ended][:-MOST]:
                del self._jobs[old]
        thread = threading.Thread(target=self._run, args=(job.id, verb, dict(arguments), folder), daemon=True)
        thread.start()
        return job

    def all(self) -> list[Job]:
        """The latest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def one(self, job: str) -> Job:
        """The job with this id. Raises ``NotFound``."""
        with self._lock:
            if job not in self._jobs:
                raise NotFound("There is no such job.", remedy="Jobs are forgotten when the server ends.")
            return self._jobs[job]

    def cancel(self, job: str) -> Job:
        """Have a job end. Raises ``NotFound``."""
        found = self.one(job)
        if found.ended is None:
            found = self._note(job, state="cancelled")
            self._interrupt(job)
        return found

    def close(self) -> None:
        """End all."""
        self._closed = True
        for job in self.all():
            if job.ended is None:
                self.cancel(job.id)
        for process in list(self._processes.values()):
            process.join(_GRACE)
            if process.is_alive():
                process.kill()

    def _interrupt(self, job: str) -> None:
        process = self._processes.get(job)
        if process is not None and process.pid is not None and process.is_alive():
            with suppress(OSError):
                os.kill(process.pid, signal.SIGINT)

    def _note(self, job: str, **changes: Any) -> Job:
        with self._lock:
            if self._jobs[job].state == "cancelled":
                changes.pop("state", None)
            self._jobs[job] = replace(self._jobs[job], **changes)
            return self._jobs[job]

    def _run(self, job: str, verb: str, arguments: dict[str, Any], folder: str) -> None:
        with self._turn:
            try:
                if self.one(job).state != "cancelled" and not self._closed:
                    self._worked(job, verb, arguments)
            finally:
                if folder:
                    shutil.rmtree(folder, ignore_errors=True)
                now = self.one(job)
                self._note(job, ended=time.time(), state="failed" if now.state in {"queued", "running"} else now.state)
                self._ended()

    def _worked(self, job: str, verb: str, arguments: dict[str, Any]) -> None:
        context = mp.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(theirs, self._config, verb, arguments))
        with no_main_module():
            process.start()
        theirs.close()
        self._processes[job] = process
        self._note(job, state="running")
        cancelled = 0.0
        try:
            while True:
                if self.one(job).state == "cancelled":
                    cancelled = cancelled or time.monotonic()
                    if time.monotonic() - cancelled > _GRACE:
                        process.kill()
                if ours.poll(0.25):
                    self._note(job, **ours.recv())
        except (EOFError, OSError):
            process.join(_GRACE)
            if self.one(job).state == "running":
                self._note(job, state="failed", error={"message": "It ended unexpectedly.", "remedy": "Try again."})
        finally:
            ours.close()
            del self._processes[job]


class _Told:
    """Progress, as it is told through the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._notes: tuple[str, ...] = ()
        self._last = 0.0

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins."""
        self._tell(stage=name, total=total, done=0, note="")

    def step(self, done: int, note: str = "") -> None:
        """So much of the stage's total."""
        if time.monotonic() - self._last > _TELL:
            self._last = time.monotonic()
            self._tell(done=done, note=note[-200:])

    def note(self, line: str) -> None:
        """One line for people."""
        self._notes = (*self._notes, line)[-_NOTES:]
        self._tell(notes=self._notes)

    def _tell(self, **changes: Any) -> None:
        with suppress(OSError):
            self._pipe.send(changes)


def _work(pipe: Connection, config: Config, verb: str, arguments: dict[str, Any]) -> None:
    """The process of a job: the verb is done, and what came of it is told."""
    from songkin.library import Library

    end_with_parent()
    told = _Told(pipe)
    try:
        with Library(config=config) as library:
            if verb in {"index", "import_"} and not config.offline:
                library.pull_weights(progress=told)
            result = getattr(library, verb)(**arguments, progress=told)
        shown = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
        interrupted = isinstance(shown, dict) and shown.get("interrupted")
        pipe.send({"state": "cancelled" if interrupted else "done", "result": shown})
    except SongkinError as error:
        pipe.send({"state": "failed", "error": {"message": error.message, "remedy": error.remedy}})
    except KeyboardInterrupt:
        pipe.send({"state": "cancelled"})
    finally:
        pipe.close()
