"""Playlists that songkin wrote to a file and that come back, perhaps edited: they are the playlists that they were.

What the file could not say (who added a song and when, how it was matched) stays as the library knows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from songkin.models import track_id
from songkin.records import OWN_LIST
from songkin.text import fold

if TYPE_CHECKING:
    from songkin.store.playlistbook import Place

CATALOG: Final = "catalog_folder"
"""The kind of source that holds a whole catalog."""


def identity(key: str) -> str:
    """The id of the playlist with this key."""
    return key.removeprefix(OWN_LIST) if key.startswith(OWN_LIST) else track_id(f"playlist:{key}")


def returns(key: str, source: str) -> bool:
    """Whether a playlist with this key, from this source, is one that songkin wrote."""
    return key.startswith(OWN_LIST) or source == CATALOG


def head_as_before(told: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the playlist: names as the file says them, all else as it was."""
    said = {name: told[name] for name in ("name", "name_fold", "description") if told[name]}
    return {name: said.get(name, old[name]) for name in told}


def places_as_before(told: Sequence[Place], old: Sequence[Place]) -> list[Place]:
    """Places with what was known of them; each old place is met once, in order."""
    known: dict[str, list[Place]] = {}
    for place in reversed(old):
        known.setdefault(_what(place), []).append(place)
    return [known[what].pop() if known.get(what := _what(place)) else place for place in told]


def _what(place: Place) -> str:
    given = place.given or {}
    return place.track or f"{fold(given.get('artist', ''))}|{fold(given.get('title', ''))}"
