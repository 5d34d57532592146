"""A worker process: it is told of one file at a time, reads and hears it, and sends back what it found.

A file may be hostile. The worker therefore has a memory limit, ignores Ctrl-C (the parent decides), and says how far it
has come through a shared number, so that the parent can tell slow from stuck. It never outlives its parent: where that
is killed, nobody is left to end a worker that is stuck.
"""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from songkin import audio, tags
from songkin.confined import end_with_parent, limit_memory
from songkin.encoders import audio_encoder
from songkin.encoders.base import AudioEncoder
from songkin.errors import AudioError, SourceError, Unreachable
from songkin.fetching import Rules
from songkin.indexing import places
from songkin.listening import listen
from songkin.models import Profile, Tags

Array = NDArray[Any]


SECONDS_PER_SECOND: Final = 0.1
"""Seconds a file may take for each second of sound that is heard of it."""


class Progress(Protocol):
    """A number shared with the parent."""

    value: float


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read, and the encoders that are to hear it. ``link`` is where one elsewhere is fetched from."""

    path: str
    root: str
    encoders: tuple[str, ...]
    profile: Profile
    link: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What reading one file gave. ``vectors``: output -> (encoder fingerprint, vector)."""

    tags: Tags
    size: int
    mtime_ns: int
    file_hash: str
    packets: str
    duration: float
    silent: bool
    heard_by: tuple[str, ...]
    vectors: Mapping[str, tuple[str, Array]]
    facts: Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file was not taken. ``passing``: the next run may find it otherwise, whatever it looks like until then."""

    reason: str
    remedy: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """What every worker of a run is given at its start."""

    cache: Path
    limits: audio.Limits
    memory_mb: int
    nice: bool
    encoders: tuple[str, ...]
    rules: Rules = field(default_factory=Rules)
    spool: str = ""
    """The folder where what is fetched lies while it is heard."""


def read(
    job: Job, encoders: Mapping[str, AudioEncoder], limits: audio.Limits, progress: Progress, at: str = ""
) -> Heard:
    """Read tags and hear the sound of one file, which lies ``at`` another place while it is heard if it is elsewhere.
    Raises ``AudioError``."""
    path = at or job.path
    status = _status(path)
    guess = tags.guess_from_path(places.named(job.path), places.named(job.root))
    used = [encoders[name] for name in job.encoders]

    def told(seconds: float) -> None:
        progress.value += seconds

    found = tags.merge(tags.read_tags(path), guess)
    listened = listen(path, used, job.profile, limits, told)
    return Heard(
        tags=found,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        file_hash=hash_file(path),
        packets=listened.heard.packets,
        duration=listened.heard.duration,
        silent=listened.heard.silent,
        heard_by=listened.heard_by,
        vectors=listened.vectors,
        facts=listened.facts,
    )


@contextmanager
def _at_hand(job: Job, setup: Setup, progress: Progress) -> Iterator[str]:
    """The file, with as much time for fetching it as the rules give where it is elsewhere."""
    if not places.elsewhere(job.path):
        yield job.path
        return
    began, granted = time.monotonic(), setup.rules.seconds / SECONDS_PER_SECOND
    progress.value += granted
    with places.at_hand(job.path, job.link, setup.spool, setup.rules) as path:
        progress.value += (time.monotonic() - began) / SECONDS_PER_SECOND - granted
        yield path


def hash_file(path: str, *, old: bool = False) -> str:
    """SHA-256 of a file's bytes, as hex: other programs know a file by it, too, and most processors have an instruction
    for it. ``old`` asks for blake2b-128, which libraries hold of files that were heard before. Raises ``AudioError`` if
    it cannot be read."""
    digest = hashlib.blake2b(digest_size=16) if old else hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise AudioError(
            f"It cannot be read: {error.strerror}.", remedy="Check that it exists and may be read."
        ) from error
    return digest.hexdigest()


def _status(path: str) -> os.stat_result:
    try:
        status = os.stat(path)
    except OSError as error:
        raise AudioError(
            f"It cannot be read: {error.strerror}.", remedy="Check that it exists and may be read."
        ) from error
    if not stat.S_ISREG(status.st_mode):  # it was when it was found; opening a pipe would wait for ever
        raise AudioError("It is no regular file any more.")
    return status


def main(connection: Connection, setup: Setup, progress: Progress) -> None:
    """Loop of a worker: a ``Job`` in, a ``Heard`` or ``Refused`` out, until ``None`` or the end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    if setup.nice:
        os.nice(15)
    encoders = {name: audio_encoder(name, setup.cache) for name in setup.encoders}
    audio.wake()  # before the memory limit is drawn: the decoder and the models are not the file's doing
    for encoder in encoders.values():
        encoder.begin()
    limit_memory(setup.memory_mb)
    with suppress(EOFError, OSError):  # nobody listens any more
        connection.send("ready")
        while (job := connection.recv()) is not None:
            progress.value = 0.0
            connection.send(_answer(job, encoders, setup, progress))


def _answer(job: Job, encoders: Mapping[str, AudioEncoder], setup: Setup, progress: Progress) -> Heard | Refused:
    try:
        with _at_hand(job, setup, progress) as path:
            return read(job, encoders, setup.limits, progress, path)
    except AudioError as error:
        return Refused(error.message, error.remedy)
    except Unreachable as error:
        return Refused(f"It {error.what}.", error.remedy, passing=True)
    except SourceError as error:
        return Refused(error.message, error.remedy, passing=True)
    except MemoryError:
        return Refused("It needs more memory than one file may take.", "Raise it with SONGKIN_WORKER_MEMORY_MB.")
    except Exception as error:  # noqa: BLE001 - a file must never stop the rest; what it was is told
        return Refused(f"Hearing it failed: {type(error).__name__}: {_first_line(error)}")


def _first_line(error: BaseException) -> str:
    lines: Sequence[str] = str(error).splitlines()
    return lines[0][:200] if lines else "no message"
