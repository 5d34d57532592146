"""Songs that never sounded: vectors, names and tags of the shape that real ones have, for libraries of any size.

Vectors come from a Gaussian mixture, since real songs stand in groups and neither HNSW nor quantization means much on
pure noise. A song belongs to one group in all its spaces, so that fused lists agree in part, as they do in life. Words
are drawn by Zipf's law. The same number gives the same song, whatever is made before it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from songkin import encoders, spaces
from songkin.config import Config
from songkin.encoders.base import EncoderSpec
from songkin.models import Track, track_id
from songkin.sources.found import SoundFile
from songkin.spaces import Matrix
from songkin.store import TRACKS, index_home, open_vectors
from songkin.store.catalog import Catalog
from songkin.store.rows import Recording, to_row
from songkin.store.schema import tracks as tracks_table
from songkin.store.schema import vectors as vectors_table
from songkin.store.vectors import Condition, Payload, Point, Sparse
from songkin.store.words import Words
from songkin.text import TEXT_VERSION, fold, words

GROUPS: Final = 200
SPREAD: Final = 0.7
"""Length of a song's own part against its group's centre, both of unit variance in every number."""

BLOCK: Final = 1000
GENRES: Final = tuple(f"genre {number}" for number in range(10))
KEEP_TENTH: Final = (Condition("match", "genre", values=("genre 0",)),)
KEEP_MOST: Final = (Condition("match", "genre", values=("genre 0",), negate=True),)
FILTERS: Final[Mapping[str, tuple[Condition, ...]]] = {
    "no filter": (),
    "a filter that keeps 10 %": KEEP_TENTH,
    "a filter that keeps 90 %": KEEP_MOST,
}
_SYLLABLES: Final = (
    *("ba", "re", "mi", "do", "lu", "ka", "sen", "tor", "vi", "na", "mo", "el", "ra", "dis"),
    *("ko", "fan", "ge", "hol", "jo", "pir", "qua", "ste", "tu", "wen", "xi", "yo", "zam"),
)
_VOCABULARY: Final = 6000


@dataclass(frozen=True, slots=True)
class Songs:
    """A block of made-up songs: ``tracks``, and their ``vectors`` by space, rows in the same order."""

    tracks: tuple[Track, ...]
    vectors: Mapping[str, Matrix]

    def points(self, bm25: Words) -> list[Point]:
        """The block as the search index holds it."""
        return [
            Point(
                track.id,
                {space: rows[number] for space, rows in self.vectors.items()},
                {"words": _untied(bm25.document(words(track)), track)},
                payload(track),
            )
            for number, track in enumerate(self.tracks)
        ]


def _untied(terms: Sparse, track: Track) -> Sparse:
    """Weights that hardly ever tie: two engines may order ties as they like, and the ranks that follow would differ."""
    own = 1 + 0.02 * int(track.id[:8], 16) / 2**32
    return Sparse(terms.indices, tuple(weight * own for weight in terms.values))


def blocks(n: int) -> Iterator[Songs]:
    """The first ``n`` songs, by blocks of at most ``BLOCK``."""
    for start in range(0, n, BLOCK):
        yield songs(start, min(n, start + BLOCK))


def songs(start: int, stop: int) -> Songs:
    """Songs ``start`` to ``stop`` (of one block)."""
    rng = np.random.default_rng([7, start])
    group = rng.integers(GROUPS, size=stop - start)
    vectors = {
        space.name: (_centres(space.name, space.dim)[group] + SPREAD * _normal(rng, stop - start, space.dim))
        for space in TRACKS.spaces
        if not space.sparse
    }
    return Songs(tuple(_track(start + number, rng) for number in range(stop - start)), vectors)


def question(number: int) -> tuple[dict[str, Matrix], Sparse]:
    """A question near some group: a vector for every dense space, and words."""
    rng = np.random.default_rng([8, number])
    group = int(rng.integers(GROUPS))
    asked = {
        space.name: (_centres(space.name, space.dim)[group] + SPREAD * _normal(rng, 1, space.dim)[0])
        for space in TRACKS.spaces
        if not space.sparse
    }
    return asked, Words().query(_name(rng, 3))


def payload(track: Track) -> Payload:
    """What filters see of a made-up song."""
    return {
        "artist": [fold(name) for name in track.artists],
        "album": fold(track.album),
        "genre": [fold(name) for name in track.genres],
        "source": track.source,
        "year": track.year,
        "bpm": track.bpm,
        "duration": track.duration,
    }


@lru_cache(maxsize=16)
def _centres(space: str, dim: int) -> Matrix:
    return _normal(np.random.default_rng([9, dim, len(space)]), GROUPS, dim)


def _normal(rng: np.random.Generator, n: int, dim: int) -> Matrix:
    return rng.standard_normal((n, dim), dtype=np.float32)


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[str, ...]:
    rng = np.random.default_rng(10)
    return tuple("".join(rng.choice(_SYLLABLES, size=rng.integers(2, 4))) for _ in range(_VOCABULARY))


def _name(rng: np.random.Generator, length: int) -> str:
    drawn = np.minimum(rng.zipf(1.3, size=length), _VOCABULARY) - 1
    return " ".join(_vocabulary()[number] for number in drawn)


def _track(number: int, rng: np.random.Generator) -> Track:
    artist = int(rng.integers(2000))
    return Track(
        id=track_id(f"made-up:{number}"),
        title=_name(rng, int(rng.integers(1, 5))).title(),
        artists=(f"{_vocabulary()[artist]} {_vocabulary()[-1 - artist]}".title(),),
        album=f"{_name(rng, 2)} {number // 12}".title(),
        year=int(rng.integers(1950, 2025)),
        genres=(GENRES[number % len(GENRES)],),
        duration=float(round(rng.uniform(120, 360), 2)),
        path=f"/music/{number // 12:06}/{number:07}.mp3",
        bpm=float(round(rng.uniform(60, 180), 1)),
    )


# Whole libraries ----------------------------------------------------------------------------------------------------


def fill_catalog(
    catalog: Catalog,
    config: Config,
    n: int,
    *,
    raw: Sequence[str] = ("heard",),
    indexed: bool = True,
    files: Sequence[SoundFile] = (),
) -> None:
    """``n`` songs with the raw vectors that the spaces ``raw`` are made of, heard by all encoders.

    Where they are to count as ``indexed``, ``fill_index`` must follow. ``files`` are what they were read from.
    """
    known = encoders.specs(config.cache)
    heard_by = tuple(known[name].fingerprint for name in encoders.AUDIO)
    for number, block in enumerate(blocks(n)):
        rows = []
        for place, track in enumerate(block.tracks, number * BLOCK):
            item = files[place] if files else SoundFile(track.path, "", 0, 0)
            recording = Recording(
                replace(track, path=item.path),
                key=f"folder:{item.path}",
                size=item.size,
                mtime_ns=item.mtime_ns,
                profile="default",
                heard_by=heard_by,
            )
            rows.append({**to_row(recording, time.time()), "rev": 1, "indexed_rev": int(indexed)})
        outputs = sorted({output for space in raw for output in spaces.RAW[space]})
        with catalog.db.writing() as connection:
            connection.execute(sa.insert(tracks_table), rows)
            connection.execute(
                sa.insert(vectors_table), list(_vector_rows(block.tracks, _raw(block, known, number, outputs)))
            )
    if indexed:
        _fit_heard(catalog, known["musicnn"].fingerprint, n)


def _fit_heard(catalog: Catalog, encoder: str, n: int) -> None:
    sample = catalog.vectors.of(catalog.ids()[:BLOCK], spaces.RAW["heard"])
    tags = np.stack([np.concatenate([found[output] for output in spaces.RAW["heard"]]) for found in sample.values()])
    catalog.vectors.put_statistic("heard", encoder, n, spaces.fit("heard", tags).pack())


def fill_index(catalog: Catalog, config: Config, n: int) -> None:
    """Write the points of ``fill_catalog``'s songs, and build the graph index where the size asks for one."""
    bm25 = Words()
    with open_vectors(catalog, config, exclusive=True) as store:
        for block in blocks(n):
            store.write(block.points(bm25))
        store.optimize()
    catalog.journal.note("index_home", index_home(config))


