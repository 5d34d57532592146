"""The verbs of the library by which a person makes playlists: new ones, others in them, other names, none. Each is a run
that can be taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from songkin.config import Config
from songkin.errors import NotFound, QueryError
from songkin.models import Playlist, Track
from songkin.store.catalog import Catalog

LONGEST = 10_000
"""Songs that a playlist made here may have."""


class Compiling:
    """See ``Library``. Songs are given by their ids. All raise ``NotFound`` for songs and playlists that are not there,
    ``QueryError``, ``LibraryBusy`` and ``StoreError``."""

    config: Config

    @property
    def catalog(self) -> Catalog:
        """The catalog that all of this is about."""
        raise NotImplementedError

    def playlist(self, playlist: str) -> Playlist:
        """The playlist with this id."""
        found = self.catalog.playlists.with_ids([playlist])
        if not found:
            raise NotFound("There is no such playlist.", remedy="It may have been removed.")
        return found[0]

    def make_playlist(self, name: str, songs: Sequence[str] = (), *, description: str = "") -> Playlist:
        """A new playlist of these songs."""
        from songkin.importing import lists
        from songkin.records import Listing
        from songkin.sources.cells import text

        kept, about = _named(name), text(description, 2000)
        self._known(songs)
        key = f"own:{uuid.uuid4().hex}"
        filling = lists.Filling(Listing(key, kept, description=about), "own", "own", lists.places_of(songs))
        return self._written(lambda: lists.fill(self.catalog, "playlist", {"name": kept, "what": "made"}, [filling]))

    def change_playlist(
        self, playlist: str, *, name: str = "", description: str = "", songs: Sequence[str] | None = None
    ) -> Playlist:
        """Give a playlist another name, another description, or these songs in this order; what is empty stays. Entries that
        are no songs of the library stay where songs are not given."""
        from songkin.importing import lists
        from songkin.records import OWN_LIST, Listing
        from songkin.sources.cells import text
        from songkin.store.playlistbook import Place

        old = self.playlist(playlist)
        if songs is not None:
            self._known(songs)
            self._changeable(old)
            before: dict[str | None, list[Place]] = {}
            for place in reversed(lists.place_of(self.catalog, old)):
                before.setdefault(place.track, []).append(place)
            fresh = iter(lists.places_of(songs))
            places = [before[song].pop() if before.get(song) else new for song, new in zip(songs, fresh, strict=True)]
        else:
            places = lists.place_of(self.catalog, old)
        kept = _named(name) if name else ""
        head = Listing(OWN_LIST + old.id, kept, description=text(description, 2000))
        filling = lists.Filling(head, old.source, self._origin(old), places)
        about = {"name": old.name, "what": "changed"}
        return self._written(lambda: lists.fill(self.catalog, "playlist", about, [filling]))

    def add_to_playlist(self, playlist: str, songs: Sequence[str]) -> Playlist:
        """Put songs at the end of a playlist."""
        from songkin.importing import lists

        old = self.playlist(playlist)
        self._known(songs)
        self._changeable(old)
        places = [*lists.place_of(self.catalog, old), *lists.places_of(songs)]
        filling = lists.again(old, self._origin(old), places)
        about = {"name": old.name, "what": f"{len(songs)} added"}
        return self._written(lambda: lists.fill(self.catalog, "playlist", about, [filling]))

    def remove_playlist(self, playlist: str) -> int:
        """Remove a playlist (its songs stay); the run that ``undo`` takes back."""
        from songkin.importing import lists
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        old = self.playlist(playlist)
        with run_lock(self.config):
            run = lists.remove(self.catalog, old)
            refresh.refresh(self.catalog, self.config, Quiet())
        return run

    # Inside ----------------------------------------------------------------------------------------------------

    def _known(self, songs: Sequence[str]) -> dict[str, Track]:
        if len(songs) > LONGEST:
            raise QueryError(f"A playlist has at most {LONGEST:,} songs.", remedy="Make several.")
        found = self.catalog.tracks(sorted(set(songs)))
        if lost := [song for song in songs if song not in found]:
            raise NotFound(f"{len(lost)} of the songs are not in the library.", remedy="Leave them out.")
        return found

    def _changeable(self, old: Playlist) -> None:
        kept = self.catalog.schedules.of(old.id)
        if kept is not None and kept.every:
            raise QueryError(
                f"The playlist {old.name!r} fills itself every {kept.every}, so no change would stay.",
                remedy="Make another one of its songs.",
            )

    def _origin(self, old: Playlist) -> str:
        return next((origin for each, origin in self.catalog.playlists.of_source(old.source) if each.id == old.id), "")

    def _written(self, write: Callable[[], object]) -> Playlist:
        from songkin.importing.lists import Filled
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        with run_lock(self.config):
            filled = write()
            assert isinstance(filled, Filled)
            refresh.refresh(self.catalog, self.config, Quiet())
        return filled.changes[0].playlist


def _named(name: str) -> str:
    from songkin.sources.cells import text

    kept = text(name, 200)
    if not kept:
        raise QueryError("A playlist needs a name.", remedy="Give it one.")
    return kept
