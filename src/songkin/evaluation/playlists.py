"""Hidden songs of real playlists: what is found when a few are given, with and without the playlist's name.

Playlists are dealt into five parts; each part is hidden whole while the others are the crowd, and weights are learned on
playlists of the others alone. Of each hidden playlist 0, 1, 5, 10 or 25 songs, drawn by the seed, are given; the rest is
to be found among all songs of the library. Everything goes the way that ``songkin recommend`` goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.config import Config
from songkin.drawing import Line, draw
from songkin.encoders import text_encoder, weights
from songkin.errors import NotFound
from songkin.evaluation.continuation import DEPTH, clicks, likeness, r_precision
from songkin.evaluation.metrics import bootstrap
from songkin.evaluation.report import Report, Row, Table
from songkin.progress import Progress
from songkin.recommending import factors, learning
from songkin.recommending.crowd import Crowd
from songkin.recommending.gathered import Gathered, gather
from songkin.recommending.learning import DEEP, gain, ranked
from songkin.recommending.names import Names
from songkin.recommending.recommend import WEIGHTS, candidates
from songkin.recommending.wishes import Wish
from songkin.store import open_vectors
from songkin.store.catalog import Catalog
from songkin.store.vectors import VectorStore

FOLDS: Final = 5
GIVEN: Final = (0, 1, 5, 10, 25)
LEAST: Final = 20
_HIDDEN: Final = 5
"""Songs that must be left to be found."""
COLUMNS: Final = ("songs given", "with name", "NDCG", "clicks", "R-precision")

LABELS: Final[Mapping[str, str]] = {
    "random": "random",
    "popular": "popularity",
    "together": "co-occurrence",
    "item-knn": "item-kNN (cosine)",
    "als": "ALS (implicit, 64 factors)",
    "bpr": "BPR (implicit, 64 factors)",
    "tfidf": "item-kNN (implicit, tf-idf)",
    "bm25": "item-kNN (implicit, BM25)",
    "content": "content alone",
    "artists": "artists alone",
    "names": "names alone",
    "words": "the words of names alone",
    "crowd": "playlist-kNN alone",
    "blend": "songkin, weights as given",
    "learned": "songkin, weights learned",
}


_MODELS: Final = (factors.ITEMS, "tfidf", "bm25", "als", "bpr")
DRAWN: Final = ("learned", "blend", "content", "crowd", "als", "item-knn", "popular")


@dataclass(slots=True)
class _Marks:
    """What each method earned, by (method, songs given, with name)."""

    marks: dict[tuple[str, int, bool], list[tuple[float, float, float, float]]] = field(default_factory=dict)
    shown: dict[str, set[str]] = field(default_factory=dict)
    pages: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, method: str, given: int, named: bool, earned: tuple[float, float, float, float]) -> None:
        self.marks.setdefault((method, given, named), []).append(earned)


def of_library(catalog: Catalog, config: Config, told: Progress, *, seed: int = 0) -> Report:
    """All tables, for the playlists of a library. Raises ``NotFound`` where there are too few."""
    encoder = text_encoder("minilm", config.cache)
    reader = encoder if weights.installed(encoder.spec, config.cache) else None
    crowd = gather(catalog)
    with open_vectors(catalog, config) as store:
        return evaluate(catalog, store, crowd, Names(crowd.names, reader), told, seed=seed)


def evaluate(
    catalog: Catalog,
    store: VectorStore,
    gathered: Gathered,
    names: Names,
    told: Progress,
    *,
    seed: int = 0,
    folds: int = FOLDS,
) -> Report:
    """All tables. Raises ``NotFound`` where there are too few playlists."""
    sizes = np.diff(gathered.crowd.starts)
    fit = [int(n) for n in np.flatnonzero(sizes >= _HIDDEN + 1)]
    if len(fit) < LEAST:
        raise NotFound(
            f"There are {len(fit)} playlists of {_HIDDEN + 1} songs or more, and {LEAST} are needed.",
            remedy="Import playlists, or name files of them: `songkin eval playlists FILE…`.",
        )
    order = np.random.default_rng(seed).permutation(fit)
    marks, learned = _Marks(), []
    told.stage("Asking for hidden songs", len(fit))
    done = 0
    for fold in range(folds):
        hidden = [int(n) for n in order[fold::folds]]
        trial = _Trial(catalog, store, gathered, names, hidden, seed)
        learned.append(trial.weights)
        for number in hidden:
            trial.ask(number, marks)
            done += 1
            told.step(done, gathered.names[number][:40])
    artist = {song: int(gathered.crowd.artist[n]) for song, n in gathered.number.items()}
    tables = (_table(marks, gathered, len(fit)), _spread(marks, gathered, artist))
    mean = {name: round(float(np.mean([each[name] for each in learned])), 3) for name in WEIGHTS}
    settings = {"seed": seed, "folds": folds, "playlists": len(fit), "learned_weights": mean}
    return Report(tables, len(gathered.tracks), (), settings, _missing())


class _Trial:
    """One part hidden."""

    def __init__(
        self, catalog: Catalog, store: VectorStore, gathered: Gathered, names: Names, hidden: Sequence[int], seed: int
    ) -> None:
        gone = set(hidden)
        self.whole, self.seed = gathered, seed
        self.catalog, self.store = catalog, store
        self.others = gathered.without(hidden)
        kept = [n for n in range(gathered.crowd.lists) if n not in gone]
        self.names = Names.of(names, kept)
        self.artist = {song: int(gathered.crowd.artist[n]) for song, n in gathered.number.items()}
        self.popular = _order(self.others, self.others.crowd.count + _jitter(len(gathered.tracks)))
        chosen = learning.hidden_of(self.others, seed=seed)
        cases = learning.cases_of(catalog, store, self.others, self.names, chosen, seed) if chosen else []
        self.weights = learning.learned(cases) if cases else dict(WEIGHTS)
        self.scorers: dict[str, Callable[[Sequence[int]], NDArray[np.float32]]] = {
            "together": lambda given: _together(self.others.crowd, given),
            **{name: _scorer(self.others.crowd, name, seed) for name in _beside()},
        }

    def ask(self, number: int, marks: _Marks) -> None:
        """Ask for the rest of one playlist in all ways."""
        rng = np.random.default_rng([self.seed, number])
        songs = [int(n) for n in rng.permutation(self.whole.crowd.songs_of(number))]
        for given in GIVEN:
            if len(songs) - given >= _HIDDEN:
                truth = frozenset(self.whole.tracks[n] for n in songs[given:])
                self._ask(number, songs[:given], truth, marks)

    def _ask(self, number: int, given: Sequence[int], truth: frozenset[str], marks: _Marks) -> None:
        ids = [self.whole.tracks[n] for n in given]
        rankings: dict[tuple[str, bool], list[str]] = {}
        if given:
            for name, scores in self.scorers.items():
                rankings[name, False] = _order(self.others, scores(given), len(truth) + DEPTH + len(given))
        for named in (False, True) if given else (True,):
            wish = Wish(liked=dict.fromkeys(ids, 1.0), without=set(ids))
            if named:
                wish.names.append(self.whole.names[number])
            said = candidates(self.catalog, self.store, self.others, self.names, wish, DEEP).said
            rankings["blend", named] = ranked(said, WEIGHTS)
            rankings["learned", named] = ranked(said, self.weights)
            for witness in said:
                if (witness in ("names", "words")) == named:
                    rankings[witness, named] = ranked(said, {witness: 1.0})
        known = set(ids)
        rng = np.random.default_rng([self.seed, number, len(given)])
        rankings["random", not given] = [
            self.whole.tracks[n] for n in rng.permutation(len(self.whole.tracks))[: DEPTH * 4]
        ]
        rankings["popular", not given] = []
        for (method, named), ranking in rankings.items():
            self._mark(method, len(given), named, [song for song in ranking if song not in known], truth, marks)

    def _mark(
        self, method: str, given: int, named: bool, ranking: list[str], truth: frozenset[str], marks: _Marks
    ) -> None:
        wanted = max(DEPTH, len(truth))
        there = set(ranking)
        full = (
            ranking[:wanted]
            + [song for song in self.popular[: 2 * wanted] if song not in there][: max(0, wanted - len(ranking))]
        )
        earned = (gain(full, truth), clicks(full, truth), r_precision(full, truth, self.artist))
        marks.add(method, given, named, (*earned, float(len(truth))))
        if given == 10:
            marks.shown.setdefault(method, set()).update(full[:10])
            rare = [float(self.others.crowd.idf[self.whole.number[song]]) for song in full[:10]]
            marks.pages.setdefault(method, []).append(
                (float(np.mean(rare)) if rare else 0.0, 1 - likeness(full, self.artist))
            )


def _table(marks: _Marks, gathered: Gathered, lists: int) -> Table:
    rows = []
    for method in LABELS:
        for (name, given, named), earned in sorted(marks.marks.items(), key=lambda item: item[0][1:]):
            if name != method:
                continue
            values = np.array(earned)
            ndcg, pages, precision = values[:, 0].mean(), values[:, 1].mean(), values[:, 2]
            cells = (float(given), float(named), float(ndcg), float(pages), float(precision.mean()))
            rows.append(
                Row(f"{method} {given}{' named' if named else ''}", LABELS[method], cells, bootstrap(precision))
            )
    about = (
        f"{lists} playlists in {FOLDS} parts, each hidden while the others are the crowd; the hidden songs are looked for among "
        f"{len(gathered.tracks):,}. Clicks: pages of ten until one is right (51: none in 500)."
    )
    return Table("playlists", "Hidden songs of playlists", about, COLUMNS, tuple(rows), len(gathered.tracks))


def drawn(report: Report) -> str:
    """R-precision by songs given, as SVG."""
    lines = []
    for method in DRAWN:
        rows = [row for row in report.table("playlists").rows if row.label == LABELS[method] and not row.values[1]]
        if rows:
            lines.append(Line(LABELS[method], [row.values[0] for row in rows], [row.values[-1] for row in rows]))
    return draw("R-precision of hidden songs", "songs given", lines)


def _spread(marks: _Marks, gathered: Gathered, artist: Mapping[str, int]) -> Table:
    rows = []
    for method, label in LABELS.items():
        if method in marks.pages:
            rare, unlike = np.array(marks.pages[method]).mean(axis=0)
            coverage = len(marks.shown[method]) / len(gathered.tracks)
            rows.append(Row(method, label, (coverage, float(rare), float(unlike))))
    about = f"The first ten of each answer to ten songs: share of {len(set(artist.values())):,} artists' {len(gathered.tracks):,} songs that are ever shown, mean idf, share of pairs by different artists."
    return Table(
        "spread",
        "Coverage, novelty, diversity",
        about,
        ("coverage", "novelty", "diversity"),
        tuple(rows),
        len(gathered.tracks),
    )


def _order(gathered: Gathered, scores: NDArray[np.floating], count: int | None = None) -> list[str]:
    count = min(count or len(scores), len(scores))
    top = np.argpartition(-scores, count - 1)[:count]
    return [gathered.tracks[int(n)] for n in top[np.argsort(-scores[top], kind="stable")]]


def _beside() -> tuple[str, ...]:
    """The models that can be measured here."""
    return _MODELS if factors.installed() else (factors.ITEMS,)


def _missing() -> tuple[str, ...]:
    """What cannot be measured here."""
    told = "implicit is not installed: its models are left out (pip install 'songkin[crowd]')."
    return () if factors.installed() else (told,)


def _scorer(crowd: Crowd, name: str, seed: int) -> Callable[[Sequence[int]], NDArray[np.float32]]:
    model = factors.fitted(crowd, name, seed)
    return lambda given: model(dict.fromkeys(given, 1.0))


def _jitter(n: int) -> NDArray[np.float64]:
    return np.random.default_rng(1).random(n) * 1e-3


def _together(crowd: Crowd, given: Sequence[int]) -> NDArray[np.float32]:
    found = np.zeros(len(crowd.artist), np.float32)
    for song in given:
        for row in crowd.lists_of(song):
            found[crowd.songs_of(int(row))] += 1
    return found
