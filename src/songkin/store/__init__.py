"""Where a library is kept: the catalog (SQL, the truth) and the search index (Qdrant, made from it)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from songkin import spaces
from songkin.config import Config
from songkin.store.vectors import Layout, Space, VectorStore

TRACKS: Final = Layout(
    collection="tracks",
    spaces=(
        Space("tags", spaces.TAGS_DIM),
        Space("heard", spaces.TAGS_DIM, "dot"),
        Space("timbre", spaces.TIMBRE_DIM),
        Space("descriptors", spaces.DESCRIPTORS_DIM),
        Space("text", spaces.TEXT_DIM),
        Space("words", 0),
    ),
    fields={
        "artist": "keyword",
        "album": "keyword",
        "genre": "keyword",
        "source": "keyword",
        "key": "keyword",
        "year": "integer",
        "bpm": "float",
        "duration": "float",
        "loudness": "float",
        "brightness": "float",
    },
)
"""How a song stands in the search index."""


def catalog_file(library: Path) -> Path:
    """The catalog of the library in this folder."""
    return library / "catalog.db"


def index_folder(library: Path) -> Path:
    """The embedded search index of the library in this folder."""
    return library / "index"


def open_vectors(config: Config, *, exclusive: bool = False) -> VectorStore:
    """The search index of a library: a Qdrant server where one is configured, the embedded engine else.

    ``exclusive`` says that nothing is served meanwhile, so that the graph index may be built.
    """
    if config.qdrant_url:
        from songkin.store.server import ServerStore, connect

        client = connect(
            config.qdrant_url, config.qdrant_api_key, prefer_grpc=config.qdrant_grpc, timeout=config.qdrant_timeout
        )
        return ServerStore(client, TRACKS)
    from songkin.store.embedded import EmbeddedStore

    return EmbeddedStore(index_folder(config.library), TRACKS, wait=config.lock_seconds, exclusive=exclusive)


def drop_vectors(config: Config) -> None:
    """Remove the search index, whatever state it is in; the catalog can rebuild it."""
    if config.qdrant_url:
        from songkin.store import server

        client = server.connect(config.qdrant_url, config.qdrant_api_key, timeout=config.qdrant_timeout)
        server.erase(client, TRACKS)
        return
    from songkin.store import shard

    shard.erase(index_folder(config.library), wait=config.lock_seconds)
