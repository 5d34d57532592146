"""Questions in words, from the text to the finished answer, in a process that is already awake.

**words** `find` over a made-up library: reading the text with MiniLM, names, fusing in the engine, fetching the songs and
giving reasons. Uncached: the text was never read before. Cached: the same question again. Beside the whole, what its
steps take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from songkin.benchmark.figures import Figure, Target, median, percentile
from songkin.benchmark.processes import cpu_and_wall, crowd
from songkin.benchmark.setup import Setup
from songkin.benchmark.starting import made_up_library
from songkin.encoders import text_encoder
from songkin.models import Query
from songkin.search.find import find
from songkin.search.names import named
from songkin.search.seeds import fitted
from songkin.store import catalog_file, open_vectors
from songkin.store.catalog import Catalog

SOON: Final = Target(most=40.0, of="ours")
TEXTS: Final = (
    "quiet flute melody",
    "fast battle drums and percussion",
    "angelic choir singing",
    "dreamy late-night piano",
    "something to run to, loud and electronic",
    "sad guitar with a male voice",
    "harpsichord",
    "baroque strings in a church",
    "warm soul from the seventies",
    "an ambient drone without beats",
    "happy pop song with female vocals",
    "heavy metal with double bass drums",
)


def words(setup: Setup) -> list[Figure]:
    """`find` uncached and cached."""
    n = setup.tracks
    setup.say(f"words: a library of {n:,} songs")
    config = made_up_library(setup, setup.scratch / f"library-{n}", n)
    encoder = text_encoder("minilm", setup.cache)
    texts = TEXTS[:3] if setup.quick else [f"{text}{more}" for text in TEXTS for more in ("", " and rain", ", live")]
    with Catalog(catalog_file(config.library)) as catalog, open_vectors(catalog, config) as store:
        statistics = fitted(catalog)

        def ask(text: str) -> None:
            find(catalog, store, encoder, text, Query(), statistics)

        ask("warm up")
        first, cpu = _each(ask, texts)
        again, _ = _each(ask, texts)
        reading, _ = _each(lambda text: encoder.encode([f"{text}!"]), texts)
        names, _ = _each(lambda text: named(catalog, text), texts)
    steps = f"reading the text {median(reading):.1f}, names {median(names):.1f} ms"
    note = f"p50 of {len(texts)}; p99 {percentile(first, 99):.0f} ms, CPU {cpu:.0f} ms; {steps}; {crowd()}"
    details = {"p99": percentile(first, 99), "reading": median(reading), "names": median(names)}
    return [
        Figure(
            "words",
            f"find in words, {n:,} songs, uncached",
            "ms",
            median(first),
            target=SOON,
            note=note,
            details=details,
        ),
        Figure(
            "words",
            f"find in words, {n:,} songs, cached",
            "ms",
            median(again),
            note=f"p99 {percentile(again, 99):.0f} ms",
        ),
    ]


def _each(ask: Callable[[str], object], texts: Sequence[str]) -> tuple[list[float], float]:
    """Milliseconds of the clock of each text, and the median of those of CPU."""
    wall, cpu = [], []
    for text in texts:
        before = cpu_and_wall()
        ask(text)
        after = cpu_and_wall()
        cpu.append(1000 * (after[0] - before[0]))
        wall.append(1000 * (after[1] - before[1]))
    return wall, median(cpu)
