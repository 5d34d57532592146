"""``songkin train features``: which audio features words promise, learned from the library's songs that have both.

Frozen MiniLM reads what a song is filed under (genres, subgenres, playlists), and a ridge maps that to the features that
a table gave. Titles and artists are left out: with artists the error on hidden rows was .71, without .64. Where songs stand
in playlists, whole playlists are hidden to choose the ridge and to see which feature can be predicted at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin.encoders.base import TextEncoder
from songkin.errors import NotFound
from songkin.models import Track
from songkin.progress import Progress, Quiet
from songkin.records import CONTINUOUS
from songkin.search.bridge import tag_names
from songkin.search.described import Described, text_of
from songkin.spaces import TABLE_DIM, Matrix, table_row
from songkin.store.catalog import Catalog
from songkin.training.ridge import fitted

LEAST: Final = 50
"""Songs without which nothing is learned."""
MOST: Final = 20_000
"""Songs that are learned from; more change nothing and take minutes to read."""
FEW_GROUPS: Final = 10
"""Playlists from which on whole playlists are hidden."""
_NAMES: Final = 8
"""Playlists of a song that are read."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A song to learn from: what it is filed under, the numbers of ``table``, the names of its playlists, and the group
    that it is hidden with: its first playlist, or the songs of its text."""

    song: str
    text: str
    numbers: Matrix
    playlists: tuple[str, ...]
    group: str


def learn(catalog: Catalog, encoder: TextEncoder, told: Progress | None = None, *, seed: int = 0) -> Described:
    """The map of a library. Raises ``NotFound`` where too few songs have features and text, ``WeightsMissing``."""
    found = lessons(catalog)
    if len(found) < LEAST:
        raise NotFound(
            f"Only {len(found)} songs have audio features of a table and a genre or a playlist; it takes {LEAST}.",
            remedy="Import a table with features, such as one that Exportify writes, and playlists.",
        )
    if len(found) > MOST:
        drawn = np.random.default_rng(seed).choice(len(found), MOST, replace=False)
        found = [found[i] for i in sorted(drawn)]
    middle = tag_names(encoder, catalog).mean(axis=0)
    return learned(encoder, found, middle, catalog.count(), told or Quiet(), seed=seed)


def lessons(catalog: Catalog) -> list[Lesson]:
    """The songs of a library that can be learned from, by id."""
    return lessons_of(catalog.all_tracks(), listed_in(catalog))


def listed_in(catalog: Catalog) -> dict[str, list[str]]:
    """The names of the playlists of each song of a library."""
    listed: dict[str, list[str]] = {}
    names = {playlist.id: playlist.name for playlist in catalog.playlists.all()}
    for playlist, song in catalog.playlists.contents():
        listed.setdefault(song, []).append(names.get(playlist, ""))
    return listed


def lessons_of(tracks: Sequence[Track], listed: Mapping[str, Sequence[str]]) -> list[Lesson]:
    """Of these songs those that have all nine continuous features and something they are filed under, by id. ``listed``
    are the names of each song's playlists."""
    whole = [track for track in tracks if all(name in track.table_features for name in CONTINUOUS)]
    groups: dict[tuple[str, ...], str] = {}
    made = [
        _lesson(track, listed.get(track.id, ()), groups)
        for track in sorted(whole, key=lambda track: (track.id not in listed, track.id))
    ]
    return sorted((lesson for lesson in made if lesson is not None), key=lambda lesson: lesson.song)


def _lesson(track: Track, playlists: Sequence[str], groups: dict[tuple[str, ...], str]) -> Lesson | None:
    """One without a playlist is hidden with those that are filed alike."""
    row = table_row(track.table_features)
    filed = (*track.genres, *track.subgenres)
    text = text_of(track.genres, track.subgenres, playlists[:_NAMES])
    if row is None or not text:
        return None
    group = playlists[0] if playlists else groups.get(filed, text)
    groups.setdefault(filed, group)
    return Lesson(track.id, text, row, tuple(playlists), group)


def learned(
    encoder: TextEncoder, found: Sequence[Lesson], middle: Matrix, library: int, told: Progress, *, seed: int = 0
) -> Described:
    """The map from these lessons, for questions about ``middle``. Raises ``WeightsMissing``."""
    texts = read(encoder, [lesson.text for lesson in found], told)
    rows = np.stack([lesson.numbers for lesson in found]).astype(np.float64)
    values, known = rows[:, :TABLE_DIM], rows[:, TABLE_DIM:]
    mean = (values * known).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    std = np.sqrt((known * (values - mean) ** 2).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    std[std < 1e-6] = 1.0
    groups = [lesson.group for lesson in found]
    by_group = len(set(groups)) >= FEW_GROUPS
    fit = fitted(texts, known * (values - mean) / std, groups if by_group else None, seed=seed)
    arrays = (middle, fit.map, fit.explained, mean, std)
    return Described(
        encoder.spec.fingerprint,
        len(found),
        library,
        len(set(groups)) if by_group else 0,
        fit.ridge,
        *(np.asarray(each, np.float32) for each in arrays),
    )


def read(encoder: TextEncoder, texts: Sequence[str], told: Progress) -> Matrix:
    """Vectors of texts, each text read once."""
    different = list(dict.fromkeys(texts))
    place = {text: number for number, text in enumerate(different)}
    told.stage("Reading texts", len(different))
    parts = []
    for start in range(0, len(different), 256):
        parts.append(encoder.encode(different[start : start + 256]))
        told.step(min(len(different), start + 256))
    return np.concatenate(parts)[[place[text] for text in texts]]
