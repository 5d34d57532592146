"""By which numbers songs are grouped, and the one place where they are put on one scale.

A group is found in one space of ``songkin.spaces``. Spaces that are compared by cosine give rows of norm 1, of which the
squared Euclidean distance is twice (1 - cosine); ``table`` gives its z-scored features. Then every number is centred, and
all are divided by one spread, so that distances are in units of it: how much a number says, the space has settled before.

A ``Scale`` holds all that this takes, the space's statistics with it. It is kept with the centres that were fitted on it,
so that songs that came later, playlists, and songs after the library was fitted anew are put on the very same scale: there
is no other way from a song to a row.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin import spaces
from songkin.errors import NotFound, QueryError, StoreError
from songkin.indexing.refresh import raw_matrix, statistics_of
from songkin.spaces import Matrix, Statistics
from songkin.store import own_spaces
from songkin.store.catalog import Catalog

ORDER: Final = ("tags", "timbre", "descriptors", "table")
"""Which space is taken where several are known of as many songs: tags are what people have names for."""
SAMPLE: Final = 20_000
"""Songs on which a scale is fitted, and on which groups are: more change neither."""
_BLOCK: Final = 1_000
_OUTLYING: Final = 6.0
"""Spreads beyond which a number counts no more: one wild song is no group."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How raw vectors of ``space``, made by ``encoder``, become rows. ``middle`` float32 (d,)."""

    space: str
    encoder: str
    statistics: Statistics | None
    middle: Matrix
    spread: float

    def rows(self, raw: Matrix) -> Matrix:
        """Rows of raw vectors, float32 (n, d)."""
        standard = (_in_space(self.space, raw, self.statistics) - self.middle) / np.float32(self.spread)
        return np.clip(standard, -_OUTLYING, _OUTLYING, out=standard)

    def pack(self, centres: Matrix) -> bytes:
        """With the centres that were fitted on it, as bytes (npz without pickle)."""
        arrays = {f"of_{name}": array for name, array in (self.statistics.arrays if self.statistics else {}).items()}
        n = np.array(self.statistics.n if self.statistics else 0)
        buffer = io.BytesIO()
        names = np.array([self.space, self.encoder])
        np.savez(buffer, n=n, names=names, middle=self.middle, spread=np.array(self.spread), centres=centres, **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()


def unpack(data: bytes) -> tuple[Scale, Matrix]:
    """A scale and its centres, of bytes. Raises ``StoreError`` if they are damaged."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        space, encoder = (str(name) for name in arrays["names"])
        kept = {name.removeprefix("of_"): array for name, array in arrays.items() if name.startswith("of_")}
        statistics = Statistics(int(arrays["n"]), kept) if kept else None
        return Scale(space, encoder, statistics, arrays["middle"], float(arrays["spread"])), arrays["centres"]
    except Exception as error:  # numpy, zipfile and zlib raise a dozen kinds over damaged bytes
        raise StoreError(
            "Saved clusters are damaged.", remedy="Save them anew with `songkin clusters --save`."
        ) from error


def fitted(space: str, encoder: str, raw: Matrix, statistics: Statistics | None) -> Scale:
    """The scale of a space, fitted on raw vectors float32 (n, d)."""
    rows = _in_space(space, raw, statistics)
    middle = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = float(np.sqrt(((rows - middle) ** 2).mean(dtype=np.float64)))
    return Scale(space, encoder, statistics, middle, spread if spread > 1e-6 else 1.0)


def _in_space(space: str, raw: Matrix, statistics: Statistics | None) -> Matrix:
    rows = spaces.transform(space, raw, statistics)
    if space == "table":
        return rows
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


# Of a library --------------------------------------------------------------------------------------------------------


def coverage(catalog: Catalog) -> dict[str, tuple[int, str]]:
    """Of how many songs each space is known, and by which encoder, best known first; among equals in ``ORDER``."""
    counted: dict[str, tuple[int, str]] = {}
    for output, encoder, n in catalog.vectors.counts():
        if n > counted.get(output, (0, ""))[0]:
            counted[output] = (n, encoder)
    own = tuple(space.name for space in own_spaces.of(catalog.db))
    found = {}
    for space in (*ORDER, *own, "text"):
        outputs = spaces.outputs(space)
        if all(output in counted for output in outputs):
            found[space] = counted[outputs[-1]]  # the last one: the newest encoders alone have all
    return dict(sorted(found.items(), key=lambda item: (item[0] == "text", -item[1][0])))


def space_of(catalog: Catalog, by: str = "") -> tuple[str, str]:
    """The space to group by, and the encoder that made its numbers: ``by``, else the one that most songs have. What is
    read of names is taken only where less than half as many songs have anything else.

    Raises ``QueryError`` for a space that there is none of, ``NotFound`` where no song has numbers.
    """
    known = coverage(catalog)
    if by:
        if by not in known:
            there = f"There are {', '.join(known)}." if known else "`songkin index` and `songkin import` bring some."
            raise QueryError(f"No song has numbers in the space {by!r}.", remedy=there)
        return by, known[by][1]
    if not known:
        raise NotFound(
            "No song has numbers by which it could be grouped.",
            remedy="`songkin index` hears songs, `songkin import` brings tables of their features.",
        )
    first = next(iter(known))
    if known.get("text", (0, ""))[0] > 2 * known[first][0]:
        first = "text"
    return first, known[first][1]


def scale_of(catalog: Catalog, space: str, encoder: str, seed: int = 0) -> Scale:
    """The scale of a space of this library. Raises ``NotFound`` where no song has finite numbers in it."""
    ids = sample_of(having(catalog, space, encoder), SAMPLE, seed)
    blocks = [raw for _, raw in _raw(catalog, space, ids)]
    if not blocks:
        raise NotFound(
            f"No song has numbers in the space {space!r} that could be compared.",
            remedy="Name another space with --by, or `songkin index` the songs.",
        )
    raw = np.concatenate(blocks)
    known = statistics_of(catalog, space)
    if spaces.needs_statistics(space) and (
        known is None or not all(np.isfinite(a).all() for a in known.arrays.values())
    ):
        known = spaces.fit(space, raw)
    return fitted(space, encoder, raw, known if spaces.needs_statistics(space) else None)


def having(catalog: Catalog, space: str, encoder: str) -> list[str]:
    """Ids of the songs of which this encoder gave numbers for a space, sorted. Those heard by another one are to be heard
    again before they can be compared."""
    return catalog.vectors.having(spaces.outputs(space)[-1], encoder)


def sample_of(ids: Sequence[str], most: int, seed: int) -> list[str]:
    """At most ``most`` of the ids, by chance, in their order."""
    if len(ids) <= most:
        return list(ids)
    chosen = np.sort(np.random.default_rng(seed).choice(len(ids), most, replace=False))
    return [ids[number] for number in chosen]


def rows_of(catalog: Catalog, scale: Scale, ids: Sequence[str]) -> Iterator[tuple[list[str], Matrix]]:
    """Those of these songs that have numbers, and their rows, by blocks."""
    for there, raw in _raw(catalog, scale.space, ids):
        yield there, scale.rows(raw)


def all_rows(catalog: Catalog, scale: Scale, ids: Sequence[str]) -> tuple[list[str], Matrix]:
    """The same in one piece; no rows (0, d) where none of them has numbers."""
    blocks = list(rows_of(catalog, scale, ids))
    there = [i for block, _ in blocks for i in block]
    none = np.zeros((0, len(scale.middle)), np.float32)
    return there, np.concatenate([none, *(rows for _, rows in blocks)])


def _raw(catalog: Catalog, space: str, ids: Sequence[str]) -> Iterator[tuple[list[str], Matrix]]:
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        there, raw = raw_matrix(catalog.vectors.of(block, spaces.outputs(space)), block, space)
        good = np.isfinite(raw).all(axis=1).ravel()
        if good.any():
            yield [i for i, fine in zip(there, good, strict=True) if fine], raw[good]
