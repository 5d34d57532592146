"""Cold starts: what a person waits for who types one command.

**start** `songkin find` from the command's start to its end, in a process of its own, on a small library: the median of
several, and a first one for which the system was made to forget the library's files. One more run counts imports
(``-X importtime`` adds to them itself, so that only their share is taken). With ``--tracks 100000`` the same on a large
library.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from songkin import config as settings
from songkin.benchmark import synthetic
from songkin.benchmark.figures import Figure, Target, median, skipped
from songkin.benchmark.processes import Started, crowd, push_out, songkin
from songkin.benchmark.setup import Setup
from songkin.config import Config
from songkin.encoders import text_encoder
from songkin.search.bridge import keep_tag_names
from songkin.store import catalog_file
from songkin.store.catalog import Catalog

SMALL: Final = 200
LARGE: Final = 100_000
SOON: Final = Target(most=1.2, of="ours")
LARGE_SOON: Final = Target(most=3.0, of="ours")
WORDS: Final = ("find", "quiet flute melody", "--json")


def start(setup: Setup) -> list[Figure]:
    """`songkin find` from nothing."""
    found = _cold(setup, SMALL, SOON, None)
    if setup.tracks < LARGE:
        return [*found, skipped("start", f"first `songkin find`, {LARGE:,} songs", f"ask for it with --tracks {LARGE}")]
    return [*found, *_cold(setup, setup.tracks, None, LARGE_SOON)]


def _cold(setup: Setup, n: int, usual: Target | None, first: Target | None) -> list[Figure]:
    setup.say(f"start: a library of {n:,} songs")
    folder = setup.scratch / f"library-{n}"
    made_up_library(setup, folder, n)
    push_out(folder)
    cold = songkin(folder, setup.cache, *WORDS).end()
    runs = [songkin(folder, setup.cache, *WORDS).end() for _ in range(1 if setup.quick else 7)]
    wall, cpu = median([run.wall for run in runs]), median([run.cpu for run in runs])
    share = _import_share(folder, setup.cache)
    note = f"median of {len(runs)}; imports {share:.0%} of it; CPU {cpu:.2f} s; {crowd()}"
    what = f"`songkin find`, {n:,} songs"
    details = {"cpu": cpu, "import_share": share}
    return [
        Figure("start", f"cold start of {what}", "s", wall, target=usual, note=note, details=details),
        Figure("start", f"first {what}", "s", cold.wall, target=first, note="the library's files not in memory"),
    ]


def made_up_library(setup: Setup, folder: Path, n: int) -> Config:
    """A library of made-up songs, ready to be searched. Raises ``WeightsMissing`` where MiniLM is not here."""
    config = settings.load({"library": str(folder), "cache": str(setup.cache)}, environ={})
    folder.mkdir(parents=True, exist_ok=True)
    with Catalog(catalog_file(folder)) as catalog:
        if catalog.count() == 0:
            synthetic.fill_catalog(catalog, config, n)
            synthetic.fill_index(catalog, config, n)
            keep_tag_names(text_encoder("minilm", setup.cache), catalog)
    return config


def _import_share(folder: Path, cache: Path) -> float:
    """Which part of a command's time is spent importing."""
    words = ("-X", "importtime", "-m", "songkin", "-L", str(folder), *WORDS)
    started = Started([sys.executable, *words], {"SONGKIN_CACHE": str(cache)})
    ended = started.end()
    own = [int(found) for found in re.findall(r"^import time:\s+(\d+) \|", ended.errors, re.MULTILINE)]
    return sum(own) / 1e6 / ended.wall