def _raw(
    songs: Songs, known: Mapping[str, EncoderSpec], number: int, outputs: Sequence[str]
) -> dict[str, tuple[str, Matrix]]:
    """Raw outputs by name, each with its encoder: those of the real encoders, in their sizes."""
    specs = {output: spec for spec in known.values() for output in spec.outputs}
    found: dict[str, tuple[str, Matrix]] = {}
    for output in outputs:
        spec = specs[output]
        rng = np.random.default_rng([11, number, len(output), spec.outputs[output]])
        rows = _mixed(songs.vectors["timbre"], spec.outputs[output], rng)
        if output.endswith("tags"):
            rows = (1.0 / (1.0 + np.exp(4.0 - rows))).astype(np.float32)
        fingerprint = f"{spec.fingerprint}/{TEXT_VERSION}" if output == "text" else spec.fingerprint
        found[output] = (fingerprint, rows)
    return found


def _mixed(rows: Matrix, dim: int, rng: np.random.Generator) -> Matrix:
    """Vectors of another size that keep the groups of ``rows``: a fixed random map, and a little noise."""
    fixed = _normal(np.random.default_rng([12, dim]), rows.shape[1], dim) / np.float32(np.sqrt(rows.shape[1]))
    mixed: Matrix = rows @ fixed + np.float32(0.3) * _normal(rng, len(rows), dim)
    return mixed


def _vector_rows(tracks: Sequence[Track], heard: Mapping[str, tuple[str, Matrix]]) -> Iterator[dict[str, Any]]:
    for number, track in enumerate(tracks):
        for output, (encoder, rows) in heard.items():
            row = np.ascontiguousarray(rows[number], np.float32)
            yield {
                "track_id": track.id,
                "output": output,
                "encoder": encoder,
                "dtype": row.dtype.str,
                "length": row.size,
                "data": row.tobytes(),
            }
