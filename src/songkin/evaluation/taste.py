"""Simulated listeners: what is recommended to them after 1, 3, 10, 30 and 100 votes.

A listener's taste is two playlists of the library, or two genres, drawn by the seed. Half of its songs is never shown to
anybody: these are to be found. Votes are cast on songs of the other half, which a listener comes to by themselves, and as
often on songs outside, by how many playlists these stand in. They are noisy: ``CAST`` says how. The playlists of a taste
are hidden from the crowd while its listener is asked. From the votes on everything goes the way that ``songkin recommend
--user`` goes. Songs of the half that is shown are no candidates, for nobody: they are known.

Precision at ten is the share of a page of ten that is of the hidden half. A listener may well like other songs, too; so
the numbers are low, and to be compared with one another alone. Intervals are over listeners.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.config import Config
from songkin.drawing import Line, draw
from songkin.errors import NotFound
from songkin.evaluation.metrics import bootstrap
from songkin.evaluation.report import Report, Row, Table
from songkin.models import Query
from songkin.progress import Progress
from songkin.recommending.answering import recommend
from songkin.recommending.asking import Wanted
from songkin.recommending.gathered import Gathered, gather
from songkin.recommending.names import Names
from songkin.recommending.wishes import Wish, Wishing
from songkin.search.seeds import fitted
from songkin.store import open_vectors
from songkin.store.catalog import Catalog
from songkin.store.vectors import VectorStore

VOTES: Final = (1, 3, 10, 30, 100)
"""After how many votes is asked."""
PAGE: Final = 10
GROUPS: Final = 2
"""Playlists or genres that one listener likes."""
LEAST: Final = 60
"""Songs that such a playlist or genre has, at least."""
MOST: Final = 0.2
"""The share of the library that it has, at most."""
FEWEST: Final = 6
"""Such playlists or genres without which nobody is simulated."""
USERS: Final = 40
CAST: Final[Mapping[str, tuple[float, float]]] = {
    "love": (0.50, 0.05),
    "like": (0.35, 0.15),
    "okay": (0.10, 0.50),
    "hate": (0.05, 0.30),
}
"""How likely each vote is, on a song of the taste and on one outside."""
LABELS: Final[Mapping[str, str]] = {
    "random": "random",
    "popular": "popularity",
    "alone": "songkin, each vote for itself",
    "songkin": "songkin",
}
KINDS: Final[Mapping[str, str]] = {"playlists": "two playlists", "genres": "two genres"}
_COLUMNS: Final = ("votes", "precision@10")


@dataclass(frozen=True, slots=True)
class Group:
    """Songs (ids) that go together; ``number`` of the crowd's playlist (-1: a genre)."""

    songs: tuple[str, ...]
    number: int = -1


@dataclass(frozen=True, slots=True)
class Listener:
    """Whoever likes ``shown`` and ``hidden`` (ids); ``ballots`` are (song, vote) in their order; ``lists`` are hidden from
    the crowd."""

    shown: frozenset[str]
    hidden: frozenset[str]
    ballots: tuple[tuple[str, str], ...]
    lists: tuple[int, ...]


@dataclass(slots=True)
class _Marks:
    """Precision of each listener, by (method, votes)."""

    marks: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def add(self, method: str, votes: int, page: Sequence[str], hidden: frozenset[str]) -> None:
        self.marks.setdefault((method, votes), []).append(len(hidden.intersection(page[:PAGE])) / PAGE)

    def of(self, method: str, votes: int) -> NDArray[np.float64]:
        return np.array(self.marks[method, votes])


def of_library(catalog: Catalog, config: Config, told: Progress, *, seed: int = 0, users: int = USERS) -> Report:
    """All tables, for the playlists and genres of a library. Raises ``NotFound`` where there are too few."""
    with open_vectors(catalog, config) as store:
        return evaluate(catalog, store, gather(catalog), told, seed=seed, users=users)


def evaluate(
    catalog: Catalog, store: VectorStore, gathered: Gathered, told: Progress, *, seed: int = 0, users: int = USERS
) -> Report:
    """All tables. Raises ``NotFound`` where there are too few playlists and genres."""
    kinds = {"playlists": _playlists(gathered), "genres": _genres(catalog)}
    if all(len(groups) < FEWEST for groups in kinds.values()):
        raise NotFound(
            f"There are {len(kinds['playlists'])} playlists and {len(kinds['genres'])} genres of {LEAST} songs or more, "
            f"and {FEWEST} of either are needed.",
            remedy="Import playlists, or name files of them: `songkin eval taste FILE…`.",
        )
    tables: list[Table] = []
    for kind, groups in kinds.items():
        if len(groups) >= FEWEST:
            listeners = people(groups, gathered, users, seed)
            marks = _asked(catalog, store, gathered, listeners, told, seed, KINDS[kind])
            tables += [_table(kind, marks, len(listeners), gathered), _gains(kind, marks, len(listeners), gathered)]
    settings = {"seed": seed, "users": users, "cast": dict(CAST)}
    return Report(tuple(tables), len(gathered.tracks), (), settings)


