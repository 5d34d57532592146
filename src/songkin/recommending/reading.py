"""A playlist from elsewhere, a file or a link, as songs of the library: read, and not imported."""

from __future__ import annotations

import os
from dataclasses import dataclass

from songkin import fetching
from songkin.config import Config
from songkin.importing.addresses import at_hand
from songkin.indexing.places import rules
from songkin.progress import Quiet
from songkin.recommending.wishes import Wishing
from songkin.sources.given import expand
from songkin.store.catalog import Catalog


@dataclass(frozen=True, slots=True)
class ReadList:
    """What a list is called, the ids of its songs that are in the library, and notes on those that are not."""

    name: str
    songs: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_list(catalog: Catalog, config: Config, what: str, called: str = "") -> ReadList:
    """The playlists in the file or behind the link ``what``; ``called`` is how a file is spoken of. Raises
    ``SourceError``, ``Unreachable``."""
    wishing = Wishing(catalog)
    name = called or (fetching.public(what) if fetching.is_link(what) else os.path.basename(what))
    wishing.given(at_hand(expand([what]), "", rules(config), Quiet()), name)
    wish = wishing.wish
    return ReadList(", ".join(wish.label) or name, tuple(wish.liked), tuple(wish.notes))
