"""Likely duplicates: the same recording in two files. They are linked and shown, never merged.

Evidence is one of: the same audio packets (only tags differ), or an acoustic fingerprint whose bits agree along the
whole of two songs of like length. Nearness of embeddings only proposes candidates; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from songkin.encoders.fingerprint import SAME_RECORDING, bit_error_rate
from songkin.indexing.hubs import rows_of
from songkin.store.catalog import Catalog
from songkin.store.rows import Array
from songkin.store.vectors import Ask, Condition, VectorStore

CANDIDATES: Final = 8
FEW: Final = 2_000
_BLOCK: Final = 500
SECONDS: Final = 3.0
_SPACE: Final = "descriptors"


def refresh(catalog: Catalog, store: VectorStore, changed: Sequence[str]) -> None:
    """Look for duplicates of the ``changed`` songs and replace their links.

    A few songs are asked of the search index, which looks at every point for each; very many are compared here, block
    by block, with those of like length: the index would take time that grows with the square of the library.
    """
    catalog.unlink(changed)
    proposed = _all_near(catalog, store, changed) if len(changed) > FEW else None
    pairs = {}
    for start in range(0, len(changed), _BLOCK):
        block = list(changed[start : start + _BLOCK])
        near = _asked(catalog, store, block) if proposed is None else {i: proposed.get(i, ()) for i in block}
        for a, b, evidence in [*_by_fingerprint(catalog, near), *_by_packets(catalog, block)]:
            pairs[tuple(sorted((a, b)))] = (a, b, evidence)
    catalog.link(pairs.values())


def _by_packets(catalog: Catalog, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    told = {True: "the same file twice", False: "the same audio, only the tags differ"}
    return [(a, b, told[same_bytes]) for a, b, same_bytes in catalog.same_packets(ids)]


def _by_fingerprint(catalog: Catalog, near: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    """Those of the proposed pairs whose fingerprints agree."""
    prints = _prints(catalog, {*near, *(other for others in near.values() for other in others)})
    pairs = []
    for i, others in near.items():
        for other in others:
            if i in prints and other in prints:
                rate, _ = bit_error_rate(prints[i], prints[other], max_shift=32)
                if rate <= SAME_RECORDING:
                    pairs.append((i, other, f"fingerprints agree in {1 - rate:.0%} of their bits"))
    return pairs


def _asked(catalog: Catalog, store: VectorStore, ids: Sequence[str]) -> dict[str, list[str]]:
    """The songs of like length that sound nearest to each, as the search index has them."""
    tracks = catalog.tracks(ids)
    points = store.get(ids, [_SPACE])
    asked = [i for i in ids if i in points and _SPACE in points[i].dense and tracks[i].duration]
    asks = [
        Ask(
            _SPACE,
            points[i].dense[_SPACE],
            CANDIDATES,
            (
                Condition("ids", values=(i,), negate=True),
                Condition(
                    "range",
                    "duration",
                    low=(tracks[i].duration or 0) - SECONDS,
                    high=(tracks[i].duration or 0) + SECONDS,
                ),
            ),
        )
        for i in asked
    ]
    found = store.ask(asks) if asks else []
    return {i: [match.id for match in matches] for i, matches in zip(asked, found, strict=True)}


def _all_near(catalog: Catalog, store: VectorStore, ids: Sequence[str]) -> dict[str, list[str]]:
    """The same of very many songs: all songs stand in the order of their lengths, and each block of them is compared
    with those within reach."""
    durations = catalog.durations()
    lasting = sorted((seconds, i) for i, seconds in durations.items())
    having, rows = rows_of(store, [i for _, i in lasting], _SPACE)
    lengths = np.array([durations[i] for i in having])
    chosen = set(ids)
    wanted = np.array([place for place, i in enumerate(having) if i in chosen], int)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    near: dict[str, list[str]] = {}
    for start in range(0, len(wanted), _BLOCK):
        block = wanted[start : start + _BLOCK]
        first = int(np.searchsorted(lengths, lengths[block[0]] - SECONDS))
        last = int(np.searchsorted(lengths, lengths[block[-1]] + SECONDS, side="right"))
        likeness = rows[block] @ rows[first:last].T
        likeness[np.abs(lengths[block][:, None] - lengths[first:last]) > SECONDS] = -np.inf
        likeness[np.arange(len(block)), block - first] = -np.inf
        kept = min(CANDIDATES, last - first)
        best = np.argpartition(-likeness, kept - 1, axis=1)[:, :kept]
        for place, columns, scores in zip(block, best, likeness, strict=True):
            near[having[place]] = [having[first + c] for c in columns if np.isfinite(scores[c])]
    return near


def _prints(catalog: Catalog, ids: set[str]) -> Mapping[str, Array]:
    found = catalog.vectors.of(sorted(ids), ("fingerprint",))
    return {i: outputs["fingerprint"] for i, outputs in found.items() if len(outputs["fingerprint"])}
