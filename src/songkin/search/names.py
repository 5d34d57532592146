"""Names in a query: typed exactly, or nearly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz, process

from songkin.encoders.musicnn import TAGS
from songkin.models import Track
from songkin.store.catalog import Catalog
from songkin.text import fold

NEARLY: Final = 80.0
NEARLY_PART: Final = 85.0
SHORTEST: Final = 4
SHORTEST_PART: Final = 5
LONGEST: Final = 40
"""Words of a query that may be an artist and a title."""

_TAG_WORDS: Final = frozenset(word for tag in TAGS for word in fold(tag).split() if len(word) >= SHORTEST)
"""Words of the tags that the ear knows: whoever types one means a sound."""


@dataclass(frozen=True, slots=True)
class Named:
    """Songs that the query names. ``exact``: as typed; else ``meant`` is the name that was probably meant."""

    tracks: tuple[Track, ...]
    exact: bool
    meant: str = ""
    kind: str = ""


def named(catalog: Catalog, text: str) -> Named | None:
    """Songs whose title, artist, album or ``artist title`` is the query, exactly or nearly; None if it names nothing."""
    folded = fold(text)
    if not folded:
        return None
    for kind, tracks in (
        ("title", catalog.named(title=text)),
        ("artist", catalog.named(artist=text)),
        ("album", catalog.on_album(text)),
    ):
        if tracks:
            return Named(tuple(tracks), exact=True, meant=text, kind=kind)
    return _nearly(catalog, folded)


def _nearly(catalog: Catalog, folded: str) -> Named | None:
    if len(folded) < SHORTEST:
        return None
    words = folded.split()[:LONGEST]
    pairs = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))]
    if both := catalog.named_any(pairs):
        return Named(tuple(both), exact=True, meant=folded, kind="artist and title")
    near_artist = _nearest(folded, catalog.artists())
    near_title = _nearest(folded, catalog.titles())
    if near_artist and (not near_title or near_artist[1] >= near_title[1]):
        return Named(tuple(catalog.named(artist=near_artist[0])), exact=False, meant=near_artist[0], kind="artist")
    if near_title:
        return Named(tuple(catalog.named(title=near_title[0])), exact=False, meant=near_title[0], kind="title")
    return _by_part_of_name(catalog, folded)


def _by_part_of_name(catalog: Catalog, folded: str) -> Named | None:
    """Songs of the artists one of whose names is the query, a surname say, exactly or nearly."""
    if (
        len(folded) < SHORTEST_PART
        or " " in folded
        or any(fuzz.ratio(folded, tag) >= NEARLY_PART for tag in _TAG_WORDS)
    ):
        return None
    holders = _holders(catalog.artists())
    meant = folded
    if folded not in holders:
        near = process.extractOne(folded, list(holders), scorer=fuzz.ratio, score_cutoff=NEARLY_PART)
        if near is None:
            return None
        meant = near[0]
    tracks = [track for artist in holders[meant] for track in catalog.named(artist=artist)]
    return Named(tuple({track.id: track for track in tracks}.values()), meant == folded, meant, kind="artist's name")


@lru_cache(maxsize=1)
def _holders(artists: tuple[str, ...]) -> dict[str, list[str]]:
    """Artists by each word of their names."""
    holders: dict[str, list[str]] = {}
    for artist in artists:
        for part in artist.split():
            holders.setdefault(part, []).append(artist)
    return holders


def _nearest(folded: str, names: tuple[str, ...]) -> tuple[str, float] | None:
    """The name most like the query; a leading article in the name does not count against it."""
    found = process.extractOne(folded.removeprefix("the "), _bare(names), scorer=fuzz.ratio, score_cutoff=NEARLY)
    return (names[found[2]], found[1]) if found else None


@lru_cache(maxsize=2)
def _bare(names: tuple[str, ...]) -> list[str]:
    """Names without a leading article; kept for artists and titles, since every question needs them."""
    return [name.removeprefix("the ") for name in names]
