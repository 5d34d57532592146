"""The Million Playlist Dataset: slices of 1,000 playlists in JSON, and its ``challenge_set.json``.

``{"info": {…}, "playlists": [{"pid": 0, "name": …, "tracks": [{"pos": 0, "track_uri": …, "artist_name": …}]}]}``

Every key may be missing, ``description`` in whole slices. ``collaborative`` is the word ``"true"`` or ``"false"``. A
song may stand in a playlist twice and stays there twice. Playlists of the challenge set may lack a name and carry
``num_holdouts`` and ``num_samples``. ``artist_name`` is one artist, commas and all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from songkin.records import BadRow, Entry, Listing, Records, Song
from songkin.sources.cells import flag, number, spotify_key, text, when
from songkin.sources.given import Given, Options
from songkin.sources.jsonitems import items

KIND: Final = "million"

_NAME: Final = re.compile(r"mpd\.slice\..*\.json|challenge_set\.json", re.IGNORECASE)
_PLAYLISTS: Final = re.compile(rb'"playlists"\s*:\s*\[\s*(?:\{|\])')
_OURS: Final = re.compile(rb'"(?:pid|num_tracks|track_uri|track_name)"\s*:')
_FACTS: Final = {
    "num_followers": "followers",
    "num_edits": "edits",
    "num_tracks": "tracks",
    "num_albums": "albums",
    "num_artists": "artists",
    "num_holdouts": "holdouts",
    "num_samples": "samples",
}


def owns(given: Given) -> bool:
    """Whether it is called like a slice, or begins like one."""
    if given.suffix != ".json":
        return False
    if _NAME.fullmatch(given.base):
        return True
    head = given.head().replace(b"\0", b"")  # UTF-16 looks like ASCII then
    return bool(_PLAYLISTS.search(head) and _OURS.search(head))


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """One listing for each playlist, in bounded memory. Raises ``SourceError`` where the file is cut or no JSON."""
    for row, found in enumerate(items(given, ("playlists",)), 1):
        if isinstance(found, dict):
            yield from _playlist(row, found, given)
        else:
            yield BadRow(row, "is no playlist", "Leave it out; the others were taken.")


def _playlist(row: int, found: dict[str, Any], given: Given) -> Records:
    tracks = found.get("tracks")
    entries: list[Entry] = []
    name = text(found.get("name"))
    for one in _entries(tracks if isinstance(tracks, list) else []):
        if isinstance(one, Entry):
            entries.append(one)
        else:
            yield BadRow(row, f"has no song at place {one} of “{name}”", "Nothing to do; the rest of it was taken.")
    pid = text(found.get("pid"), 100)
    yield Listing(
        key=f"mpd:{pid}" if pid else f"mpd:{given.base}#{row}",
        name=name,
        entries=tuple(entries),
        row=row,
        description=text(found.get("description")),
        collaborative=flag(found.get("collaborative")),
        modified_at=when(found.get("modified_at")),
        facts=_facts(found),
    )


def _entries(tracks: list[Any]) -> Iterator[Entry | int]:
    """The entries in the order of their ``pos``; the place of each that is none."""
    if all(isinstance(track, dict) and isinstance(track.get("pos"), int) for track in tracks):
        tracks = sorted(tracks, key=lambda track: int(track["pos"]))
    for place, track in enumerate(tracks, 1):
        if not isinstance(track, dict):
            yield place
            continue
        key, title = spotify_key(track.get("track_uri")), text(track.get("track_name"))
        if not key and not title:
            yield place
            continue
        artist = text(track.get("artist_name"))
        length = number(track.get("duration_ms"))
        yield Entry(
            Song(
                row=place,
                key=key,
                title=title,
                artists=(artist,) if artist else (),
                album=text(track.get("album_name")),
                duration=length / 1000 if length and length > 0 else None,
            )
        )


def _facts(found: dict[str, Any]) -> dict[str, float]:
    facts = {ours: value for theirs, ours in _FACTS.items() if (value := number(found.get(theirs))) is not None}
    if (length := number(found.get("duration_ms"))) is not None:
        facts["duration"] = length / 1000
    return facts
