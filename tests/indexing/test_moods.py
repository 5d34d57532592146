"""Moods are the tags that stand out."""

from __future__ import annotations

import numpy as np

from songkin import spaces
from songkin.encoders.musicnn import TAGS
from songkin.indexing.moods import MOODS, MOST, moods
from songkin.spaces import Statistics


def heard(**loud: float) -> dict[str, np.ndarray]:
    row = np.full(len(TAGS), 0.02, np.float32)
    for tag, p in loud.items():
        row[next(n for n, name in enumerate(TAGS) if name.lower() == tag)] = p
    return {"mtt_tags": row[:50], "msd_tags": row[50:]}


def usual() -> Statistics:
    mean = spaces.logits(np.full(len(TAGS), 0.02, np.float32))
    return Statistics(1, {"mean": mean, "std": np.ones(len(TAGS), np.float32)})


def test_what_stands_out_is_told_and_only_a_little_of_it() -> None:
    assert moods(heard(sad=0.2), usual()) == ("sad",)
    assert moods(heard(sad=0.2, slow=0.5), usual()) == ("slow", "sad")
    assert len(moods(heard(sad=0.5, slow=0.5, mellow=0.5, soft=0.5, quiet=0.5), usual())) == MOST
    assert moods(heard(guitar=0.9), usual()) == ()  # no mood


def test_without_hearing_or_statistics_there_is_none() -> None:
    assert moods({}, usual()) == ()
    assert moods(heard(sad=0.9), None) == ()


def test_every_mood_is_a_tag() -> None:
    assert set(MOODS) <= {tag.lower() for tag in TAGS}
