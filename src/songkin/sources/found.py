"""What a walk finds: sound files to hear, and what cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class SoundFile(NamedTuple):  # a tuple: a walk makes very many
    """A file to hear. ``path`` is absolute, ``root`` the folder that was asked for and that the file was found under
    (its own folder if the file itself was asked for), ``size`` in bytes, ``mtime_ns`` in nanoseconds since 1970.

    Of a file elsewhere ``path`` is its address, fit to be shown and stored, ``link`` the address that it is fetched
    from, secrets and all; ``size`` is 0 where the server does not tell, ``mtime_ns`` a number that changes with it.
    """

    path: str
    root: str
    size: int
    mtime_ns: int
    link: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that is there and cannot be used. ``reason`` is one line for people. ``gone``: it was named, and
    it is sure that it is not there (any more)."""

    path: str
    reason: str
    remedy: str = ""
    gone: bool = False
