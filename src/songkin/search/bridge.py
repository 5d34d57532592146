"""The tag bridge: from words to sound without a joint model.

MusiCNN says how strongly each of 100 tags is heard in a song; MiniLM says how near a query is to each tag's name. The
softmax of those cosines gives weights over tags, and a song's score is the weighted sum of its scaled tag logits: one
dot product in the space ``heard``. What a question does not want ("without drums") weighs the other way round. All
of it was chosen by ``songkin eval words``: the phrase "… music" around both sides, eight tags, the temperature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin import spaces
from songkin.encoders.base import TextEncoder
from songkin.encoders.musicnn import TAGS
from songkin.errors import EncoderError
from songkin.search import ownbridge
from songkin.search.negation import taken_apart
from songkin.spaces import Matrix, Statistics
from songkin.store.catalog import Catalog

TEMPERATURE: Final = 0.05
KEPT_TAGS: Final = 8
"""Tags that a question weighs; a long tail of faint ones drowns what was asked."""
SPREAD: Final = 0.5
"""How far a tag's logits are put on one scale: 1 divides them by their deviation in the library, so that a tag that is
never quite heard ("sad", .02 at most) weighs as much as one that is ("piano", .8); 0 leaves them as they are."""
UNWANTED_SURE: Final = 0.7
"""Cosine to a tag from which an unwanted thing is one that can be heard: *drums* (1.0), not *doubt* (.61)."""
DEAD: Final = 0.95
"""Cosine of unlike phrases above which a text encoder is broken."""
TAGS_MEAN, TAGS_SPREAD = 0.514, 0.093
"""Of MiniLM's cosines between the names of unlike tags."""
SAME: Final = 0.9999
LEAST_SPREAD: Final = 1e-3
SHOWN_WEIGHT: Final = 0.03
SHOWN_UNWANTED: Final = 0.3
SHOWN_Z: Final = 0.4
SHOWN_P: Final = 0.05

_PHRASE: Final = "{} music"
_UNLIKE: Final = ("piano", "heavy metal", "choir")
_KEPT: Final = "tag names"
_names: dict[str, Matrix] = {}


@dataclass(frozen=True, slots=True)
class Scale:
    """From one encoder's cosines to MiniLM's."""

    slope: float = 1.0
    offset: float = 0.0

    def of(self, cosines: Matrix) -> Matrix:
        """Cosines as MiniLM might have found them, 1 at most."""
        return np.asarray(np.minimum(1.0, self.slope * cosines + self.offset), np.float32)


@dataclass(frozen=True, slots=True)
class Bridge:
    """Weights over the 100 tags for one question (negative: unwanted), the vector that asks ``heard`` for it, and how
    near the question is to the nearest tag (0–1): below about .6 it hardly speaks of sound."""

    weights: Matrix
    vector: Matrix
    surety: float


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


def ask(
    encoder: TextEncoder,
    catalog: Catalog,
    text: str,
    statistics: Statistics,
    *,
    temperature: float = TEMPERATURE,
) -> Bridge:
    """The bridge for a question. Raises ``WeightsMissing``, or ``EncoderError`` if the encoder tells no texts apart."""
    names = tag_names(encoder, catalog)
    said = taken_apart(text)
    scale = scale_of(encoder, names)
    unwanted = [phrase for phrase in read(encoder, said.unwanted) if scale.of(names @ phrase).max() >= UNWANTED_SURE]
    wanted = said.wanted if unwanted else text
    vectors = read(encoder, [wanted] if wanted else [])
    temperature /= scale.slope
    weights = sum((tag_weights(v, names, temperature) for v in vectors), np.zeros(len(TAGS), np.float32))
    if vectors and (own := ownbridge.of(catalog, encoder)):
        weights = own.joined(weights, vectors[0])
    weights = weights - sum((tag_weights(v, names, temperature) for v in unwanted), np.zeros(len(TAGS), np.float32))
    surety = float(scale.of(names @ (vectors or unwanted)[0]).max())
    return Bridge(weights, asking(weights, statistics), surety)


