"""Files that are complete or not there: written beside their place and moved to it.

A file that is there already is not touched unless that is asked for, also if it appears while ours is written.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from songkin.errors import DiskFull, ExportError

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def written(path: str, pieces: Iterable[str], *, force: bool, marked: bool = False) -> None:
    """Write text in UTF-8; ``marked``: with the mark in front by which spreadsheets know it. Raises ``ExportError`` and
    ``DiskFull``."""
    shown = os.fsencode(path).decode("utf-8", "replace")
    place = os.path.realpath(path)
    if os.path.isdir(place):
        raise ExportError(f"{shown} is a folder.", remedy="Name a file in it.")
    if os.path.lexists(place) and not force:
        raise _there_already(shown)
    beside = os.path.join(os.path.dirname(place), f".songkin-{secrets.token_hex(6)}.part")
    try:
        try:
            with open(beside, "x", encoding="utf-8-sig" if marked else "utf-8", errors="replace", newline="") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            _moved(beside, place, shown, force=force)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(beside)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFull(f"There is no room for {shown}.", remedy="Free some space, or write elsewhere.") from error
        raise ExportError(
            f"{shown} cannot be written: {(error.strerror or str(error)).lower()}.", remedy="Write to another folder."
        ) from error


def _moved(beside: str, place: str, shown: str, *, force: bool) -> None:
    if not force:
        try:
            os.link(beside, place)  # unlike a move, it never takes the place of a file
        except FileExistsError:
            raise _there_already(shown) from None
        except OSError:  # a disk without links
            if os.path.lexists(place):
                raise _there_already(shown) from None
        else:
            return
    os.replace(beside, place)


def _there_already(shown: str) -> ExportError:
    return ExportError(f"{shown} is there already.", remedy="Give another name, or --force to replace it.")
