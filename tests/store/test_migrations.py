"""What older catalogs become: the same tables that a new one has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from libraries import index, library_at
from songkin.library import Library
from songkin.store import catalog_file
from songkin.store.schema import metadata
from soundfiles import sound_file, tune

NEW_TABLES = (
    "schedules",
    "answers",
    "descriptions",
    "shelf",
    "listens",
    "searches",
    "slices",
    "changes",
    "own_spaces",
    "albums",
    "entries",
    "playlists",
    "claims",
    "aliases",
)
NEW_COLUMNS = (
    "subgenres",
    "url",
    "image",
    "label",
    "explicit",
    "popularity",
    "placeholder",
    "table_features",
    "liked_at",
    "released",
    "description",
    "described_by",
    "described_at",
)


def shape(file: Path) -> tuple[dict[str, set[tuple[object, ...]]], set[str]]:
    """Columns by table, and the indexes."""
    with closing(sqlite3.connect(file)) as connection:
        columns = {
            name: {tuple(row[1:]) for row in connection.execute(f"PRAGMA table_info({name})")}
            for name in metadata.tables
        }
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    return columns, {name for (name,) in rows}


def as_format_1(file: Path) -> None:
    """Take out of a catalog all that later formats brought."""
    with closing(sqlite3.connect(file)) as connection:
        for name in NEW_TABLES:
            connection.execute(f"DROP TABLE {name}")
        for name in ("tracks_isrc", "tracks_musicbrainz_id", "vectors_encoder"):
            connection.execute(f"DROP INDEX ix_{name}")
        for name in NEW_COLUMNS:
            connection.execute(f"ALTER TABLE tracks DROP COLUMN {name}")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
        connection.commit()


def test_a_catalog_of_the_first_format_gets_the_tables_of_a_new_one_and_keeps_its_songs(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "a.flac", tune(2), {"title": "Song", "artist": "Artist"})
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        before = library.tracks()
    file = catalog_file(tmp_path / "library")
    new = shape(file)
    as_format_1(file)
    old = {name: {column[0] for column in columns} for name, columns in shape(file)[0].items()}
    assert not old["claims"]
    assert not set(NEW_COLUMNS) & old["tracks"]
    with library_at(tmp_path / "library") as library:
        assert library.tracks() == before
        assert answers(library) == ["Song"]
    columns, indexes = shape(file)
    assert columns.keys() == new[0].keys()
    for name, expected in new[0].items():  # columns that were added stand last, under another number
        assert {column[:4] for column in columns[name]} == {column[:4] for column in expected}, name
    assert indexes == new[1]
    assert file.with_suffix(".format1.bak").exists()


def answers(library: Library) -> list[str]:
    return [hit.track.title for hit in library.find("song").hits]
