"""What a person says of songs: it stands above all that files and tables say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from songkin.errors import QueryError
from songkin.models import Track
from songkin.sources import cells
from songkin.store import joining
from songkin.store.catalog import Catalog
from songkin.store.claims import EDIT, PLAIN
from songkin.store.songbook import Songbook
from songkin.text import key_named

_LISTS: Final = ("artists", "genres", "subgenres")
_WHOLE: Final = ("track_no", "disc_no", "year")
_NUMBERS: Final = ("bpm", "popularity")
_TEXTS: Final = ("title", "album", "album_artist", "isrc", "musicbrainz_id", "comment", "label", "url", "image", "key")
FIELDS: Final = (*_TEXTS, *_LISTS, *_WHOLE, *_NUMBERS, "explicit")
_HOW: Final = {"key": "Write it like C minor, F#m or Bb major.", "explicit": "Write yes or no."}
_COLUMNS: Final = {"key": "musical_key"}


def edit(catalog: Catalog, track: Track, fields: Mapping[str, str], clear: Sequence[str]) -> int:
    """Set and clear fields of a track; the number of the run. Raises ``QueryError``."""
    told = {_column(name): _value(name, text) for name, text in fields.items()}
    told |= {_column(name): PLAIN[_column(name)] for name in clear}
    if not told:
        raise QueryError("No field is named.", remedy=f"Write FIELD=VALUE; there are {', '.join(FIELDS)}.")
    if not told.get("title", track.title):
        raise QueryError("A song needs a title.", remedy="Set another one instead.")
    run = catalog.journal.begin_run("set", {"track": track.id, "fields": sorted(told)})
    with catalog.db.writing() as connection:
        songs = Songbook(connection, run)
        before = [claim for claim in songs.claims_of([track.id]).get(track.id, ()) if claim.origin == EDIT]
        latest = max(before, key=lambda claim: claim.run).fields if before else {}
        songs.tell({track.id: {**latest, **told}}, EDIT)
    catalog.journal.end_run(run, "done", {"updated": 1})
    return run


def join(catalog: Catalog, one: Track, other: Track) -> Track:
    """Let two tracks be one: the one that has a file stays, else the second. Raises ``QueryError`` where both have."""
    gone, stays = (other, one) if one.path and not other.path else (one, other)
    if gone.id == stays.id:
        raise QueryError(f"{one.label} is one song already.", remedy="Name two.")
    if gone.path:
        raise QueryError(
            f"{one.label} and {other.label} are two files.", remedy="`songkin forget` takes one of them out."
        )
    run = catalog.journal.begin_run("join", {"tracks": [gone.id, stays.id]})
    state = "failed"
    try:
        with catalog.db.writing() as connection:
            joining.join(connection, run, gone.id, stays.id)
        state = "done"
    finally:
        catalog.journal.end_run(run, state, {"updated": 1} if state == "done" else {})
    return stays


def _column(name: str) -> str:
    if name not in FIELDS:
        raise QueryError(f"There is no field {name!r} to set.", remedy=f"Use one of: {', '.join(FIELDS)}.")
    return _COLUMNS.get(name, name)


def _value(name: str, text: str) -> Any:
    if name in _LISTS:
        return [part for part in (cells.text(each) for each in text.split(";")) if part]
    if name == "explicit":
        found: Any = cells.flag(text)
        found = None if found is None else int(found)
    elif name in _WHOLE or name in _NUMBERS:
        found = cells.number(text)
        found = int(found) if found is not None and name in _WHOLE else found
    elif name == "key":
        found = key_named(text) or None
    else:
        return cells.text(text)
    if found is None:
        raise QueryError(f"{text!r} is no value for {name}.", remedy=_HOW.get(name, "Write a number."))
    return found
