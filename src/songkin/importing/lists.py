"""Playlists that songkin itself fills, grows or puts in order: each writing is a run that can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from songkin.errors import QueryError
from songkin.models import Playlist
from songkin.records import OWN_LIST, Listing
from songkin.sources.cells import text
from songkin.store.catalog import Catalog
from songkin.store.playlistbook import Lists, Place
from songkin.store.returning import identity
from songkin.store.songbook import Songbook
from songkin.text import fold


@dataclass(frozen=True, slots=True)
class Filling:
    """What a playlist is to hold, and which kind of source holds it, where."""

    listing: Listing
    source: str
    origin: str
    places: Sequence[Place]

    @property
    def id(self) -> str:
        """The id of the playlist, be it there or not."""
        return identity(self.listing.key)


@dataclass(frozen=True, slots=True)
class Change:
    """A playlist that was filled: how many songs came in and went out."""

    playlist: Playlist
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class Filled:
    """What one filling did, and the run that takes it back (0: nothing had to be done)."""

    run: int
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


def fill(catalog: Catalog, command: str, about: Mapping[str, Any], wanted: Sequence[Filling]) -> Filled:
    """Fill playlists, all in one run or none. Whoever calls this holds the library's run lock and refreshes its search
    index afterwards."""
    before = {each.id: {track for _, track in catalog.playlists.contents(each.id)} for each in wanted}
    run = catalog.journal.begin_run(command, about)
    state, outcomes = "failed", Counter[str]()
    try:
        with catalog.db.writing() as connection:
            lists = Lists(connection, run)
            for each in wanted:
                outcome, moved = lists.put(each.listing, each.source, each.origin, each.places)
                Songbook(connection, run).raise_revs(moved)
                outcomes[outcome] += 1
        state = "done"
    finally:
        catalog.journal.end_run(run, state, {"playlists": len(wanted), **outcomes})
    now = {each.id: each for each in catalog.playlists.with_ids([each.id for each in wanted])}
    songs = {each.id: {place.track for place in each.places if place.track} for each in wanted}
    return Filled(run, tuple(Change(now[i], len(new - before[i]), len(before[i] - new)) for i, new in songs.items()))


def remove(catalog: Catalog, playlist: Playlist) -> int:
    """Remove a playlist; the run that can be taken back. The rest as in ``fill``."""
    run = catalog.journal.begin_run("playlist", {"name": playlist.name, "what": "removed"})
    state = "failed"
    try:
        with catalog.db.writing() as connection:
            Songbook(connection, run).raise_revs(Lists(connection, run).remove(playlist.id))
        state = "done"
    finally:
        catalog.journal.end_run(run, state, {"playlists": 1})
    return run


def again(playlist: Playlist, origin: str, places: Sequence[Place]) -> Filling:
    """A playlist that is there with these places; its name and all else stay."""
    return Filling(Listing(OWN_LIST + playlist.id, ""), playlist.source, origin, places)


def anew(catalog: Catalog, name: str, songs: Sequence[str], source: str, about: str, owner: str = "") -> Filling:
    """A playlist of this name of these songs (ids), new or the one that was made so before. Raises ``QueryError`` where
    the name is none, or that of a playlist of another kind."""
    kept = text(name, 200)
    if not kept:
        raise QueryError("A playlist needs a name.", remedy="Write --save NAME.")
    if any(each.source != source for each in catalog.playlists.named(kept)):
        raise QueryError(f"There is a playlist {kept!r} of another kind.", remedy="Choose another name.")
    listing = Listing(f"{source}:{fold(kept)}", kept, description=about, owner=owner)
    return Filling(listing, source, source, places_of(songs))


def rewrite(catalog: Catalog, playlist: Playlist, places: Sequence[Place], about: str) -> Playlist:
    """Give a playlist these places; its name and all else stay. The rest as in ``fill``."""
    filling = again(playlist, playlist.source, places)
    return fill(catalog, "playlist", {"name": playlist.name, "what": about}, [filling]).changes[0].playlist


def write(catalog: Catalog, name: str, songs: Sequence[str], source: str, about: str) -> Playlist:
    """Make a playlist of this name of these songs (ids), or fill the one that was made so before. The rest as in
    ``anew`` and ``fill``."""
    filling = anew(catalog, name, songs, source, about)
    return fill(catalog, "playlist", {"name": filling.listing.name, "what": about}, [filling]).changes[0].playlist


def places_of(songs: Sequence[str], how: str = "id") -> list[Place]:
    """Places of songs that are known by their ids."""
    return [Place(song, how, None, None, "") for song in songs]


def place_of(catalog: Catalog, playlist: Playlist) -> list[Place]:
    """The places of a playlist, as they are."""
    return [
        Place(entry.track.id if entry.track else None, entry.how, entry.given or None, entry.added_at, entry.added_by)
        for entry in catalog.playlists.entries(playlist.id)
    ]
