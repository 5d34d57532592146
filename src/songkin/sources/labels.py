"""Ludwig's ``labels.json``: songs as a database of Amazon's exports them, every value in an object that tells its type.

    {"tracks": {"<Spotify id>": {"artist": {"S": "…"}, "genre": {"S": "latin"}, "name": {"S": "…"},
      "subgenres": {"L": [{"S": "latin---salsa"}]}, "otherSubgenres": {"L": [{"S": " world"}]}}}}

Any key may be missing, lists may be empty, values have blanks around them. The whole set's file has some 4 MB, so it is
read at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from songkin.errors import SourceError
from songkin.records import BadRow, Record, Records, Song
from songkin.sources import cells
from songkin.sources.given import Given, Options, decoded

KIND: Final = "labels"
_MOST: Final = 256 << 20
_DEPTH: Final = 4
_STARTS: Final = re.compile(
    r"\s*\{\s*\"tracks\"\s*:\s*\{\s*(?:\}|\"[^\"]{0,200}\"\s*:\s*\{\s*\"\w+\"\s*:\s*\{\s*\"[SLNMB]\w*\"\s*:)"
)


def owns(given: Given) -> bool:
    """Whether it is such a file."""
    if given.suffix != ".json":
        return False
    return _STARTS.match(decoded(given.head(4096))) is not None


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - all sources are read alike
    """Its songs. Raises ``SourceError`` if it is cut off or of another form."""
    with given.text() as file:
        text = file.read(_MOST + 1)
    if len(text) > _MOST:
        raise SourceError(f"{given.name} is larger than {_MOST >> 20} MB.", remedy="Cut it into several files.")
    try:
        tracks = json.loads(text.removeprefix("\ufeff"))["tracks"].items()
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        what = f"it breaks off or is damaged ({error})" if isinstance(error, ValueError) else "it has no “tracks” by id"
        raise SourceError(f"{given.name} is no labels.json: {what}.", remedy="Fetch it again.") from error
    return _songs(tracks)


def _songs(tracks: Any) -> Iterator[Record]:
    for row, (own, typed) in enumerate(tracks, 1):
        found = plain(typed)
        key = cells.spotify_key(own)
        if not isinstance(found, dict) or not key:
            yield BadRow(row, f"“{cells.text(own, 40)}” is no song's id with its labels", "Leave it out.")
            continue
        song = Song(
            row=row,
            key=key,
            title=cells.text(found.get("name")),
            artists=cells.many(found.get("artist"), ";"),
            genres=cells.many(found.get("genre"), ";|"),
            subgenres=tuple(dict.fromkeys((*_list(found, "subgenres"), *_list(found, "otherSubgenres")))),
        )
        if song.title:
            yield song
        else:
            yield BadRow(row, f"{key} has no name", "Add one.")


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """A typed value as it would be without its types; None for what has none."""
    if not isinstance(value, dict) or depth == 0:
        return None
    if len(value) == 1:
        kind, inner = next(iter(value.items()))
        if kind in {"S", "N"} and isinstance(inner, str | int | float):
            return str(inner).strip()
        if kind in {"L", "SS", "NS"} and isinstance(inner, list):
            return [one if isinstance(one, str) else plain(one, depth - 1) for one in inner]
        if kind == "M":
            return plain(inner, depth - 1) if isinstance(inner, dict) else None
        if kind in {"BOOL", "NULL", "B"} and not isinstance(inner, dict):
            return inner if kind == "BOOL" else None
    return {name: plain(inner, depth - 1) for name, inner in value.items()}


def _list(found: dict[str, Any], name: str) -> tuple[str, ...]:
    return cells.many(found.get(name), ";|")
