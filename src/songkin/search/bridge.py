"""The tag bridge: from words to sound without a joint model.

MusiCNN says how strongly each of 100 tags is heard in a song; MiniLM says how near a query is to each tag's name. The
softmax of those cosines gives weights over tags, and a song's score is the weighted sum of its standardised tag logits:
one dot product in the space ``heard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin import spaces
from songkin.encoders.base import TextEncoder
from songkin.encoders.musicnn import TAGS
from songkin.spaces import Matrix, Statistics
from songkin.store.catalog import Catalog

TEMPERATURE: Final = 0.05
SHOWN_WEIGHT: Final = 0.03
SHOWN_Z: Final = 0.4
SHOWN_P: Final = 0.05

_PHRASE: Final = "{} music"
_KEPT: Final = "tag names"
_names: dict[str, Matrix] = {}


@dataclass(frozen=True, slots=True)
class Bridge:
    """Weights over the 100 tags for one query, and the vector that asks ``heard`` for it."""

    weights: Matrix
    vector: Matrix


def tag_names(encoder: TextEncoder, catalog: Catalog) -> Matrix:
    """Unit vectors of all tag names, float32 (100, 384); read from the catalog where ``keep_tag_names`` left them."""
    key = _names_key(encoder)
    if key not in _names:
        kept = catalog.vectors.statistic(_KEPT)
        if kept and kept[1:3] == (key, len(TAGS)):
            _names[key] = np.frombuffer(kept[3], np.float32).reshape(len(TAGS), -1)
        else:
            _names[key] = encoder.encode([_PHRASE.format(tag.lower()) for tag in TAGS])
    return _names[key]


def keep_tag_names(encoder: TextEncoder, catalog: Catalog) -> None:
    """Keep the vectors of the tag names: reading a hundred names takes a fifth of a second of every first question.

    Raises ``WeightsMissing``, ``StoreError``.
    """
    kept = catalog.vectors.statistic(_KEPT)
    if kept is None or kept[1] != _names_key(encoder):
        names = tag_names(encoder, catalog)
        catalog.vectors.put_statistic(_KEPT, _names_key(encoder), len(names), names.tobytes())


def _names_key(encoder: TextEncoder) -> str:
    return f"{encoder.spec.fingerprint}/{_PHRASE}"


def bridge(query: Matrix, names: Matrix, statistics: Statistics) -> Bridge:
    """Weights of the tags for a query vector, float32 (384,)."""
    cosines = names @ query
    raised = np.exp((cosines - cosines.max()) / TEMPERATURE)
    weights = (raised / raised.sum()).astype(np.float32)
    return Bridge(weights, spaces.ask_heard(weights, statistics))


def heard_tags(found: Bridge, probabilities: Matrix, statistics: Statistics) -> list[tuple[str, float]]:
    """The tags that made a song answer the query: (tag, probability), strongest contribution first."""
    logits = spaces.logits(probabilities)
    z = (logits - statistics.arrays["mean"]) / statistics.arrays["std"]
    contribution = found.weights * z
    best: dict[str, float] = {}
    for number in np.argsort(-contribution):
        enough = probabilities[number] >= SHOWN_P and z[number] >= SHOWN_Z
        if found.weights[number] >= SHOWN_WEIGHT and enough:
            best.setdefault(TAGS[number].lower(), float(probabilities[number]))
    return list(best.items())


def strongest(probabilities: Matrix, least: float = 0.1) -> dict[str, float]:
    """Tags heard in a song with their probability, strongest first; the better of two nets where both know a tag."""
    best: dict[str, float] = {}
    for number in np.argsort(-probabilities):
        if probabilities[number] >= least:
            best.setdefault(TAGS[number].lower(), float(probabilities[number]))
    return best


def shared(one: Matrix, other: Matrix, statistics: Statistics) -> list[str]:
    """Tags that stand out of the library in both songs, strongest first."""
    mean, std = statistics.arrays["mean"], statistics.arrays["std"]
    both = np.minimum((spaces.logits(one) - mean) / std, (spaces.logits(other) - mean) / std)
    heard = np.minimum(one, other)
    order = np.argsort(-both * (heard >= 0.1))
    picked: Mapping[str, None] = dict.fromkeys(TAGS[n].lower() for n in order[:6] if both[n] > 0.5 and heard[n] >= 0.1)
    return list(picked)[:3]
