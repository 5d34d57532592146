"""Songs as sources tell of them, inside one transaction: finding those that are here, adding, telling more, taking back.

A track that only a source knows has no path. Everything that a run adds carries its number.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from songkin.store import claims as claiming
from songkin.store.bulk import as_json, insert
from songkin.store.claims import Claim
from songkin.store.database import parts
from songkin.store.rows import Array
from songkin.store.schema import aliases, changes, claims, tracks, vectors, votes
from songkin.store.vectorbook import add_vectors, put_vectors

Value = TypeVar("Value")


class Named(NamedTuple):
    """A track by what it is called. ``keys`` are the ids under which sources know it."""

    id: str
    title: str
    artists: frozenset[str]
    album: str
    duration: float | None
    keys: tuple[str, ...]


class New(NamedTuple):
    """A track to be added."""

    id: str
    key: str
    source: str
    fields: Mapping[str, Any]


class Songbook:
    """Reads and writes songs on one open transaction, for the run with this number. With ``fileless`` only songs are
    found that have no file."""

    def __init__(self, connection: sa.Connection, run: int, *, fileless: bool = False) -> None:
        self.connection = connection
        self.run = run
        self._now = time.time()
        self._where = tracks.c.path.is_(None) if fileless else sa.true()

    # Finding ---------------------------------------------------------------------------------------------------

    def by_id(self, track: str) -> str:
        """The id itself, if there is such a track."""
        return str(self.connection.execute(sa.select(tracks.c.id).where(tracks.c.id == track)).scalar() or "")

    def by_key(self, keys: Sequence[str]) -> dict[str, str]:
        """Source's id -> track id, of those that are known."""
        found: dict[str, str] = {}
        for part in parts(keys):
            for table, column in ((aliases, aliases.c.track_id), (tracks, tracks.c.id)):
                query = sa.select(table.c.key, column).where(table.c.key.in_(part))
                rows = self.connection.execute(query)
                found.update({row[0]: row[1] for row in rows})
        return found

    def by_column(self, name: str, values: Sequence[str]) -> dict[str, str]:
        """Value -> track id, for ``isrc``, ``musicbrainz_id``, ``file_hash`` or ``path``; the smallest id where several
        tracks have it."""
        column = tracks.c[name]
        found: dict[str, str] = {}
        for part in parts(values):
            asked = [os.fsencode(value) for value in part] if name == "path" else part
            for value, track in self.connection.execute(
                sa.select(column, tracks.c.id).where(column.in_(asked), self._where).order_by(tracks.c.id.desc())
            ):
                found[os.fsdecode(value) if name == "path" else value] = track
        return found

    def by_title(self, titles: Sequence[str]) -> dict[str, list[Named]]:
        """Folded title -> the tracks that are called so."""
        c = tracks.c
        found: dict[str, list[Named]] = {}
        for part in parts(titles):
            query = sa.select(c.id, c.title_fold, c.artist_fold, c.album_fold, c.duration, c.key)
            rows = self.connection.execute(
                query.where(c.title_fold.in_(part), c.placeholder == 0, self._where).order_by(c.id)
            ).all()
            more = self._aliases([row.id for row in rows])
            for row in rows:
                artists = frozenset(row.artist_fold.split("\n")) - {""}
                keys = (row.key, *more.get(row.id, ()))
                named = Named(row.id, row.title_fold, artists, row.album_fold, row.duration, keys)
                found.setdefault(row.title_fold, []).append(named)
        return found

    def count_without(self, namespace: str) -> int:
        """How many tracks no source of this namespace (``spotify:``) knows by an id of its own."""
        mine = sa.select(aliases.c.track_id).where(aliases.c.key.startswith(namespace, autoescape=True))
        query = sa.select(sa.func.count()).select_from(tracks)
        query = query.where(~tracks.c.key.startswith(namespace, autoescape=True), tracks.c.id.not_in(mine))
        return int(self.connection.execute(query).scalar_one())

    def names(self) -> Iterator[tuple[str, str, str]]:
        """(id, folded title, folded artists by line) of every track."""
        query = sa.select(tracks.c.id, tracks.c.title_fold, tracks.c.artist_fold).where(tracks.c.placeholder == 0)
        rows = self.connection.execute(query)
        return ((row[0], row[1], row[2]) for row in rows)

    def _aliases(self, ids: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for part in parts(ids):
            query = sa.select(aliases.c.track_id, aliases.c.key).where(aliases.c.track_id.in_(part))
            for track, key in self.connection.execute(query):
                found.setdefault(track, []).append(key)
        return found

    # Telling -----------------------------------------------------------------------------------------------------

    def add(self, new: Sequence[New], origin: str) -> None:
        """Add tracks that nothing here is known of."""
        ordered = sorted(new, key=lambda each: each.id)  # as they lie in the tables
        alike = {**_EMPTY, **self._times()}
        rows = [
            {**alike, **claiming.alone(each.fields), "id": each.id, "key": each.key, "source": each.source}
            for each in ordered
        ]
        insert(self.connection, tracks, rows)
        self._insert_claims([(each.id, origin, each.fields) for each in ordered])

    def tell(self, told: Mapping[str, Mapping[str, Any]], origin: str) -> list[str]:
        """Have a source say these fields of tracks that are here. Returns the ids of tracks that look different now."""
        before = self.claims_of(list(told))
        fresh = [
            (track, origin, fields) for track, fields in told.items() if _is_new(fields, before.get(track, ()), origin)
        ]
        self.note_file([track for track, _, _ in fresh if track not in before])
        self._insert_claims(fresh)
        return self.merge([track for track, _, _ in fresh])

    def merge(self, ids: Sequence[str]) -> list[str]:
        """Make tracks what their claims say; those that changed. A track without claims stays as it is."""
        told, changed = self.claims_of(ids), []
        for row in self._rows([i for i in ids if i in told]):
            merged = claiming.merged(told[row["id"]])
            merged = {name: value for name, value in merged.items() if row[name] != value}
            if merged:
                changed.append(row["id"])
                values = {**merged, "updated_at": self._now, "rev": tracks.c.rev + 1}
                self.connection.execute(sa.update(tracks).where(tracks.c.id == row["id"]).values(**values))
        self._forget_texts(changed)
        return changed

    def note_file(self, ids: Sequence[str]) -> None:
        """Note what the files of tracks say, before others tell of them; of tracks of which others tell already that is
        noted."""
        known = self.claims_of(ids)
        rows = [row for row in self._rows([i for i in ids if i not in known]) if row["path"] is not None]
        self._insert_claims([(row["id"], claiming.FILE, claiming.of_row(row)) for row in rows], run=0)

    def files_changed(self, ids: Sequence[str]) -> None:
        """The files of these tracks were read anew, and their rows hold what the files alone say: note that beside what
        others say of them, and merge."""
        others = self.claims_of(ids)
        rows = [(row["id"], claiming.FILE, claiming.of_row(row)) for row in self._rows(sorted(others))]
        self._insert_claims(rows, run=0)
        self.merge(sorted(others))

    def alias(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Let sources' ids (key, track id) name tracks from now on; ids that are taken stay with whom they name."""
        rows = [{"key": key, "track_id": track, "run": self.run} for key, track in pairs]
        if rows:
            self.connection.execute(sa.insert(aliases).prefix_with("OR IGNORE"), rows)

    def hold(self, rows: Sequence[tuple[str, str, str, Array]]) -> None:
        """Store (track id, output, encoder, vector) of tracks that this run has just added, and note whose they are."""
        add_vectors(self.connection, rows)
        note = {"run": self.run, "kind": "vector"}
        insert(self.connection, changes, [{**note, "item": f"{row[0]} {row[1]}"} for row in rows])

    def replace(self, rows: Iterable[tuple[str, str, str, Array]]) -> list[str]:
        """Store (track id, output, encoder, vector); what is replaced is kept to be put back. Returns the ids of tracks
        whose vectors changed."""
        changed = []
        for track, output, encoder, vector in rows:
            if self._keep_old(track, output, encoder, vector):
                put_vectors(self.connection, track, {output: (encoder, vector)})
                changed.append(track)
        self.raise_revs(changed)
        return changed

    def withdraw(self, items: Iterable[tuple[str, str]]) -> None:
        """Remove the vectors of these (track id, output); they are kept to be put back."""
        gone = []
        for track, output in items:
            self._note_vector(track, output)
            connection, c = self.connection, vectors.c
            connection.execute(sa.delete(vectors).where(c.track_id == track, c.output == output))
            gone.append(track)
        self.raise_revs(gone)

    def vote(self, user: str, track: str, vote: str, at: float | None) -> bool:
        """Note what a listener thinks of a song; what is replaced is kept to be put back. Whether that changed anything:
        an older vote changes nothing."""
        where = (votes.c.user == user, votes.c.track_id == track)
        old = self.connection.execute(sa.select(votes.c.vote, votes.c.at).where(*where)).first()
        when = self._now if at is None else at
        if old is not None and (old.vote == vote or old.at > when):
            return False
        before = dict(old._mapping) if old is not None else None
        self.connection.execute(sa.delete(votes).where(*where))
        self.connection.execute(sa.insert(votes).values(user=user, track_id=track, vote=vote, at=when))
        note = {"run": self.run, "kind": "vote", "item": f"{track} {user}", "before": before}
        self.connection.execute(sa.insert(changes).values(**note))
        return True

    def raise_revs(self, ids: Iterable[str]) -> None:
        """The search index must look at these tracks again."""
        for part in parts(sorted(set(ids))):
            self.connection.execute(sa.update(tracks).where(tracks.c.id.in_(part)).values(rev=tracks.c.rev + 1))

    def claims_of(self, ids: Sequence[str]) -> dict[str, list[Claim]]:
        """All claims by track."""
        found: dict[str, list[Claim]] = {}
        for part in parts(ids):
            for row in self.connection.execute(sa.select(claims).where(claims.c.track_id.in_(part))):
                found.setdefault(row.track_id, []).append(Claim(row.origin, row.run, row.fields))
        return found

    def _keep_old(self, track: str, output: str, encoder: str, vector: Array) -> bool:
        old = self._vector(track, output)
        if old is not None and old.data == vector.tobytes() and old.encoder == encoder:
            return False
        self._note_vector(track, output)
        return True

    def _vector(self, track: str, output: str) -> sa.Row[Any] | None:
        return self.connection.execute(
            sa.select(vectors).where(vectors.c.track_id == track, vectors.c.output == output)
        ).first()

    def _note_vector(self, track: str, output: str) -> None:
        """Note the vector that is there, or that there is none."""
        old = self._vector(track, output)
        before = {"encoder": old.encoder, "dtype": old.dtype, "length": old.length} if old is not None else None
        self.connection.execute(
            sa.insert(changes).values(
                run=self.run,
                kind="vector",
                item=f"{track} {output}",
                before=before,
                data=old.data if old is not None else None,
            )
        )

    def _forget_texts(self, ids: Sequence[str]) -> None:
        """What a text encoder read of them is no longer so."""
        for part in parts(ids):
            self.connection.execute(sa.delete(vectors).where(vectors.c.track_id.in_(part), vectors.c.output == "text"))

    def _insert_claims(self, told: Sequence[tuple[str, str, Mapping[str, Any]]], run: int | None = None) -> None:
        number = self.run if run is None else run
        rows = [{"track_id": t, "origin": o, "run": number, "fields": f} for t, o, f in told]
        insert(self.connection, claims, rows, replace=True)

    def _rows(self, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        for part in parts(ids):
            for row in self.connection.execute(sa.select(tracks).where(tracks.c.id.in_(part))).mappings():
                yield dict(row)

    def _times(self) -> dict[str, Any]:
        return {"added_at": self._now, "updated_at": self._now, "rev": 1, "indexed_rev": 0}


_EMPTY: dict[str, Any] = {
    "path": None,
    "has_cover": 0,
    "loudness": None,
    "brightness": None,
    "features": {},
    "size": None,
    "mtime_ns": None,
    "file_hash": "",
    "packets": "",
    "profile": "",
    "heard_by": [],
    "silent": 0,
    "missing": 0,
}


def _is_new(fields: Mapping[str, Any], claims: Sequence[Claim], origin: str) -> bool:
    """Whether a source says something else than the last time."""
    said = [claim for claim in claims if claim.origin == origin]
    return not said or dict(max(said, key=lambda claim: claim.run).fields) != json.loads(as_json(dict(fields)) or "{}")
