"""What a web address names, before it is imported: a sound file is a song, and stays where it is; a list, a table or a zip
of them is fetched into a folder of its own, read, and gone afterwards; a page is neither.

Its suffix says which it is, else the server does. Places in a list are addresses from the list's own on.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit

from songkin import audio, fetching
from songkin.errors import SourceError
from songkin.fetching import Rules
from songkin.progress import Progress
from songkin.sources import streaming
from songkin.sources.given import Given, expand
from songkin.sources.kinds import ADDRESSES

_KINDS: Final = {
    **dict.fromkeys(("audio/mpegurl", "audio/x-mpegurl", "application/mpegurl", "application/x-mpegurl"), ".m3u"),
    "application/vnd.apple.mpegurl": ".m3u8",
    **dict.fromkeys(("audio/x-scpls", "audio/scpls", "application/pls"), ".pls"),
    "application/xspf+xml": ".xspf",
    "application/jspf+json": ".jspf",
    "application/json": ".json",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/plain": ".txt",
    "application/zip": ".zip",
}
"""Media types of what can be read, and the suffix that says the same."""
_SUFFIXES: Final = frozenset({*_KINDS.values(), ".gz", ".parquet"})
_UNSAID: Final = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/ogg"})


def at_hand(
    given: Iterable[Given | SourceError], kind: str, rules: Rules, told: Progress
) -> Iterator[Given | SourceError]:
    """``given`` with what lies at addresses of lists and tables fetched. ``kind`` is what they are, where that was said."""
    for item in given:
        address = isinstance(item, Given) and fetching.is_link(item.path) and streaming.parse(item.path) is None
        if isinstance(item, SourceError) or not address or kind in ADDRESSES:
            yield item
            continue
        try:
            suffix = _suffix(item.path, kind, rules)
            if not suffix:
                yield item
                continue
            told.stage(f"Fetching {item.name}")
            with tempfile.TemporaryDirectory(prefix="songkin-", ignore_cleanup_errors=True) as folder:
                path = _fetched(item.path, os.path.join(folder, _file_name(item.path, suffix)), rules)
                for found in expand([path]):
                    yield found if isinstance(found, SourceError) else replace(found, root="", link=item.path)
        except SourceError as error:
            yield error


def _suffix(link: str, kind: str, rules: Rules) -> str:
    """The suffix of what is to be fetched, empty for a sound file. Raises ``SourceError`` for anything else."""
    named = os.path.splitext(_path(link))[1].lower()
    if named in _SUFFIXES:
        return named
    if named in audio.EXTENSIONS and not kind:
        return ""
    said = fetching.ask(link, rules).kind
    if found := _KINDS.get(said, ".txt" if kind else ""):
        return found
    if said in _UNSAID or said.startswith(("audio/", "video/")):
        return ""
    what = "a web page" if "html" in said else said
    raise SourceError(
        f"{fetching.shown(link)} is {what}, and no sound, list or table.",
        remedy="Give the address of the file itself; `songkin fetch LINK FOLDER` brings the sound of videos.",
    )


def _fetched(link: str, path: str, rules: Rules) -> str:
    with open(path, "wb", buffering=0) as file:
        fetching.fetch(link, file, rules)
    return path


def _path(link: str) -> str:
    try:
        return unquote(urlsplit(link).path, errors="replace")
    except ValueError:  # half of an IPv6 address: fetching it will be refused
        return ""


def _file_name(link: str, suffix: str) -> str:
    """The address's last part as a name that any disk takes, with this suffix."""
    clean = "".join(c for c in os.path.basename(_path(link)) if c.isprintable() and c not in '<>:"|?*\\/')
    stem = os.path.splitext(clean.strip(". "))[0]
    return f"{stem[:60] or 'list'}{suffix}"
