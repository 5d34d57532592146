"""JSPF: XSPF's fields in JSON, as ListenBrainz exports playlists.

``{"playlist": {"title": …, "track": [{"title": …, "creator": …, "identifier": [recording], "extension": {…}}]}}``

``location`` and ``identifier`` are lists or stand alone. ListenBrainz puts into ``extension`` under
``https://musicbrainz.org/doc/jspf#track`` who added a song and when, and the artists one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from songkin.records import BadRow, Entry, Listing, Records
from songkin.sources.cells import text, when
from songkin.sources.given import Given, Options
from songkin.sources.jsonitems import items
from songkin.sources.lists import Fields, flat, list_key, listed, own_list, pairs, track

KIND: Final = "jspf"

_OF_TRACK: Final = "https://musicbrainz.org/doc/jspf#track"
_OF_LIST: Final = "https://musicbrainz.org/doc/jspf#playlist"
_HEAD: Final = re.compile(rb'\s*\{\s*"playlist"\s*:\s*\{')


def owns(given: Given) -> bool:
    """By its suffix, or as JSON that begins with a playlist."""
    if given.suffix == ".jspf":
        return True
    head = given.head().replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    return given.suffix == ".json" and bool(_HEAD.match(head)) and b'"track"' in head


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """The list. Raises ``SourceError`` where it is no JSON or has no tracks."""
    about: dict[str, Any] = {}

    def head() -> Listing:
        said = _fields(about)
        more = _extension(about, _OF_LIST)
        identifier = said.first("identifier")
        return Listing(
            key=own_list(identifier)
            or (f"{KIND}:{identifier}" if identifier.startswith("http") else list_key(KIND, given)),
            name=said.first("title") or text(given.stem),
            description=said.first("annotation"),
            owner=text(more.get("creator")) or said.first("creator"),
            collaborative=bool(flat(more.get("collaborators"))) if "collaborators" in more else None,
            modified_at=when(more.get("last_modified_at") or said.first("date")),
        )

    found = items(given, ("playlist", "track"), about)
    yield from listed(head, (_entry(row, one, given) for row, one in enumerate(found, 1)))


def _entry(row: int, one: object, given: Given) -> Entry | BadRow:
    if not isinstance(one, Mapping):
        return BadRow(row, "is no track", "Leave it out; the others were taken.")
    more = _extension(one, _OF_TRACK)
    song = track(row, _fields(one, _artists(more)), given)
    if isinstance(song, BadRow):
        return song
    return Entry(song, added_at=when(more.get("added_at")), added_by=text(more.get("added_by")))


def _fields(found: Mapping[str, Any], artists: list[str] | None = None) -> Fields:
    texts = {
        name: [str(one) for one in flat(value) if isinstance(one, str | int | float)]
        for name, value in found.items()
        if name not in {"meta", "extension", "link", "attribution"}
    }
    metas = [(rel, str(value)) for rel, value in pairs(found.get("meta")) if isinstance(value, str)]
    return Fields(texts, metas + [("songkin:artist", artist) for artist in artists or ()])


def _extension(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What an extension says; its values stand in an object or in a list of such."""
    return dict(pairs(dict(pairs(found.get("extension"))).get(name)))


def _artists(more: Mapping[str, Any]) -> list[str]:
    details = dict(pairs(more.get("additional_metadata")))
    return [
        name
        for one in flat(details.get("artists"))
        if isinstance(one, Mapping) and (name := text(one.get("artist_credit_name")))
    ]