def scale_of(encoder: TextEncoder, names: Matrix) -> Scale:
    """How the cosines of this encoder are to be taken for MiniLM's, with which all limits were chosen: so that those
    between unlike tag names have the same mean and spread. Raises ``EncoderError`` where they have none."""
    if not encoder.spec.name.startswith("hub:"):
        check_alive(names)
        return Scale()
    cosines = names @ names.T
    apart = cosines[cosines < SAME]
    spread = float(apart.std()) if len(apart) else 0.0
    if not spread > LEAST_SPREAD:
        raise EncoderError(
            f"The text encoder {encoder.spec.name} tells no tag names apart.", remedy="Set text_encoder to another one."
        )
    slope = TAGS_SPREAD / spread
    return Scale(slope, TAGS_MEAN - slope * float(apart.mean()))


def asking(weights: Matrix, statistics: Statistics) -> Matrix:
    """The vector that asks ``heard`` for tags so weighted, float32 (100,)."""
    return spaces.ask_heard(weights * statistics.arrays["std"] ** np.float32(1 - SPREAD), statistics)


def read(encoder: TextEncoder, phrases: Sequence[str]) -> list[Matrix]:
    """Vectors of phrases, told in the way the tag names are."""
    told = [each if "music" in each.lower().split() else _PHRASE.format(each) for each in phrases]
    return list(encoder.encode(told)) if told else []


def tag_weights(query: Matrix, names: Matrix, temperature: float = TEMPERATURE) -> Matrix:
    """How much each tag speaks for a query vector, float32 (100,): the softmax of the cosines, its tail cut off."""
    cosines = names @ query
    raised = np.exp((cosines - cosines.max()) / temperature)
    raised[np.argsort(-raised)[KEPT_TAGS:]] = 0.0
    return np.asarray(raised / raised.sum(), np.float32)


def check_alive(names: Matrix) -> None:
    """Raise ``EncoderError`` if names of unlike music all but coincide: then the encoder's weights are broken."""
    some = names[[TAGS.index(tag) for tag in _UNLIKE]].astype(np.float64)
    some /= np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-12)
    nearest = float((some @ some.T - 2 * np.eye(len(some))).max())
    if not nearest <= DEAD:  # also where a number is none
        raise EncoderError(
            f"The text encoder cannot tell {' from '.join(_UNLIKE)} (cosine {nearest:.2f}): its weights are broken.",
            remedy="Remove them from the cache and pull them again with `songkin models pull minilm`.",
        )


def heard_tags(found: Bridge, probabilities: Matrix, statistics: Statistics) -> list[tuple[str, float]]:
    """The tags that made a song answer the query: (tag, probability), strongest contribution first."""
    z = _standard(probabilities, statistics)
    contribution = found.weights * z
    best: dict[str, float] = {}
    for number in np.argsort(-contribution):
        enough = probabilities[number] >= SHOWN_P and z[number] >= SHOWN_Z
        if found.weights[number] >= SHOWN_WEIGHT and enough:
            best.setdefault(TAGS[number].lower(), float(probabilities[number]))
    return list(best.items())


def heard_in_mean(found: Bridge, logits: Matrix, statistics: Statistics) -> list[str]:
    """The tags that made several songs answer the query: of ``logits``, the mean of theirs."""
    z = (logits - statistics.arrays["mean"]) / statistics.arrays["std"]
    order = np.argsort(-found.weights * z)
    strong = (TAGS[n].lower() for n in order if found.weights[n] >= SHOWN_WEIGHT and z[n] >= SHOWN_Z)
    return list(dict.fromkeys(strong))


def absent_tags(found: Bridge, probabilities: Matrix, statistics: Statistics) -> list[str]:
    """Unwanted tags that are heard less in this song than in the middle of the library."""
    z = _standard(probabilities, statistics)
    order = np.argsort(found.weights)
    gone = (TAGS[n].lower() for n in order if found.weights[n] <= -SHOWN_UNWANTED and z[n] < 0)
    return list(dict.fromkeys(gone))


def _standard(probabilities: Matrix, statistics: Statistics) -> Matrix:
    logits = spaces.logits(probabilities)
    return np.asarray((logits - statistics.arrays["mean"]) / statistics.arrays["std"], np.float32)


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
