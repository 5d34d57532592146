"""What a listener plays most, as a playlist: their own songs and others that go with them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from songkin.errors import NotFound, QueryError
from songkin.models import Hit, since, user_name
from songkin.recommending.choosing import flowing
from songkin.store.catalog import Catalog

LOVED = {"love": 3.0, "like": 1.5}
"""As many plays a vote is worth."""


def most_played(
    catalog: Catalog, user: str, window: str, limit: int, now: float | None = None
) -> list[tuple[str, float]]:
    """(track id, weight up to 1) of the songs that a listener plays and loves most, the first ones first. Raises
    ``NotFound`` where there are none."""
    name, begun = user_name(user), since(window, time.time() if now is None else now)
    times = {count.track: float(count.times) for count in catalog.listening.most_heard(name, begun)}
    for _, song, vote, at in catalog.listening.votes(name, list(LOVED)):
        if at >= begun:
            times[song] = times.get(song, 0.0) + LOVED[vote]
    hated = set(catalog.listening.voted(name, "hate"))
    order = sorted((song for song in times if song not in hated), key=lambda song: (-times[song], song))[:limit]
    if not order:
        raise NotFound(
            f"Nothing was played or loved by {name}{'' if window == 'all' else f' in the last {window}'}.",
            remedy="`songkin history add WHAT --play` notes a play; `songkin import` reads ListenBrainz and Last.fm.",
        )
    return [(song, times[song] / times[order[0]]) for song in order]


def mixed(
    catalog: Catalog, own: Sequence[tuple[str, float]], others: Sequence[Hit], limit: int, new: float
) -> tuple[Hit, ...]:
    """Own songs and others, ``new`` of all by these where there are enough, as they play well one after another."""
    if not 0.0 <= new <= 1.0:
        raise QueryError(f"{new:g} is no share.", remedy="Give a number from 0, none, to 1, all.")
    fresh = list(others)[: round(limit * new)]
    mine = [song for song, _ in own][: limit - len(fresh)]
    tracks, weights = catalog.tracks(mine), dict(own)
    hits = [Hit(0, round(weights[song], 4), tracks[song], ("played most",)) for song in mine if song in tracks]
    both = [*hits, *fresh]
    order = flowing([hit.track for hit in both])
    return tuple(Hit(rank, both[n].score, both[n].track, both[n].why) for rank, n in enumerate(order, 1))
