"""Taking a run back: what it brought goes, what it replaced returns, what others brought since stays.

A song goes with its run, and what a person set of it too, if nothing else knows it: no file, no other source, no run
that brought vectors of it, no playlist that stays, no vote, nobody who heard it. One that stays for any of the last
four alone keeps its names. Two songs that a run found to be one are two again where each has a source of its own.

Runs may be taken back in any order: what one replaced goes to the run that replaced it next, to be put back with that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from songkin.errors import NotFound
from songkin.store import joining, keeping
from songkin.store.claims import FILE, KEPT, NO_SOURCES
from songkin.store.database import Database, parts
from songkin.store.playlistbook import REMOVED, members
from songkin.store.schema import (
    albums,
    aliases,
    changes,
    claims,
    descriptions,
    entries,
    listens,
    own_spaces,
    playlists,
    runs,
    schedules,
    slices,
    tracks,
    vectors,
    votes,
)
from songkin.store.songbook import Songbook

UNDOABLE: Final = ("import", "set", "join", "playlist", "clusters", "top", "refresh", "describe", "train")


def check(db: Database, run: int) -> None:
    """Raise ``NotFound`` unless this run is an import that can be taken back."""
    rows = db.rows(sa.select(runs.c.command, runs.c.state).where(runs.c.id == run))
    if not rows:
        raise NotFound(f"There is no run {run}.", remedy="`songkin runs` lists them.")
    if rows[0].state == "undone":
        raise NotFound(f"Run {run} was taken back already.", remedy="Import its files again to have them back.")
    if rows[0].command not in UNDOABLE:
        raise NotFound(
            f"Run {run} is no import, and cannot be taken back.",
            remedy="`songkin forget` removes single songs, `songkin index --prune` those whose files are gone.",
        )
    if keeping.is_restored(db, run):
        raise NotFound(
            f"Run {run} brought a whole catalog into an empty library, and cannot be taken back.",
            remedy="Its own runs can, one by one; or remove the library's folder.",
        )


def take_back(db: Database, run: int) -> dict[str, int]:
    """Undo a run in one transaction; how many tracks, playlists, albums and listens went, how many of its tracks stay
    because others know them, how many tracks, and how many playlists and albums, returned to what they were."""
    with db.writing() as connection:
        told = _column(connection, sa.select(claims.c.track_id).where(claims.c.run == run).distinct())
        brought = _brought(connection, run, told)
        heard_of = _column(connection, sa.select(aliases.c.track_id).where(aliases.c.run == run).distinct())
        gone_lists, listed = _take_lists(connection, run)
        gone_albums = connection.execute(sa.delete(albums).where(albums.c.run == run)).rowcount
        _keep_words(connection, run)
        connection.execute(sa.delete(claims).where(claims.c.run == run))
        connection.execute(sa.delete(aliases).where(aliases.c.run == run))
        heard = _column(connection, sa.select(listens.c.track_id).where(listens.c.run == run).distinct())
        gone_listens = connection.execute(sa.delete(listens).where(listens.c.run == run)).rowcount
        touched, relisted, returned = _put_back(connection, run)
        unknown = _unknown(connection, sorted({*told, *heard_of, *heard, *listed, *touched, *relisted}), run)
        for part in parts(unknown):
            connection.execute(sa.delete(tracks).where(tracks.c.id.in_(part)))
        _drop_file_claims(connection, told)
        changed = Songbook(connection, run).merge(sorted(set(told) - set(unknown)))
        Songbook(connection, run).raise_revs({*touched, *relisted})
        _drop_spaces(connection)
        connection.execute(sa.delete(changes).where(changes.c.run == run))
        connection.execute(sa.delete(descriptions).where(descriptions.c.run == run))
        connection.execute(sa.delete(slices).where(slices.c.run == run))
        connection.execute(sa.update(runs).where(runs.c.id == run).values(state="undone"))
    return {
        "removed": len(unknown),
        "stayed": len(brought - set(unknown)),
        "updated": len({*changed, *touched} - {*brought, *unknown}),
        "playlists": gone_lists,
        "albums": gone_albums,
        "listens": gone_listens,
        "returned": returned,
    }


def _brought(connection: sa.Connection, run: int, ids: Sequence[str]) -> set[str]:
    """Those of these tracks, of which a run told, that were not there before it."""
    began = sa.select(runs.c.started_at).where(runs.c.id == run).scalar_subquery()
    found: set[str] = set()
    for part in parts(ids):
        found |= set(
            _column(connection, sa.select(tracks.c.id).where(tracks.c.id.in_(part), tracks.c.added_at >= began))
        )
    return found


def _take_lists(connection: sa.Connection, run: int) -> tuple[int, list[str]]:
    """Remove the run's playlists: how many, and the songs of them, which are to be filtered by other playlists now."""
    mine = sa.select(playlists.c.id).where(playlists.c.run == run)
    found = _column(connection, sa.select(entries.c.track_id).where(entries.c.playlist_id.in_(mine)).distinct())
    ids = [i for i in found if i]
    Songbook(connection, run).raise_revs(ids)
    connection.execute(sa.delete(entries).where(entries.c.playlist_id.in_(mine)))
    return connection.execute(sa.delete(playlists).where(playlists.c.run == run)).rowcount, ids


