"""Where a library is kept: the catalog (SQL, the truth) and the search index (Qdrant, made from it)."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from songkin import spaces
from songkin.config import Config
from songkin.errors import DiskFull, NotFound, StoreError
from songkin.models import TABLE_FIELDS
from songkin.store import own_spaces
from songkin.store.catalog import Catalog
from songkin.store.database import damaged
from songkin.store.vectors import Layout, Space, VectorStore

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

TRACKS: Final = Layout(
    collection="tracks",
    spaces=(
        Space("tags", spaces.TAGS_DIM),
        Space("heard", spaces.TAGS_DIM, "dot"),
        Space("timbre", spaces.TIMBRE_DIM),
        Space("descriptors", spaces.DESCRIPTORS_DIM),
        Space("table", spaces.TABLE_DIM),
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
        "subgenre": "keyword",
        "mood": "keyword",
        "playlist": "keyword",
        "explicit": "keyword",
        "added": "float",
        "popularity": "float",
        "mode": "keyword",
        "time_signature": "float",
        **dict.fromkeys(TABLE_FIELDS, "float"),
    },
)
"""How a song stands in the search index, before spaces of vectors that were imported."""


PAYLOAD_VERSION: Final = 4
"""Of what filters see of a song. Where it rises, all points are written anew; 2: mode, time signature, keys by one name; 3: a subgenre
by its own name as well as after its genre (``blues---electric blues``); 4: moods."""

_READER, _SETTING = "text_encoder", "text_encoder_set"

_STAMPS: Final = ("index_stamp", "index_next_stamp")


def catalog_file(library: Path) -> Path:
    """The catalog of the library in this folder."""
    return library / "catalog.db"


def open_catalog(library: Path) -> Catalog:
    """The catalog of the library in this folder, only to be read where it cannot be written. Raises ``NotFound`` if
    there is no library here yet, and ``StoreError``."""
    file = catalog_file(library)
    if not file.exists():
        raise NotFound(
            f"There is no library at {library}.",
            remedy="Make one with `songkin index FOLDER`, or name another with -L DIR.",
        )
    if file.is_file() and file.stat().st_size == 0 and index_folder(library).exists():
        raise damaged(file)  # a run that is killed at its very start leaves an empty file too, but no index
    if not os.access(file, os.W_OK) or not os.access(file.parent, os.W_OK):
        return Catalog(file, readonly=True)
    try:
        return Catalog(file)
    except DiskFull as error:  # it can still be asked
        return Catalog(file, readonly=True, because=error)


def begin(library: Path) -> None:
    """Make the library in this folder, if there is none yet. Raises ``StoreError``."""
    try:
        library.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The library's folder {library} cannot be made: {error.strerror}.",
            remedy="Choose another with -L DIR.",
        ) from error
    if not os.access(library, os.W_OK | os.X_OK):
        raise StoreError(
            f"The library at {library} cannot be written.",
            remedy="Check the folder's permissions, or choose another with -L DIR.",
        )
    if not catalog_file(library).exists():
        Catalog(catalog_file(library)).close()


def index_folder(library: Path) -> Path:
    """The embedded search index of the library in this folder."""
    return library / "index"


def albums_folder(library: Path) -> Path:
    """The albums' index of the library in this folder."""
    return library / "albums"


def print_files(library: Path) -> tuple[Path, Path]:
    """Sorted fingerprints of the library in this folder: of most songs, and of those that came since."""
    return library / "fingerprints.large", library / "fingerprints.small"


def index_home(config: Config) -> str:
    """Where the search index lives, in words that hold no secret (``embedded`` or the server's address), and of which
    version its points are."""
    return f"{config.qdrant_url.rpartition('@')[2] or 'embedded'} {PAYLOAD_VERSION}"


