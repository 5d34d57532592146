"""Whether a clip is a recording that the library holds.

Whole-song vectors know a song by its sound at large; a few seconds through a telephone can mislead them, and in a large
library they do not even propose the right song. The fingerprint does not mind. A fourth of all codes is kept sorted in a
file: a code of the clip, or one that differs in one bit, leads to places in songs, and places that several codes agree on
are compared bit by bit with the catalog. Where there is no such file (a library that may not be written to), the songs that
vectors propose are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from songkin import audio
from songkin.encoders.fingerprint import SAMPLE_RATE, Codes, FingerprintIndex, Found, laid, phases_of, proposed
from songkin.errors import AudioError
from songkin.store.catalog import Catalog
from songkin.store.prints import CodeFile

Prints = Callable[[Sequence[str]], Mapping[str, Codes]]

PROPOSED: Final = 600
"""Songs that vectors propose where there is no file."""

LOOKED_AT: Final = 50
"""Places in songs that are compared bit by bit."""

LISTEN_SECONDS: Final = 20.0


def clip_codes(path: str, duration: float) -> tuple[Codes, ...]:
    """Codes of up to 20 seconds from the middle of a file; none where it is too short or too long to be a clip."""
    try:
        sound = audio.samples(path, SAMPLE_RATE)
    except AudioError:
        return ()
    middle, half = int(duration * SAMPLE_RATE / 2), int(LISTEN_SECONDS * SAMPLE_RATE / 2)
    return phases_of(sound[max(0, middle - half) : middle + half])


def recognise(files: Sequence[CodeFile], codes: Sequence[Codes], prints_of: Prints) -> Found | None:
    """The song that holds the clip, if its fingerprint says so beyond doubt. ``codes`` are the ``phases_of`` the clip."""
    for bits in (1, 2):
        places: dict[tuple[str, int], int] = {}
        for file in files:
            for start, votes in _proposed(file, codes, bits):
                places[start] = max(votes, places.get(start, 0))
        best = sorted(places, key=lambda place: -places[place])[:LOOKED_AT]
        prints = prints_of(sorted({song for song, _ in best}))
        found = [
            hit
            for song, start in best
            if song in prints
            for clip in codes
            if (hit := laid(song, prints[song], clip, start))
        ]
        if found:
            return min(found, key=lambda hit: hit.error)
    return None


def _proposed(file: CodeFile, codes: Sequence[Codes], bits: int) -> Iterator[tuple[tuple[str, int], int]]:
    """((song, where in it the clip may begin, in codes), how many codes say so)."""
    total = int(file.starts[-1])
    for clip in codes:
        for start, votes in proposed(file.keys, clip, bits=bits, most=LOOKED_AT, step=file.step):
            middle = (start + len(clip) // 2) // file.step
            if 0 <= middle < total:
                song, first = file.at(middle)
                yield (song, start - first * file.step), votes


def recognise_among(catalog: Catalog, codes: Sequence[Codes], proposed: Sequence[str]) -> Found | None:
    """The same of the ``proposed`` songs alone, for want of a file."""
    if not codes or not len(codes[0]):
        return None
    prints = prints_in(catalog)(list(proposed[:PROPOSED]))
    found = FingerprintIndex(prints).find(codes, limit=1) if prints else []
    return found[0] if found else None


def prints_in(catalog: Catalog) -> Prints:
    """The catalog's fingerprints of some songs; those that have none are left out."""

    def found(ids: Sequence[str]) -> dict[str, Codes]:
        stored = catalog.vectors.of(ids, ("fingerprint",))
        return {i: outputs["fingerprint"] for i, outputs in stored.items() if len(outputs["fingerprint"])}

    return found
