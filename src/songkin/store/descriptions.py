"""What a language model wrote: of songs among their claims, of albums in a table of its own; each version with its run, so
that a run can be taken back. An empty one says that it was removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from songkin.store.claims import GENERATED
from songkin.store.database import Database
from songkin.store.rows import ORDER
from songkin.store.schema import claims, descriptions, tracks
from songkin.store.songbook import Songbook


class Written(NamedTuple):
    """A text, the model that wrote it, when, and the digest of what it was asked."""

    text: str
    model: str
    at: float
    digest: str


NOTHING: Final = Written("", "", 0.0, "")


def of_song(db: Database, track: str) -> Written:
    """The latest that was written of a song."""
    query = sa.select(claims.c.fields).where(claims.c.track_id == track, claims.c.origin == GENERATED)
    for row in db.rows(query.order_by(claims.c.run.desc()).limit(1)):
        names = ("description", "described_by", "described_at", "described_for")
        if all(name in row.fields for name in names):
            return Written(*(row.fields[name] for name in names))
    return NOTHING


def of_albums(db: Database) -> dict[str, Written]:
    """The latest that was written of albums, by id."""
    rows = db.rows(sa.select(descriptions).order_by(descriptions.c.run))
    return {row.album: Written(row.text, row.model, row.at, row.digest) for row in rows}


def told(written: Written | None) -> dict[str, Any]:
    """The fields of an ``AlbumNote`` that a description fills."""
    if written is None or not written.text:
        return {}
    return {"description": written.text, "described_by": written.model, "described_at": written.at}


def lacking(db: Database, limit: int) -> Sequence[str]:
    """Ids of songs that nothing was written of, as they are listed; those whose names were made up are left out."""
    query = sa.select(tracks.c.id).where(tracks.c.description == "", tracks.c.placeholder == 0)
    return [row.id for row in db.rows(query.order_by(*ORDER).limit(limit))]


def write_song(db: Database, run: int, track: str, written: Written) -> None:
    """Note what was written of a song, or that it is to be no more."""
    names = ("description", "described_by", "described_at", "described_for")
    fields: Mapping[str, Any] = dict(zip(names, written, strict=True)) if written.text else {}
    with db.writing() as connection:
        Songbook(connection, run).tell({track: fields}, GENERATED)


def write_album(db: Database, run: int, album: str, written: Written) -> None:
    """Note what was written of an album, or that it is to be no more."""
    row = {"album": album, "run": run, **written._asdict()}
    with db.writing() as connection:
        connection.execute(sa.insert(descriptions).prefix_with("OR REPLACE").values(**row))