def people(groups: Sequence[Group], gathered: Gathered, count: int, seed: int) -> list[Listener]:
    """Listeners, drawn by the seed, with their votes."""
    counts = np.asarray(gathered.crowd.count, np.float64)
    weights = (counts + 1.0) / (counts + 1.0).sum()
    found = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        liked = [groups[int(n)] for n in rng.choice(len(groups), GROUPS, replace=False)]
        songs = list(dict.fromkeys(song for group in liked for song in group.songs))
        order = [songs[int(n)] for n in rng.permutation(len(songs))]
        shown, hidden = order[::2], frozenset(order[1::2])
        taste = set(songs)
        others = iter(gathered.tracks[int(n)] for n in rng.choice(len(counts), 4 * VOTES[-1], p=weights))
        outside = iter(dict.fromkeys(song for song in others if song not in taste))
        ballots = _ballots(iter(shown), outside, rng)
        lists = tuple(group.number for group in liked if group.number >= 0)
        found.append(Listener(frozenset(shown), hidden, ballots, lists))
    return found


def drawn(report: Report) -> str:
    """Precision by votes, as SVG."""
    lines = []
    for kind, about in KINDS.items():
        for table in (each for each in report.tables if each.name == kind):
            for label in LABELS.values():
                points = [row.values for row in table.rows if row.label == label and row.values[1] > 0]
                if points:
                    lines.append(Line(f"{label}, {about}", [x for x, _ in points], [y for _, y in points]))
    return draw("Precision at ten of simulated listeners", "votes", lines)


def _ballots(shown: Iterator[str], outside: Iterator[str], rng: np.random.Generator) -> tuple[tuple[str, str], ...]:
    """Votes in the order in which they are cast, the first on a song of the taste: who comes, comes for something."""
    cast: list[tuple[str, str]] = []
    while len(cast) < VOTES[-1]:
        mine = not cast or rng.random() < 0.5
        song = next(shown if mine else outside, None)
        if song is None:
            mine = not mine
            song = next(shown if mine else outside, None)
        if song is None:
            break
        chances = [each[0 if mine else 1] for each in CAST.values()]
        cast.append((song, str(rng.choice(list(CAST), p=chances))))
    return tuple(cast)


def _playlists(gathered: Gathered) -> list[Group]:
    crowd, most = gathered.crowd, MOST * len(gathered.tracks)
    fit = [n for n, size in enumerate(np.diff(crowd.starts)) if LEAST <= size <= most]
    return [Group(tuple(gathered.tracks[int(song)] for song in crowd.songs_of(n)), n) for n in fit]


def _genres(catalog: Catalog) -> list[Group]:
    """By subgenre, or else by genre."""
    songs: dict[str, list[str]] = {}
    every = catalog.all_tracks()
    for track in every:
        for name in {*(track.subgenres or track.genres)}:
            songs.setdefault(name, []).append(track.id)
    fit = (sorted(mine) for _, mine in sorted(songs.items()) if LEAST <= len(mine) <= MOST * len(every))
    return [Group(tuple(mine)) for mine in fit]


def _asked(
    catalog: Catalog,
    store: VectorStore,
    gathered: Gathered,
    listeners: Sequence[Listener],
    told: Progress,
    seed: int,
    about: str,
) -> _Marks:
    marks, statistics, names = _Marks(), fitted(catalog), Names((), None)
    told.stage(f"Listeners who like {about}", len(listeners))
    for number, listener in enumerate(listeners, 1):
        others = gathered.without(listener.lists)
        popular = [gathered.tracks[int(n)] for n in np.argsort(-others.crowd.count, kind="stable")]
        rng = np.random.default_rng([seed, number])
        for votes in VOTES:
            cast = listener.ballots[:votes]
            gone = listener.shown | {song for song, _ in cast}
            free = [song for song in popular if song not in gone]
            marks.add("popular", votes, free, listener.hidden)
            marks.add("random", votes, [free[int(n)] for n in rng.choice(len(free), PAGE)], listener.hidden)
            for method in ("alone", "songkin"):
                wish = _wish(catalog, cast, gone)
                wish.votes = wish.votes if method == "songkin" else set()  # without votes nothing is heard together
                hits, _ = recommend(catalog, store, others, names, wish, Query(limit=PAGE), statistics, Wanted())
                marks.add(method, votes, [hit.track.id for hit in hits], listener.hidden)
        told.step(number)
    return marks


def _wish(catalog: Catalog, cast: Sequence[tuple[str, str]], gone: frozenset[str]) -> Wish:
    """What ``--user`` would make of these votes."""
    wishing = Wishing(catalog)
    wishing.voted(dict(cast))
    wish = wishing.done()
    wish.without |= gone
    return wish


def _table(kind: str, marks: _Marks, listeners: int, gathered: Gathered) -> Table:
    rows = []
    for method, label in LABELS.items():
        for votes in VOTES:
            values = marks.of(method, votes)
            cells = (float(votes), float(values.mean()))
            rows.append(Row(f"{method} {votes}", label, cells, bootstrap(values)))
    about = (
        f"{listeners} listeners who like {KINDS[kind]} each; half of these songs is to be found among "
        f"{len(gathered.tracks):,}."
    )
    return Table(kind, f"Votes of simulated listeners ({kind})", about, _COLUMNS, tuple(rows), len(gathered.tracks))


def _gains(kind: str, marks: _Marks, listeners: int, gathered: Gathered) -> Table:
    """What each step of votes brings the same listeners."""
    rows = []
    for less, more in [*pairwise(VOTES), (VOTES[0], VOTES[-1])]:
        gained = marks.of("songkin", more) - marks.of("songkin", less)
        rows.append(Row(f"{less} {more}", f"{less} → {more} votes", (float(gained.mean()),), bootstrap(gained)))
    about = f"songkin's precision@10 of {listeners} listeners with more votes, less that of the same ones with fewer."
    return Table(
        f"{kind} gained", f"What more votes bring ({kind})", about, ("gained",), tuple(rows), len(gathered.tracks)
    )
