"""Numbers about a library."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from songkin.store.database import Database
from songkin.store.schema import links, listens, playlists, refused, tracks, votes


def summary(db: Database) -> dict[str, Any]:
    """Counts of what is in the library."""
    c = tracks.c
    query = sa.select(
        sa.func.count().label("tracks"),
        sa.func.coalesce(sa.func.sum(c.duration), 0.0).label("seconds"),
        sa.func.count(sa.distinct(sa.case((c.album_fold != "", c.album_fold + "\n" + c.album_artist)))).label("albums"),
        sa.func.coalesce(sa.func.sum(c.missing), 0).label("missing"),
        sa.func.coalesce(sa.func.sum(c.silent), 0).label("silent"),
        sa.func.min(c.year).label("first_year"),
        sa.func.max(c.year).label("last_year"),
    )
    numbers = dict(db.rows(query)[0]._mapping)
    artists: set[str] = set()
    genres: dict[str, int] = {}
    for row in db.rows(sa.select(c.artist_fold, c.genres)):
        artists.update(name for name in row.artist_fold.split("\n") if name)
        for genre in row.genres:
            genres[genre] = genres.get(genre, 0) + 1
    return {
        **numbers,
        "artists": len(artists),
        "genres": dict(sorted(genres.items(), key=lambda item: (-item[1], item[0]))),
        "refused": int(db.rows(sa.select(sa.func.count()).select_from(refused))[0][0]),
        "duplicates": int(db.rows(sa.select(sa.func.count()).select_from(links))[0][0]),
        "playlists": int(db.rows(sa.select(sa.func.count()).select_from(playlists))[0][0]),
        "plays": int(db.rows(sa.select(sa.func.count()).select_from(listens).where(listens.c.kind == "play"))[0][0]),
        "votes": int(db.rows(sa.select(sa.func.count()).select_from(votes))[0][0]),
    }
