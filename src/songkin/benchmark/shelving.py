"""Albums: how long an index of 24,000 reviews takes, and a question in words asked of it.

**albums** Made-up reviews of 105 words, drawn as words are drawn in prose, few of them often, each read by MiniLM; the
whole from the catalog to the finished index, beside what reading alone takes. Then questions that were never asked before,
and the same again. With ``quick`` a fraction of all.
"""

from __future__ import annotations

import csv
import random
import time
from pathlib import Path
from typing import Final

from songkin import config as settings
from songkin.benchmark.figures import Figure, Target, median, percentile, skipped
from songkin.benchmark.processes import crowd, songkin
from songkin.benchmark.setup import Setup
from songkin.encoders import text_encoder, weights
from songkin.indexing.albums import Shelving
from songkin.progress import Quiet
from songkin.search.albums import find_albums
from songkin.store import catalog_file
from songkin.store.catalog import Catalog

REVIEWS: Final = 24_000
_WORDS: Final = 105
_NINE_MINUTES: Final = Target(most=540.0, of="ours")
_SOON: Final = Target(most=40.0, of="ours")
_PROSE: Final = (
    "the and of a to in is it with that this on for as but by from its are an at more like than into one all his her "
    "they their so not or has have been song songs album record band music sound sounds voice guitar guitars drum drums "
    "bass piano strings synth beat melody chorus verse hook rhythm groove noise lyric lyrics singer producer debut tour "
    "studio live night day summer winter rain light dark slow fast loud quiet soft warm cold sad happy dreamy heavy raw "
    "lush sparse bright gentle strange simple grand intimate nervous tender bitter sweet playful restless patient early "
    "late new old first last long short best worst great good weak strong pop rock folk soul jazz funk punk metal disco "
    "house techno ambient country blues gospel classical dance electronic acoustic indie psychedelic experimental "
    "beautiful moment moments love loss city home road heart fire water sea sky dream memory hope fear time year years "
    "decade again never always almost nearly perhaps still yet often rarely between without beneath above around toward"
)
"""Words as reviews have them: the encoder cuts such a text into about as many pieces as a real one (852 reviews of 90 words:
111 pieces; 90 of made-up syllables would be 255)."""
_VOCABULARY: Final = tuple(_PROSE.split())


def albums(setup: Setup) -> list[Figure]:
    """What an index of albums takes, and what a question."""
    encoder = text_encoder("minilm", setup.cache)
    if not weights.installed(encoder.spec, setup.cache):
        return [skipped("albums", "an index of albums", "minilm has no weights here: songkin models pull")]
    n = REVIEWS // 100 if setup.quick else REVIEWS
    table = _table(setup.scratch / "albums.csv", n)
    config = settings.load({"library": str(setup.scratch / "albums"), "cache": str(setup.cache)})
    setup.say(f"albums: importing {n:,}")
    songkin(config.library, setup.cache, "import", str(table)).end()
    chance = random.Random(1)  # noqa: S311 - it makes words up
    with Catalog(catalog_file(config.library)) as catalog:
        shelving = Shelving(catalog, config)
        setup.say("albums: building the index")
        began = time.perf_counter()
        _asked(catalog, shelving, _text(chance, 4))
        built = time.perf_counter() - began
        texts = [_text(chance, 4) for _ in range(4 if setup.quick else 24)]
        fresh, again = ([_asked(catalog, shelving, text) for text in texts] for _ in range(2))
    note = f"{n / built:.0f} reviews of {_WORDS} words a second; {crowd()}"
    return [
        Figure(
            "albums", f"index of {n:,} reviews", "s", built, target=None if setup.quick else _NINE_MINUTES, note=note
        ),
        Figure(
            "albums",
            f"albums by words among {n:,}, uncached",
            "ms",
            median(fresh),
            target=_SOON,
            note=f"p50 of {len(texts)}; p99 {percentile(fresh, 99):.0f} ms; {crowd()}",
        ),
        Figure(
            "albums",
            f"albums by words among {n:,}, asked again",
            "ms",
            median(again),
            note=f"p50; p99 {percentile(again, 99):.0f} ms",
        ),
    ]


def _asked(catalog: Catalog, shelving: Shelving, text: str) -> float:
    """Milliseconds of a question."""
    began = time.perf_counter()
    shelf, encoder = shelving.opened(lambda _question: {}, Quiet())
    find_albums(catalog, shelf, encoder, text)
    return 1000 * (time.perf_counter() - began)


def _table(path: Path, n: int) -> Path:
    chance = random.Random(0)  # noqa: S311 - it makes words up
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["artist", "title", "year_released", "rating", "review", "genre", "query", "album_id"])
        for number in range(n):
            review = _text(chance, _WORDS)
            table.writerow([f"Artist {number}", f"Album {number}", 1960 + number % 60, 7, review, "Rock", "", number])
    return path


def _text(chance: random.Random, words: int) -> str:
    """Words of a review, few of them often, many of them rarely."""
    places = (int(20 * (chance.paretovariate(0.9) - 1)) for _ in range(words))
    return " ".join(_VOCABULARY[place % len(_VOCABULARY)] for place in places)
