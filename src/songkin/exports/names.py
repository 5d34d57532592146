"""Names of files made of names of playlists: whatever those hold, the file lies in its folder and can be opened on any
system, and no two of them are one file where case and accents do not count."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_BYTES: Final = 255
_FORBIDDEN: Final = re.compile(r'[/\\:*?"<>|]+')
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_RUN: Final = re.compile(r"[=+\-@~$%!&#`';]")
_COUNTER: Final = 12


def file_name(name: str, suffix: str, taken: set[str]) -> str:
    """A file's name for a playlist's. ``taken`` holds those that are given already, folded, and gets this one, too."""
    stem = _stem(name, MOST_BYTES - len(suffix) - _COUNTER)
    made, number = f"{stem}{suffix}", 1
    while _folded(made) in taken:
        number += 1
        made = f"{stem} ({number}){suffix}"
    taken.add(_folded(made))
    return made


def _stem(name: str, most: int) -> str:
    clean = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    clean = "".join(c if c.isprintable() else " " for c in _FORBIDDEN.sub("_", clean))
    clean = " ".join(clean.split()).lstrip(". ")
    clean = clean.encode()[:most].decode("utf-8", "ignore").rstrip(". ")
    if _RUN.match(clean) or _DEVICES.match(clean):  # neither an option, nor a formula, nor a device of Windows
        clean = f"_{clean}"
    return clean or "playlist"


def _folded(name: str) -> str:
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))
