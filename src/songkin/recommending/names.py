"""Playlists by what they are called: ``rainy sunday`` leads to lists of such names, and these to songs.

Names and descriptions are read by the text encoder, each wording once, and kept in the library. Where its weights are
missing, or there are more wordings than are worth reading, words that are shared count.
"""

from __future__ import annotations

import math
import os
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from songkin.recommending.crowd import Floats
from songkin.text import fold

if TYPE_CHECKING:
    from songkin.encoders.base import TextEncoder

MOST_NAMES: Final = 20_000
"""Wordings that the encoder reads, the most frequent first."""
FLOOR: Final = 0.5
"""Cosine of two names below which they have nothing to do with each other: of 270 real lists, the one that is called most
like another shares no more artists with it than popular songs do where the cosine is less, and four times as many above."""
SHARED: Final = 0.4
"""Share of common words below which they say as little."""
WORDS: Final = 0.5
"""How much shared words count beside meaning."""
_FILE: Final = "names.npz"


class Names:
    """The names of playlists as vectors. ``folder`` is the library's: what was read is kept there."""

    def __init__(self, names: Sequence[str], encoder: TextEncoder | None, folder: Path | None = None) -> None:
        self.names = [fold(name) for name in names]
        self.encoder = encoder
        self._folder = folder
        self._vectors: dict[str, NDArray[np.float32]] | None = None
        self._idf: dict[str, float] | None = None

    @classmethod
    def of(cls, whole: Names, kept: Sequence[int]) -> Names:
        """Some of these names, without reading them again."""
        some = cls((), whole.encoder, whole._folder)
        some.names = [whole.names[n] for n in kept]
        some._vectors = whole._read()
        return some

    def near(self, texts: Sequence[str]) -> Floats:
        """How near each playlist's name is to any of these, float64 (names,): 0 below the floor, 1 where it is the same."""
        best = np.zeros(len(self.names))
        for text in texts:
            best = np.maximum(best, self._near(fold(text)))
        return best

    def _near(self, text: str) -> Floats:
        wanted = set(text.split())
        if not wanted:
            return np.zeros(len(self.names))
        rare = self._rare()
        shared = _past(SHARED, np.array([_overlap(wanted, set(name.split()), rare) for name in self.names]))
        if self.encoder is None or not self.names:
            return shared
        vectors = self._read()
        rows = {name: n for n, name in enumerate(vectors)}
        matrix = np.stack(list(vectors.values()))
        cosine = matrix @ self.encoder.encode([text])[0]
        meaning = np.array([cosine[rows[name]] if name in rows else 0.0 for name in self.names])
        return np.maximum(_past(FLOOR, meaning), WORDS * shared)

    def _rare(self) -> dict[str, float]:
        """How rare each word of the names is."""
        if self._idf is None:
            counts: dict[str, int] = {}
            for name in self.names:
                for word in set(name.split()):
                    counts[word] = counts.get(word, 0) + 1
            self._idf = {word: math.log((len(self.names) + 1) / count) for word, count in counts.items()}
        return self._idf

    def _read(self) -> dict[str, NDArray[np.float32]]:
        if self._vectors is None and self.encoder is not None:
            kept = _load(self._folder / _FILE, self.encoder.spec.fingerprint) if self._folder else {}
            counts: dict[str, int] = {}
            for name in self.names:
                counts[name] = counts.get(name, 0) + 1
            chosen = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_NAMES]
            fresh = [name for name in chosen if name not in kept]
            found = dict(zip(fresh, self.encoder.encode(fresh), strict=True)) if fresh else {}
            self._vectors = {name: found[name] if name in found else kept[name] for name in chosen}
            if fresh and self._folder:
                with suppress(OSError):
                    _save(self._folder / _FILE, self._vectors, self.encoder.spec.fingerprint)
        return self._vectors or {}


def _past(floor: float, values: Floats) -> Floats:
    """0 at the floor and below, 1 at 1."""
    return np.asarray(np.clip((values - floor) / (1 - floor), 0.0, 1.0), np.float64)


def _overlap(one: set[str], other: set[str], rare: Mapping[str, float]) -> float:
    """Shared words over all words, each by how rare it is (weighted Jaccard); a word that no list has counts fully."""
    most = max(rare.values(), default=1.0)
    both, all_ = (sum(rare.get(word, most) for word in words) for words in (one & other, one | other))
    return both / all_ if all_ > 0 else 0.0


def _load(path: Path, encoder: str) -> dict[str, NDArray[np.float32]]:
    """What this encoder read before."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if bytes(file["encoder"]).decode() != encoder:
                return {}
            names, rows = bytes(file["names"]).decode().split("\0"), file["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
    good = rows.ndim == 2 and len(rows) == len(names) and rows.dtype == np.float32 and bool(np.isfinite(rows).all())
    return dict(zip(names, rows, strict=True)) if good else {}


def _save(path: Path, vectors: dict[str, NDArray[np.float32]], encoder: str) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    names = np.frombuffer("\0".join(vectors).encode(), np.uint8)
    try:
        with beside.open("xb") as file:
            told = np.frombuffer(encoder.encode(), np.uint8)
            np.savez(file, names=names, encoder=told, vectors=np.stack(list(vectors.values())))
        os.replace(beside, path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
