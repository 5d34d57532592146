"""Top lists that are kept as playlists, and refreshed in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from songkin.errors import QueryError
from songkin.models import Playlist, Standing
from songkin.records import Listing
from songkin.sources.cells import text
from songkin.store.catalog import Catalog
from songkin.store.playlistbook import Lists, Place
from songkin.store.returning import identity
from songkin.store.songbook import Songbook
from songkin.text import fold

SAVED: Final = "top"
"""Source of the playlists that top lists are kept as."""
_CALLED: Final = {"played": "Most played", "loved": "Most loved", "liked": "Most liked", "newest": "Newest"}


def keep(catalog: Catalog, name: str, about: str, user: str, found: Sequence[Standing]) -> Playlist:
    """Make the top list of this name be these songs, in a run that can be taken back. Whoever calls this holds the
    library's run lock, and refreshes its search index afterwards. Raises ``QueryError`` for a name that is none, or is
    that of a playlist of another kind."""
    kept = text(name, 200)
    if not kept:
        raise QueryError("A top list needs a name to be kept under.", remedy="Write --save NAME.")
    if any(each.source != SAVED for each in catalog.playlists.named(kept)):
        raise QueryError(f"There is a playlist {kept!r} that is no top list.", remedy="Choose another name.")
    listing = Listing(f"{SAVED}:{fold(kept)}", kept, description=about, owner=user)
    run = catalog.journal.begin_run(SAVED, {"name": kept, "list": about})
    with catalog.db.writing() as connection:
        places = [Place(each.track.id, "id", None, None, "") for each in found]
        outcome, moved = Lists(connection, run).put(listing, SAVED, SAVED, places)
        Songbook(connection, run).raise_revs(moved)
    catalog.journal.end_run(run, "done", {"playlists": 1, outcome: 1})
    return catalog.playlists.one(identity(listing.key))


def title(by: str, window: str, user: str | None) -> str:
    """What a top list is, in words."""
    who = "" if by == "newest" else " by all users" if user is None else f" by {user}"
    return f"{_CALLED[by]}{who}, {'all time' if window == 'all' else f'last {window}'}"
