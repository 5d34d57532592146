"""Ways to answer a question in words: ``find`` itself, its parts, and what it is measured against.

Each is a function from a question to ids, best first; what it does not find it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from songkin.encoders.musicnn import TAGS
from songkin.evaluation.words_shelves import Shelf
from songkin.models import Query
from songkin.search import bridge, find
from songkin.search.trust import TUNED, Tuning, fused
from songkin.spaces import Matrix
from songkin.store.vectors import Ask

Ranker = Callable[[str], Sequence[str]]

SENTENCE_TAGS = 5
_DEPTH = 200


def by_find(shelf: Shelf) -> Ranker:
    """All of ``songkin find``: names looked up, three lists fused."""
    query = Query(limit=_DEPTH, per_artist=None, per_album=None)

    def rank(text: str) -> Sequence[str]:
        answer = find.find(shelf.catalog, shelf.store, shelf.encoder, text, query, shelf.statistics)
        return [hit.track.id for hit in answer.hits]

    return rank


def by_fusion(shelf: Shelf, tuning: Tuning = TUNED) -> Ranker:
    """The three lists fused, without looking names up."""

    def rank(text: str) -> Sequence[str]:
        question = find.put(shelf.catalog, shelf.encoder, text, (), shelf.statistics, tuning)
        lists = find.looked_at(shelf.catalog, shelf.store, question, tuning)
        return [i for i, _ in fused(lists.found, lists.weights, tuning.k)[:_DEPTH]]

    return rank


def by_list(shelf: Shelf, space: str) -> Ranker:
    """One of the three lists alone, as the engine gives it."""

    def rank(text: str) -> Sequence[str]:
        question = find.put(shelf.catalog, shelf.encoder, text, (), shelf.statistics)
        asks = [ask for ask in question.asks if ask.space == space]
        return [match.id for matches in shelf.store.ask(asks) for match in matches] if asks else []

    return rank


def by_plain_bridge(shelf: Shelf) -> Ranker:
    """The bridge as it was first drawn: the question read as it stands, every tag weighed, logits as z-scores."""
    statistics = shelf.statistics["heard"]
    names = bridge.tag_names(shelf.encoder, shelf.catalog)

    def rank(text: str) -> Sequence[str]:
        cosines = names @ shelf.encoder.encode([text])[0]
        raised = np.exp((cosines - cosines.max()) / bridge.TEMPERATURE)
        weights = np.asarray(raised / raised.sum() / statistics.arrays["std"], np.float32)
        return [match.id for match in shelf.store.ask([Ask("heard", weights, _DEPTH)])[0]]

    return rank


def by_probability(shelf: Shelf) -> Ranker:
    """The bridge over tag probabilities instead of logits."""
    ids, probabilities = shelf.tags()

    def rank(text: str) -> Sequence[str]:
        found = bridge.ask(shelf.encoder, shelf.catalog, text, shelf.statistics["heard"])
        return _ordered(ids, probabilities @ found.weights)

    return rank


def by_sentence(shelf: Shelf) -> Ranker:
    """A sentence of each song's strongest tags, read by the text encoder."""
    ids, probabilities = shelf.tags()
    told = [f"{', '.join(list(bridge.strongest(row, 0.0))[:SENTENCE_TAGS])} music" for row in probabilities]
    sentences = shelf.encoder.encode(told)

    def rank(text: str) -> Sequence[str]:
        return _ordered(ids, sentences @ shelf.encoder.encode([text])[0])

    return rank


def by_tag_words(shelf: Shelf) -> Ranker:
    """The sum of the probabilities of those tags that the question names word for word."""
    ids, probabilities = shelf.tags()
    tags = [frozenset(tag.lower().split()) for tag in TAGS]

    def rank(text: str) -> Sequence[str]:
        said = set(text.lower().replace(",", " ").split())
        named = np.array([tag <= said for tag in tags])
        return _ordered(ids, probabilities[:, named].sum(axis=1)) if named.any() else []

    return rank


def _ordered(ids: Sequence[str], scores: Matrix) -> list[str]:
    return [ids[i] for i in np.argsort(-scores, kind="stable")]
