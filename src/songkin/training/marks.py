"""How well an encoder finds albums that it was not trained on: alone, and beside words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.search.albums import BLEND, Blend, scored
from songkin.shelves import Judged
from songkin.spaces import TAGS_DIM, TEXT_DIM
from songkin.store.shelf import shelved
from songkin.training.pairs import Questions, documents

Matrix = NDArray[np.float32]
Reading = Callable[[Sequence[str]], Matrix]

_WEIGHTS: Final = (0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0)
_OTHERS: Final = 300
"""Albums beside those kept aside among which these are looked for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Recall at 1 and 10 by meaning alone, MRR with words at the best weight of meaning, and that weight."""

    recall_1: float = 0.0
    recall_10: float = 0.0
    fused: float = 0.0
    words: float = 0.0
    candidates: int = 0
    questions: int = 0
    blend: Blend = field(default_factory=lambda: BLEND)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Mark:
        """From plain values."""
        return cls(**{**told, "blend": Blend(**told["blend"])})

    def plain(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


class Judge:
    """Asks one question for each album kept aside: its own, or one drawn from its review."""

    def __init__(
        self, judged: Sequence[Judged], questions: Questions, aside: Sequence[int], others: Sequence[int]
    ) -> None:
        self._among = [*aside, *questions.shuffled(others)[:_OTHERS]]
        albums = [judged[n] for n in self._among]
        self._asked = [judged[n].query or questions.draw(n) for n in aside]
        self._documents = documents(albums)
        n = len(albums)
        shelf = shelved(
            [(each.album, ()) for each in albums],
            np.zeros((n, TEXT_DIM), np.float32),
            np.zeros((n, TAGS_DIM), np.float32),
            np.zeros(n, np.int32),
        )
        found = [scored(shelf, query, None, None) for query in self._asked]
        self._words = np.stack([each.covered * each.words for each in found])

    def mark(self, read: Reading) -> Mark:
        """How well ``read`` does."""
        meaning = np.maximum(read(self._asked) @ read(self._documents).T, 0.0).astype(np.float64)
        alone = _ranks(meaning)
        best, weight = max((_mrr(self._words + w * meaning), -w) for w in _WEIGHTS)
        return Mark(
            recall_1=float((alone <= 1).mean()),
            recall_10=float((alone <= 10).mean()),
            fused=best,
            words=_mrr(self._words),
            candidates=len(self._documents),
            questions=len(self._asked),
            blend=Blend(meaning=-weight),
        )


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """The rank of the album that each question means: those kept aside stand first, in the order of their questions."""
    own = np.diagonal(scores)
    return np.asarray((scores >= own[:, None]).sum(axis=1), np.int64)


def _mrr(scores: NDArray[np.float64]) -> float:
    return float((1.0 / _ranks(scores)).mean())
