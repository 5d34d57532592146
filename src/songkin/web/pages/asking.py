"""What a search page was asked, as its address has it: every state has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from starlette.datastructures import QueryParams

from songkin.errors import QueryError
from songkin.models import Filter
from songkin.search.filters import parse_filter

PAGE: Final = 24
FACETS: Final = ("genre", "year", "bpm", "mood", "key", "source")
"""What can be filtered by touching it, in this order."""
VIEWS: Final = ("cards", "table")
SORTS: Final[Mapping[str, str]] = {
    "best": "Best first",
    "title": "Title",
    "artist": "Artist",
    "album": "Album",
    "-added": "Newest here",
    "-year": "Latest",
    "year": "Earliest",
    "bpm": "Slowest",
    "-bpm": "Fastest",
    "loudness": "Quietest",
    "-duration": "Longest",
}
_STEERED: Final = 20
"""Songs that a search may be steered by."""

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One state of the search page. ``filters`` are pairs as in the address (``genre``, ``jazz``)."""

    text: str = ""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    sort: str = "best"
    view: str = VIEWS[0]
    page: int = 1

    @classmethod
    def read(cls, params: QueryParams, view: str = "") -> Self:
        """What an address asks. Raises ``QueryError`` for what is none of this page."""
        asked = cls(
            text=" ".join(params.get("q", "").split()),
            like=tuple(dict.fromkeys(params.getlist("like")))[:_STEERED],
            unlike=tuple(dict.fromkeys(params.getlist("unlike")))[:_STEERED],
            filters=tuple((name, value) for name in FACETS for value in params.getlist(name) if value.strip()),
            sort=params.get("sort", "best"),
            view=params.get("view", view if view in VIEWS else VIEWS[0]),
            page=_number(params.get("page", "1")),
        )
        if asked.sort not in SORTS:
            raise QueryError(f"There is no order {asked.sort[:40]!r}.", remedy=f"Use one of: {', '.join(SORTS)}.")
        if asked.view not in VIEWS:
            raise QueryError(f"There is no view {asked.view[:40]!r}.", remedy=f"Use one of: {', '.join(VIEWS)}.")
        return asked

    @property
    def empty(self) -> bool:
        """Whether nothing was asked: the first page that a visitor sees."""
        return not (self.text or self.like or self.unlike or self.filters) and self.sort == "best"

    @property
    def steered(self) -> bool:
        """Whether it is to be more or less like some songs."""
        return bool(self.like or self.unlike)

    def conditions(self) -> tuple[Filter, ...]:
        """The filters; several values of one field are alternatives. Raises ``QueryError``."""
        words: dict[str, list[str]] = {}
        found = []
        for name, value in self.filters:
            if name in ("year", "bpm"):
                found.append(parse_filter(f"{name}={value}"))
            else:
                words.setdefault(name, []).append(value)
        return (*found, *(Filter(name, "is", tuple(values)) for name, values in words.items()))

    def pairs(self) -> Pairs:
        """What its address says, without the page."""
        return [
            *([("q", self.text)] if self.text else []),
            *(("like", song) for song in self.like),
            *(("unlike", song) for song in self.unlike),
            *self.filters,
            *([("sort", self.sort)] if self.sort != "best" else []),
            *([("view", self.view)] if self.view != VIEWS[0] else []),
        ]

    def put(self, **changes: Any) -> Self:
        """Another state, from its first page on."""
        return replace(self, **{"page": 1, **changes})

    def with_filter(self, name: str, value: str) -> Self:
        """With one filter more, or without it if it was there. A range takes the place of another."""
        pair = (name, value)
        if pair in self.filters:
            return self.put(filters=tuple(each for each in self.filters if each != pair))
        kept = tuple(each for each in self.filters if name not in ("year", "bpm") or each[0] != name)
        return self.put(filters=(*kept, pair))

    def without(self, song: str) -> Self:
        """No longer steered by a song."""
        like, unlike = (tuple(each for each in songs if each != song) for songs in (self.like, self.unlike))
        return self.put(like=like, unlike=unlike)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1
