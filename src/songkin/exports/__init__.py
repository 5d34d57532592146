"""What songkin writes for other programs: playlists, tables, lists of URIs, votes.

A writer is one function that gives the text of a list piece by piece; what it writes, the source of the same name reads
back to the same songs. Nothing that stands in a name can become more than a name in the file. Files are complete or not
there (``files``).

What each keeps of a song: ``m3u`` title, artists, album, genres, duration, key, and its path or else its URL; ``xspf``
and ``jspf`` also URL beside path, ids, number, image and comment; ``csv`` everything but vectors; ``exportify`` what its
24 columns hold; ``uris`` one of key, path and URL. All but the last two, which other programs take just as they are, say
which playlist of the library the list is, so that it comes back as that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from songkin.errors import ExportError
from songkin.exports import jspf, m3u, tables, uris, xspf
from songkin.exports.files import written
from songkin.records import Listing, Voted

__all__ = ["FORMATS", "Voted", "export", "export_votes", "format_of"]

Writer = Callable[[Listing, str], Iterator[str]]

FORMATS: Final[dict[str, Writer]] = {
    "m3u": m3u.pieces,
    "xspf": xspf.pieces,
    "jspf": jspf.pieces,
    "csv": tables.pieces,
    "exportify": tables.exportify_pieces,
    "uris": uris.pieces,
}
"""Name of a format -> its writer, which is given a list and the folder to which paths are relative (empty: absolute)."""

_SUFFIXES: Final = {
    ".m3u8": "m3u",
    ".m3u": "m3u",
    ".xspf": "xspf",
    ".jspf": "jspf",
    ".csv": "csv",
    ".txt": "uris",
}


def format_of(path: str) -> str:
    """The format that a file's suffix stands for. Raises ``ExportError``."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _SUFFIXES:
        raise ExportError(
            f"{suffix or 'A name without a suffix'} says no format.", remedy=f"Name one: {', '.join(FORMATS)}."
        )
    return _SUFFIXES[suffix]


def export(listing: Listing, path: str, kind: str = "", *, relative: bool = False, force: bool = False) -> int:
    """Write a list to a file and say how many songs stand in it. ``kind`` is one of ``FORMATS`` (empty: by the file's
    suffix). ``relative``: paths are written from the file's folder on, where the format has paths.

    Raises ``ExportError``: the file is there already and ``force`` is not given, or it cannot be written; ``DiskFull``.
    """
    kind = kind or format_of(path)
    if kind not in FORMATS:
        raise ExportError(f"There is no format {kind}.", remedy=f"Use one of: {', '.join(FORMATS)}.")
    folder = os.path.dirname(os.path.abspath(path)) if relative else ""
    written(path, FORMATS[kind](listing, folder), force=force, marked=kind in {"csv", "exportify"})
    return len(listing.entries)


def export_votes(votes: Iterable[Voted], path: str, *, force: bool = False) -> int:
    """Write votes to a CSV, as ``export`` does, and say how many."""
    kept = list(votes)
    written(path, tables.votes_pieces(kept), force=force, marked=True)
    return len(kept)