def _keep_words(connection: sa.Connection, run: int) -> None:
    """Let what this run says of songs that no other source tells of be kept, in case that they stay."""
    other = claims.alias()
    told = sa.select(other.c.run).where(
        other.c.track_id == claims.c.track_id, other.c.run != run, other.c.origin.not_in(NO_SOURCES)
    )
    words = sa.update(claims).prefix_with("OR REPLACE").values(origin=KEPT, run=0)
    connection.execute(words.where(claims.c.run == run, claims.c.origin.not_in(NO_SOURCES), ~told.exists()))


def _put_back(connection: sa.Connection, run: int) -> tuple[list[str], list[str], int]:
    """Put back what the run replaced, the latest first; ids of tracks whose vectors or votes these were, of those whose
    playlists, and how many playlists and albums there were."""
    touched: list[str] = []
    listed: list[str] = []
    parted: list[str] = []
    found = connection.execute(sa.select(changes).where(changes.c.run == run).order_by(changes.c.id.desc())).all()
    later = _later(connection, run, found[-1].id) if found else {}
    for row in found:
        if (next_ := later.get((row.kind, row.item))) is not None:
            inherited = sa.update(changes).where(changes.c.id == next_)
            connection.execute(inherited.values(before=row.before, data=row.data))
        elif row.kind == "vector":
            touched.append(_put_vector_back(connection, row))
        elif row.kind == "playlist":
            listed += _put_list_back(connection, row)
        elif row.kind == REMOVED:
            listed += _bring_list_back(connection, row)
        elif row.kind == "album":
            connection.execute(sa.update(albums).where(albums.c.id == row.item).values(**row.before))
        elif row.kind == "vote":
            touched.append(_put_vote_back(connection, row))
        elif row.kind == joining.KIND:
            parted += joining.part(connection, row.item, row.before)
    _drop_file_claims(connection, parted)
    touched += parted
    put = {
        row.item for row in found if row.kind in ("playlist", "album", REMOVED) and (row.kind, row.item) not in later
    }
    return touched, listed, len(put)


def _later(connection: sa.Connection, run: int, first: int) -> dict[tuple[str, str], int]:
    """What other runs replaced after this change -> the first change that did."""
    query = sa.select(changes.c.kind, changes.c.item, changes.c.id).where(changes.c.run != run, changes.c.id > first)
    return {(kind, item): number for kind, item, number in connection.execute(query.order_by(changes.c.id.desc()))}


def _put_vector_back(connection: sa.Connection, row: sa.Row[Any]) -> str:
    track, output = row.item.split(" ", 1)
    where = (vectors.c.track_id == track, vectors.c.output == output)
    connection.execute(sa.delete(vectors).where(*where))
    if row.before is not None:
        connection.execute(sa.insert(vectors).values(track_id=track, output=output, data=row.data, **row.before))
    return str(track)


def _put_vote_back(connection: sa.Connection, row: sa.Row[Any]) -> str:
    track, user = row.item.split(" ", 1)
    connection.execute(sa.delete(votes).where(votes.c.track_id == track, votes.c.user == user))
    known = connection.execute(sa.select(tracks.c.id).where(tracks.c.id == track)).first()
    if row.before is not None and known is not None:
        connection.execute(sa.insert(votes).values(track_id=track, user=user, **row.before))
    return str(track)


