"""Words to try a library with: what is heard in it most clearly, and its genres."""

from __future__ import annotations

from collections import Counter
from typing import Final

from songkin.library import Library
from songkin.search.shown import heard

_LOOKED_AT: Final = 60
"""Songs whose tags are looked at, spread over the library."""
_CLEAR: Final = 0.35
_DULL: Final = frozenset({"no vocal", "no vocals", "no voice", "no singer", "instrumental", "vocal", "vocals", "voice"})
_WORDS: Final = 8
_BEFORE: Final = ("quiet", "dreamy", "fast", "warm", "dark", "joyful")


def tries(music: Library) -> list[str]:
    """Some questions that this library has an answer to."""
    catalog = music.catalog
    ids = catalog.in_order()
    found = catalog.tracks(ids[:: max(1, len(ids) // _LOOKED_AT)])
    clear: Counter[str] = Counter()
    genres: Counter[str] = Counter()
    for track in found.values():
        genres.update(name.casefold() for name in track.genres)
        clear.update(tag for tag, p in heard(catalog, track).items() if p >= _CLEAR and tag not in _DULL)
    tags = [tag for tag, _ in clear.most_common(_WORDS) if tag not in genres]
    phrases = [f"{adjective} {tag}" for adjective, tag in zip(_BEFORE, tags, strict=False)]
    return [*phrases[:5], *(name for name, _ in genres.most_common(_WORDS - min(5, len(phrases))))]
