"""Searching made-up libraries: the embedded engine against qdrant-client's local mode, and against its own exact answers.

**search** Fused questions as `find` asks them (`heard`, `text`, `words`, 200 candidates each) and batches as `similar`
asks them (`tags`, `timbre`, `descriptors`), over all default vectors, without a filter and with filters that keep a
tenth and nine tenths. Both engines hold the same points and get the same questions in turn. Answers count as the same
where scores agree and the same songs stand wherever scores do not tie.

**fused** The same questions at 100,000 songs: not optimized (exact), then with the graph index; recall@10 of the latter
against the former, of a batch the mean over its spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from songkin.benchmark import synthetic
from songkin.benchmark.figures import Figure, Target, median, percentile, skipped
from songkin.benchmark.processes import cpu_and_wall, crowd
from songkin.benchmark.setup import Setup
from songkin.search import find, similar
from songkin.search.trust import fused as by_rank
from songkin.spaces import SOUND_SPACES
from songkin.store import TRACKS
from songkin.store.embedded import EmbeddedStore
from songkin.store.vectors import Ask, Condition, Match, VectorStore
from songkin.store.words import Words

FASTER: Final = Target(least=10.0)
SAME: Final = Target(least=1.0, of="ours")
FUSED_MS: Final = Target(most=15.0, of="ours")
RECALL: Final = Target(least=0.99, of="ours")
LARGE: Final = 100_000

Where = tuple[Condition, ...]
Asking = Callable[..., list[list[Match]]]
"""(store, number of the question, where, exact=False) -> answers."""


def fused(store: VectorStore, number: int, where: Where, *, exact: bool = False) -> list[list[Match]]:
    """One fused question, as ``find`` asks it."""
    asked, terms = synthetic.question(number)
    asks = tuple(
        Ask(space, terms if space == "words" else asked[space], find.CANDIDATES, where, exact=exact)
        for space in find.WEIGHTS
    )
    order = by_rank(store.ask(asks), list(find.WEIGHTS.values()), find.RRF_K)
    return [[Match(song, score) for song, score in order[: find.CANDIDATES]]]


def batch(store: VectorStore, number: int, where: Where, *, exact: bool = False) -> list[list[Match]]:
    """One batch over the sound spaces, as ``similar`` asks it."""
    asked, _ = synthetic.question(number)
    return store.ask([Ask(space, asked[space], similar.CANDIDATES, where, exact=exact) for space in SOUND_SPACES])


ASKED: Final[dict[str, Asking]] = {"find": fused, "similar": batch}


def search(setup: Setup) -> list[Figure]:
    """The embedded engine against qdrant-client's local mode."""
    from songkin.store import server

    n = min(setup.tracks, 20_000)
    setup.say(f"search: {n:,} songs into both engines")
    points = Words()
    with (
        EmbeddedStore(setup.scratch / "embedded", TRACKS, exclusive=True) as ours,
        server.ServerStore(server.QdrantClient(":memory:"), TRACKS) as theirs,  # type: ignore[attr-defined]
    ):
        for block in synthetic.blocks(n):
            made = block.points(points)
            ours.write(made)
            theirs.write(made)
        return [
            figure
            for kind, asking in ASKED.items()
            for name, where in synthetic.FILTERS.items()
            for figure in _side_by_side(setup, ours, theirs, f"{kind} of {n:,}, {name}", asking, where)
        ]


def _side_by_side(
    setup: Setup, ours: VectorStore, theirs: VectorStore, what: str, asking: Asking, where: Where
) -> list[Figure]:
    setup.say(f"search: {what}")
    questions = range(4 if setup.quick else 12)
    mine, other = _Spent(), _Spent()
    same = 0
    asking(ours, len(questions), where)
    for number in questions:  # one after the other, in turn: no side finds a question still warm
        answers = mine.ask(asking, ours, number, where)
        others = other.ask(asking, theirs, number, where)
        same += all(alike(one, another) for one, another in zip(answers, others, strict=True))
    ratio = median(other.wall) / median(mine.wall)
    note = (
        f"p50; p99 {percentile(mine.wall, 99):.1f} and {percentile(other.wall, 99):.0f} ms; CPU a question "
        f"{median(mine.cpu):.1f} and {median(other.cpu):.0f} ms; {crowd()}"
    )
    details = {
        "p99": percentile(mine.wall, 99),
        "their_p99": percentile(other.wall, 99),
        "cpu": median(mine.cpu),
        "their_cpu": median(other.cpu),
        "same": same / len(questions),
    }
    return [
        Figure("search", what, "ms", median(mine.wall), median(other.wall), ratio, FASTER, note, details),
        Figure(
            "search",
            f"{what}: same answers",
            "",
            same / len(questions),
            target=SAME,
            note=f"{same} of {len(questions)}",
        ),
    ]


