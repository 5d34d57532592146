"""Groups as playlists that can be filled again.

A saved group is a playlist of the source ``cluster``. The scale and the centres of its set are kept among the statistics of
the catalog, under the name that is the playlist's origin; ``facts`` say which centre is its own. So a song that came later is
placed without fitting anything, and a playlist keeps its id, and its name, also one that a person gave it. Sets with other
centres stand beside one another; saving the same again changes nothing. Each saving and refilling is a run that
``songkin undo`` takes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin.config import Config
from songkin.errors import NotFound
from songkin.indexing import refresh
from songkin.models import Playlist
from songkin.progress import Quiet
from songkin.recommending import kmeans, scale
from songkin.recommending.scale import Scale
from songkin.records import OWN_LIST, Listing
from songkin.spaces import Matrix
from songkin.store.catalog import Catalog
from songkin.store.lock import run_lock
from songkin.store.playlistbook import Lists, Place
from songkin.store.songbook import Songbook

SOURCE: Final = "cluster"
"""The source of playlists that are made here."""
_NUMBER: Final = "cluster"

Group = tuple[str, Sequence[str], Sequence[str]]
"""Name, words that tell of it, ids of its songs."""


@dataclass(frozen=True, slots=True)
class Change:
    """A playlist that was filled: how many songs came in and went out."""

    playlist: Playlist
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class Filled:
    """What one saving or refilling did, and the run that takes it back (0: nothing had to be done)."""

    run: int
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a playlist is to hold; ``id`` is empty for one that is new."""

    id: str
    listing: Listing
    origin: str
    songs: Sequence[str]


def members(catalog: Catalog, on: Scale, centres: Matrix, ids: Sequence[str]) -> list[list[str]]:
    """Which of these songs belong to each centre, the nearest first. Songs without numbers belong to none."""
    found: list[list[tuple[float, str]]] = [[] for _ in centres]
    for there, rows in scale.rows_of(catalog, on, ids):
        labels, squares = kmeans.placed(rows, centres)
        for i, label, square in zip(there, labels, squares, strict=True):
            found[label].append((float(square), i))
    return [[i for _, i in sorted(mine)] for mine in found]


def save(catalog: Catalog, config: Config, on: Scale, centres: Matrix, groups: Sequence[Group]) -> Filled:
    """Make a playlist of each group, or fill those that were made of the same groups before."""
    digest = hashlib.blake2b(centres.tobytes() + on.space.encode(), digest_size=8).hexdigest()
    origin = f"clusters:{digest}"
    with run_lock(config):
        before = {each.facts.get(_NUMBER): each for each in _saved(catalog).get(origin, ())}
        if not before:
            catalog.vectors.put_statistic(origin, on.encoder, sum(len(songs) for *_, songs in groups), on.pack(centres))
        taken = {each.name for each in catalog.playlists.all()}
        wanted = []
        for number, (name, words, songs) in enumerate(groups):
            if old := before.get(number):
                wanted.append(_again(old, origin, songs))
                continue
            free = next(each for each in _names(name) if each not in taken)
            taken.add(free)
            about = f"Songs that are alike in {on.space}" + (f": {', '.join(words)}." if words else ".")
            listing = Listing(f"{origin}:{number}", free, description=about, facts={_NUMBER: number})
            wanted.append(_Wanted("", listing, origin, songs))
        return _filled(catalog, config, "save", wanted, ())


def refill(catalog: Catalog, config: Config) -> Filled:
    """Fill every playlist that was made of a group with the songs that belong to it now."""
    with run_lock(config):
        saved = _saved(catalog)
        if not saved:
            raise NotFound("No clusters were saved.", remedy="`songkin clusters --save` makes playlists of them.")
        wanted: list[_Wanted] = []
        notes: list[str] = []
        known = scale.coverage(catalog)
        for origin, lists in saved.items():
            kept = catalog.vectors.statistic(origin)
            on, centres = scale.unpack(kept[3]) if kept else (None, np.zeros((0, 0), np.float32))
            if on is None or known.get(on.space, (0, on.encoder))[1] != on.encoder:
                why = "was not kept" if on is None else "is of another version of songkin's ear"
                names = ", ".join(each.name for each in lists)
                notes.append(f"How songs were placed {why}: {names} stay as they are. `songkin clusters --save` again.")
                continue
            songs = members(catalog, on, centres, scale.having(catalog, on.space, on.encoder))
            for each in lists:
                number = int(each.facts.get(_NUMBER, -1))
                if 0 <= number < len(songs):
                    wanted.append(_again(each, origin, songs[number]))
        return _filled(catalog, config, "refill", wanted, tuple(notes))


def _saved(catalog: Catalog) -> dict[str, list[Playlist]]:
    """Playlists that were made here, by their set."""
    found: dict[str, list[Playlist]] = {}
    for playlist, origin in catalog.playlists.of_source(SOURCE):
        found.setdefault(origin, []).append(playlist)
    return found


def _again(playlist: Playlist, origin: str, songs: Sequence[str]) -> _Wanted:
    """A listing of a playlist that is there: all but its songs stays as it is."""
    return _Wanted(playlist.id, Listing(OWN_LIST + playlist.id, ""), origin, songs)


def _names(name: str) -> Sequence[str]:
    return [name, *(f"{name} ({number})" for number in range(2, 10_000))]


def _filled(catalog: Catalog, config: Config, what: str, wanted: Sequence[_Wanted], notes: tuple[str, ...]) -> Filled:
    before = {each.id: {track for _, track in catalog.playlists.contents(each.id)} for each in wanted if each.id}
    run = catalog.journal.begin_run("clusters", {"what": what})
    state, moved = "failed", set[str]()
    try:
        with catalog.db.writing() as connection:
            lists = Lists(connection, run)
            for each in wanted:
                places = [Place(track, SOURCE, None, None, "") for track in each.songs]
                moved |= lists.put(each.listing, SOURCE, each.origin, places)[1]
            Songbook(connection, run).raise_revs(moved)
        state = "done"
    finally:
        catalog.journal.end_run(run, state, {"playlists": len(wanted), "updated": len(moved)})
    refreshed = refresh.refresh(catalog, config, Quiet())
    found = {(each.facts.get(_NUMBER), origin): each for each, origin in catalog.playlists.of_source(SOURCE)}
    by_id = {each.id: each for each in found.values()}
    changes = []
    for each in wanted:
        now = by_id[each.id] if each.id else found[each.listing.facts[_NUMBER], each.origin]
        old, new = before.get(each.id, set()), set(each.songs)
        changes.append(Change(now, len(new - old), len(old - new)))
    return Filled(run, tuple(changes), (*notes, *refreshed))
