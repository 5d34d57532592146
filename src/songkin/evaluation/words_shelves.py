"""Libraries to ask questions of, made so that the right answers are known. A ``Shelf`` is one of them, opened.

``bare``     synthesised pieces, indexed as any folder is, called "Track 0417" and nothing else: only sound can answer
``dressed``  the same songs; one third carries its genres and a made-up name, one third a name with a wrong instrument
             or genre in it ("Piano Harbor" is played on drums), one third nothing: as real libraries are
``named``    real songs' titles, artists and genres from a table, without their sound; each borrows the sound of some
             piece, so that a question for a name also meets songs that merely sound near to its words
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from songkin import audio, encoders, spaces, store
from songkin.config import Config
from songkin.encoders.base import TextEncoder
from songkin.evaluation.words_queries import Truth
from songkin.indexing.run import Options, index
from songkin.models import Track, track_id
from songkin.progress import Progress
from songkin.search.seeds import fitted, tags_of
from songkin.spaces import Matrix, Statistics
from songkin.store.catalog import Catalog
from songkin.store.embedded import EmbeddedStore
from songkin.store.rows import Recording
from songkin.store.vectors import Layout, Point, Space, VectorStore
from songkin.store.words import Words
from songkin.text import describe, words

if TYPE_CHECKING:
    from songkin.demo.pieces import Piece

RATE: Final = 22_050
LAYOUT: Final = Layout(
    "tracks", (Space("heard", spaces.TAGS_DIM, "dot"), Space("text", spaces.TEXT_DIM), Space("words", 0)), {}
)
_BLOCK: Final = 1000
_BORROWED_NOISE: Final = 0.3
"""Deviation added to borrowed logits, so that no two songs sound the same."""

_NOUNS: Final = (
    *("River", "Lantern", "Harbor", "Marble", "Window", "Garden", "Copper", "Velvet", "Meadow", "Tuesday", "Harvest"),
    *("Mirror", "Bridge", "Canyon", "Ember", "Falcon", "Granite", "Horizon", "Island", "Juniper", "Kettle", "Lemon"),
)
_FIRST: Final = ("Mara", "Jonas", "Ilse", "Pavel", "Greta", "Anton", "Lucia", "Emil", "Nadia", "Otto", "Vera", "Hugo")
_LAST: Final = ("Kessler", "Brandt", "Novak", "Lindqvist", "Moreau", "Tanaka", "Okafor", "Silva", "Petrov")
_LIES: Final = (
    *("Piano", "Drum", "Choir", "Guitar", "Techno", "Violin", "Flute", "Jazz", "Metal", "Orchestra", "Dance", "Slow"),
    *("Fast", "Singing", "Quiet", "Ambient", "Organ", "Opera"),
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library, opened: what ``find`` needs of one. ``truths`` are what is known of its songs, by id."""

    catalog: Catalog
    store: VectorStore
    encoder: TextEncoder
    statistics: Mapping[str, Statistics]
    truths: Mapping[str, Truth]

    def silent(self) -> Shelf:
        """The same library as one that nobody has listened to."""
        return replace(self, statistics={})

    def tags(self) -> tuple[list[str], Matrix]:
        """Ids of the songs that were heard, and their tag probabilities, float32 (n, 100)."""
        raw = self.catalog.vectors.of(self.catalog.ids(), ("mtt_tags", "msd_tags"))
        rows = {each: tags_of(vectors) for each, vectors in raw.items()}
        heard = {each: row for each, row in rows.items() if row is not None}
        return list(heard), np.stack(list(heard.values()))


@contextmanager
def bare(config: Config, folder: Path, pieces: Sequence[Piece], told: Progress) -> Iterator[Shelf]:
    """The pieces as untitled files in ``folder``, indexed; made where they are not there yet.

    Raises ``WeightsMissing``: without MusiCNN and MiniLM there is nothing to judge.
    """
    encoders.audio_encoder("musicnn", config.cache).begin()
    encoder = encoders.text_encoder("minilm", config.cache)
    encoder.encode(["music"])
    order = np.random.default_rng(0).permutation(len(pieces))
    files = {f"Track {number:04d}": pieces[i] for number, i in enumerate(order, start=1)}
    _write(folder / "music", files, told)
    own = replace(config, library=folder / "library", qdrant_url="", profile="default")
    own.library.mkdir(parents=True, exist_ok=True)
    with Catalog(store.catalog_file(own.library)) as catalog:
        index(catalog, own, [str(folder / "music")], Options(prune=True, encoders=("musicnn",)), told)
        truths = {track.id: truth_of(files[track.title]) for track in catalog.all_tracks()}
        with store.open_vectors(catalog, own) as vectors:
            yield Shelf(catalog, vectors, encoder, fitted(catalog), truths)