class _Spent:
    """Milliseconds of each asking, of the clock and of CPU."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def ask(self, asking: Asking, store: VectorStore, number: int, where: Where) -> list[list[Match]]:
        """Ask once, and give the answers."""
        cpu, wall = cpu_and_wall()
        answers = asking(store, number, where)
        after = cpu_and_wall()
        self.cpu.append(1000 * (after[0] - cpu))
        self.wall.append(1000 * (after[1] - wall))
        return answers


def fused_large(setup: Setup) -> list[Figure]:
    """Fused search at 100,000 songs, exact and by graph."""
    if setup.tracks < LARGE:
        why = f"takes minutes and 3 GB of memory: ask for it with --tracks {LARGE}"
        return [skipped("fused", f"fused search of {LARGE:,}", why)]
    n = setup.tracks
    setup.say(f"fused: writing {n:,} songs")
    bm25 = Words()
    questions = range(20 if setup.quick else 60)
    with EmbeddedStore(setup.scratch / "fused", TRACKS, exclusive=True) as store:
        for block in synthetic.blocks(n):
            store.write(block.points(bm25))
        store.flush()
        exact = [
            _plain(store, asking, f"{kind} of {n:,}, {name}, exact", where, questions)
            for kind, asking, name, where in _ways()
        ]
        setup.say("fused: building the graph index")
        cpu, wall = cpu_and_wall()
        store.optimize()
        built = (cpu_and_wall()[0] - cpu, cpu_and_wall()[1] - wall)
        found = [
            figure
            for kind, asking, name, where in _ways()
            for figure in _graph(store, asking, f"{kind} of {n:,}, {name}", where, questions, built)
        ]
    return exact + found


def _ways() -> list[tuple[str, Asking, str, Where]]:
    return [(kind, asking, *named) for kind, asking in ASKED.items() for named in synthetic.FILTERS.items()]


def _plain(
    store: VectorStore, asking: Asking, what: str, where: Where, questions: Sequence[int], target: Target | None = None
) -> Figure:
    spent = _Spent()
    asking(store, len(questions), where)
    for number in questions:
        spent.ask(asking, store, number, where)
    note = f"p50; p99 {percentile(spent.wall, 99):.1f} ms, CPU {median(spent.cpu):.1f} ms a question; {crowd()}"
    details = {"p99": percentile(spent.wall, 99), "cpu": median(spent.cpu)}
    return Figure("fused", what, "ms", median(spent.wall), target=target, note=note, details=details)


def _graph(
    store: VectorStore, asking: Asking, what: str, where: Where, questions: Sequence[int], built: tuple[float, float]
) -> list[Figure]:
    speed = _plain(store, asking, f"{what}, by graph", where, questions, FUSED_MS)
    shares = [
        len({m.id for m in graph[:10]} & {m.id for m in exact[:10]}) / max(1, len(exact[:10]))
        for number in questions
        for graph, exact in zip(asking(store, number, where), asking(store, number, where, exact=True), strict=True)
    ]
    recall = sum(shares) / len(shares)
    note = f"mean over {len(questions)} questions; the graph took {built[0]:.0f} CPU s, {built[1]:.0f} s"
    return [speed, Figure("fused", f"recall@10, {what}", "", recall, target=RECALL, note=note)]


def alike(ours: Sequence[Match], theirs: Sequence[Match], *, close: float = 1e-4) -> bool:
    """Whether two answers agree: the same scores, and the same songs where scores do not tie (the last may be cut)."""
    if len(ours) != len(theirs):
        return False
    if any(
        abs(one.score - other.score) > close * max(1.0, abs(other.score))
        for one, other in zip(ours, theirs, strict=True)
    ):
        return False
    lowest = min((match.score for match in theirs), default=0.0) + close
    return {m.id for m in ours if m.score > lowest} <= {m.id for m in theirs} and {
        m.id for m in theirs if m.score > lowest
    } <= {m.id for m in ours}
