"""How the tables of an older catalog become those of the next format.

Each step is written down as it was when its format was new, so that it does the same however the tables change later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

_TO_2: Final = (
    "ALTER TABLE tracks ADD COLUMN subgenres JSON NOT NULL DEFAULT '[]'",
    "ALTER TABLE tracks ADD COLUMN url VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE tracks ADD COLUMN image VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE tracks ADD COLUMN label VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE tracks ADD COLUMN explicit INTEGER",
    "ALTER TABLE tracks ADD COLUMN popularity FLOAT",
    "ALTER TABLE tracks ADD COLUMN placeholder INTEGER NOT NULL DEFAULT '0'",
    "ALTER TABLE tracks ADD COLUMN table_features JSON NOT NULL DEFAULT '{}'",
    "ALTER TABLE tracks ADD COLUMN liked_at FLOAT",
    "CREATE INDEX ix_tracks_isrc ON tracks (isrc)",
    "CREATE INDEX ix_tracks_musicbrainz_id ON tracks (musicbrainz_id)",
    """CREATE TABLE aliases ("key" VARCHAR NOT NULL,
       track_id VARCHAR(36) NOT NULL,
       run INTEGER NOT NULL,
       PRIMARY KEY ("key"),
       FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE) WITHOUT ROWID""",
    "CREATE INDEX ix_aliases_track_id ON aliases (track_id)",
    "CREATE INDEX ix_aliases_run ON aliases (run)",
    """CREATE TABLE claims (track_id VARCHAR(36) NOT NULL,
       origin VARCHAR NOT NULL,
       run INTEGER NOT NULL,
       fields JSON NOT NULL,
       PRIMARY KEY (track_id,
       origin,
       run),
       FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE) WITHOUT ROWID""",
    "CREATE INDEX ix_claims_run ON claims (run)",
    """CREATE TABLE playlists (id VARCHAR(36) NOT NULL,
       "key" VARCHAR NOT NULL,
       source VARCHAR NOT NULL,
       origin VARCHAR NOT NULL,
       name VARCHAR NOT NULL,
       name_fold VARCHAR NOT NULL,
       description VARCHAR NOT NULL,
       owner VARCHAR NOT NULL,
       collaborative INTEGER,
       modified_at FLOAT,
       facts JSON NOT NULL,
       digest VARCHAR NOT NULL,
       run INTEGER NOT NULL,
       updated_at FLOAT NOT NULL,
       PRIMARY KEY (id),
       UNIQUE ("key"))""",
    "CREATE INDEX ix_playlists_run ON playlists (run)",
    "CREATE INDEX ix_playlists_name_fold ON playlists (name_fold)",
    "CREATE INDEX ix_playlists_origin ON playlists (origin)",
    """CREATE TABLE entries (playlist_id VARCHAR(36) NOT NULL,
       pos INTEGER NOT NULL,
       track_id VARCHAR(36),
       how VARCHAR NOT NULL,
       given JSON,
       added_at FLOAT,
       added_by VARCHAR NOT NULL,
       PRIMARY KEY (playlist_id,
       pos),
       FOREIGN KEY(playlist_id) REFERENCES playlists (id) ON DELETE CASCADE,
       FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE SET NULL) WITHOUT ROWID""",
    "CREATE INDEX ix_entries_track_id ON entries (track_id)",
    """CREATE TABLE albums (id VARCHAR(36) NOT NULL,
       "key" VARCHAR NOT NULL,
       source VARCHAR NOT NULL,
       title VARCHAR NOT NULL,
       artists JSON NOT NULL,
       title_fold VARCHAR NOT NULL,
       artist_fold VARCHAR NOT NULL,
       year INTEGER,
       genres JSON NOT NULL,
       label VARCHAR NOT NULL,
       rating FLOAT,
       review VARCHAR NOT NULL,
       "query" VARCHAR NOT NULL,
       liked INTEGER NOT NULL,
       run INTEGER NOT NULL,
       updated_at FLOAT NOT NULL,
       PRIMARY KEY (id),
       UNIQUE ("key"))""",
    "CREATE INDEX ix_albums_run ON albums (run)",
    "CREATE INDEX ix_albums_title_fold ON albums (title_fold)",
    """CREATE TABLE own_spaces (name VARCHAR NOT NULL,
       dim INTEGER NOT NULL,
       distance VARCHAR NOT NULL,
       run INTEGER NOT NULL,
       PRIMARY KEY (name))""",
    """CREATE TABLE changes (id INTEGER NOT NULL,
       run INTEGER NOT NULL,
       kind VARCHAR NOT NULL,
       item VARCHAR NOT NULL,
       "before" JSON,
       data BLOB,
       PRIMARY KEY (id))""",
    "CREATE INDEX ix_changes_run ON changes (run)",
)


def _to_2(connection: sa.Connection) -> None:
    """What sources say of songs, playlists, albums, spaces of imported vectors, and runs that can be taken back."""
    for statement in _TO_2:
        connection.exec_driver_sql(statement)


_TO_3: Final = (
    "ALTER TABLE tracks ADD COLUMN released VARCHAR NOT NULL DEFAULT ''",
    """CREATE TABLE slices (name VARCHAR NOT NULL,
       size BIGINT NOT NULL,
       mtime_ns BIGINT NOT NULL,
       lists INTEGER NOT NULL,
       run INTEGER NOT NULL,
       PRIMARY KEY (name)) WITHOUT ROWID""",
    "CREATE INDEX ix_slices_run ON slices (run)",
    "CREATE INDEX ix_vectors_encoder ON vectors (output, encoder, track_id)",
    """CREATE TABLE listens (user VARCHAR NOT NULL,
       at FLOAT NOT NULL,
       track_id VARCHAR(36) NOT NULL,
       kind VARCHAR NOT NULL,
       seconds FLOAT,
       source VARCHAR NOT NULL,
       run INTEGER NOT NULL,
       PRIMARY KEY (user,
       at,
       track_id),
       FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE) WITHOUT ROWID""",
    "CREATE INDEX ix_listens_track_id ON listens (track_id)",
    "CREATE INDEX ix_listens_run ON listens (run)",
    """CREATE TABLE searches (user VARCHAR NOT NULL,
       at FLOAT NOT NULL,
       text VARCHAR NOT NULL,
       PRIMARY KEY (user,
       at,
       text)) WITHOUT ROWID""",
)


def _to_3(connection: sa.Connection) -> None:
    """Slices of playlists that need not be read again; what was heard and searched for; whose vectors are,
    without reading them; days of release."""
    for statement in _TO_3:
        connection.exec_driver_sql(statement)


_TO_4: Final = (
    "ALTER TABLE tracks ADD COLUMN description VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE tracks ADD COLUMN described_by VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE tracks ADD COLUMN described_at FLOAT",
    """CREATE TABLE descriptions (album VARCHAR(36) NOT NULL,
       run INTEGER NOT NULL,
       text VARCHAR NOT NULL,
       model VARCHAR NOT NULL,
       at FLOAT NOT NULL,
       digest VARCHAR NOT NULL,
       PRIMARY KEY (album,
       run)) WITHOUT ROWID""",
    "CREATE INDEX ix_descriptions_run ON descriptions (run)",
    """CREATE TABLE shelf (digest VARCHAR NOT NULL,
       encoder VARCHAR NOT NULL,
       data BLOB NOT NULL,
       PRIMARY KEY (digest,
       encoder)) WITHOUT ROWID""",
    """CREATE TABLE answers ("key" VARCHAR NOT NULL,
       at FLOAT NOT NULL,
       answer VARCHAR NOT NULL,
       PRIMARY KEY ("key")) WITHOUT ROWID""",
    "CREATE INDEX ix_answers_at ON answers (at)",
    """CREATE TABLE schedules (playlist_id VARCHAR(36) NOT NULL,
       rule JSON NOT NULL,
       every VARCHAR NOT NULL,
       filled_at FLOAT NOT NULL,
       PRIMARY KEY (playlist_id),
       FOREIGN KEY(playlist_id) REFERENCES playlists (id) ON DELETE CASCADE) WITHOUT ROWID""",
)


def _to_4(connection: sa.Connection) -> None:
    """Playlists that songkin fills by a schedule; what was read of albums; what a language model said and wrote."""
    for statement in _TO_4:
        connection.exec_driver_sql(statement)


MIGRATIONS: Final[dict[int, Callable[[sa.Connection], None]]] = {1: _to_2, 2: _to_3, 3: _to_4}
"""From version n to n + 1."""