def truth_of(piece: Piece) -> Truth:
    """What is declared of a piece."""
    return Truth(piece.kind, piece.genres, piece.instruments, piece.bpm, piece.register, piece.density)


def _write(folder: Path, files: Mapping[str, Piece], told: Progress) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    told.stage("Making music", len(files))
    for done, (title, piece) in enumerate(files.items(), start=1):
        path = folder / f"{title}.flac"
        if not path.exists():
            making = path.with_name(f".making-{path.name}")
            audio.write(str(making), piece.render(), RATE, {"title": title})
            os.replace(making, path)
        told.step(done, title)


@contextmanager
def dressed(shelf: Shelf, folder: Path, seed: int) -> Iterator[Shelf]:
    """The songs of a bare shelf with names and genres, true, false or none (see the head of this file)."""
    rng = np.random.default_rng(seed)
    tracks = [_dress(track, shelf.truths[track.id], i, rng) for i, track in enumerate(shelf.catalog.all_tracks())]
    heard = shelf.store.get([track.id for track in tracks], ["heard"])
    with _made(folder, shelf, tracks, {i: point.dense["heard"] for i, point in heard.items()}) as made:
        yield replace(made, truths=shelf.truths)


def _dress(track: Track, truth: Truth, number: int, rng: np.random.Generator) -> Track:
    artist = f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"
    one, other = rng.choice(_NOUNS, 2, replace=False)
    said = " ".join((truth.kind, *truth.genres, *truth.instruments)).replace("_", " ").casefold()
    lie = rng.choice([word for word in _LIES if word.casefold() not in said])
    if number % 3 == 0:
        return replace(track, title=f"{one} {other}", artists=(artist,), genres=truth.genres)
    return track if number % 3 == 1 else replace(track, title=f"{lie} {one}", artists=(artist,))


@contextmanager
def named(shelf: Shelf, folder: Path, songs: Sequence[Track], told: Progress) -> Iterator[Shelf]:
    """Songs of which only names and genres are known, with sounds borrowed from a bare shelf at random."""
    rng = np.random.default_rng(0)
    points = shelf.store.get(sorted(shelf.truths), ["heard"])
    pool = np.stack([points[i].dense["heard"] for i in sorted(points)])
    borrowed = pool[rng.integers(0, len(pool), len(songs))]
    borrowed = borrowed + rng.normal(0.0, _BORROWED_NOISE, borrowed.shape).astype(np.float32)
    with _made(folder, shelf, songs, dict(zip((s.id for s in songs), borrowed, strict=True)), told) as made:
        yield made


@contextmanager
def _made(
    folder: Path, shelf: Shelf, tracks: Sequence[Track], heard: Mapping[str, Matrix], told: Progress | None = None
) -> Iterator[Shelf]:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        Catalog(folder / "catalog.db") as catalog,
        EmbeddedStore(folder / "index", LAYOUT, exclusive=True) as vectors,
    ):
        if told is not None:
            told.stage("Reading names", len(tracks))
        known = set(vectors.ids())
        lacking = [track for track in tracks if track.id not in known]
        for start in range(0, len(lacking), _BLOCK):
            block = lacking[start : start + _BLOCK]
            catalog.put([Recording(track, key=track.id) for track in block])
            vectors.write(_points(block, shelf.encoder, heard))
            vectors.flush()
            if told is not None:
                told.step(len(tracks) - len(lacking) + start + len(block))
        yield Shelf(catalog, vectors, shelf.encoder, {"heard": shelf.statistics["heard"]}, {})


def _points(tracks: Sequence[Track], encoder: TextEncoder, heard: Mapping[str, Matrix]) -> list[Point]:
    texts = encoder.encode([describe(track) for track in tracks])
    bm25 = Words()
    made = []
    for track, text in zip(tracks, texts, strict=True):
        sparse = bm25.document(words(track))
        dense = {"text": text, "heard": heard[track.id]}
        made.append(Point(track.id, dense, {"words": sparse} if sparse.indices else {}, {}))
    return made


def song(identity: str, artist: str, title: str, genres: Sequence[str]) -> Track:
    """A track of a table."""
    return Track(track_id(f"table:{identity}"), title, (artist,) if artist else (), genres=tuple(dict.fromkeys(genres)))
