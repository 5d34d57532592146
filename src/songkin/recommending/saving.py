"""Groups as playlists that can be filled again.

A saved group is a playlist of the source ``cluster``. The scale and the centres of its set are kept among the statistics of
the catalog, under the name that is the playlist's origin; ``facts`` say which centre is its own. So a song that came later is
placed without fitting anything, and a playlist keeps its id, and its name, also one that a person gave it. Sets with other
centres stand beside one another; saving the same again changes nothing. Each saving and refilling is a run that
``songkin undo`` takes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from songkin.config import Config
from songkin.importing import lists
from songkin.importing.lists import Filled, Filling
from songkin.indexing import refresh
from songkin.models import Playlist
from songkin.progress import Quiet
from songkin.recommending import kmeans, scale
from songkin.recommending.scale import Scale
from songkin.records import Listing
from songkin.spaces import Matrix
from songkin.store.catalog import Catalog
from songkin.store.keeping import CLUSTERS as KEPT
from songkin.store.lock import run_lock

SOURCE: Final = "cluster"
"""The source of playlists that are made here."""
_NUMBER: Final = "cluster"

Group = tuple[str, Sequence[str], Sequence[str]]
"""Name, words that tell of it, ids of its songs."""


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
    origin = f"{KEPT}{digest}"
    with run_lock(config):
        before = {each.facts.get(_NUMBER): each for each in _saved(catalog).get(origin, ())}
        if not before:
            catalog.vectors.put_statistic(origin, on.encoder, sum(len(songs) for *_, songs in groups), on.pack(centres))
        taken = {each.name for each in catalog.playlists.all()}
        wanted = []
        for number, (name, words, songs) in enumerate(groups):
            if old := before.get(number):
                wanted.append(lists.again(old, origin, lists.places_of(songs, SOURCE)))
                continue
            free = next(each for each in _names(name) if each not in taken)
            taken.add(free)
            about = f"Songs that are alike in {on.space}" + (f": {', '.join(words)}." if words else ".")
            listing = Listing(f"{origin}:{number}", free, description=about, facts={_NUMBER: number})
            wanted.append(Filling(listing, SOURCE, origin, lists.places_of(songs, SOURCE)))
        done = lists.fill(catalog, "clusters", {"what": "save"}, wanted)
        return replace(done, notes=tuple(refresh.refresh(catalog, config, Quiet())))


def refillings(catalog: Catalog, ids: Collection[str] | None = None) -> tuple[list[Filling], tuple[str, ...]]:
    """What playlists that were made of groups (those of ``ids``, or all) are to hold now, and lines about those that
    cannot be filled."""
    wanted: list[Filling] = []
    notes: list[str] = []
    known = scale.coverage(catalog)
    for origin, saved in _saved(catalog).items():
        mine = [each for each in saved if ids is None or each.id in ids]
        if not mine:
            continue
        kept = catalog.vectors.statistic(origin)
        on, centres = scale.unpack(kept[3]) if kept else (None, np.zeros((0, 0), np.float32))
        if on is None or known.get(on.space, (0, on.encoder))[1] != on.encoder:
            why = "was not kept" if on is None else "is of another version of songkin's ear"
            names = ", ".join(each.name for each in mine)
            notes.append(f"How songs were placed {why}: {names} stay as they are. `songkin clusters --save` again.")
            continue
        songs = members(catalog, on, centres, scale.having(catalog, on.space, on.encoder))
        for each in mine:
            number = int(each.facts.get(_NUMBER, -1))
            if 0 <= number < len(songs):
                wanted.append(lists.again(each, origin, lists.places_of(songs[number], SOURCE)))
    return wanted, tuple(notes)


def _saved(catalog: Catalog) -> dict[str, list[Playlist]]:
    """Playlists that were made here, by their set."""
    found: dict[str, list[Playlist]] = {}
    for playlist, origin in catalog.playlists.of_source(SOURCE):
        found.setdefault(origin, []).append(playlist)
    return found


def _names(name: str) -> Sequence[str]:
    return [name, *(f"{name} ({number})" for number in range(2, 10_000))]
