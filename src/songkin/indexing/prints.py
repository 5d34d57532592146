"""The look-up of fingerprints, kept up with the catalog: a large file of most songs, a small one of what came since.

Making the file anew takes over half a second for ten thousand songs and grows with them, so that a run which
adds an album only makes the small one. When that has grown to a tenth of the large one both become one. Songs that are
forgotten stay in a file until it is made anew; nobody finds them, for what is found is compared with the catalog.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from songkin.config import Config
from songkin.encoders import fingerprint
from songkin.errors import IndexDamaged
from songkin.store import print_files, prints
from songkin.store.catalog import Catalog
from songkin.store.prints import CodeFile, Codes

if TYPE_CHECKING:
    from songkin.progress import Progress

SHARE: Final = 0.1
FEWEST: Final = 500
"""Songs that the small file may hold beside a tenth of the large one, and that may lie in files without being known."""

_BLOCK: Final = 500


def refresh(catalog: Catalog, config: Config, changed: Sequence[str], told: Progress) -> None:
    """Bring both files up to the catalog; ``changed`` songs may have other fingerprints now. Raises ``StoreError``."""
    large, small = print_files(config.library)
    known = catalog.ids()
    first, rest = _usable(config)
    settled = set(first.songs()) - set(changed) if first else set()
    late = [i for i in known if i not in settled]
    gone = len(first.ids) - (len(known) - len(late)) if first else 0
    if first is None or max(len(late), gone) > FEWEST + SHARE * len(first.ids):
        told.stage("Sorting fingerprints", len(known))
        prints.write(large, _read(catalog, known, told), fingerprint.SPEC.fingerprint)
        prints.write(small, (), fingerprint.SPEC.fingerprint)  # always there, so that a lost one is noticed
    elif changed or rest is None or late != rest.songs():
        prints.write(small, _read(catalog, late, None), fingerprint.SPEC.fingerprint)


def complete(catalog: Catalog, config: Config) -> bool:
    """Whether the files are there, whole and of this version, and hold all songs of the catalog."""
    files = opened(config)
    return bool(files) and {i for file in files for i in file.songs()}.issuperset(catalog.ids())


def opened(config: Config) -> list[CodeFile]:
    """Both files to look things up in; none where one has to be made (anew) first."""
    first, rest = _usable(config)
    return [first, rest] if first and rest else []


def _usable(config: Config) -> tuple[CodeFile | None, CodeFile | None]:
    """Both files, as far as they can be used."""
    found = []
    for path in print_files(config.library):
        try:
            file = prints.read(path)
        except IndexDamaged:  # made anew by whoever asks
            file = None
        found.append(file if file and file.encoder == fingerprint.SPEC.fingerprint else None)
    return found[0], found[1]


def _read(catalog: Catalog, ids: Sequence[str], told: Progress | None) -> Iterator[tuple[str, Codes]]:
    """Codes of these songs, none for those that have none: they are looked for no more."""
    nothing = fingerprint.no_codes()
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        found = catalog.vectors.of(block, ("fingerprint",))
        yield from ((i, found.get(i, {}).get("fingerprint", nothing)) for i in block)
        if told is not None:
            told.step(start + len(block))
