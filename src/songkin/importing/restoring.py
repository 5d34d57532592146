"""A whole catalog that songkin exported, taken in again.

Into an empty library it goes as it was: ids, what each source said and in which order, vectors with the encoders that
made them, and the runs, which can be taken back as before. Into a library that holds songs it goes as what it tells, and
is matched with them as anything else is: songs, playlists, albums, votes, plays. What encoders heard then stays behind,
for nobody could say which of two hearings of a file is the later; so do searches.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from songkin.encoders import specs
from songkin.errors import SourceError, StoreError
from songkin.importing.filing import BLOCK, Filed
from songkin.models import HEARD
from songkin.records import VOTES, Album, Entry, Heard, Kept, Listing, Record, Remark, Song, Voted
from songkin.store import keeping, outgoing, own_spaces
from songkin.store.schedulebook import EVERY
from songkin.store.vectorbook import add_vectors

_REMEDY: Final = "A catalog is imported whole or not at all: export it again."


def restore(
    connection: sa.Connection, run: int, records: Iterable[Record], name: str, told: Callable[[int], None]
) -> Filed:
    """Put a catalog into an empty library, as it was. Raises ``SourceError`` for one that does not fit together."""
    filed, done = Filed(), 0
    try:
        for (kind, table), group in groupby(records, _table):
            for block in _blocks(group):
                done += len(block)
                told(done)
                if kind is Kept:
                    _put(connection, run, table, [one for one in block if isinstance(one, Kept)], filed)
                filed.remarks += [one.line for one in block if isinstance(one, Remark)]
    except (sa.exc.IntegrityError, StoreError) as error:
        if isinstance(error, StoreError):
            raise SourceError(f"{name}: {error.message}", remedy=_REMEDY) from error
        raise SourceError(f"{name} does not fit together: {error.orig}.", remedy=_REMEDY) from error
    if done:  # the parts of the folder, which come as files of their own, bring nothing
        keeping.mark_restored(connection, run)
    return filed


def _table(record: Record) -> tuple[type[Record], str]:
    return type(record), record.table if isinstance(record, Kept) else ""


def _blocks(group: Iterable[Record]) -> Iterator[list[Record]]:
    block: list[Record] = []
    for one in group:
        block.append(one)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _put(connection: sa.Connection, run: int, table: str, block: list[Kept], filed: Filed) -> None:
    if table == "vectors":
        _put_vectors(connection, run, block)
        return
    for one in block:
        _check(table, one)
        if table == "own_spaces":
            own_spaces.check(one.values["name"], one.values["dim"])
    keeping.put(connection, table, [_whole(table, one.values) for one in block], run)
    ids = {str(one.values["id"]) for one in block if "id" in one.values}
    if table == "tracks":
        filed.added |= ids
        filed.seen |= ids
    elif table == "votes":
        filed.remarks.append(f"Votes: {len(block)} taken.")
    elif table in {"playlists", "albums"}:
        counts = filed.playlists if table == "playlists" else filed.albums
        counts["added"] = counts.get("added", 0) + len(ids)


def _put_vectors(connection: sa.Connection, run: int, block: list[Kept]) -> None:
    rows, known = [], _lengths()
    for one in block:
        track, output, encoder, vector = (one.values[name] for name in ("track_id", "output", "encoder", "vector"))
        if output in known and (vector.dtype.kind, known[output] or vector.size) != (_kind(known[output]), vector.size):
            raise SourceError(f"The vectors {output} are none that an encoder gives.", remedy=_REMEDY)
        own = output.removeprefix("own:")
        if own != output and own_spaces.ensure(connection, own, int(vector.size), run) != vector.size:
            raise SourceError(f"The vectors of the space {own} are of several lengths.", remedy=_REMEDY)
        rows.append((track, output, encoder, vector))
    add_vectors(connection, rows)


def _lengths() -> dict[str, int]:
    """How long the vectors of each encoder's outputs are; 0 where that depends on the song."""
    return {output: length for spec in specs(Path()).values() for output, length in spec.outputs.items()}


def _kind(length: int) -> str:
    return "f" if length else "u"


