"""All that a library holds, in one comparable whole: what its catalog says, what its search index holds, what it answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from libraries import library_at
from songkin import store
from songkin.library import Library

_TABLES = {
    "tracks": ("added_at", "updated_at", "rev", "indexed_rev"),
    "vectors": (),
    "statistics": ("version",),
    "reach": (),
    "links": (),
    "refused": ("at",),
    "votes": ("at",),
}
"""Tables that two libraries must have in common, and columns that tell only when something was done, or how often."""


def catalog_rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in the catalog, table by table."""
    with closing(sqlite3.connect(store.catalog_file(folder))) as connection:
        found = {}
        for table, left_out in _TABLES.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in left_out]
            found[table] = sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
        return found


def index_points(library: Library) -> dict[str, Any]:
    """Every point of the search index: vectors as bytes, words, payload but for the time at which a song was added. The
    index is opened as it lies there."""
    with store.open_vectors(library.catalog, library.config) as vectors:
        ids = sorted(vectors.ids())
        names = [space.name for space in store.TRACKS.spaces if not space.sparse]
        found = vectors.get(ids, names)
        dense = {i: {name: row.tobytes() for name, row in found[i].dense.items()} for i in ids}
        known = {i: {name: value for name, value in found[i].payload.items() if name != "added"} for i in ids}
        return {i: (dense[i], dict(found[i].sparse), known[i]) for i in ids}


def answers(library: Library, titles: tuple[str, ...], clip: Path | None = None) -> list[Any]:
    """Hits of questions by words, by sound and with a recording (``clip``), with scores and reasons."""
    asked = [library.find(f"{title} jazz") for title in titles] + [library.similar(title) for title in titles]
    asked += [library.similar(str(clip))] if clip else []
    return [[(hit.track.id, hit.score, hit.why) for hit in answer.hits] for answer in asked]


def check_catalog(folder: Path) -> None:
    """SQLite's own check, no two tracks for one file, nothing that belongs to no track."""
    with closing(sqlite3.connect(store.catalog_file(folder))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tracks'").fetchone() == (0,):
            return  # killed before its tables were made
        twice = "SELECT path FROM tracks WHERE missing = 0 GROUP BY path HAVING count(*) > 1"
        assert connection.execute(twice).fetchall() == []


def snapshot(
    folder: Path, titles: tuple[str, ...], flags: Mapping[str, object] | None = None, clip: Path | None = None
) -> dict[str, Any]:
    """The library in ``folder``, after a look at whether its search index and its catalog agree."""
    check_catalog(folder)
    rows = catalog_rows(folder)
    with library_at(folder, **(flags or {})) as library:
        assert library.catalog.stale() == []
        points = index_points(library)
        assert sorted(points) == library.catalog.ids()
        return {**rows, "points": points, "answers": answers(library, titles, clip)}
