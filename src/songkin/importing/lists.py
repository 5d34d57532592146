"""Playlists that songkin itself fills, grows or puts in order: each writing is a run that can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from songkin.errors import QueryError
from songkin.models import Playlist
from songkin.records import OWN_LIST, Listing
from songkin.sources.cells import text
from songkin.store.catalog import Catalog
from songkin.store.playlistbook import Lists, Place
from songkin.store.returning import identity
from songkin.store.songbook import Songbook
from songkin.text import fold


def rewrite(catalog: Catalog, playlist: Playlist, places: Sequence[Place], about: str) -> Playlist:
    """Give a playlist these places; its name and all else stay. Whoever calls this holds the library's run lock and
    refreshes its search index afterwards."""
    return _written(catalog, Listing(OWN_LIST + playlist.id, ""), playlist.source, playlist.source, places, about)


def write(catalog: Catalog, name: str, songs: Sequence[str], source: str, about: str) -> Playlist:
    """Make a playlist of this name of these songs (ids), or fill the one that was made so before. Raises ``QueryError``
    where the name is none, or that of a playlist of another kind."""
    kept = text(name, 200)
    if not kept:
        raise QueryError("A playlist needs a name.", remedy="Write --save NAME.")
    if any(each.source != source for each in catalog.playlists.named(kept)):
        raise QueryError(f"There is a playlist {kept!r} of another kind.", remedy="Choose another name.")
    listing = Listing(f"{source}:{fold(kept)}", kept, description=about)
    return _written(catalog, listing, source, source, [Place(song, "id", None, None, "") for song in songs], about)


def place_of(catalog: Catalog, playlist: Playlist) -> list[Place]:
    """The places of a playlist, as they are."""
    return [
        Place(entry.track.id if entry.track else None, entry.how, entry.given or None, entry.added_at, entry.added_by)
        for entry in catalog.playlists.entries(playlist.id)
    ]


def _written(
    catalog: Catalog, listing: Listing, source: str, origin: str, places: Sequence[Place], about: str
) -> Playlist:
    run = catalog.journal.begin_run("playlist", {"name": listing.name, "what": about})
    state, outcome = "failed", ""
    try:
        with catalog.db.writing() as connection:
            outcome, moved = Lists(connection, run).put(listing, source, origin, places)
            Songbook(connection, run).raise_revs(moved)
        state = "done"
    finally:
        catalog.journal.end_run(run, state, {"playlists": 1, outcome: 1} if outcome else {})
    return catalog.playlists.one(identity(listing.key))
