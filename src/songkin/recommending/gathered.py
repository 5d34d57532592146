"""The crowd of a library: its playlists as arrays, kept beside the catalog so that the next question need not count again.

The file is made from the catalog and can be made again: it appears by one rename, and one that is damaged, or of another
state of the playlists, is not used. Lists that songkin filled itself are no crowd.
"""

from __future__ import annotations

import os
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from songkin.recommending.crowd import Crowd
from songkin.recommending.factors import Scorer
from songkin.store.catalog import Catalog
from songkin.store.schema import entries, playlists, tracks

OWN: Final = ("cluster", "top", "recommend", "station")
"""Sources of playlists that songkin filled."""
MOST_SONGS: Final = 20_000
"""Songs of one list that are looked at: a list of everything says nothing."""
_FILE: Final = "crowd.npz"


@dataclass(frozen=True)
class Gathered:
    """A crowd, with the ids of its songs and of its playlists, the names of these, and what they say of themselves."""

    crowd: Crowd
    tracks: Sequence[str]
    lists: Sequence[str]
    names: Sequence[str]
    model: Scorer | None = None
    """What speaks for the crowd in place of playlist-kNN."""

    @cached_property
    def number(self) -> dict[str, int]:
        """Track id -> the crowd's number for it."""
        return {track: n for n, track in enumerate(self.tracks)}

    def votes(self, seeds: Mapping[int, float]) -> NDArray[np.float32]:
        """What the crowd says of every song, of weighted songs by number, float32 (songs,), the best 1; zeros where it
        knows none of them."""
        if self.model is None:
            return self.crowd.votes(self.crowd.near(seeds))
        known = {song: weight for song, weight in seeds.items() if weight > 0 and self.crowd.count[song]}
        if not known:
            return np.zeros(len(self.tracks), np.float32)
        found = np.maximum(self.model(known), 0.0)
        return np.asarray(found / max(float(found.max(initial=0.0)), 1e-9), np.float32)

    def without(self, gone: Sequence[int]) -> Gathered:
        """As if these playlists were not there, and with playlist-kNN: for evaluations."""
        dropped = set(gone)
        kept = [n for n in range(len(self.lists)) if n not in dropped]
        lists, names = ([of[n] for n in kept] for of in (self.lists, self.names))
        return Gathered(self.crowd.without(gone), self.tracks, lists, names)


def gathered(catalog: Catalog, folder: Path) -> Gathered:
    """The crowd of the library in ``folder``, from its file where that is of these very playlists."""
    stamp = _stamp(catalog)
    found = _read(folder / _FILE, stamp)
    if found is None:
        found = gather(catalog)
        with suppress(OSError):  # a full or read-only disk: then the next question counts again
            _write(folder / _FILE, stamp, found)
    return found


def gather(catalog: Catalog) -> Gathered:
    """The crowd as the catalog has it."""
    songs: Sequence[Any] = catalog.db.rows(sa.select(tracks.c.id, tracks.c.artist_fold).order_by(tracks.c.id))
    ids = [row[0] for row in songs]
    number = {track: n for n, track in enumerate(ids)}
    artist = _artists([row[1] for row in songs])
    told = sa.select(playlists.c.id, playlists.c.name, playlists.c.description)
    lists: Sequence[Any] = catalog.db.rows(told.where(playlists.c.source.not_in(OWN)).order_by(playlists.c.id))
    place = {row[0]: n for n, row in enumerate(lists)}
    pairs: Sequence[Any] = catalog.db.rows(
        sa.select(entries.c.playlist_id, entries.c.track_id).where(entries.c.track_id.is_not(None))
    )
    rows = np.fromiter((place.get(row[0], -1) for row in pairs), np.int64, len(pairs))
    columns = np.fromiter((number[row[1]] for row in pairs), np.int64, len(pairs))
    names = [f"{row[1]}. {row[2]}" if row[2] else row[1] for row in lists]
    return Gathered(_crowd(rows, columns, len(lists), artist), ids, [row[0] for row in lists], names)


def _crowd(rows: NDArray[np.int64], columns: NDArray[np.int64], lists: int, artist: list[int]) -> Crowd:
    kept = rows >= 0
    pairs = np.unique(rows[kept] * max(len(artist), 1) + columns[kept])  # each song once a list
    owner, songs = np.divmod(pairs, max(len(artist), 1))
    counts = np.bincount(owner, minlength=lists)
    small = counts <= MOST_SONGS
    counts, songs = np.where(small, counts, 0), songs[small[owner]] if len(owner) else songs
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Crowd(starts, songs.astype(np.int32), np.asarray(artist, np.int32))


def _artists(lines: Sequence[str]) -> list[int]:
    """A number for each first artist; a song without one has a number of its own."""
    known: dict[str, int] = {}
    return [known.setdefault(line.split("\n")[0] or f"\n{n}", len(known)) for n, line in enumerate(lines)]


def _stamp(catalog: Catalog) -> str:
    """What differs when playlists or songs do."""
    asked: tuple[tuple[sa.Table, Sequence[sa.ColumnElement[Any]]], ...] = (
        (playlists, (sa.func.count(), sa.func.max(playlists.c.updated_at))),
        (entries, (sa.func.count(), sa.func.count(entries.c.track_id))),
        (tracks, (sa.func.count(), sa.func.max(tracks.c.updated_at))),
    )
    rows = [tuple(catalog.db.rows(sa.select(*columns).select_from(table))[0]) for table, columns in asked]
    return repr((1, *rows))


def _read(path: Path, stamp: str) -> Gathered | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["stamp"]) != stamp:
                return None
            crowd = Crowd(file["starts"], file["songs"], file["artist"])
            ids, lists = (file[name].astype(str).tolist() for name in ("tracks", "lists"))
            names = bytes(file["names"]).decode().split("\0") if len(lists) else []
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if len(crowd.artist) != len(ids) or not crowd.lists == len(lists) == len(names):
        return None
    return Gathered(crowd, ids, lists, names)


def _write(path: Path, stamp: str, found: Gathered) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    names = "\0".join(name.replace("\0", " ") for name in found.names).encode("utf-8", "replace")
    try:
        with beside.open("xb") as file:
            np.savez(
                file,
                stamp=np.array(stamp),
                starts=found.crowd.starts,
                songs=found.crowd.songs,
                artist=found.crowd.artist,
                tracks=np.array(found.tracks, "S36"),
                lists=np.array(found.lists, "S36"),
                names=np.frombuffer(names, np.uint8),
            )
        os.replace(beside, path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
