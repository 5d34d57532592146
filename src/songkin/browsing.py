"""The verbs of the library that page through it: pages of results and of songs, what they can be narrowed by, names while
they are typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from songkin.errors import QueryError
from songkin.models import SORTS, Answer, Facets, Filter, Hit, Named, Page, Query, Track
from songkin.store.catalog import Catalog
from songkin.text import fold

if TYPE_CHECKING:
    from songkin.remembering import Remembering
    from songkin.upkeep import Upkeep

DEPTHS: Final = (50, 200, 1000)
"""How many results are asked for at once: a page looks no further than it must."""
_BEST: Final = SORTS[0]


class Browsing:
    """See ``Library``."""

    @property
    def catalog(self) -> Catalog:
        """The catalog that all of this is about."""
        raise NotImplementedError

    @property
    def _upkeep(self) -> Upkeep:
        raise NotImplementedError

    @property
    def _remembered(self) -> Remembering:
        raise NotImplementedError

    def find(self, text: str, query: Query = Query()) -> Answer:
        """Songs by words."""
        raise NotImplementedError

    def lookup(self, text: str, limit: int = 20) -> list[Track]:
        """Songs while their names are being typed."""
        raise NotImplementedError

    def browse(
        self,
        text: str = "",
        query: Query = Query(),
        *,
        offset: int = 0,
        sort: str = _BEST,
    ) -> Page:
        """One page of the songs that words find, or without words of all that pass the filters. ``query.limit`` is how many,
        ``offset`` how many come before. ``sort`` is one of ``SORTS``; ``-`` before it turns the order round. With words the
        best are sorted. Pages of one question never show a song twice. Raises ``QueryError``, ``NotFound``."""
        by = sort.removeprefix("-")
        if by not in SORTS or sort == f"-{_BEST}":
            raise QueryError(f"Songs cannot be sorted by {sort!r}.", remedy=f"Use one of: {', '.join(SORTS)}.")
        if offset < 0:
            raise QueryError("No page begins before the first.", remedy="Begin at 0.")
        if not text.strip():
            return self._passing_page(query, offset, sort)
        return paged(lambda deep: self.find(text, deep), query, offset, sort)

    def facets(self, text: str = "", filters: Sequence[Filter] = ()) -> Facets:
        """What a search can be narrowed by: how many songs pass the filters, and how many of them there are of each genre,
        decade, tempo, key, mood and source. Raises ``NotFound`` for a playlist that is not there."""
        from songkin.search.facets import facets
        from songkin.search.filters import checked

        def counted() -> Facets:
            where = checked(self.catalog, filters)
            found, _ = self._upkeep.ask(lambda vectors: facets(vectors, text, where, self._genres()))
            return found

        return self._remembered.get(("facets", text, tuple(filters)), counted)

    def names(self, text: str, limit: int = 8) -> Named:
        """Songs, artists, albums and playlists whose names begin with or hold what is being typed, ``limit`` of each."""
        from songkin.search.lookup import holding

        wanted = fold(text)
        if not wanted:
            return Named()
        songs = self.lookup(text, limit)
        artists = self._remembered.get("artists as written", self.catalog.artists_as_written)
        albums = self._remembered.get("albums as written", self.catalog.albums_as_written)
        playlists = {each.id: each for each in self.catalog.playlists.all()}
        lists = holding(wanted, [(fold(each.name), each.id) for each in playlists.values()], limit)
        return Named(
            tuple(songs),
            tuple(holding(wanted, artists, limit)),
            tuple(holding(wanted, albums, limit)),
            tuple(playlists[each] for each in lists),
        )

    def _genres(self) -> dict[str, str]:
        def written() -> dict[str, str]:
            from songkin.store.numbers import summary

            return {fold(genre): genre for genre in reversed(summary(self.catalog.db)["genres"])}

        return self._remembered.get("genres as written", written)

    def _passing_page(self, query: Query, offset: int, sort: str) -> Page:
        from songkin.search.filters import checked

        notes: tuple[str, ...] = ()
        order = self._remembered.get(("order", sort), lambda: self.catalog.in_order(sort))
        if query.filters:
            where = checked(self.catalog, query.filters)
            allowed, notes = self._upkeep.ask(lambda vectors: set(vectors.ids(where)))
            order = [song for song in order if song in allowed]
        ids = order[offset : offset + query.limit]
        known = self.catalog.tracks(ids)
        hits = tuple(Hit(offset + n, 0.0, known[song]) for n, song in enumerate(ids, 1) if song in known)
        after = offset + query.limit
        return Page("", hits, notes, len(order), after if after < len(order) else None)


def paged(ask: Callable[[Query], Answer], query: Query, offset: int, sort: str = _BEST) -> Page:
    """A page of what ``ask`` gives. What a deeper look finds comes after what a shallower one found, without it."""
    end = offset + query.limit
    hits: dict[str, Hit] = {}
    answer, full = Answer("", ()), False
    depths = DEPTHS if sort == _BEST else DEPTHS[1:]  # the same songs are sorted for every page
    for depth in depths:
        answer = ask(replace(query, limit=depth))
        for hit in answer.hits:
            hits.setdefault(hit.track.id, hit)
        full = len(answer.hits) == depth
        if not full or end <= len(hits) or sort != _BEST:
            break
    ordered = list(hits.values())
    if sort != _BEST:
        ordered = _sorted(ordered, sort)
        full = False
    more = full and len(hits) < DEPTHS[-1]
    shown = tuple(replace(hit, rank=n) for n, hit in enumerate(ordered[offset:end], offset + 1))
    total = None if more else len(ordered)
    after = end if (end < len(ordered) or more) and end < DEPTHS[-1] else None
    return Page(answer.query, shown, answer.notes, total, after)


def _sorted(hits: Sequence[Hit], sort: str) -> list[Hit]:
    """Hits by a field; those that have none come last."""
    down, by = sort.startswith("-"), sort.removeprefix("-")

    def value(track: Track) -> float | str | None:
        if by in {"title", "album"}:
            return fold(track.title if by == "title" else track.album) or None
        if by == "artist":
            return fold(track.artist) or None
        found: float | None = getattr(track, "added_at" if by == "added" else by)
        return found

    having = [(found, hit) for hit in hits if (found := value(hit.track)) is not None]
    having.sort(key=lambda each: each[0], reverse=down)
    return [hit for _, hit in having] + [hit for hit in hits if value(hit.track) is None]
