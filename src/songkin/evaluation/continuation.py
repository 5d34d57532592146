"""Numbers of playlist continuation, as the ACM RecSys Challenge 2018 defines them (Chen et al., RecSys 2018, page 528).

R-precision: of the first |G| songs the share that was hidden, and a quarter for each artist that is right where the song
is not. Clicks: how often ten more songs are asked for until one is right; 51 if none of 500 is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

PAGE: Final = 10
DEPTH: Final = 500
NEVER: Final = 51.0
_ARTIST: Final = 0.25


def r_precision(ranked: Sequence[str], truth: frozenset[str], artist: Mapping[str, int]) -> float:
    """With partial credit for artists."""
    first = ranked[: len(truth)]
    right = [song for song in first if song in truth]
    named = {artist[song] for song in truth}
    met = {artist[song] for song in right}
    almost = {artist[song] for song in first if song not in truth} - met
    return (len(right) + _ARTIST * len(almost & named)) / len(truth)


def clicks(ranked: Sequence[str], truth: frozenset[str]) -> float:
    """Pages before the first right song."""
    place = next((place for place, song in enumerate(ranked[:DEPTH]) if song in truth), None)
    return NEVER if place is None else float(place // PAGE)


def likeness(ranked: Sequence[str], artist: Mapping[str, int], depth: int = PAGE) -> float:
    """Share of the pairs of a page that are by one artist: what diversity within a list leaves out."""
    page = [artist[song] for song in ranked[:depth]]
    pairs = len(page) * (len(page) - 1) / 2
    same = sum(a == b for n, a in enumerate(page) for b in page[n + 1 :])
    return same / pairs if pairs else 0.0
