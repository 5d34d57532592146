"""What is asked of a recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from songkin.errors import QueryError
from songkin.fetching import Rules
from songkin.models import ME, since
from songkin.recommending.factors import KNN, checked
from songkin.recommending.wishes import Sounding, Wish, Wishing
from songkin.store.catalog import Catalog

ORDERS: Final = ("best", "flow")
SAFE: Final = 0.3
"""How adventurous an answer is that was not asked to be more or less."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to recommend from, each by name, path or id: songs that are liked and disliked, playlists (of the library, or
    files), albums, artists, words that a playlist could be called, a listener. ``new_only`` leaves out what the listener
    has voted on or heard; ``adventurous`` goes from 0, safe, to 1, far; ``order`` is ``best`` or ``flow``."""

    like: tuple[str, ...] = ()
    dislike: tuple[str, ...] = ()
    playlists: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    user: str = ""
    new_only: bool = False
    adventurous: float = SAFE
    order: str = "best"
    weights: Mapping[str, float] = field(default_factory=dict)
    """How much songs of ``like`` and ``dislike`` count, from -1 to 1, by what they are called there; 1 else."""
    rather: tuple[tuple[str, str], ...] = ()
    """Pairs of songs: what is wanted is more like the first than like the second."""
    window: str = "all"
    """Of what time votes and plays of the listener, and what was added to playlists, count: one of ``models.WINDOWS``."""
    crowd: str = KNN
    """Who speaks for what stands together in playlists: one of ``factors.NAMES``."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.adventurous <= 1.0:
            raise QueryError(
                f"{self.adventurous:g} is no measure of adventure.", remedy="Give a number from 0, safe, to 1, far."
            )
        if any(not -1.0 <= weight <= 1.0 for weight in self.weights.values()):
            raise QueryError("A weight is out of bounds.", remedy="Give numbers from -1, away from it, to 1.")
        if self.order not in ORDERS:
            raise QueryError(f"There is no order {self.order!r}.", remedy=f"Use one of: {', '.join(ORDERS)}.")
        since(self.window, 0.0)
        checked(self.crowd)


def wish_of(catalog: Catalog, wanted: Wanted, *, rules: Rules = Rules(), sounding: Sounding | None = None) -> Wish:
    """The wish that is meant; ``rules`` and ``sounding`` as in ``Wishing``. Raises ``NotFound``, ``Ambiguous``,
    ``SourceError``, ``AudioError``."""
    wishing = Wishing(catalog, wanted.window, rules=rules, sounding=sounding)
    for what in wanted.like:
        wishing.song(what, wanted.weights.get(what, 1.0))
    for what in wanted.dislike:
        wishing.song(what, wanted.weights.get(what, -1.0))
    for one, other in wanted.rather:
        wishing.rather(one, other)
    for what in wanted.playlists:
        wishing.playlist(what)
    for what in wanted.albums:
        wishing.album(what)
    for what in wanted.artists:
        wishing.artist(what)
    for what in wanted.names:
        wishing.name(what)
    wishing.hated(wanted.user or ME)
    if wanted.user or wanted.new_only:
        wishing.listener(wanted.user or ME, liked=bool(wanted.user), new_only=wanted.new_only)
    return wishing.done()
