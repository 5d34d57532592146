"""Finds sound files in folders.

Symbolic links are followed, and every folder is entered once (by device and inode), so that loops end. A file that
two ways lead to is found once (by its real path; hard links are files of their own). Names keep undecodable bytes
as surrogates. The order is that of the given paths, then of names, and does not depend on the file system.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

from songkin.audio import EXTENSIONS
from songkin.errors import SourceError
from songkin.sources.found import SoundFile, Unreadable


def walk(paths: Sequence[str]) -> Iterator[SoundFile | Unreadable]:
    """Sound files in ``paths``, files and folders alike.

    In folders a file is taken by its suffix (``audio.EXTENSIONS``) and hidden ones are passed over; a file that is
    named itself is taken whatever it is called. Raises ``SourceError``, before anything is yielded, if a path does
    not exist.
    """
    return _Walk().run(check(paths))


def check(paths: Sequence[str]) -> list[str]:
    """``paths`` made absolute. Raises ``SourceError`` if one does not exist."""
    roots = [os.path.abspath(os.fspath(path)) for path in paths]
    for given, root in zip(paths, roots, strict=True):
        if not os.path.lexists(root):
            shown = os.fspath(given).encode("utf-8", "replace").decode()
            raise SourceError(
                f"There is no file or folder {shown}.", remedy="Check the spelling, and that the disk is mounted."
            )
    return roots


@dataclass(slots=True)
class _Walk:
    folders: set[tuple[int, int]] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def run(self, roots: Sequence[str]) -> Iterator[SoundFile | Unreadable]:
        for root in roots:
            if os.path.isdir(root):
                yield from self._folder(root)
            elif self._is_new(os.path.realpath(root)):
                yield _examined(root, os.path.dirname(root), partial(os.stat, root))

    def _folder(self, root: str) -> Iterator[SoundFile | Unreadable]:
        """Depth first, without recursion: a folder may lie deeper than Python's stack."""
        waiting = [(root, os.path.realpath(root))]
        while waiting:
            path, real = waiting.pop()
            try:
                about = os.stat(path)
                if (about.st_dev, about.st_ino) in self.folders:
                    continue
                self.folders.add((about.st_dev, about.st_ino))
                with os.scandir(path) as scanned:
                    entries = sorted(scanned, key=attrgetter("name"))
            except OSError as error:
                yield Unreadable(path, *_reason(error))
                continue
            inner: list[tuple[str, str]] = []
            inside = real.rstrip(os.sep) + os.sep
            for entry in entries:
                if entry.name[0] == ".":
                    continue
                if _is_folder(entry):
                    inner.append((entry.path, _real(entry, inside)))
                elif entry.name[entry.name.rfind(".") :].lower() in EXTENSIONS and self._is_new(_real(entry, inside)):
                    yield _examined(entry.path, root, entry.stat)
            waiting += reversed(inner)

    def _is_new(self, real: str) -> bool:
        known = len(self.files)
        self.files.add(real)
        return len(self.files) > known


def _real(entry: os.DirEntry[str], folder: str) -> str:
    """The real path of what stands in a folder with this real path. Only a link has to be asked for."""
    return os.path.realpath(entry.path) if entry.is_symlink() else folder + entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into a folder that may not be searched: looking at it again says so
        return False


def _examined(path: str, root: str, look: Callable[[], os.stat_result]) -> SoundFile | Unreadable:
    try:
        about = look()
    except OSError as error:
        return Unreadable(path, *_reason(error))
    if not stat.S_ISREG(about.st_mode):
        return Unreadable(path, "is no regular file", "Leave it out: pipes, sockets and devices hold no music.")
    return SoundFile(path, root, about.st_size, about.st_mtime_ns)


def _reason(error: OSError) -> tuple[str, str]:
    """What is wrong, and what to do."""
    if isinstance(error, FileNotFoundError):
        return "is a link that leads nowhere, or vanished while it was looked at", "Mend the link, or remove it."
    if isinstance(error, PermissionError):
        return "may not be read", "Let yourself read it (chmod), and run the command again."
    return f"cannot be read ({error.strerror})", "Check the file, and the disk it lies on."
