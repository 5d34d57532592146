"""Albums as they are searched: files that are mapped into memory, made anew from the catalog whenever it has changed.

A library has some ten thousand albums at most, so every question looks at all of them, exactly: words by BM25 (Robertson
and Zaragoza, 2009) with and without word stems, meaning and sound by one product of matrices. Unlike songs, of which
there are many more, albums need no engine, and their scores can be added instead of ranks.

A shelf lies in ``albums/STATE`` of the library's folder; ``STATE`` says of which catalog it was made. Texts that were read
are kept in the catalog, by what was read: reading is what costs time.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import sqlalchemy as sa
from numpy.typing import NDArray

from songkin.errors import StoreError
from songkin.models import AlbumNote
from songkin.store.database import Database, parts
from songkin.store.schema import albums, runs, shelf, tracks
from songkin.store.vectors import Sparse
from songkin.store.words import Words
from songkin.text import album_words, fold, plain_artist

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]

AVERAGE: Final = 115.0
"""Words of a review with its heading, on average (852 albums)."""
_ARRAYS: Final = ("text", "heard", "sounding")


def exact_words() -> Words:
    """How words of albums are weighed as they are typed."""
    return Words("", avg_len=AVERAGE)


def stems() -> Words:
    """How they are weighed by their stems: *dreaming* finds *dreamy*."""
    return Words(avg_len=AVERAGE)


@dataclass(frozen=True)
class Postings:
    """An inverted file: ``albums[starts[i]:starts[i + 1]]`` hold the term ``terms[i]`` (sorted), each with a weight."""

    count: int
    terms: NDArray[np.int64]
    starts: NDArray[np.int64]
    albums: NDArray[np.int32]
    weights: Matrix

    @classmethod
    def of(cls, documents: Sequence[Sparse]) -> Postings:
        """Those of these documents, in their order."""
        lengths = [len(each.indices) for each in documents]
        terms = np.fromiter((i for each in documents for i in each.indices), np.int64, sum(lengths))
        weights = np.fromiter((v for each in documents for v in each.values), np.float32, sum(lengths))
        owners = np.repeat(np.arange(len(documents), dtype=np.int32), lengths)
        order = np.argsort(terms, kind="stable")
        found, first = np.unique(terms[order], return_index=True)
        starts = np.append(first, len(order)).astype(np.int64)
        return cls(len(documents), found, starts, owners[order], weights[order])

    def idf(self, terms: Sequence[int]) -> Floats:
        """How rare terms are, float64 (terms,); a term that nothing holds is the rarest."""
        frequency = np.array([stop - start for start, stop in map(self._where, terms)], np.float64)
        return np.log1p((self.count - frequency + 0.5) / (frequency + 0.5))

    def scores(self, terms: Sequence[int]) -> Floats:
        """BM25 of every album, float64 (albums,)."""
        found = np.zeros(self.count)
        for term, rarity in zip(terms, self.idf(terms), strict=True):
            start, stop = self._where(term)
            found[self.albums[start:stop]] += rarity * self.weights[start:stop]
        return found

    def held(self, album: int, terms: Sequence[int]) -> list[bool]:
        """Which of these terms an album holds."""
        spans = map(self._where, terms)
        return [bool(np.isin(album, self.albums[start:stop])) for start, stop in spans]

    def _where(self, term: int) -> tuple[int, int]:
        place = int(np.searchsorted(self.terms, term))
        if place == len(self.terms) or self.terms[place] != term:
            return 0, 0
        return int(self.starts[place]), int(self.starts[place + 1])


@dataclass(frozen=True)
class Shelf:
    """Albums in one order: ``albums`` as plain values, ``text`` float32 (albums, dim) of norm 1 (zeros: not read),
    ``heard`` float32 (albums, tags) the mean of their songs, ``sounding`` how many songs that is of."""

    albums: Sequence[Mapping[str, Any]]
    words: Postings
    stems: Postings
    text: Matrix
    heard: Matrix
    sounding: NDArray[np.int32]

    @cached_property
    def titled(self) -> Mapping[str, Sequence[int]]:
        """Folded title -> the albums that are called so."""
        found: dict[str, list[int]] = {}
        for n, album in enumerate(self.albums):
            found.setdefault(fold(album["title"]), []).append(n)
        return found

    @cached_property
    def credited(self) -> Mapping[str, Sequence[int]]:
        """Folded artist, without an article -> the albums by who is called so."""
        found: dict[str, list[int]] = {}
        for n, album in enumerate(self.albums):
            for name in {plain_artist(artist) for artist in album["artists"]}:
                found.setdefault(name, []).append(n)
        return found


def shelved(
    every: Sequence[tuple[AlbumNote, Sequence[str]]], text: Matrix, heard: Matrix, sounding: NDArray[np.int32]
) -> Shelf:
    """A shelf of albums, with the titles of their songs, in the order given: what was read of each, and heard, in rows."""
    words = [album_words(album, titles) for album, titles in every]
    exact, stemmed = exact_words(), stems()
    return Shelf(
        [asdict(album) for album, _ in every],
        Postings.of([exact.document(each) for each in words]),
        Postings.of([stemmed.document(each) for each in words]),
        text,
        heard,
        sounding,
    )


def state(db: Database) -> list[Any]:
    """What tells one catalog from another, as far as albums go: every change of it is a run, takes one back, or changes
    a count."""
    undone = sa.func.sum(sa.case((runs.c.state == "undone", 1), else_=0))
    last = sa.select(sa.func.max(runs.c.id), sa.func.max(runs.c.ended_at), undone)
    counts = (sa.select(sa.func.count()).select_from(table) for table in (tracks, albums))
    return [*db.rows(last)[0], *(db.rows(count)[0][0] for count in counts)]


def kept(db: Database, digests: Sequence[str], encoder: str) -> dict[str, Matrix]:
    """What this encoder read already, by the digest of what was read."""
    found: dict[str, Matrix] = {}
    for part in parts(digests):
        query = sa.select(shelf.c.digest, shelf.c.data).where(shelf.c.digest.in_(part), shelf.c.encoder == encoder)
        found.update({row.digest: np.frombuffer(row.data, np.float32) for row in db.rows(query)})
    return found


def keep(db: Database, encoder: str, rows: Iterable[tuple[str, Matrix]]) -> None:
    """Keep what was read."""
    told = [{"digest": digest, "encoder": encoder, "data": vector.tobytes()} for digest, vector in rows]
    with db.writing() as connection:
        connection.execute(sa.insert(shelf).prefix_with("OR REPLACE"), told)


def drop_others(db: Database, encoder: str, digests: set[str]) -> None:
    """Forget what was read of albums that are gone, and what other encoders read."""
    rows = db.rows(sa.select(shelf.c.digest, shelf.c.encoder))
    gone = [row.digest for row in rows if row.encoder == encoder and row.digest not in digests]
    with db.writing() as connection:
        connection.execute(sa.delete(shelf).where(shelf.c.encoder != encoder))
        for part in parts(gone):
            connection.execute(sa.delete(shelf).where(shelf.c.digest.in_(part)))


def save(folder: Path, name: str, made: Shelf) -> None:
    """Write a shelf, and remove those that were there. Raises ``StoreError``."""
    beside = folder / f".{secrets.token_hex(4)}"
    try:
        beside.mkdir(parents=True)
        (beside / "albums.json").write_bytes(orjson.dumps(made.albums))
        for array in _ARRAYS:
            np.save(beside / f"{array}.npy", getattr(made, array), allow_pickle=False)
        for kind in ("words", "stems"):
            for field in ("terms", "starts", "albums", "weights"):
                np.save(beside / f"{kind}.{field}.npy", getattr(getattr(made, kind), field), allow_pickle=False)
        for other in _shelves(folder):
            if other != beside:
                shutil.rmtree(other, ignore_errors=True)
        os.replace(beside, folder / name)
    except OSError as error:
        raise StoreError(
            f"The albums' index in {folder} cannot be written: {error.strerror}.", remedy="Make room, and ask again."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def load(folder: Path, name: str) -> Shelf | None:
    """The shelf that was made of a catalog in this state; None where there is none, or it is damaged."""
    place = folder / name
    with suppress(OSError, ValueError, KeyError, EOFError, IndexError):
        told = orjson.loads((place / "albums.json").read_bytes())
        text, heard, sounding = (_array(place, array) for array in _ARRAYS)
        words, stemmed = (
            Postings(
                len(told), *(_array(place, f"{kind}.{field}") for field in ("terms", "starts", "albums", "weights"))
            )
            for kind in ("words", "stems")
        )
        whole = all(int(each.starts[-1]) == len(each.albums) == len(each.weights) for each in (words, stemmed))
        if whole and len(told) == len(text) == len(heard) == len(sounding):
            return Shelf(told, words, stemmed, text, heard, sounding)
    return None


def _array(place: Path, name: str) -> Any:
    return np.load(place / f"{name}.npy", mmap_mode="r", allow_pickle=False)


def _shelves(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from [each for each in folder.iterdir() if each.is_dir()]
