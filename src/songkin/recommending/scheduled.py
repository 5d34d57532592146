"""Playlists that songkin fills by itself: top lists and saved clusters, all through one door.

A list that is saved keeps the rule by which it is filled, and how often. One that is to be filled every day is due once a
new day has begun since it was filled last, by the clock of this machine; so with weeks, which begin on Monday, and with
months. (Hours between two runs are not counted: a timer that comes a second early would miss a day.) Lists that are due
are filled by ``refresh``, which a timer may call, and by whoever reads one. Each time is one run that can be taken back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from songkin.config import Config
from songkin.errors import DiskFull, LibraryBusy, NotFound, QueryError
from songkin.importing import lists, toplists
from songkin.importing.lists import Filled, Filling
from songkin.importing.toplists import Rule
from songkin.indexing import refresh as index
from songkin.models import Playlist
from songkin.progress import Quiet
from songkin.recommending import saving
from songkin.store.catalog import Catalog
from songkin.store.lock import run_lock
from songkin.store.schedulebook import EVERY, Schedule

NEVER: Final = "never"
"""Takes a list from its schedule."""


@dataclass(frozen=True, slots=True)
class SelfFilling:
    """A playlist that fills itself: of what, how often (empty: when that is asked for), when it was filled last (None:
    that is not known), whether it is due."""

    playlist: Playlist
    about: str
    every: str
    filled_at: float | None
    due: bool


def check_every(every: str | None) -> None:
    """Raise ``QueryError`` for a time that there is none of."""
    if every is not None and every not in (*EVERY, NEVER):
        raise QueryError(
            f"There is no {every!r} to fill a list by.", remedy=f"Use one of: {', '.join((*EVERY, NEVER))}."
        )


def is_due(each: Schedule, now: float) -> bool:
    """Whether a new day, week or month has begun since a list was filled. One that was filled in the future (a clock was
    set back) is due when that has passed."""
    if not each.every or now < each.filled_at:
        return False
    return _period(each.every, now) != _period(each.every, each.filled_at)


def save_top(
    catalog: Catalog, config: Config, name: str, rule: Rule, every: str | None = None, now: float | None = None
) -> Playlist:
    """Keep a top list as a playlist of this name, or fill the one that is kept; ``every`` None leaves its schedule as it
    is. Raises ``QueryError``, ``LibraryBusy``."""
    check_every(every)
    with run_lock(config):
        filling = toplists.filling(catalog, name, rule, now)
        about = {"name": filling.listing.name, "list": rule.title}
        kept = lists.fill(catalog, toplists.SAVED, about, [filling]).changes[0].playlist
        put(catalog, [kept.id], rule.as_kept(), every, now)
        index.refresh(catalog, config, Quiet())
    return kept


def put(
    catalog: Catalog, ids: Sequence[str], rule: dict[str, Any], every: str | None, now: float | None = None
) -> None:
    """Note of lists that were just filled by what rule and how often that is to be done; None: as often as before."""
    known = {each.playlist: each.every for each in catalog.schedules.all()} if every is None else {}
    told = "" if every in (None, NEVER) else str(every)
    when = time.time() if now is None else now
    catalog.schedules.put([Schedule(i, rule, known.get(i, told), when) for i in ids])


def self_filling(catalog: Catalog, now: float | None = None) -> list[SelfFilling]:
    """Every playlist that fills itself, by name."""
    when, known = time.time() if now is None else now, {each.playlist: each for each in catalog.schedules.all()}
    found = []
    for source in (toplists.SAVED, saving.SOURCE):
        for playlist, _ in catalog.playlists.of_source(source):
            each = known.get(playlist.id)
            if each is not None or source == saving.SOURCE:
                last = each.filled_at if each else None
                due = each is not None and is_due(each, when)
                found.append(SelfFilling(playlist, playlist.description, each.every if each else "", last, due))
    return sorted(found, key=lambda each: (each.playlist.name, each.playlist.id))


def refill(catalog: Catalog, config: Config) -> Filled:
    """Fill every saved cluster, due or not. Raises ``NotFound`` where none was saved, ``LibraryBusy``."""
    with run_lock(config):
        saved = [each for each, _ in catalog.playlists.of_source(saving.SOURCE)]
        if not saved:
            raise NotFound("No clusters were saved.", remedy="`songkin clusters --save` makes playlists of them.")
        return _fill(catalog, config, saved, None)


def refresh(
    catalog: Catalog, config: Config, names: Sequence[str] = (), *, every: bool = False, now: float | None = None
) -> Filled:
    """Fill the lists that are due; those of these names or ids, or with ``every`` all that can be, due or not. Raises
    ``NotFound`` for one that does not fill itself, ``Ambiguous``, ``LibraryBusy``."""
    with run_lock(config):
        there = self_filling(catalog, now)
        if names:
            wanted = [_named(catalog, there, name) for name in names]
        else:
            wanted = [each.playlist for each in there if every or each.due]
        return _fill(catalog, config, wanted, now)


def freshen(catalog: Catalog, config: Config, ids: Sequence[str] = (), now: float | None = None) -> None:
    """Fill these lists, or all, where they are due, before somebody reads them. Where that cannot be now (another run
    writes, nothing can be written) they are read as they are, and are due still."""
    if catalog.db.readonly:
        return
    when = time.time() if now is None else now
    due = [
        each.playlist for each in catalog.schedules.all() if is_due(each, when) and (not ids or each.playlist in ids)
    ]
    if not due:
        return
    try:
        with run_lock(config, wait=0.0):
            _fill(catalog, config, catalog.playlists.with_ids(due), now)
    except (LibraryBusy, DiskFull):
        return


def _named(catalog: Catalog, there: Sequence[SelfFilling], name: str) -> Playlist:
    found = catalog.playlists.one(name)
    if found.id not in {each.playlist.id for each in there}:
        raise NotFound(
            f"The playlist {found.name!r} does not fill itself.",
            remedy="`songkin top --save NAME` and `songkin clusters --save` make lists that do.",
        )
    return found


def _fill(catalog: Catalog, config: Config, wanted: Sequence[Playlist], now: float | None) -> Filled:
    if not wanted:
        return Filled(0, ())
    known = {each.playlist: each for each in catalog.schedules.all()}
    fillings, notes = saving.refillings(catalog, {each.id for each in wanted if each.source == saving.SOURCE})
    for each in wanted:
        if each.source == toplists.SAVED:
            filling = _top(catalog, each, known[each.id], now)
            if isinstance(filling, str):
                notes = (*notes, filling)
            else:
                fillings.append(filling)
    done = lists.fill(catalog, "refresh", {"playlists": [each.name for each in wanted]}, fillings)
    when = time.time() if now is None else now
    schedules = [
        known.get(each.id, Schedule(each.id, {}, "", when)) for each in wanted
    ]  # also those that cannot be filled
    catalog.schedules.put([each._replace(filled_at=when) for each in schedules])
    return replace(done, notes=(*notes, *index.refresh(catalog, config, Quiet())))


def _top(catalog: Catalog, playlist: Playlist, kept: Schedule, now: float | None) -> Filling | str:
    """What a top list is to hold, or why that cannot be told."""
    try:
        return toplists.refilling(catalog, playlist, Rule.of(kept.rule), now)
    except QueryError as error:
        return f"{playlist.name} stays as it is: {error.message} Save it again with `songkin top --save`."


def _period(every: str, at: float) -> tuple[int, ...]:
    day = date.fromtimestamp(at)
    if every == "day":
        return (day.toordinal(),)
    return tuple(day.isocalendar()[:2]) if every == "week" else (day.year, day.month)
