"""Which songs features are judged on: those of tables as their sources tell them, or those of a library.

A playlist of which two tables hold parts is one playlist here, known by its name, so that it is hidden as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders.base import TextEncoder
from songkin.errors import NotFound, SourceError
from songkin.models import Track
from songkin.progress import Progress
from songkin.records import FEATURES, Listing, Song
from songkin.sources.given import Given, Options, expand
from songkin.sources.kinds import recognise
from songkin.store.catalog import Catalog
from songkin.training.features import lessons_of, listed_in, read
from songkin.training.ridge import Numbers

LEAST: Final = 100
"""Songs that are needed."""


@dataclass(frozen=True, slots=True)
class Material:
    """Songs as they are judged: the vectors of their texts, the twelve features, what each is hidden with, the names of
    its playlists."""

    texts: NDArray[np.float32]
    features: Numbers
    groups: tuple[str, ...]
    playlists: tuple[frozenset[str], ...]


def of_tables(paths: Sequence[str], encoder: TextEncoder, told: Progress) -> Material:
    """The songs of tables. Raises ``SourceError``, ``NotFound`` where they are too few, ``WeightsMissing``."""
    songs: dict[str, Track] = {}
    listed: dict[str, list[str]] = {}
    for given in expand(paths):
        if isinstance(given, SourceError):
            raise given
        try:
            _take(given, songs, listed)
        except SourceError as error:
            if not given.root:
                raise
            told.note(f"Passed over: {error.message}")
    return _material(list(songs.values()), listed, encoder, told)


def _take(given: Given, songs: dict[str, Track], listed: dict[str, list[str]]) -> None:
    """The songs and playlists of one file."""
    source = recognise(given)
    for record in source.read(given, Options()) if source else ():
        if isinstance(record, Song) and record.key:
            made = Track(
                record.key,
                record.title,
                genres=record.genres,
                subgenres=record.subgenres,
                table_features=record.features,
            )
            had = songs.get(record.key)
            songs[record.key] = _joined(had, made) if had else made
        elif isinstance(record, Listing):
            for entry in record.entries:
                listed.setdefault(entry.song.key, []).append(record.name)


def _joined(one: Track, other: Track) -> Track:
    """One song of two tables: the features of the first that has them, the genres of both."""
    genres = tuple(dict.fromkeys((*one.genres, *other.genres)))
    subgenres = tuple(dict.fromkeys((*one.subgenres, *other.subgenres)))
    return replace(one, genres=genres, subgenres=subgenres, table_features=one.table_features or other.table_features)


def of_library(catalog: Catalog, encoder: TextEncoder, told: Progress) -> Material:
    """The songs of a library. Raises ``NotFound`` where they are too few, ``WeightsMissing``."""
    return _material(catalog.all_tracks(), listed_in(catalog), encoder, told)


def _material(
    tracks: Sequence[Track], listed: Mapping[str, Sequence[str]], encoder: TextEncoder, told: Progress
) -> Material:
    whole = {track.id: track for track in tracks if all(name in track.table_features for name in FEATURES)}
    found = lessons_of(list(whole.values()), listed)
    if len(found) < LEAST:
        raise NotFound(
            f"Only {len(found)} songs have the twelve audio features and a genre or a playlist; it takes {LEAST}.",
            remedy="Name tables of songs with features and genres: `songkin eval features FILE…`.",
        )
    features = np.array([[whole[each.song].table_features[name] for name in FEATURES] for each in found], np.float64)
    return Material(
        read(encoder, [each.text for each in found], told),
        features,
        tuple(each.group for each in found),
        tuple(frozenset(each.playlists) for each in found),
    )
