"""Every kind of file that can be imported, in the order in which a file is offered to them."""

from __future__ import annotations

from importlib import import_module
from typing import Final, Protocol, cast

from songkin.errors import SourceError
from songkin.records import Records
from songkin.sources.given import Given, Options

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
