"""Moods of a song, to be filtered and counted by: the few tags about mood that stand out in what was heard.

Some tags are never quite heard ("sad" at .02 at most), others nearly always. So a tag counts by how far it stands above
what is usual in this library, on the scale of its logits, and of each song only what stands out most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from songkin import spaces
from songkin.encoders.musicnn import TAGS
from songkin.spaces import Matrix, Statistics

MOODS: Final[Mapping[str, str]] = {
    "ambient": "ambient",
    "beautiful": "beautiful",
    "catchy": "catchy",
    "chill": "chill",
    "chillout": "chill",
    "dance": "danceable",
    "easy listening": "easy listening",
    "experimental": "experimental",
    "fast": "fast",
    "happy": "happy",
    "loud": "loud",
    "mellow": "mellow",
    "party": "party",
    "quiet": "quiet",
    "sad": "sad",
    "sexy": "sensual",
    "slow": "slow",
    "soft": "soft",
    "weird": "strange",
}
"""Tag as it was learned: mood as it is called here."""
MOST: Final = 3
STANDS_OUT: Final = 0.7
"""Deviations above the library's mean."""

_AT: Final = tuple((n, MOODS[tag.lower()]) for n, tag in enumerate(TAGS) if tag.lower() in MOODS)


def moods(raw: Mapping[str, Matrix], statistics: Statistics | None) -> tuple[str, ...]:
    """At most ``MOST`` moods of a song, what stands out most first, of its raw outputs; none where the nets have not heard
    it, or nothing was fitted (``statistics`` of the space ``heard``)."""
    if statistics is None or "mtt_tags" not in raw or "msd_tags" not in raw:
        return ()
    heard = np.concatenate([raw["mtt_tags"], raw["msd_tags"]]).astype(np.float32)
    mean, std = statistics.arrays["mean"], statistics.arrays["std"]
    high = (spaces.logits(heard) - mean) / np.maximum(std, 1e-6)
    order = sorted(_AT, key=lambda each: -float(high[each[0]]))
    return tuple(dict.fromkeys(name for at, name in order if high[at] >= STANDS_OUT))[:MOST]
