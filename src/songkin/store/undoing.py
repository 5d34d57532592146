"""Taking a run back: what it brought goes, what it replaced returns, what others brought since stays.

A song goes with its run if nothing else knows it: no file, no other source, no playlist that stays, no vote, nobody
who heard it. Two songs that a run found to be one are two again where each has a source of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from songkin.errors import NotFound
from songkin.store import keeping
from songkin.store.claims import FILE
from songkin.store.database import Database, parts
from songkin.store.playlistbook import members
from songkin.store.schema import (
    albums,
    aliases,
    changes,
    claims,
    entries,
    listens,
    own_spaces,
    playlists,
    runs,
    slices,
    tracks,
    vectors,
    votes,
)
from songkin.store.songbook import Songbook

UNDOABLE: Final = ("import", "set", "playlist", "clusters", "top")


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
    """Undo a run in one transaction; how many tracks, playlists, albums and listens went, how many tracks changed, and
    how many playlists and albums returned to what they were."""
    with db.writing() as connection:
        told = _column(connection, sa.select(claims.c.track_id).where(claims.c.run == run).distinct())
        heard_of = _column(connection, sa.select(aliases.c.track_id).where(aliases.c.run == run).distinct())
        gone_lists = _take_lists(connection, run)
        gone_albums = connection.execute(sa.delete(albums).where(albums.c.run == run)).rowcount
        connection.execute(sa.delete(claims).where(claims.c.run == run))
        connection.execute(sa.delete(aliases).where(aliases.c.run == run))
        gone_listens = connection.execute(sa.delete(listens).where(listens.c.run == run)).rowcount
        touched, returned = _put_back(connection, run)
        unknown = _unknown(connection, sorted({*told, *heard_of}))
        for part in parts(unknown):
            connection.execute(sa.delete(tracks).where(tracks.c.id.in_(part)))
        _drop_file_claims(connection, told)
        changed = Songbook(connection, run).merge(sorted(set(told) - set(unknown)))
        Songbook(connection, run).raise_revs(touched)
        _drop_spaces(connection, run)
        connection.execute(sa.delete(changes).where(changes.c.run == run))
        connection.execute(sa.delete(slices).where(slices.c.run == run))
        connection.execute(sa.update(runs).where(runs.c.id == run).values(state="undone"))
    return {
        "removed": len(unknown),
        "updated": len(changed),
        "playlists": gone_lists,
        "albums": gone_albums,
        "listens": gone_listens,
        "returned": returned,
    }


def _take_lists(connection: sa.Connection, run: int) -> int:
    """Remove the run's playlists. Songs of them are to be filtered by other playlists from now on."""
    mine = sa.select(playlists.c.id).where(playlists.c.run == run)
    ids = _column(connection, sa.select(entries.c.track_id).where(entries.c.playlist_id.in_(mine)).distinct())
    Songbook(connection, run).raise_revs(i for i in ids if i)
    connection.execute(sa.delete(entries).where(entries.c.playlist_id.in_(mine)))
    return connection.execute(sa.delete(playlists).where(playlists.c.run == run)).rowcount


def _put_back(connection: sa.Connection, run: int) -> tuple[list[str], int]:
    """Put back what the run replaced, the latest first; ids of tracks that this touches, and how many playlists and
    albums there were."""
    touched: list[str] = []
    found = connection.execute(sa.select(changes).where(changes.c.run == run).order_by(changes.c.id.desc())).all()
    for row in found:
        if row.kind == "vector":
            touched.append(_put_vector_back(connection, row))
        elif row.kind == "playlist":
            touched += _put_list_back(connection, row)
        elif row.kind == "album":
            connection.execute(sa.update(albums).where(albums.c.id == row.item).values(**row.before))
        elif row.kind == "vote":
            _put_vote_back(connection, row)
    return touched, len({row.item for row in found if row.kind in ("playlist", "album")})


def _put_vector_back(connection: sa.Connection, row: sa.Row[Any]) -> str:
    track, output = row.item.split(" ", 1)
    where = (vectors.c.track_id == track, vectors.c.output == output)
    connection.execute(sa.delete(vectors).where(*where))
    if row.before is not None:
        connection.execute(sa.insert(vectors).values(track_id=track, output=output, data=row.data, **row.before))
    return str(track)


def _put_vote_back(connection: sa.Connection, row: sa.Row[Any]) -> None:
    track, user = row.item.split(" ", 1)
    connection.execute(sa.delete(votes).where(votes.c.track_id == track, votes.c.user == user))
    known = connection.execute(sa.select(tracks.c.id).where(tracks.c.id == track)).first()
    if row.before is not None and known is not None:
        connection.execute(sa.insert(votes).values(track_id=track, user=user, **row.before))


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


def _unknown(connection: sa.Connection, ids: Sequence[str]) -> list[str]:
    """Those of these tracks that nothing knows any more."""
    candidates: list[str] = []
    for part in parts(ids):
        claimed = sa.select(claims.c.track_id).where(claims.c.track_id.in_(part))
        voted = sa.select(votes.c.track_id).where(votes.c.track_id.in_(part))
        played = sa.select(listens.c.track_id).where(listens.c.track_id.in_(part))
        query = sa.select(tracks.c.id).where(tracks.c.id.in_(part), tracks.c.path.is_(None))
        known = (tracks.c.id.not_in(each) for each in (claimed, voted, played))
        candidates += connection.execute(query.where(*known)).scalars()
    staying = set(members(connection, candidates))
    return [i for i in candidates if i not in staying]


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


def _drop_spaces(connection: sa.Connection, run: int) -> None:
    for name in _column(connection, sa.select(own_spaces.c.name).where(own_spaces.c.run == run)):
        left = connection.execute(
            sa.select(vectors.c.track_id).where(vectors.c.output == f"own:{name}").limit(1)
        ).first()
        if left is None:
            connection.execute(sa.delete(own_spaces).where(own_spaces.c.name == name))


def _column(connection: sa.Connection, query: sa.Select[Any]) -> list[Any]:
    return list(connection.execute(query).scalars())
