"""What stands together in playlists: playlist-kNN with idf.

A set of songs is compared with every playlist: each shared song counts by how rare it is (idf), divided by the root of
the playlist's own weight, so that a list of everything is near to nothing. The nearest lists then vote for their songs,
common ones at a discount. What is known of artists alone helps where songs do not meet: lists that hold a song's artist
count a little, too. This is the item-weighted neighbourhood of Jannach, Kamehkhosh and Lerche (2017) and of Zamani et
al., "An analysis of approaches taken in the ACM RecSys Challenge 2018", arXiv:1810.01520, where it came 9th of 113.

All is arrays: (playlist, song) pairs by playlist and by song. To fit is to count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

NEAREST: Final = 300
"""Playlists that vote."""
LENGTH: Final = 0.5
"""Power of a playlist's own weight by which its likeness is divided."""
COMMON: Final = 0.3
"""Power of how many playlists a song stands in by which its votes are divided."""
BY_ARTIST: Final = 0.3
"""How much the likeness of two lists by their artists counts beside that by their songs."""
ARTISTS_VOTE: Final = 0.1
"""How much an artist's songs in the nearest lists count for the artist's other songs."""
_ARTISTS: Final = 100


@dataclass(frozen=True)
class Crowd:
    """Playlists as arrays. ``starts`` int64 (lists + 1) and ``songs`` int32 (pairs): the songs of list i are
    ``songs[starts[i]:starts[i + 1]]``, each once; ``artist`` int32 (songs): the number of each song's first artist;
    songs without one have numbers of their own."""

    starts: NDArray[np.int64]
    songs: Ints
    artist: Ints

    @property
    def lists(self) -> int:
        """How many playlists there are."""
        return len(self.starts) - 1

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """In how many playlists each song stands."""
        return np.bincount(self.songs, minlength=len(self.artist))

    @cached_property
    def idf(self) -> Floats:
        """How rare each song is."""
        return np.log((self.lists + 1) / (self.count + 1)) + 1e-3

    @cached_property
    def _length(self) -> Floats:
        sums = np.concatenate([[0.0], np.cumsum(self.idf[self.songs])])
        return np.asarray(np.maximum(sums[self.starts[1:]] - sums[self.starts[:-1]], 1e-9) ** LENGTH)

    @cached_property
    def _by_song(self) -> tuple[NDArray[np.int64], Ints]:
        """Where the lists of each song begin, and the lists."""
        from scipy.sparse import csr_matrix

        shape = (self.lists, len(self.artist))
        turned = csr_matrix((np.ones(len(self.songs), np.int8), self.songs, self.starts), shape=shape).tocsc()
        return turned.indptr.astype(np.int64), turned.indices.astype(np.int32, copy=False)

    @cached_property
    def _rare(self) -> NDArray[np.float32]:
        """What a song's votes are multiplied with."""
        return (np.maximum(self.count, 1) ** -COMMON).astype(np.float32)

    @cached_property
    def _artists_rare(self) -> NDArray[np.float32]:
        counts = np.bincount(self.artist, weights=self.count, minlength=int(self.artist.max(initial=-1)) + 1)
        return (np.maximum(counts, 1) ** -COMMON).astype(np.float32)

    @cached_property
    def _by_artist(self) -> tuple[NDArray[np.int64], Ints]:
        order = np.argsort(self.artist, kind="stable").astype(np.int32)
        counts = np.bincount(self.artist, minlength=int(self.artist.max(initial=-1)) + 1)
        return np.concatenate([[0], np.cumsum(counts)]), order

    def fit(self) -> None:
        """Count all that answers need, now instead of at the first question."""
        _ = self._length, self._by_song, self._by_artist, self._rare, self._artists_rare

    def lists_of(self, song: int) -> Ints:
        """The playlists that hold a song."""
        starts, rows = self._by_song
        return rows[starts[song] : starts[song + 1]]

    def by_artist(self, artist: int) -> Ints:
        """The songs of an artist."""
        starts, order = self._by_artist
        return order[starts[artist] : starts[artist + 1]]

    def songs_of(self, playlist: int) -> Ints:
        """The songs of a playlist."""
        return self.songs[self.starts[playlist] : self.starts[playlist + 1]]

    def near(self, seeds: Mapping[int, float]) -> Floats:
        """How near each playlist is to weighted songs, float64 (lists,), the nearest 1; zeros if none is."""
        by_song = np.zeros(self.lists)
        for song, weight in seeds.items():
            if weight > 0:
                by_song[self.lists_of(song)] += weight * self.idf[song]
        by_song /= self._length
        by_artist = self._near_by_artist(seeds)
        return _scaled(_scaled(by_song) + BY_ARTIST * _scaled(by_artist))

    def _near_by_artist(self, seeds: Mapping[int, float]) -> Floats:
        found = np.zeros(self.lists)
        weights: dict[int, float] = {}
        for song, weight in seeds.items():
            artist = int(self.artist[song])
            if weight > 0:
                weights[artist] = max(weight, weights.get(artist, 0.0))
        for artist in sorted(weights, key=lambda each: -weights[each])[:_ARTISTS]:
            parts = [self.lists_of(song) for song in self.by_artist(artist)]
            rows = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int32)
            found[rows] += weights[artist] * np.log((self.lists + 1) / (len(rows) + 1))
        return found / self._length

    def votes(self, near: Floats, nearest: int = NEAREST) -> NDArray[np.float32]:
        """What lists of this nearness (float64 (lists,)) say of every song, float32 (songs,), the best 1."""
        chosen = np.argpartition(-near, nearest)[:nearest] if nearest < len(near) else np.arange(len(near))
        chosen = chosen[near[chosen] > 0]
        if not len(chosen) or not len(self.artist):
            return np.zeros(len(self.artist), np.float32)
        sizes = self.starts[chosen + 1] - self.starts[chosen]
        members = np.concatenate([self.songs_of(int(row)) for row in chosen])
        weight = np.repeat(near[chosen], sizes)
        found = np.bincount(members, weights=weight, minlength=len(self.artist)).astype(np.float32)
        found *= self._rare
        found *= 1 / max(float(found.max()), 1e-9)
        artists = np.bincount(self.artist[members], weights=weight, minlength=len(self._artists_rare))
        told = (ARTISTS_VOTE * _scaled(np.asarray(artists * self._artists_rare, np.float64))).astype(np.float32)
        found += told[self.artist]
        return found / max(float(found.max()), 1e-9)

    def together(self, song: int, seeds: Sequence[int]) -> tuple[int, int]:
        """In how many playlists a song stands with the seed that it stands with most often, and which that is (-1: none)."""
        mine = self.lists_of(song)
        best, most = -1, 0
        for seed in seeds:
            common = np.intersect1d(mine, self.lists_of(seed), assume_unique=True)
            if len(common) > most:
                best, most = seed, len(common)
        return most, best

    def without(self, playlists: Sequence[int]) -> Crowd:
        """The crowd as if these playlists were not there: for evaluations."""
        keep = np.ones(self.lists, bool)
        keep[list(playlists)] = False
        sizes = np.diff(self.starts)
        songs = self.songs[np.repeat(keep, sizes)]
        starts = np.concatenate([[0], np.cumsum(sizes[keep])]).astype(np.int64)
        return Crowd(starts, songs, self.artist)


def of_lists(lists: Sequence[Sequence[int]], artist: Sequence[int]) -> Crowd:
    """A crowd of lists of song numbers; a song that stands twice in one counts once."""
    once = [np.unique(np.asarray(songs, np.int32)) for songs in lists]
    starts = np.concatenate([[0], np.cumsum([len(songs) for songs in once])]).astype(np.int64)
    songs = np.concatenate(once) if once else np.zeros(0, np.int32)
    return Crowd(starts, songs.astype(np.int32), np.asarray(artist, np.int32))


def _scaled(values: Floats) -> Floats:
    top = float(values.max(initial=0.0))
    return values / top if top > 0 else values
