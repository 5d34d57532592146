"""JSPF: the playlist in JSON, with ListenBrainz's extension for who added a song and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from songkin.exports.places import line
from songkin.exports.xspf import identifiers, locations
from songkin.records import OWN_LIST, Entry, Listing


def pieces(listing: Listing, folder: str) -> Iterator[str]:
    """The text of the list."""
    head = {"title": listing.name, "creator": listing.owner, "annotation": listing.description}
    if listing.key:
        head["identifier"] = f"{OWN_LIST}{listing.key}"
    written = {name: line(text) for name, text in head.items() if line(text)}
    if listing.modified_at is not None:
        written["date"] = _date(listing.modified_at)
    yield '{"playlist": {\n'
    yield from (f"{json.dumps(name)}: {json.dumps(text, ensure_ascii=False)},\n" for name, text in written.items())
    yield '"track": ['
    for number, entry in enumerate(listing.entries):
        yield (",\n" if number else "\n") + json.dumps(_track(entry, folder), ensure_ascii=False)
    yield "\n]}}\n"


def _track(entry: Entry, folder: str) -> dict[str, Any]:
    song = entry.song
    found: dict[str, Any] = {
        "location": locations(song, folder),
        "identifier": identifiers(song),
        "title": line(song.title),
        "creator": line(", ".join(song.artists)),
        "annotation": line(song.comment),
        "image": line(song.image),
        "album": line(song.album),
        "trackNum": song.track_no,
        "duration": round(song.duration * 1000) if song.duration else None,
    }
    if len(song.artists) > 1:
        found["meta"] = [{"songkin:artist": line(artist)} for artist in song.artists]
    more = {
        "added_at": _date(entry.added_at) if entry.added_at is not None else "",
        "added_by": line(entry.added_by),
    }
    if any(more.values()):
        found["extension"] = {"https://musicbrainz.org/doc/jspf#track": {k: v for k, v in more.items() if v}}
    return {name: value for name, value in found.items() if value}


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
