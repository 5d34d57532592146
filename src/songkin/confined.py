"""Processes of their own, for what may be hostile: with a memory limit, a time limit, and no life beyond their parent's."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Final, TypeVar

from songkin.errors import AudioError, SongkinError

T = TypeVar("T")

THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
START_SECONDS: Final = 120.0
"""How long a process may take to start and to import what it needs."""


class Helper:
    """One process that does one task at a time, started when it is first needed. Tasks are functions of modules, with
    arguments that can be sent. One that takes too long, or needs too much memory, ends with its process."""

    def __init__(self, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._turn = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def do(self, task: Callable[..., T], *given: object, seconds: float) -> T:
        """What ``task`` gives. Raises what it raises on purpose, else ``AudioError`` where it fails."""
        with self._turn:
            pipe = self._started()
            try:
                pipe.send((task, given))
                if not pipe.poll(seconds):
                    self._end()
                    raise AudioError(f"Reading it took longer than {seconds:.0f} seconds.", remedy="Leave it out.")
                done, answer = pipe.recv()
            except (EOFError, OSError) as error:
                self._end()
                raise AudioError("Reading it ended the process that read it.", remedy="Leave it out.") from error
        if done:
            found: T = answer
            return found
        raise answer

    def close(self) -> None:
        """End the process, where there is one."""
        with self._turn:
            self._end()

    def _started(self) -> Connection:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self._end()
        context = mp.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._memory_mb), daemon=True)
        with one_thread_each(), no_main_module():
            self._process.start()
        theirs.close()
        self._pipe = ours
        if not ours.poll(START_SECONDS):
            self._end()
            raise SongkinError("A process could not start.", remedy="Run `songkin doctor`.")
        ours.recv()
        return ours

    def _end(self) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if process is not None:
            process.kill()
            process.join(5)
        if pipe is not None:
            pipe.close()


def _work(pipe: Connection, memory_mb: int) -> None:
    """Loop of a helper: a task in, (whether it was done, what it gave) out, until the end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    from songkin import audio

    audio.wake()  # before the memory limit is drawn
    limit_memory(memory_mb)
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            task, given = pipe.recv()
            pipe.send(_done(task, given))


def _done(task: Callable[..., Any], given: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, task(*given)
    except SongkinError as error:
        return False, error
    except MemoryError:
        return False, AudioError("It needs more memory than one file may take.", remedy="Leave it out.")
    except Exception as error:  # noqa: BLE001 - what a hostile file does to a parser must not end the server
        return False, AudioError(f"It cannot be read ({type(error).__name__}).", remedy="Leave it out.")


@contextmanager
def no_main_module() -> Iterator[None]:
    """A spawned process imports the main module of its parent anew. Workers need nothing of it, and a script that
    indexes at its top level would index again in every worker."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Numerical libraries read these when they are loaded: one thread a worker, for there is a worker per core."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                with suppress(KeyError):
                    del os.environ[name]
            else:
                os.environ[name] = value


def end_with_parent() -> None:
    """End this process, silently and at once, when the parent has ended without saying so."""
    parent = mp.parent_process()
    if parent is None:  # called without a process of its own
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def limit_memory(megabytes: int) -> None:
    """Let this process have so much memory more than it has now, where the system can hold it to that."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + megabytes * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
