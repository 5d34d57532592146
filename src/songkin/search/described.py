"""From words to a table's audio features: *calm acoustic* asks for little energy and much acousticness.

``songkin train features`` learns a linear map from MiniLM's vector of a text to the twelve numbers of the space
``table``, on the library's own songs. A question goes through the same map, told as the names of tags are ("… music"),
and measured from the middle of those names: questions are no titles of playlists, and what all of them have in common
says nothing of one. Each number counts as far as it could be
predicted on songs that were hidden (R²; one that is no better than the mean counts nothing), and the weighted vector asks
``table`` by cosine: songs whose features depart from the middle of the library as the question's do. A question of which
the map says little ("hotel california") departs little, and the list is trusted little (``trust``).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from songkin.encoders.base import TextEncoder
from songkin.errors import StoreError
from songkin.models import Track
from songkin.records import CONTINUOUS
from songkin.search.bridge import read
from songkin.search.leaning import leaning
from songkin.search.negation import taken_apart
from songkin.search.trust import LEANT
from songkin.spaces import TABLE_DIM, Matrix, Statistics
from songkin.store.catalog import Catalog

KEPT: Final = "described"
"""Under which name the catalog keeps the map."""
NUMBERS: Final = (*CONTINUOUS, "mode", "key, cosine", "key, sine")
"""What the map predicts: the numbers of the space ``table``."""
SHOWN: Final = 3
LEANING: Final = 0.1
"""How much a plain word says beside what was learned, in z-scores times R²."""
_SHOWN_PART: Final = 0.1


@dataclass(frozen=True, slots=True)
class Described:
    """The map: z-scores of ``NUMBERS`` are ``(text - middle) @ map``, where ``middle`` is that of questions. ``explained`` is R² on hidden songs, ``mean`` and
    ``std`` are those of the songs it was learned on, ``songs`` how many they were, ``library`` how many songs there were
    in all, ``groups`` how many playlists were told apart (0: songs were hidden one by one)."""

    encoder: str
    songs: int
    library: int
    groups: int
    ridge: float
    middle: Matrix
    map: Matrix
    explained: Matrix
    mean: Matrix
    std: Matrix

    @property
    def weights(self) -> Matrix:
        """How much each number counts: R², 0 where it is negative."""
        return np.maximum(self.explained, 0.0).astype(np.float32)

    def pack(self) -> bytes:
        """As bytes (npz without pickle)."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {name: getattr(self, name) for name in (*_ARRAYS, *_COUNTS)}
        np.savez(buffer, **arrays)
        return buffer.getvalue()


