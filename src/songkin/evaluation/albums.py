"""Albums from questions: each album has one question, and is to be found among all albums.

Most such questions are words cut from the review they are to find, so that plain BM25 does well: it stands beside every
row. The last table leaves out of each question all words that stand in its album's own text: there BM25 finds nothing by
construction, and what remains is meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.config import Config
from songkin.encoders import text_encoder, trained
from songkin.encoders.base import TextEncoder
from songkin.errors import NotFound
from songkin.evaluation.metrics import Scores, bootstrap, mean_reciprocal_rank, ranks_of, recall_at
from songkin.evaluation.report import Report, Row, Table
from songkin.progress import Progress
from songkin.search.albums import BLEND, Blend, blend_of, scored
from songkin.shelves import Judged, asked_for
from songkin.spaces import TAGS_DIM
from songkin.store.catalog import Catalog
from songkin.store.shelf import Matrix, Shelf, exact_words, shelved
from songkin.text import album_words, describe_album
from songkin.training.pairs import SHARES, part_of

LEAST: Final = 20
COLUMNS: Final = ("R@1", "R@5", "R@10", "nDCG@10", "MRR")
_MEANING: Final = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0)
_STEMS: Final = (0.0, 0.1, 0.3, 0.5, 1.0)


def judged_of(catalog: Catalog) -> list[Judged]:
    """The albums of a library that have a question. Raises ``NotFound`` where there are too few."""
    found = [each for each in asked_for(catalog) if each.query]
    if len(found) < LEAST:
        raise NotFound(
            f"There are {len(found)} albums with a question, and {LEAST} are needed.",
            remedy="Name a table of albums with a column `query`: songkin eval albums FILE…",
        )
    return found


def of_library(catalog: Catalog, config: Config, model: Path | None, told: Progress, *, seed: int = 0) -> Report:
    """All tables, for the albums of a library; ``model`` is the folder of an own encoder. Raises ``NotFound``,
    ``EncoderError``."""
    own = trained.opened(model) if model else None
    if model and own is None:
        raise NotFound(f"There is no encoder in {model}.", remedy="`songkin train albums` makes one.")
    card = (trained.card_of(model) or {}) if model else {}
    plan = card.get("plan")
    dealt_by = plan.get("seed", 0) if isinstance(plan, dict) else 0
    encoder = text_encoder("minilm", config.cache)
    return evaluate(judged_of(catalog), encoder, told, own=own, own_blend=blend_of(card), seed=seed, dealt_by=dealt_by)


def evaluate(
    judged: Sequence[Judged],
    encoder: TextEncoder,
    told: Progress,
    *,
    own: TextEncoder | None = None,
    own_blend: Blend = BLEND,
    seed: int = 0,
    dealt_by: int = 0,
) -> Report:
    """All tables. ``own`` is one that was trained on albums dealt by the seed ``dealt_by``, judged on those that it has not
    seen alone; ``seed`` deals the questions of both halves."""
    told.stage("Reading albums", len(judged))
    text = encoder.encode([describe_album(each.album) for each in judged])
    told.step(len(judged))
    asked = encoder.encode([each.query for each in judged])
    whole = _Trial(judged, text, asked)
    half, other = _dealt(len(judged), seed)
    chosen = max(_grid(), key=lambda blend: _mean(whole.fused(blend), half))
    tables = [
        _table("all", "Albums from their questions", whole, _rows(whole)),
        _halves(whole, chosen, other),
    ]
    held = np.array([n for n, each in enumerate(judged) if part_of(each.album, dealt_by) == "test"], np.int64)
    rows = _rows(whole, which=held)
    if own is not None:
        told.stage("Reading albums with the own encoder", len(judged))
        mine = own.encode([describe_album(each.album) for each in judged])
        seen = _Trial(judged, mine, own.encode([each.query for each in judged]))
        rows += _rows(seen, "own encoder, ", own_blend, held)[-2:]
    tables.append(_table("held", "Questions of albums that nothing was trained on", whole, rows, len(held)))
    tables.append(_leak_free(judged, text, encoder, own, set(held.tolist())))
    settings = {"seed": seed, "split": dict(SHARES), "blend": {"stems": BLEND.stems, "meaning": BLEND.meaning}}
    settings["chosen_on_one_half"] = {"stems": chosen.stems, "meaning": chosen.meaning}
    return Report(tuple(tables), len(judged), (), settings)


class _Trial:
    """Questions asked of the albums they belong to."""

    def __init__(self, judged: Sequence[Judged], text: Matrix, asked: Matrix) -> None:
        self.judged, self.text, self.asked = judged, text, asked
        n = len(judged)
        none = np.zeros((n, TAGS_DIM), np.float32)
        self.shelf: Shelf = shelved([(each.album, ()) for each in judged], text, none, np.zeros(n, np.int32))
        self._found: dict[float, tuple[Scores, Scores]] = {}

    def scores(self, stems: float) -> tuple[Scores, Scores]:
        """What words and what meaning say, (questions, albums) each."""
        if stems not in self._found:
            found = [
                scored(self.shelf, each.query, vector, None, Blend(stems=stems))
                for each, vector in zip(self.judged, self.asked, strict=True)
            ]
            words = np.stack([each.covered * each.words for each in found])
            self._found[stems] = words, np.stack([each.meaning for each in found])
        return self._found[stems]

    def fused(self, blend: Blend) -> Scores:
        """The scores that ``songkin albums`` ranks by."""
        words, meaning = self.scores(blend.stems)
        return np.asarray(words + blend.meaning * meaning)


def _rows(trial: _Trial, prefix: str = "", blend: Blend = BLEND, which: NDArray[np.int64] | None = None) -> list[Row]:
    n = len(trial.judged)
    asked = np.arange(n) if which is None else which
    rows = [Row("random", "random (expected)", _random(n))]
    for method, label, scores in (
        ("bm25", "BM25, as typed", trial.scores(0.0)[0]),
        ("stems", "BM25, with stems", trial.scores(BLEND.stems)[0]),
        ("dense", f"{prefix}meaning alone", trial.scores(blend.stems)[1]),
        ("hybrid", f"{prefix}words and meaning (songkin albums)", trial.fused(blend)),
    ):
        named = f"own_{method}" if prefix else method
        rows.append(_row(named, label, ranks_of(scores[asked], asked)))
    return rows


def _row(method: str, label: str, ranks: NDArray[np.int64]) -> Row:
    gains = np.where(ranks <= 10, 1 / np.log2(ranks + 1.0), 0.0)
    values = (*(recall_at(ranks, k) for k in (1, 5, 10)), float(gains.mean()), mean_reciprocal_rank(ranks))
    return Row(method, label, values, bootstrap(1.0 / ranks))


def _chance(n: int, most: int | None = None) -> float:
    """The expected gain of one album at a random place: nDCG at ``most``, or MRR."""
    places = np.arange(1, n + 1)
    gains = 1 / np.log2(places + 1.0) if most else 1.0 / places
    return float(gains[: most or n].sum() / n)


def _table(name: str, title: str, trial: _Trial, rows: Sequence[Row], questions: int = 0) -> Table:
    n = len(trial.judged)
    about = (
        f"{questions or n} questions, {n} candidates each; ties count against the right album; the interval is of MRR."
    )
    return Table(name, title, about, COLUMNS, tuple(rows), n)


def _grid() -> list[Blend]:
    return [Blend(stems=stems, meaning=meaning) for stems in _STEMS for meaning in _MEANING]


def _mean(scores: Scores, which: NDArray[np.int64]) -> float:
    return mean_reciprocal_rank(ranks_of(scores[which], which))


def _dealt(n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.random.default_rng(seed).permutation(n)
    return order[: n // 2], order[n // 2 :]


def _halves(trial: _Trial, best: Blend, report: NDArray[np.int64]) -> Table:
    """Weights chosen by the questions of one half of the albums, reported on those of the other."""
    n = len(trial.judged)
    rows = [
        _row(method, label, ranks_of(scores[report], report))
        for method, label, scores in (
            ("bm25", "BM25, as typed", trial.scores(0.0)[0]),
            ("hybrid", "words and meaning, as given", trial.fused(BLEND)),
            ("tuned", f"tuned on the other half: stems {best.stems:g}, meaning {best.meaning:g}", trial.fused(best)),
        )
    ]
    about = f"{len(report)} questions, {n} candidates each; weights chosen on the other {n - len(report)} questions."
    return Table("halves", "Weights tuned on one half, reported on the other", about, COLUMNS, tuple(rows), n)


def _leak_free(
    judged: Sequence[Judged], text: Matrix, encoder: TextEncoder, own: TextEncoder | None, held: set[int]
) -> Table:
    """Questions without the words that stand in their album's own text."""
    left = [(n, query) for n, each in enumerate(judged) if (query := _without_own(each))]
    truth = np.array([n for n, _ in left], np.int64)
    rows = [Row("random", "random (expected)", _random(len(judged)))]
    rows.append(_row("dense", "meaning alone (MiniLM)", _ranked(encoder, text, left, truth)))
    about = f"{len(left)} questions, {len(judged)} candidates each; BM25 finds nothing here, by construction."
    if own is not None:
        unseen = [(n, query) for n, query in left if n in held]
        mine = own.encode([describe_album(each.album) for each in judged])
        places = np.array([n for n, _ in unseen], np.int64)
        rows.append(_row("unseen", f"the same, {len(unseen)} unseen", _ranked(encoder, text, unseen, places)))
        rows.append(_row("own", f"own encoder, {len(unseen)} unseen", _ranked(own, mine, unseen, places)))
    return Table(
        "leak-free", "Questions whose words do not stand in the text", about, COLUMNS, tuple(rows), len(judged)
    )


def _random(n: int) -> tuple[float, ...]:
    return (1 / n, min(1.0, 5 / n), min(1.0, 10 / n), _chance(n, 10), _chance(n))


def _ranked(
    encoder: TextEncoder, text: Matrix, asked: Sequence[tuple[int, str]], truth: NDArray[np.int64]
) -> NDArray[np.int64]:
    vectors = encoder.encode([query for _, query in asked])
    return ranks_of((vectors @ text.T).astype(np.float64), truth)


def _without_own(judged: Judged) -> str:
    words = exact_words()
    own = set(words.document(album_words(judged.album)).indices)
    return " ".join(word for word in judged.query.split() if own.isdisjoint(words.query(word).indices))