def layout(catalog: Catalog) -> Layout:
    """How songs of this library stand in its search index."""
    own, dim = own_spaces.of(catalog.db), text_read_by(catalog)[0]
    if not own and dim == spaces.TEXT_DIM:
        return TRACKS
    known = (replace(space, dim=dim) if space.name == "text" else space for space in TRACKS.spaces)
    return replace(TRACKS, spaces=(*known, *own))


def text_read_by(catalog: Catalog) -> tuple[int, str]:
    """How many numbers the library's text vectors have, and the fingerprint of the encoder that reads them all; empty where
    none has."""
    dim, _, encoder = catalog.journal.note(_READER).partition(" ")
    return (int(dim), encoder) if dim.isascii() and dim.isdigit() else (spaces.TEXT_DIM, "")


def read_as_set(catalog: Catalog, config: Config) -> bool:
    """Whether texts are read by the encoder that the settings name."""
    return (catalog.journal.note(_SETTING) or "minilm") == config.text_encoder


def note_text_reader(catalog: Catalog, config: Config, dim: int, encoder: str) -> None:
    """Note that from now on this encoder, which the settings name, reads texts; all that others read goes, so that no two
    are mixed."""
    catalog.vectors.drop_others("text", f"{encoder}/")
    catalog.journal.note(_READER, f"{dim} {encoder}")
    catalog.journal.note(_SETTING, config.text_encoder)


def compared(layout: Layout) -> tuple[str, ...]:
    """The spaces of a library in which a song is compared with a song."""
    own = [space.name for space in layout.spaces if not space.sparse and space.name not in spaces.RAW]
    return (*spaces.SONG_SPACES, *own)


def open_vectors(catalog: Catalog, config: Config, *, exclusive: bool = False) -> VectorStore:
    """The search index of a library: a Qdrant server where one is configured, the embedded engine else.

    On a server each library has a collection of its own. ``exclusive`` says that nothing is served meanwhile, so that
    the graph index may be built.
    """
    if config.qdrant_url:
        from songkin.store.server import ServerStore

        return ServerStore(_client(config), _layout_on_server(catalog))
    from songkin.store import shard
    from songkin.store.embedded import EmbeddedStore

    folder = index_folder(config.library)
    vectors = EmbeddedStore(folder, layout(catalog), wait=config.lock_seconds, exclusive=exclusive)
    known = {catalog.journal.note(key) for key in _STAMPS}
    if vectors.stamp in known or (not vectors.stamp and vectors.count() == 0):
        return vectors
    vectors.close()
    raise shard.damaged(folder / "index", "it was made from another state of the catalog")


def sign(catalog: Catalog, config: Config, vectors: VectorStore) -> None:
    """Note in both that this index was made from this catalog, so that an older copy of either is told from it.

    The catalog knows the mark before the index has it and keeps the old one until then, so that whoever is killed
    meanwhile leaves two that fit. An index on a server is not marked: it cannot be put back file by file.
    """
    if config.qdrant_url:
        return
    from songkin.store.embedded import EmbeddedStore

    if isinstance(vectors, EmbeddedStore):
        stamp = uuid.uuid4().hex
        catalog.journal.note(_STAMPS[1], stamp)
        vectors.sign(stamp)
        catalog.journal.note(_STAMPS[0], stamp)


def drop_vectors(catalog: Catalog, config: Config) -> None:
    """Remove the search index, whatever state it is in; the catalog can rebuild it."""
    if config.qdrant_url:
        from songkin.store import server

        server.erase(_client(config), _layout_on_server(catalog))
        return
    from songkin.store import shard

    shard.erase(index_folder(config.library), wait=config.lock_seconds)


def _client(config: Config) -> QdrantClient:
    from songkin.store.server import connect

    return connect(
        config.qdrant_url, config.qdrant_api_key, prefer_grpc=config.qdrant_grpc, timeout=config.qdrant_timeout
    )


def _layout_on_server(catalog: Catalog) -> Layout:
    return replace(layout(catalog), collection=f"songkin-{catalog.journal.note('library_id')}-tracks")
