"""Whether a clip is a recording that the library holds: asked of the fingerprints of likely songs.

Whole-song vectors know a song by its sound at large; a few seconds through a telephone can mislead them. The fingerprint
does not mind, but sorting all codes of a large library takes seconds. So vectors propose some hundred songs and the
fingerprints of those decide; a small library is asked whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from songkin import audio
from songkin.encoders.fingerprint import SAMPLE_RATE, Codes, FingerprintIndex, Found, phases_of
from songkin.errors import AudioError
from songkin.store.catalog import Catalog

PROPOSED: Final = 600
"""Songs whose fingerprints are looked at; also the size up to which a library is asked whole."""

LISTEN_SECONDS: Final = 20.0


def clip_codes(path: str, duration: float) -> tuple[Codes, ...]:
    """Codes of up to 20 seconds from the middle of a file; none where it is too short or too long to be a clip."""
    try:
        sound = audio.samples(path, SAMPLE_RATE)
    except AudioError:
        return ()
    middle, half = int(duration * SAMPLE_RATE / 2), int(LISTEN_SECONDS * SAMPLE_RATE / 2)
    return phases_of(sound[max(0, middle - half) : middle + half])


def recognise(catalog: Catalog, codes: Sequence[Codes], proposed: Sequence[str]) -> Found | None:
    """The song among ``proposed`` that holds the clip, if its fingerprint says so beyond doubt."""
    if not codes or not len(codes[0]):
        return None
    prints = catalog.vectors.of(list(proposed[:PROPOSED]), ("fingerprint",))
    index = FingerprintIndex({i: found["fingerprint"] for i, found in prints.items() if len(found["fingerprint"])})
    found = index.find(codes, limit=1) if prints else []
    return found[0] if found else None
