"""Likely duplicates: the same recording in two files. They are linked and shown, never merged.

Evidence is one of: the same audio packets (only tags differ), or an acoustic fingerprint whose bits agree along the
whole of two songs of like length. Nearness of embeddings only proposes candidates; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from songkin.encoders.fingerprint import SAME_RECORDING, bit_error_rate
from songkin.store.catalog import Catalog
from songkin.store.rows import Array
from songkin.store.vectors import Ask, Condition, VectorStore

CANDIDATES: Final = 8
SECONDS: Final = 3.0
_SPACE: Final = "descriptors"


def refresh(catalog: Catalog, store: VectorStore, changed: Sequence[str]) -> None:
    """Look for duplicates of the ``changed`` songs and replace their links."""
    catalog.unlink(changed)
    pairs = {}
    for start in range(0, len(changed), 500):
        block = list(changed[start : start + 500])
        for a, b, evidence in [*_by_fingerprint(catalog, store, block), *_by_packets(catalog, block)]:
            pairs[tuple(sorted((a, b)))] = (a, b, evidence)
    catalog.link(pairs.values())


def _by_packets(catalog: Catalog, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    told = {True: "the same file twice", False: "the same audio, only the tags differ"}
    return [(a, b, told[same_bytes]) for a, b, same_bytes in catalog.same_packets(ids)]


def _by_fingerprint(catalog: Catalog, store: VectorStore, ids: Sequence[str]) -> list[tuple[str, str, str]]:
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
    found = dict(zip(asked, store.ask(asks) if asks else [], strict=True))
    prints = _prints(catalog, set(asked) | {match.id for matches in found.values() for match in matches})
    pairs = []
    for i, matches in found.items():
        for match in matches:
            if i in prints and match.id in prints:
                rate, _ = bit_error_rate(prints[i], prints[match.id], max_shift=32)
                if rate <= SAME_RECORDING:
                    pairs.append((i, match.id, f"fingerprints agree in {1 - rate:.0%} of their bits"))
    return pairs


def _prints(catalog: Catalog, ids: set[str]) -> Mapping[str, Array]:
    found = catalog.vectors.of(sorted(ids), ("fingerprint",))
    return {i: outputs["fingerprint"] for i, outputs in found.items() if len(outputs["fingerprint"])}
