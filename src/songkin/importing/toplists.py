"""Top lists: the songs played or loved most, or the newest, of a time; and as playlists that are filled in place."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from songkin.errors import QueryError
from songkin.importing import lists
from songkin.importing.lists import Filling
from songkin.models import CHARTS, ME, Playlist, Standing, Track, since, user_name
from songkin.store.catalog import Catalog
from songkin.store.listeningbook import Count

SAVED: Final = "top"
"""Source of the playlists that top lists are kept as."""
_CALLED: Final = {"played": "Most played", "loved": "Most loved", "liked": "Most liked", "newest": "Newest"}
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rule:
    """What a top list is of: one of ``models.CHARTS``, one of ``models.WINDOWS``, a user (None: all), at most how many
    songs. Raises ``QueryError`` for what cannot be."""

    by: str = "played"
    window: str = "all"
    user: str | None = ME
    limit: int = 20

    def __post_init__(self) -> None:
        if self.by not in CHARTS:
            raise QueryError(f"There is no top list of {self.by!r}.", remedy=f"Use one of: {', '.join(CHARTS)}.")
        since(self.window, 0.0)
        if not isinstance(limited(self.limit), int):
            raise QueryError("A top list has a length.", remedy="Say how many songs with -n.")
        if self.user is not None:
            object.__setattr__(self, "user", user_name(self.user))

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Rule:
        """The rule that was kept so (``as_kept``). Raises ``QueryError`` for what is none."""
        try:
            return cls(**kept)
        except (TypeError, AttributeError) as error:
            raise QueryError(
                "What the top list is of is damaged.", remedy="Save it again with `songkin top`."
            ) from error

    def as_kept(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @property
    def title(self) -> str:
        """What it is, in words."""
        who = "" if self.by == "newest" else " by all users" if self.user is None else f" by {self.user}"
        return f"{_CALLED[self.by]}{who}, {'all time' if self.window == 'all' else f'last {self.window}'}"


def limited(limit: int | None) -> int | None:
    """How many results are asked for. Raises ``QueryError`` for a number that cannot be."""
    if limit is not None and not 1 <= limit <= _MOST:
        raise QueryError(f"{limit} results cannot be given.", remedy=f"Ask for 1 to {_MOST} results with -n.")
    return limit


def standings(catalog: Catalog, rule: Rule, now: float | None = None) -> list[Standing]:
    """The songs of a top list; ``now`` in seconds since 1970."""
    start, book = since(rule.window, time.time() if now is None else now), catalog.listening
    if rule.by == "newest":
        found = book.newest(start, rule.limit)
    elif rule.by == "played":
        found = book.most_heard(rule.user, start, rule.limit)
    else:
        words = ("love",) if rule.by == "loved" else ("love", "like")
        found = book.most_voted(rule.user, words, start, rule.limit)
    return _ranked(found, catalog.tracks([each.track for each in found]))


def filling(catalog: Catalog, name: str, rule: Rule, now: float | None = None) -> Filling:
    """The top list of this name with the songs of now. Raises ``QueryError`` for a name that is none, or that of a
    playlist of another kind."""
    songs = [each.track.id for each in standings(catalog, rule, now)]
    return lists.anew(catalog, name, songs, SAVED, rule.title, rule.user or "")


def refilling(catalog: Catalog, playlist: Playlist, rule: Rule, now: float | None = None) -> Filling:
    """A top list that is there, whatever it is called now, with the songs of now."""
    songs = [each.track.id for each in standings(catalog, rule, now)]
    return lists.again(playlist, SAVED, lists.places_of(songs))


def _ranked(found: Sequence[Count], known: dict[str, Track]) -> list[Standing]:
    here = [each for each in found if each.track in known]
    return [Standing(rank, known[each.track], each.times, each.last) for rank, each in enumerate(here, 1)]
