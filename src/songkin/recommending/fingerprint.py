"""What a listener plays most, as a playlist: their own songs and others that go with them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from songkin.errors import NotFound, QueryError
from songkin.models import Hit, since, user_name
from songkin.recommending.choosing import flowing
from songkin.store.catalog import Catalog

LOVED = {"love": 3.0, "like": 1.5}
"""As many plays a vote is worth."""


class Own(NamedTuple):
    """A song of a listener: its id, its weight up to 1, and what the listener did to make it one."""

    track: str
    weight: float
    why: tuple[str, ...]


def most_played(catalog: Catalog, user: str, window: str, limit: int, now: float | None = None) -> list[Own]:
    """The songs that a listener plays and loves most, the first ones first. Raises ``NotFound`` where there are none."""
    name, begun = user_name(user), since(window, time.time() if now is None else now)
    plays = {count.track: count.times for count in catalog.listening.most_heard(name, begun)}
    votes = {song: vote for _, song, vote, at in catalog.listening.votes(name, list(LOVED)) if at >= begun}
    times = {song: plays.get(song, 0) + LOVED.get(votes.get(song, ""), 0.0) for song in plays.keys() | votes.keys()}
    hated = set(catalog.listening.voted(name, "hate"))
    order = sorted((song for song in times if song not in hated), key=lambda song: (-times[song], song))[:limit]
    if not order:
        raise NotFound(
            f"Nothing was played or loved by {name}{'' if window == 'all' else f' in the last {window}'}.",
            remedy="`songkin history add WHAT --play` notes a play; `songkin import` reads ListenBrainz and Last.fm.",
        )
    return [Own(song, times[song] / times[order[0]], _why(votes.get(song), plays.get(song, 0))) for song in order]


def _why(vote: str | None, plays: int) -> tuple[str, ...]:
    """``loved``, ``played 12 times``."""
    voted = () if vote is None else (f"{vote}d",)
    return (*voted, f"played {plays:,} time{'' if plays == 1 else 's'}") if plays else voted


def mixed(catalog: Catalog, own: Sequence[Own], others: Sequence[Hit], limit: int, new: float) -> tuple[Hit, ...]:
    """Own songs and others, ``new`` of all by these where there are enough, as they play well one after another."""
    if not 0.0 <= new <= 1.0:
        raise QueryError(f"{new:g} is no share.", remedy="Give a number from 0, none, to 1, all.")
    fresh = list(others)[: round(limit * new)]
    mine = own[: limit - len(fresh)]
    tracks = catalog.tracks([each.track for each in mine])
    hits = [Hit(0, round(each.weight, 4), tracks[each.track], each.why) for each in mine if each.track in tracks]
    both = [*hits, *fresh]
    order = flowing([hit.track for hit in both])
    return tuple(Hit(rank, both[n].score, both[n].track, both[n].why) for rank, n in enumerate(order, 1))
