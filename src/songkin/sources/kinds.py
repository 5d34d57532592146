"""Every kind of file that can be imported, in the order in which a file is offered to them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Protocol, cast

from songkin.errors import SourceError
from songkin.records import Records
from songkin.sources import columns
from songkin.sources.given import Given, Options
from songkin.sources.headings import plain

KINDS: Final = (
    "catalog_folder",
    "million",
    "audiomuse",
    "labels",
    "listenbrainz",
    "jspf",
    "xspf",
    "pls",
    "m3u",
    "corrections",
    "votes",
    "lastfm",
    "albums",
    "exportify",
    "bundle",
    "songs",
    "urls",
    "text_list",
)
ADDRESSES: Final = ("streaming", "bucket", "urls")
"""Kinds of what is no file, but is named by an address; in their order too."""
BUNDLE: Final = "bundle"
_BESIDE_VECTORS: Final = ("", BUNDLE, "songs", "exportify", "urls")
"""What a table may be taken for that turns out to be one of songs with vectors (empty: for nothing)."""


class Source(Protocol):
    """A file of ``songkin.sources``."""

    KIND: str

    def owns(self, given: Given) -> bool:
        """Whether a file is of this kind."""

    def read(self, given: Given, options: Options) -> Records:
        """What stands in it."""


def source(kind: str) -> Source:
    """The source that reads this kind. Raises ``SourceError`` with the kinds there are."""
    if kind not in (*KINDS, *ADDRESSES):
        raise SourceError(f"There is no kind of file called {kind!r}.", remedy=f"Use one of: {', '.join(KINDS)}.")
    return cast(Source, import_module(f"songkin.sources.{kind}"))


def recognise(given: Given) -> Source | None:
    """The source that owns a file, if any. Raises ``SourceError`` if it cannot be read."""
    kinds = ADDRESSES if given.address else KINDS
    return next((found for kind in kinds if (found := source(kind)).owns(given)), None)


def with_columns(given: Given, mapped: Mapping[str, str]) -> Source | None:
    """The source that owns a file of which columns were named: a table that nobody else knows, and that has such
    columns, is one of songs. One in a folder that has none of them is left to whoever owns it. Raises ``SourceError`` if
    it cannot be read."""
    if (found := recognise(given)) is not None or given.address or (table := columns.glance(given)) is None:
        return found
    has = {plain(heading) for heading in table.headings}
    return source("songs") if not given.root or has & {plain(heading) for heading in mapped.values()} else None


def with_vectors(given: Given, kind: str = "") -> Source | None:
    """The source that owns a file for which a file of vectors was named: a table of songs takes them. ``kind`` is what
    the file is said to be. What lies in a folder and is no table is what it is without them. Raises ``SourceError`` for
    all that cannot take them."""
    found = source(kind) if kind else recognise(given)
    is_table = not given.address and columns.glance(given) is not None
    name = found.KIND if found else ""
    if is_table and name in (_BESIDE_VECTORS if not kind else (BUNDLE, "songs")):
        return source(BUNDLE)
    if given.root and not is_table:
        return found
    raise SourceError(
        f"{given.name} is {f'of the kind {name}' if name else 'no table'}, which takes no vectors.",
        remedy="Import it without --vectors, or as songs with --as bundle."
        if is_table
        else "Name it without --vectors.",
    )
