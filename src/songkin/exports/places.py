"""Where a song plays from, as a line of a list says it."""

from __future__ import annotations

import os
import re
from typing import Final
from urllib.parse import quote

from songkin.records import Song
from songkin.text import key_uri

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def line(text: str) -> str:
    """Text that stays on its line, without anything that is not to be seen."""
    kept = "".join(c if c.isprintable() or c == "\u200d" else " " for c in text)
    return " ".join(kept.split())


def url(song: Song) -> str:
    """Its URL, or nothing where what it has is none."""
    return quote(song.url.strip(), safe="%/:?#[]@!$&'()*+,;=~") if _URL.match(song.url) else ""


def key(song: Song) -> str:
    """Its key as an URI."""
    return key_uri(line(song.key)) if song.key else ""


def file_uri(path: str, folder: str = "") -> str:
    """The URI of a path, relative to a folder if one is given."""
    if _WINDOWS.match(path):
        return ("file://" if path.startswith("\\\\") else "file:///") + quote(path, safe="/:")
    if folder and os.path.isabs(path):
        return quote(os.fsencode(os.path.relpath(path, folder)))
    return ("file://" if os.path.isabs(path) else "") + quote(os.fsencode(path))


def plain_path(path: str, folder: str = "") -> str:
    """The path itself where a list of lines can hold it, else its URI."""
    if _WINDOWS.match(path):
        return path if path == line(path) else file_uri(path)
    found = os.path.relpath(path, folder) if folder and os.path.isabs(path) else path
    odd = found != line(found) or "\\" in found or found.startswith("#") or _SCHEME.match(found)
    if odd or "spotify" in found[:30].lower():
        return file_uri(path)
    return found
