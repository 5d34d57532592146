"""Recordings that were uploaded: taken in as whatever they are, kept for a day as plain WAV."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from songkin import audio
from songkin.errors import NotFound, QueryError, StoreError

RATE: Final = 44_100
MOST_SECONDS: Final = 15 * 60.0
KEPT_SECONDS: Final = 86_400.0
MOST_CLIPS: Final = 64
_NAME: Final = re.compile(r"[0-9a-f]{32}\Z")


def to_wave(path: str, target: str, limits: audio.Limits) -> float:
    """Write the sound of ``path`` into ``target`` as WAV, mono; its seconds. Raises ``AudioError``."""
    heard = audio.samples(path, RATE, limits)
    audio.write(target, heard, RATE)
    return len(heard) / RATE


class Clips:
    """The folder of recordings. An id is all that anyone knows of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def spool(self, blocks: Iterable[bytes], most: int) -> Path:
        """Write what comes in into a file of no name. Raises ``QueryError`` for more than ``most`` bytes or none."""
        path, size = self._new(".upload"), 0
        try:
            with path.open("wb") as file:
                for block in blocks:
                    size += len(block)
                    if size > most:
                        raise QueryError(f"The recording is larger than {most >> 20} MB.", remedy="Send a shorter one.")
                    file.write(block)
            if not size:
                raise QueryError("The recording is empty.", remedy="Record some seconds.")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def new(self) -> Path:
        """Where a recording may be written."""
        self.prune()
        return self._new(".wav")

    def path(self, clip: str) -> Path:
        """The file of a recording. Raises ``NotFound``."""
        path = self.folder / f"{clip}.wav"
        if not _NAME.match(clip) or not path.is_file():
            raise NotFound("There is no such recording (any more).", remedy="Upload it again.")
        return path

    def prune(self) -> None:
        """Remove recordings that are old, or too many."""
        found = []
        for path in self.folder.glob("*.*"):
            with suppress(OSError):
                found.append((path.stat().st_mtime, path))
        found.sort(reverse=True)
        for place, (changed, path) in enumerate(found):
            if place >= MOST_CLIPS or changed < time.time() - KEPT_SECONDS:
                with suppress(OSError):
                    path.unlink()

    def _new(self, suffix: str) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be written: {(error.strerror or str(error)).lower()}.",
                remedy="Make the library's folder writable.",
            ) from error
        return self.folder / f"{uuid.uuid4().hex}{suffix}"