_ARRAYS: Final = ("middle", "map", "explained", "mean", "std")
_COUNTS: Final = ("library", "groups", "ridge")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question asks of the space ``table``: ``vector``, and how far it departs from the middle of the library, in
    deviations: ``strength``, below about .2 it says nothing of features. Plain words give it
    ``trust.LEANT``."""

    vector: Matrix
    strength: float


def keep(catalog: Catalog, learned: Described) -> None:
    """Have the library answer with this map from now on. Raises ``StoreError``."""
    catalog.vectors.put_statistic(KEPT, learned.encoder, learned.songs, learned.pack())


def kept(catalog: Catalog) -> Described | None:
    """The map that the library learned, None where it did not. Raises ``StoreError`` where it is damaged."""
    row = catalog.vectors.statistic(KEPT)
    return _unpacked(row[1], row[2], row[3]) if row else None


@lru_cache(maxsize=2)
def _unpacked(encoder: str, songs: int, data: bytes) -> Described:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], np.float32) for name in _ARRAYS}
            library, groups, ridge = int(stored["library"]), int(stored["groups"]), float(stored["ridge"])
    except Exception as error:  # numpy, zipfile and zlib raise a dozen kinds over damaged bytes
        raise _damaged() from error
    wide = len(arrays["middle"]) if arrays["middle"].ndim == 1 else 0
    shapes = [arrays[name].shape for name in _ARRAYS]
    if shapes != [(wide,), (wide, TABLE_DIM), *[(TABLE_DIM,)] * 3] or not all(
        np.isfinite(each).all() for each in arrays.values()
    ):
        raise _damaged()
    return Described(encoder, songs, library, groups, ridge, **arrays)


def _damaged() -> StoreError:
    return StoreError("What was learned of audio features is damaged.", remedy="Run `songkin train features` again.")


def ask(catalog: Catalog, encoder: TextEncoder, text: str, statistics: Mapping[str, Statistics]) -> Wanted | None:
    """What a question asks of ``table``, by what was learned and by plain words; None where neither says anything. What
    is not wanted is asked the other way round. Raises ``StoreError``, ``WeightsMissing``."""
    if "table" not in statistics:
        return None
    learned = kept(catalog)
    found: Wanted | None = None
    if learned is not None and learned.encoder == encoder.spec.fingerprint:
        said = taken_apart(text)
        departs = np.zeros(TABLE_DIM, np.float32)
        for sign, phrases in ((1, [said.wanted] if said.wanted else []), (-1, said.unwanted)):
            for vector in read(encoder, phrases):
                departs += sign * ((vector - learned.middle) @ learned.map)
        found = wanted(learned, departs, statistics["table"])
    return _leant(found, leaning(text))


def _leant(found: Wanted | None, leans: Mapping[str, float]) -> Wanted | None:
    """What was learned and what plain words say, together: whoever says *slow* means it."""
    said = leaning_vector(leans)
    if not said.any():
        return found
    both = said * np.float32(LEANING) + (found.vector if found else np.float32(0))
    return Wanted(np.asarray(both, np.float32), LEANT)


def trust_in(asked: Wanted | None) -> float:
    """The strength of what is asked of ``table``, 0 where nothing is."""
    return asked.strength if asked else 0.0


def leaning_vector(leans: Mapping[str, float]) -> Matrix:
    """Leanings as a vector of the space ``table``, float32 (12,)."""
    said = np.zeros(TABLE_DIM, np.float32)
    for name, value in leans.items():
        said[CONTINUOUS.index(name)] = value
    return said


def wanted(learned: Described, departs: Matrix, statistics: Statistics) -> Wanted | None:
    """The same for z-scores as the map predicts them; None where it predicts nothing at all."""
    weights = learned.weights
    if not weights.any():
        return None
    strength = float(np.sqrt((weights * departs**2).sum() / weights.sum()))
    vector = np.asarray(weights * departs * learned.std / statistics.arrays["std"], np.float32)
    return Wanted(vector, strength) if strength > 1e-6 else None


def reasons(asked: Wanted, track: Track, statistics: Statistics) -> str:
    """The features by which a song answers, strongest first: ``energy .2, acousticness .9``; empty where none does."""
    mean, std = statistics.arrays["mean"], statistics.arrays["std"]
    share = asked.vector[: len(CONTINUOUS)] ** 2 / max(float((asked.vector**2).sum()), 1e-12)
    told = []
    for number in np.argsort(-share)[: len(CONTINUOUS)]:
        value = track.table_features.get(CONTINUOUS[number])
        if value is None or share[number] < _SHOWN_PART:
            continue
        if (value - mean[number]) / std[number] * np.sign(asked.vector[number]) > 0:
            told.append(_told(CONTINUOUS[number], value))
    return ", ".join(told[:SHOWN])


def _told(name: str, value: float) -> str:
    if name == "tempo":
        return f"{value:.0f} bpm"
    return f"{name} {value:.0f} dB" if name == "loudness" else f"{name} {value:.1f}"


def text_of(genres: Sequence[str], subgenres: Sequence[str], playlists: Sequence[str]) -> str:
    """What the map reads of a song while it learns. Its title and artist are left out: they only overfit."""
    return ", ".join(dict.fromkeys(part for part in (*genres, *subgenres, *playlists) if part))
