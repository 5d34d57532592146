"""The albums' index: what reviews, metadata and songs say of every album, and how its songs sound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from songkin import encoders
from songkin.config import Config
from songkin.encoders import trained, weights
from songkin.errors import WeightsMissing
from songkin.shelves import gathered
from songkin.spaces import TAGS_DIM, TEXT_DIM
from songkin.store import albums_folder, shelf
from songkin.store.catalog import Catalog
from songkin.text import ALBUM_TEXT_VERSION, describe_album

if TYPE_CHECKING:
    from songkin.encoders.base import TextEncoder
    from songkin.models import AlbumNote
    from songkin.progress import Progress
    from songkin.store.shelf import Matrix, Shelf
    from songkin.store.vectors import VectorStore

_BLOCK: Final = 256
_SONGS: Final = 2_000

Asking = Callable[["Callable[[VectorStore], dict[str, Matrix]]"], "dict[str, Matrix]"]
"""Asks the songs' search index."""


def encoder_of(config: Config) -> TextEncoder:
    """What reads albums here: the library's own encoder where it has trained one, the setting ``text_encoder`` else.
    Raises ``EncoderError`` where the own one is damaged."""
    own = trained.opened(own_encoder(config))
    return own or encoders.text_encoder(config.text_encoder, config.cache, offline=config.offline)


def own_encoder(config: Config) -> Path:
    """Where the library's own encoder of albums lies."""
    return config.library / "encoders" / "albums"


def name_of(catalog: Catalog, encoder: TextEncoder | None) -> str:
    """The name of the shelf that fits the catalog as it is."""
    heard = catalog.vectors.statistic("heard")
    read = encoder.spec.fingerprint if encoder else ""
    said = [*shelf.state(catalog.db), heard[0] if heard else 0, read, ALBUM_TEXT_VERSION]
    return hashlib.blake2b(repr(said).encode(), digest_size=12).hexdigest()


class Shelving:
    """The albums of one library, and what reads them: loaded when first asked, and anew where the catalog or the own
    encoder has changed."""

    def __init__(self, catalog: Catalog, config: Config) -> None:
        self.catalog, self.config = catalog, config
        self._encoder: TextEncoder | None = None
        self._of: float | None = None
        self._shelf: Shelf | None = None
        self._name = ""

    def opened(self, ask: Asking, told: Progress) -> tuple[Shelf, TextEncoder | None]:
        """The shelf of this catalog, made if it is not there, and what read it: None where its weights are not here.

        Raises ``StoreError`` where it cannot be written, ``EncoderError`` where the own encoder is damaged.
        """
        encoder = self._reader()
        folder, name = albums_folder(self.config.library), name_of(self.catalog, encoder)
        if self._shelf is None or name != self._name:
            found = shelf.load(folder, name)
            if found is None:
                found = _made(self.catalog, encoder, ask, told)
                if not self.catalog.db.readonly:
                    shelf.save(folder, name, found)
            self._shelf, self._name = found, name
        return self._shelf, encoder

    def _reader(self) -> TextEncoder | None:
        card = own_encoder(self.config) / trained.CARD
        of = card.stat().st_mtime if card.exists() else 0.0
        if self._encoder is None or of != self._of:
            self._encoder, self._of = encoder_of(self.config), of
        try:
            return self._encoder if weights.installed(self._encoder.spec, self.config.cache) else None
        except WeightsMissing:  # of the hub; searching says so
            return None


def _made(catalog: Catalog, encoder: TextEncoder | None, ask: Asking, told: Progress) -> Shelf:
    every = gathered(catalog)
    albums = [album for album, _ in every]
    text = _read(catalog, encoder, albums, told) if encoder else np.zeros((len(albums), TEXT_DIM), np.float32)
    return shelf.shelved(every, text, *_heard(albums, ask))


def _read(catalog: Catalog, encoder: TextEncoder, albums: Sequence[AlbumNote], told: Progress) -> Matrix:
    """What the encoder makes of each album, float32 (albums, dim); what it read before is not read again."""
    texts = [describe_album(album) for album in albums]
    digests = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest() for text in texts]
    name = encoder.spec.fingerprint
    known = shelf.kept(catalog.db, digests, name)
    fresh = sorted({digest: n for n, digest in enumerate(digests) if digest not in known}.values())
    if fresh:
        told.stage("Reading albums", len(fresh))
    for start in range(0, len(fresh), _BLOCK):
        block = fresh[start : start + _BLOCK]
        rows = encoder.encode([texts[n] for n in block])
        read = {digests[n]: row for n, row in zip(block, rows, strict=True)}
        if not catalog.db.readonly:
            shelf.keep(catalog.db, name, read.items())
        known |= read
        told.step(start + len(block))
    if not catalog.db.readonly:
        shelf.drop_others(catalog.db, name, set(digests))
    return np.stack([known[digest] for digest in digests]) if digests else np.zeros((0, TEXT_DIM), np.float32)


def _heard(albums: Sequence[AlbumNote], ask: Asking) -> tuple[Matrix, NDArray[np.int32]]:
    """How the songs of each album sound, float32 (albums, tags), and how many were heard."""
    sums = np.zeros((len(albums), TAGS_DIM), np.float32)
    counts = np.zeros(len(albums), np.int32)
    places = [(n, track) for n, album in enumerate(albums) for track in album.tracks]
    for start in range(0, len(places), _SONGS):
        block = places[start : start + _SONGS]
        ids = [track for _, track in block]
        found = ask(lambda store, ids=ids: _vectors(store, ids))  # type: ignore[misc]
        for n, track in block:
            if track in found:
                sums[n] += found[track]
                counts[n] += 1
    return np.asarray(sums / np.maximum(counts, 1)[:, None], np.float32), counts


def _vectors(store: VectorStore, ids: Sequence[str]) -> dict[str, Matrix]:
    points = store.get(ids, ("heard",))
    return {i: point.dense["heard"] for i, point in points.items() if "heard" in point.dense}
