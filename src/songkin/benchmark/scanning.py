"""A library that has not changed: how long it takes to see that.

**scan** Ten thousand files that the catalog knows, none changed. Walking and comparing (as `songkin index` does it) is
set against `find -printf` of size, time and name over the same folders, in turn. The whole command is timed from its
start in a process of its own; it must find all of them unchanged.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

from songkin import config as settings
from songkin import encoders
from songkin.benchmark import synthetic
from songkin.benchmark.figures import Figure, Target, median, skipped
from songkin.benchmark.processes import cpu_and_wall, crowd, songkin
from songkin.benchmark.setup import Setup
from songkin.indexing.scan import Wanted, compare
from songkin.sources import folder
from songkin.sources.found import SoundFile
from songkin.store import catalog_file
from songkin.store.catalog import Catalog

FILES: Final = 10_000
QUICK: Final = 300
IN_A_FOLDER: Final = 20
NEAR_FIND: Final = Target(most=3.0)
WHOLE: Final = Target(most=1.5, of="ours")


def scan(setup: Setup) -> list[Figure]:
    """A re-scan of an unchanged library."""
    n = QUICK if setup.quick else FILES
    setup.say(f"scan: {n:,} files")
    music, library = setup.scratch / "unchanged", setup.scratch / "scanned"
    _library(setup, music, library, n)
    repeats = 1 if setup.quick else 9
    with Catalog(catalog_file(library)) as catalog:
        wanted = Wanted(
            {name: encoders.audio_encoder(name, setup.cache).spec.fingerprint for name in encoders.AUDIO}, "default"
        )
        ours, theirs = [], []
        for _ in range(repeats):
            began = cpu_and_wall()[1]
            plan = compare(folder.walk([str(music)]), [str(music)], catalog, wanted, lambda _done: None)
            ours.append(cpu_and_wall()[1] - began)
            theirs.append(_find(music))
    command = [songkin(library, setup.cache, "index", "--json", "--no-pull", str(music)).end() for _ in range(repeats)]
    unchanged = json.loads(command[-1].output)["unchanged"]
    counted = f"{plan.unchanged:,} of {n:,} unchanged, median of {repeats}; {crowd()}"
    what = f"re-scan of {n:,} unchanged files"
    whole = Figure(
        "scan",
        f"{what}: the whole command",
        "s",
        median([run.wall for run in command]),
        target=WHOLE,
        note=f"{unchanged:,} unchanged; CPU {median([run.cpu for run in command]):.2f} s; {crowd()}",
        details={"unchanged": unchanged, "seen": plan.unchanged},
    )
    if not theirs[0]:
        return [skipped("scan", f"{what}: walk and compare / find", "there is no GNU find here"), whole]
    mine, other = 1000 * median(ours), 1000 * median(theirs)
    about = f"{what}: walk and compare / find -printf"
    return [Figure("scan", about, "ms", mine, other, mine / other, NEAR_FIND, counted), whole]


def _find(music: Path) -> float:
    """Seconds that ``find`` takes to print size, time and name of every file; 0 without GNU find."""
    program = shutil.which("find")
    if program is None:
        return 0.0
    began = cpu_and_wall()[1]
    done = subprocess.run(
        [program, str(music), "-type", "f", "-printf", "%s %T@ %p\n"], capture_output=True, check=False
    )
    return cpu_and_wall()[1] - began if done.returncode == 0 else 0.0


def _library(setup: Setup, music: Path, library: Path, n: int) -> None:
    for number in range(n):
        place = music / f"{number // IN_A_FOLDER // 25:03}" / f"{number // IN_A_FOLDER:04}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05}.mp3").write_bytes(b"not music, and never opened %d" % number)
    files = [item for item in folder.walk([str(music)]) if isinstance(item, SoundFile)]
    config = settings.load({"library": str(library), "cache": str(setup.cache)}, environ={})
    library.mkdir()
    with Catalog(catalog_file(library)) as catalog:
        synthetic.fill_catalog(catalog, config, n, raw=("heard", "text"), files=files)
        synthetic.fill_index(catalog, config, n)