def _put_list_back(connection: sa.Connection, row: sa.Row[Any]) -> list[str]:
    if not connection.execute(sa.select(playlists.c.id).where(playlists.c.id == row.item)).first():
        return []
    now = _column(connection, sa.select(entries.c.track_id).where(entries.c.playlist_id == row.item))
    connection.execute(sa.delete(entries).where(entries.c.playlist_id == row.item))
    connection.execute(sa.update(playlists).where(playlists.c.id == row.item).values(**row.before["head"]))
    then = [entry["track_id"] for entry in row.before["entries"]]
    here: set[str] = set()
    for part in parts(sorted({track for track in then if track})):
        here |= set(_column(connection, sa.select(tracks.c.id).where(tracks.c.id.in_(part))))
    kept = [
        {**entry, "track_id": entry["track_id"] if entry["track_id"] in here else None}
        for entry in row.before["entries"]
    ]
    if kept:
        connection.execute(sa.insert(entries), kept)
    if kept != row.before["entries"]:  # the next import is to look at it anew
        connection.execute(sa.update(playlists).where(playlists.c.id == row.item).values(digest=""))
    return [track for track in {*now, *then} if track]


def _bring_list_back(connection: sa.Connection, row: sa.Row[Any]) -> list[str]:
    """A playlist that was removed, with the songs that are still here; nothing where it has come again meanwhile."""
    if connection.execute(sa.select(playlists.c.id).where(playlists.c.id == row.item)).first():
        return []
    here: set[str] = set()
    for part in parts(sorted({entry["track_id"] for entry in row.before["entries"] if entry["track_id"]})):
        here |= set(_column(connection, sa.select(tracks.c.id).where(tracks.c.id.in_(part))))
    connection.execute(sa.insert(playlists).values(**row.before["row"]))
    kept = [
        {**entry, "track_id": entry["track_id"] if entry["track_id"] in here else None}
        for entry in row.before["entries"]
    ]
    for table, rows in ((entries, kept), (schedules, row.before["schedule"])):
        if rows:
            connection.execute(sa.insert(table), rows)
    return sorted(here)


def _unknown(connection: sa.Connection, ids: Sequence[str], run: int) -> list[str]:
    """Those of these tracks that nothing but this run knows."""
    candidates: list[str] = []
    for part in parts(ids):
        claimed = sa.select(claims.c.track_id).where(claims.c.track_id.in_(part), claims.c.origin.not_in(NO_SOURCES))
        voted = sa.select(votes.c.track_id).where(votes.c.track_id.in_(part))
        played = sa.select(listens.c.track_id).where(listens.c.track_id.in_(part))
        query = sa.select(tracks.c.id).where(tracks.c.id.in_(part), tracks.c.path.is_(None))
        known = (tracks.c.id.not_in(each) for each in (claimed, voted, played))
        candidates += connection.execute(query.where(*known)).scalars()
    staying = {*members(connection, candidates), *_held(connection, candidates, run)}
    return [i for i in candidates if i not in staying]


def _held(connection: sa.Connection, ids: Sequence[str], run: int) -> set[str]:
    """Those of these tracks that other runs brought vectors of, which are still there."""
    theirs = sa.select(changes.c.item).where(changes.c.run != run, changes.c.kind == "vector")
    held = {item.split(" ", 1)[0] for item in _column(connection, theirs)}.intersection(ids)
    found: set[str] = set()
    for part in parts(sorted(held)):
        mine = sa.select(vectors.c.track_id).where(vectors.c.track_id.in_(part), vectors.c.output.startswith("own:"))
        found |= set(_column(connection, mine))
    return found


def _drop_file_claims(connection: sa.Connection, ids: Sequence[str]) -> None:
    """Merge once more and then forget the claim of a file that alone tells of its track: it needs none."""
    for part in parts(ids):
        others = sa.select(claims.c.track_id).where(claims.c.track_id.in_(part), claims.c.origin != FILE)
        alone = _column(
            connection,
            sa.select(claims.c.track_id).where(claims.c.track_id.in_(part), claims.c.track_id.not_in(others)),
        )
        Songbook(connection, 0).merge(alone)
        connection.execute(sa.delete(claims).where(claims.c.track_id.in_(alone), claims.c.origin == FILE))


def _drop_spaces(connection: sa.Connection) -> None:
    for name in _column(connection, sa.select(own_spaces.c.name)):
        left = connection.execute(
            sa.select(vectors.c.track_id).where(vectors.c.output == f"own:{name}").limit(1)
        ).first()
        if left is None:
            connection.execute(sa.delete(own_spaces).where(own_spaces.c.name == name))


def _column(connection: sa.Connection, query: sa.Select[Any]) -> list[Any]:
    return list(connection.execute(query).scalars())