def _whole(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the order of the table's columns, nothing where nothing may stand."""
    empty = keeping.nullable(table)
    return {name: None if name in empty and values[name] == "" else values[name] for name in keeping.columns(table)}


def _check(table: str, one: Kept) -> None:
    """Raise ``SourceError`` for a row with which the library could not live."""
    kinds, empty, values = keeping.columns(table), keeping.nullable(table), one.values
    wrong = "" if set(kinds) == set(values) else "has other columns than this songkin knows"
    for name, kind in kinds.items() if not wrong else ():
        value = values[name]
        if value is None:
            wrong = wrong or ("" if name in empty else f"has no {name}")
        elif kind == "json" and name != "before" and not _is_fit(name, value):
            wrong = f"has another {name} than a catalog can have"
    if not wrong and table in {"tracks", "playlists", "albums"} and not _is_id(values["id"]):
        wrong = "has an id that is none"
    if not wrong and table == "votes" and values["vote"] not in VOTES:
        wrong = "has a vote that there is none of"
    if not wrong and table == "listens" and values["kind"] not in HEARD:
        wrong = "is neither a play nor a skip"
    if not wrong and table == "schedules" and (values["every"] not in ("", *EVERY) or values["filled_at"] < 0):
        wrong = "has a time that there is none of"
    if not wrong and table == "statistics" and not keeping.is_kept(values["name"]):
        wrong = "is none that a catalog keeps"
    if wrong:
        raise SourceError(f"Row {one.row} of the {table} {wrong}.", remedy=_REMEDY)


def _is_fit(name: str, value: Any) -> bool:
    if name in keeping.LISTS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not isinstance(value, dict):
        return False
    if name in {"features", "table_features", "facts"}:
        return all(isinstance(one, int | float) for one in value.values())
    return True


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


# Into a library that holds songs ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Told:
    """Songs by the ids that they had, and playlists that wait for their entries."""

    songs: dict[str, Song] = field(default_factory=dict)
    lists: dict[str, Listing] = field(default_factory=dict)


def told(records: Iterable[Record]) -> Iterator[Record]:
    """What a catalog tells, as any source would."""
    kept = _Told()
    for (kind, table), group in groupby(records, _table):
        if kind is not Kept:
            yield from group
            yield Remark(
                "This library holds songs, so its songs were matched with them; index their files to hear them."
            )
        elif table == "entries":
            yield from _lists(kept, group)
        else:
            for one in group:
                if isinstance(one, Kept) and table in _TELL:
                    _check(table, one)
                    yield from _TELL[table](kept, one.row, one.values)
    yield from kept.lists.values()


def _song(kept: _Told, row: int, values: Mapping[str, Any]) -> Iterator[Record]:
    path = os.fsdecode(values["path"]) if values["path"] else ""
    song = Song(
        row=row,
        key=values["key"],
        title=values["title"],
        artists=tuple(values["artists"]),
        album=values["album"],
        album_artist=values["album_artist"],
        track_no=values["track_no"],
        disc_no=values["disc_no"],
        year=values["year"],
        genres=tuple(values["genres"]),
        subgenres=tuple(values["subgenres"]),
        duration=values["duration"],
        isrc=values["isrc"],
        musicbrainz_id=values["musicbrainz_id"],
        path=path,
        url=values["url"],
        image=values["image"],
        explicit=None if values["explicit"] is None else bool(values["explicit"]),
        popularity=values["popularity"],
        label=values["label"],
        comment=values["comment"],
        hash=values["file_hash"],
        placeholder=bool(values["placeholder"]),
        features=values["table_features"],
        released=values["released"],
    )
    kept.songs[values["id"]] = Song(row=row, key=song.key, title=song.title, artists=song.artists, path=path)
    yield song


def _list(kept: _Told, row: int, values: Mapping[str, Any]) -> Iterator[Record]:
    kept.lists[values["id"]] = Listing(
        key=values["key"],
        name=values["name"],
        row=row,
        description=values["description"],
        owner=values["owner"],
        collaborative=None if values["collaborative"] is None else bool(values["collaborative"]),
        modified_at=values["modified_at"],
        facts=values["facts"],
    )
    return iter(())


def _lists(kept: _Told, group: Iterable[Record]) -> Iterator[Record]:
    """The playlists that have entries."""
    rows = (one for one in group if isinstance(one, Kept))
    for playlist, places in groupby(rows, lambda one: one.values["playlist_id"]):
        entries = []
        for one in places:
            _check("entries", one)
            song = kept.songs.get(one.values["track_id"] or "") or outgoing.given_song(one.values["given"] or {})
            entries.append(Entry(song, one.values["added_at"], one.values["added_by"]))
        if playlist in kept.lists:
            yield replace(kept.lists.pop(playlist), entries=tuple(entries))


def _album(_: _Told, row: int, values: Mapping[str, Any]) -> Iterator[Record]:
    yield Album(
        row=row,
        title=values["title"],
        artists=tuple(values["artists"]),
        key=values["key"],
        year=values["year"],
        genres=tuple(values["genres"]),
        label=values["label"],
        rating=values["rating"],
        review=values["review"],
        query=values["query"],
        liked=bool(values["liked"]),
    )


def _vote(kept: _Told, row: int, values: Mapping[str, Any]) -> Iterator[Record]:
    if song := kept.songs.get(values["track_id"]):
        yield Voted(replace(song, row=row), values["vote"], values["user"], values["at"])


def _heard(kept: _Told, row: int, values: Mapping[str, Any]) -> Iterator[Record]:
    if song := kept.songs.get(values["track_id"]):
        yield Heard(replace(song, row=row), values["at"], values["user"], values["kind"], values["seconds"])


_TELL: Final[Mapping[str, Callable[[_Told, int, Mapping[str, Any]], Iterator[Record]]]] = {
    "tracks": _song,
    "playlists": _list,
    "albums": _album,
    "votes": _vote,
    "listens": _heard,
}
