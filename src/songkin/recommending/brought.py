"""Playlists that somebody brings to a question: files of any kind that ``import`` reads, addresses of such, links of a
streaming service. Nothing of them is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from songkin.errors import SourceError
from songkin.fetching import Rules
from songkin.importing.addresses import at_hand
from songkin.progress import Quiet
from songkin.records import Entry, Listing, Song
from songkin.sources.given import Given, Options, expand
from songkin.sources.kinds import recognise

MOST = 20_000
"""Places of a list that are looked at."""


def listings(what: str, rules: Rules) -> Iterator[tuple[Given, Listing]]:
    """The playlists that a file, a folder, an address or a link holds; a table of songs is one that is called as its file.
    Raises ``SourceError`` where it is nothing that can be read, or holds neither."""
    yield from listings_in(at_hand(expand([what]), "", rules, Quiet()), what)


def listings_in(items: Iterable[Given | SourceError], name: str) -> Iterator[tuple[Given, Listing]]:
    """The same of files that are at hand, which are called ``name`` as a whole."""
    empty = True
    for item in items:
        if isinstance(item, SourceError):
            raise item
        for listing in _of(item):
            empty = False
            yield item, listing
    if empty:
        raise SourceError(f"{name} holds no playlist.", remedy="Name a playlist, or import it and name its songs.")


def _of(item: Given) -> Iterator[Listing]:
    kind = recognise(item)
    if kind is None:
        raise SourceError(f"{item.name} is nothing that can be read.", remedy="Name a playlist or a table.")
    songs: list[Entry] = []
    lists = False
    for record in kind.read(item, Options()):
        if isinstance(record, Listing):
            lists = True
            yield record
        elif isinstance(record, Song) and len(songs) < MOST:
            songs.append(Entry(record))
    if songs and not lists:
        yield Listing(key=item.name, name=item.stem, entries=tuple(songs))
