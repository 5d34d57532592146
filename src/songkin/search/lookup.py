"""Songs while their names are being typed: by the beginning of a title or an artist, by words inside, or misspelt.

What fits best comes first: titles that are the text, titles that begin so, ``artist title`` begun, songs of artists that
begin so, titles with these words inside, and only where all of that is little, names that are nearly the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from rapidfuzz import fuzz, process

from songkin.models import Track
from songkin.store.catalog import Catalog
from songkin.text import fold

ENOUGH: Final = 20
NEARLY: Final = 72.0
_NAMES: Final = 60
"""Names of one kind that are looked at."""


def lookup(catalog: Catalog, text: str, limit: int = ENOUGH) -> list[Track]:
    """At most ``limit`` songs whose names begin with, hold or resemble ``text``, the likeliest first."""
    wanted = fold(text)
    if not wanted:
        return []
    found: dict[str, Track] = {}
    for tracks in _steps(catalog, wanted, limit):
        for track in tracks:
            found.setdefault(track.id, track)
        if len(found) >= limit:
            break
    if len(found) < min(limit, 3):
        for track in _nearly(catalog, wanted, limit):
            found.setdefault(track.id, track)
    return list(found.values())[:limit]


def _steps(catalog: Catalog, wanted: str, limit: int) -> Iterator[Sequence[Track]]:
    titles, artists = catalog.titles(), catalog.artists()
    yield catalog.with_titles([wanted], limit)
    yield catalog.with_titles(_beginning(titles, wanted), limit)
    words = wanted.split()
    for cut in range(1, len(words)):
        for artist in _beginning(artists, " ".join(words[:cut]))[:5]:
            yield catalog.begun(artist, " ".join(words[cut:]), limit)
    for artist in _beginning(artists, wanted)[:5]:
        yield catalog.begun(artist, "", limit)
    inside = f" {wanted}"
    yield catalog.with_titles(list(islice((title for title in titles if inside in title), _NAMES)), limit)


def _nearly(catalog: Catalog, wanted: str, limit: int) -> list[Track]:
    near = process.extract(wanted, catalog.titles(), scorer=fuzz.ratio, limit=_NAMES, score_cutoff=NEARLY)
    artists = process.extract(wanted, catalog.artists(), scorer=fuzz.ratio, limit=3, score_cutoff=NEARLY)
    best = max((score for _, score, _ in near), default=0.0)
    tracks = catalog.with_titles([name for name, score, _ in near if score >= best - 10], limit)
    of_artists = [(score, catalog.begun(name, "", limit)) for name, score, _ in artists]
    first = [track for score, found in of_artists if score > best for track in found]
    return [*first, *tracks, *(track for score, found in of_artists if score <= best for track in found)]


def _beginning(names: Sequence[str], start: str) -> list[str]:
    """Sorted names that begin with ``start``, the shortest first."""
    first = bisect_left(names, start)
    found = []
    for name in islice(names, first, first + 20 * _NAMES):
        if not name.startswith(start):
            break
        found.append(name)
    return sorted(found, key=len)[:_NAMES]


def holding(wanted: str, names: Sequence[tuple[str, str]], limit: int) -> list[str]:
    """Of (folded name, what it stands for) pairs at most ``limit``: those that begin with the folded text, then those in
    which a word does; short ones first."""
    begun = sorted((name for name in names if name[0].startswith(wanted)), key=lambda name: (len(name[0]), name))
    inside = [name for name in names if f" {wanted}" in name[0] and not name[0].startswith(wanted)]
    return [what for _, what in (*begun, *sorted(inside, key=lambda name: (len(name[0]), name)))][:limit]
