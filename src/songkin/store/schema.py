"""Tables of the catalog.

The catalog is the truth: tracks, what each source said of them, playlists, albums, every vector as a blob with its
encoder, runs, refused files, votes, what was heard. The search index can be rebuilt from it at any time. ``SCHEMA_VERSION`` counts
changes of these tables; ``migrations`` leads from each to the next.

What ``tracks`` shows of a song is merged from ``claims``: one row for each source that told of it and each run in which
it did, so that a run can be taken back. A song that only its file tells of has none.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

SCHEMA_VERSION: Final = 4

metadata: Final = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

tracks = sa.Table(
    "tracks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("path", sa.LargeBinary, index=True),  # bytes: names need not be UTF-8
    sa.Column("title", sa.String, nullable=False),
    sa.Column("artists", sa.JSON, nullable=False),
    sa.Column("album", sa.String, nullable=False),
    sa.Column("album_artist", sa.String, nullable=False),
    sa.Column("track_no", sa.Integer),
    sa.Column("disc_no", sa.Integer),
    sa.Column("year", sa.Integer),
    sa.Column("genres", sa.JSON, nullable=False),
    sa.Column("isrc", sa.String, nullable=False, index=True),
    sa.Column("musicbrainz_id", sa.String, nullable=False, index=True),
    sa.Column("comment", sa.String, nullable=False),
    sa.Column("has_cover", sa.Integer, nullable=False),
    sa.Column("guessed", sa.JSON, nullable=False),
    sa.Column("title_fold", sa.String, nullable=False, index=True),
    sa.Column("artist_fold", sa.String, nullable=False, index=True),
    sa.Column("album_fold", sa.String, nullable=False, index=True),
    sa.Column("duration", sa.Float),
    sa.Column("bpm", sa.Float),
    sa.Column("musical_key", sa.String, nullable=False),
    sa.Column("loudness", sa.Float),
    sa.Column("brightness", sa.Float),
    sa.Column("features", sa.JSON, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("mtime_ns", sa.BigInteger),
    sa.Column("file_hash", sa.String, nullable=False, index=True),
    sa.Column("packets", sa.String, nullable=False, index=True),
    sa.Column("profile", sa.String, nullable=False),
    sa.Column("heard_by", sa.JSON, nullable=False),  # fingerprints of the encoders that heard it, vectors or not
    sa.Column("silent", sa.Integer, nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("rev", sa.Integer, nullable=False),
    sa.Column("indexed_rev", sa.Integer, nullable=False),
    sa.Column("subgenres", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("url", sa.String, nullable=False, server_default=""),
    sa.Column("image", sa.String, nullable=False, server_default=""),
    sa.Column("label", sa.String, nullable=False, server_default=""),
    sa.Column("explicit", sa.Integer),
    sa.Column("popularity", sa.Float),
    sa.Column("placeholder", sa.Integer, nullable=False, server_default="0"),  # its names were made up
    sa.Column("table_features", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("description", sa.String, nullable=False, server_default=""),  # a language model wrote it
    sa.Column("described_by", sa.String, nullable=False, server_default=""),
    sa.Column("described_at", sa.Float),
    sa.Column("liked_at", sa.Float),  # when its owner added it to a playlist first
    sa.Column(
        "released", sa.String, nullable=False, server_default=""
    ),  # day or month, where more than ``year`` is known
)

aliases = sa.Table(
    "aliases",  # the ids under which sources know a track, beside its own key
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("track_id", sa.ForeignKey("tracks.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sqlite_with_rowid=False,
)

claims = sa.Table(
    "claims",  # what a source said of a track, each version with the run that brought it
    metadata,
    sa.Column("track_id", sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("origin", sa.String, primary_key=True),
    sa.Column("run", sa.Integer, primary_key=True, index=True),
    sa.Column("fields", sa.JSON, nullable=False),
    sqlite_with_rowid=False,
)

playlists = sa.Table(
    "playlists",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("origin", sa.String, nullable=False, index=True),  # the file that holds it
    sa.Column("name", sa.String, nullable=False),
    sa.Column("name_fold", sa.String, nullable=False, index=True),
    sa.Column("description", sa.String, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("collaborative", sa.Integer),
    sa.Column("modified_at", sa.Float),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("digest", sa.String, nullable=False),  # of all that was read of it
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sa.Column("updated_at", sa.Float, nullable=False),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("playlist_id", sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("pos", sa.Integer, primary_key=True),
    sa.Column("track_id", sa.ForeignKey("tracks.id", ondelete="SET NULL"), index=True),
    sa.Column("how", sa.String, nullable=False),  # by what it was matched; empty: it was not
    sa.Column("given", sa.JSON),  # what the source said of a song that is not here
    sa.Column("added_at", sa.Float),
    sa.Column("added_by", sa.String, nullable=False),
    sqlite_with_rowid=False,
)

schedules = sa.Table(
    "schedules",  # playlists that songkin fills: of what, how often, and when it did last
    metadata,
    sa.Column("playlist_id", sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("rule", sa.JSON, nullable=False),
    sa.Column("every", sa.String, nullable=False),  # day, week, month; empty: when it is asked for
    sa.Column("filled_at", sa.Float, nullable=False),
    sqlite_with_rowid=False,
)

albums = sa.Table(
    "albums",  # what sources said of albums; their songs are tracks
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("artists", sa.JSON, nullable=False),
    sa.Column("title_fold", sa.String, nullable=False, index=True),
    sa.Column("artist_fold", sa.String, nullable=False),
    sa.Column("year", sa.Integer),
    sa.Column("genres", sa.JSON, nullable=False),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("rating", sa.Float),
    sa.Column("review", sa.String, nullable=False),
    sa.Column("query", sa.String, nullable=False),  # for evaluation; never indexed
    sa.Column("liked", sa.Integer, nullable=False),
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sa.Column("updated_at", sa.Float, nullable=False),
)

shelf = sa.Table(
    "shelf",  # what a text encoder read of albums, by what it read
    metadata,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("encoder", sa.String, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),  # float32
    sqlite_with_rowid=False,
)

descriptions = sa.Table(
    "descriptions",  # what a language model wrote of albums; of songs it stands among their claims
    metadata,
    sa.Column("album", sa.String(36), primary_key=True),
    sa.Column("run", sa.Integer, primary_key=True, index=True),
    sa.Column("text", sa.String, nullable=False),  # the latest counts; empty: it was removed
    sa.Column("model", sa.String, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("digest", sa.String, nullable=False),  # of what the model was asked
    sqlite_with_rowid=False,
)

slices = sa.Table(
    "slices",  # files of lists that need not be read again, as they were when they were taken in
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("lists", sa.Integer, nullable=False),
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sqlite_with_rowid=False,
)

own_spaces = sa.Table(
    "own_spaces",  # spaces of vectors that were imported
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("dim", sa.Integer, nullable=False),
    sa.Column("distance", sa.String, nullable=False),
    sa.Column("run", sa.Integer, nullable=False),
)

changes = sa.Table(
    "changes",  # what a run replaced, so that it can be taken back
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("before", sa.JSON),
    sa.Column("data", sa.LargeBinary),
)

vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("track_id", sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("output", sa.String, primary_key=True),
    sa.Column("encoder", sa.String, nullable=False),
    sa.Column("dtype", sa.String, nullable=False),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("ix_vectors_encoder", "output", "encoder", "track_id"),  # whose they are, without reading them
    sqlite_with_rowid=False,
)

links = sa.Table(
    "links",  # likely the same recording; a < b; never merged, only shown
    metadata,
    sa.Column("a", sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("b", sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True, index=True),
    sa.Column("evidence", sa.String, nullable=False),
)

votes = sa.Table(
    "votes",
    metadata,
    sa.Column("user", sa.String, primary_key=True),
    sa.Column("track_id", sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("vote", sa.String, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

listens = sa.Table(
    "listens",  # who played or skipped which song when; they lie by user and time, as they are asked for
    metadata,
    sa.Column("user", sa.String, primary_key=True),
    sa.Column("at", sa.Float, primary_key=True),
    sa.Column("track_id", sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True, index=True),
    sa.Column("kind", sa.String, nullable=False),  # play, skip
    sa.Column("seconds", sa.Float),  # how much of it was heard
    sa.Column("source", sa.String, nullable=False),  # the kind of file that told it; songkin: it was noted here
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sqlite_with_rowid=False,
)

searches = sa.Table(
    "searches",  # what was searched for
    metadata,
    sa.Column("user", sa.String, primary_key=True),
    sa.Column("at", sa.Float, primary_key=True),
    sa.Column("text", sa.String, primary_key=True),
    sqlite_with_rowid=False,
)

answers = sa.Table(
    "answers",  # of a language model, kept so that a question is not asked twice
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("answer", sa.String, nullable=False),
    sqlite_with_rowid=False,
)

refused = sa.Table(
    "refused",
    metadata,
    sa.Column("path", sa.LargeBinary, primary_key=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("remedy", sa.String, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("mtime_ns", sa.BigInteger),
    sa.Column("deaths", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("command", sa.String, nullable=False),
    sa.Column("arguments", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False),  # running, done, interrupted, failed, killed
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("counts", sa.JSON, nullable=False),
)

statistics = sa.Table(
    "statistics",  # means, whitenings … fitted over the library; one row a space
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("encoder", sa.String, nullable=False),
    sa.Column("fitted_on", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

reach = sa.Table(
    "reach",  # mean distance to the ten nearest songs, for hub correction
    metadata,
    sa.Column("track_id", sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("space", sa.String, primary_key=True),
    sa.Column("radius", sa.Float, nullable=False),
    sqlite_with_rowid=False,
)
