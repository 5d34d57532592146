"""What happens when libraries grow: made-up vectors, all the real work from the catalog to the search index.

**growth** For each size: CPU of filling the search index from raw vectors, a song (statistics, points, neighbourhoods,
duplicates, from 50,000 songs the graph index); what refreshing after one changed song takes; what a question in words
takes. ``--plot FILE`` draws them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from songkin import config as settings
from songkin import spaces
from songkin.benchmark import synthetic
from songkin.benchmark.asking import TEXTS
from songkin.benchmark.figures import Figure, median
from songkin.benchmark.processes import cpu_and_wall, crowd
from songkin.benchmark.setup import Setup
from songkin.config import Config
from songkin.drawing import Line, draw
from songkin.encoders import text_encoder
from songkin.indexing.refresh import refresh
from songkin.models import Query
from songkin.search.bridge import keep_tag_names
from songkin.search.find import find
from songkin.search.seeds import fitted
from songkin.store import catalog_file, open_vectors
from songkin.store.catalog import Catalog

SIZES: Final = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000)
ALWAYS: Final = 10_000
QUICK: Final = (200, 500)


class Stages:
    """CPU seconds of each stage of a refresh."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._stage, self._since = "", 0.0

    def stage(self, name: str, total: int | None = None) -> None:  # noqa: ARG002 - as runs tell it
        """A new stage begins."""
        now = cpu_and_wall()[0]
        if self._stage:
            self.cpu[self._stage] = self.cpu.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = name, now

    def step(self, done: int, note: str = "") -> None:
        """Nothing."""

    def note(self, line: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class _Grown:
    size: int
    filling: float  # CPU ms a song
    one_more: float  # CPU seconds
    asking: tuple[float, float]  # ms of the clock and of CPU
    stages: dict[str, float]


def growth(setup: Setup) -> list[Figure]:
    """Cost by size."""
    sizes = QUICK if setup.quick else [size for size in SIZES if size <= max(setup.tracks, ALWAYS)]
    grown = [_grow(setup, size) for size in sizes]
    figures = []
    for each in grown:
        told = ", ".join(f"{name.lower()} {seconds:.1f}" for name, seconds in each.stages.items())
        name = f"{each.size:,} songs"
        note = f"CPU seconds: {told}; {crowd()}"
        figures += [
            Figure(
                "growth", f"{name}: search index filled, CPU a song", "ms", each.filling, note=note, details=each.stages
            ),
            Figure("growth", f"{name}: one song changed, CPU", "s", each.one_more),
            Figure("growth", f"{name}: a question in words", "ms", each.asking[0], note=f"CPU {each.asking[1]:.1f} ms"),
        ]
    if setup.plot:
        at = [float(each.size) for each in grown]
        lines = (
            Line("fill the index, CPU ms a song", at, [each.filling for each in grown]),
            Line("one song changed, CPU ms", at, [1000 * each.one_more for each in grown]),
            Line("a question in words, CPU ms", at, [each.asking[1] for each in grown]),
        )
        setup.plot.write(draw("What growing costs", "songs", lines))
    return figures


def _grow(setup: Setup, n: int) -> _Grown:
    setup.say(f"growth: {n:,} songs")
    folder = setup.scratch / f"growth-{n}"
    config = settings.load({"library": str(folder), "cache": str(setup.cache)}, environ={})
    folder.mkdir(parents=True)
    with Catalog(catalog_file(folder)) as catalog:
        synthetic.fill_catalog(catalog, config, n, raw=spaces.ENCODED, indexed=False)
        keep_tag_names(text_encoder("minilm", setup.cache), catalog)
        stages = Stages()
        filling = _refreshed(catalog, config, stages)
        changed = catalog.all_tracks(limit=1)[0]
        catalog.moved(changed.id, f"{changed.path}.mp3", 1, 1)
        one_more = _refreshed(catalog, config, Stages())
        asking = _asked(setup, catalog, config)
    return _Grown(n, 1000 * filling / n, one_more, asking, stages.cpu)


def _refreshed(catalog: Catalog, config: Config, stages: Stages) -> float:
    cpu, _ = cpu_and_wall()
    refresh(catalog, config, stages)
    stages.stage("")
    return cpu_and_wall()[0] - cpu


def _asked(setup: Setup, catalog: Catalog, config: Config) -> tuple[float, float]:
    encoder, statistics, spent = text_encoder("minilm", setup.cache), fitted(catalog), []
    with open_vectors(catalog, config) as store:
        find(catalog, store, encoder, "warm up", Query(), statistics)
        for text in TEXTS:
            before = cpu_and_wall()
            find(catalog, store, encoder, text, Query(), statistics)
            spent.append([1000 * (now - then) for now, then in zip(cpu_and_wall(), before, strict=True)])
    return median([wall for _, wall in spent]), median([cpu for cpu, _ in spent])
