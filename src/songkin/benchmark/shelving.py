"""Albums: how long an index of 24,000 reviews takes, and a question in words asked of it.

**albums** Made-up reviews of 90 words, drawn from 5,000 words as words are drawn in prose (Zipf), each read by MiniLM; the
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
_WORDS: Final = 90
_NINE_MINUTES: Final = Target(most=540.0, of="ours")
_SOON: Final = Target(most=40.0, of="ours")
_SYLLABLES: Final = (
    "ba",
    "re",
    "mi",
    "lo",
    "tu",
    "sha",
    "ne",
    "ki",
    "vo",
    "da",
    "li",
    "ro",
    "su",
    "pe",
    "na",
    "go",
    "fi",
    "ta",
    "mu",
    "la",
)


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
    """Made-up words, few of them often, many of them rarely."""
    return " ".join(_word(min(4999, int(chance.paretovariate(0.6)))) for _ in range(words))


def _word(number: int) -> str:
    found = []
    for _ in range(3):
        number, place = divmod(number, len(_SYLLABLES))
        found.append(_SYLLABLES[place])
    return "".join(found)
