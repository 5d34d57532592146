"""Groups of very many songs, beside scikit-learn's mini-batch k-means.

**clusters** A million made-up songs of 13 numbers (forty centres, each song strewn around one of them, z-scored), in 20 and in
200 groups: CPU seconds of fitting and of placing every song, one thread each, one process after the other, and the sum
of squared distances of all songs to the nearest centres that came out, counted by us for both. scikit-learn's
MiniBatchKMeans stands as it comes, in a Python of its own (``--sklearn``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np

from songkin.benchmark.figures import Figure, Target, skipped
from songkin.benchmark.processes import ONE_THREAD, Started, crowd, result, task
from songkin.benchmark.setup import Setup
from songkin.recommending.kmeans import placed
from songkin.spaces import Matrix

SONGS: Final = 1_000_000
QUICK: Final = 5_000
NUMBERS: Final = 13
GROUPS: Final = (20, 200)
CHEAPER: Final = Target(most=0.05)
AS_GOOD: Final = Target(most=1.005)
_CENTRES: Final = 40

SKLEARN: Final = """
import json, sys, time
import numpy as np
from sklearn.cluster import MiniBatchKMeans
given = json.load(sys.stdin)
rows = np.load(given["rows"])
MiniBatchKMeans(2, random_state=0).fit(rows[:1000])
began = time.process_time()
found = MiniBatchKMeans(given["k"], random_state=0).fit(rows)
spent = time.process_time() - began
np.save(given["centres"], found.cluster_centers_.astype(np.float32))
json.dump({"cpu": spent}, sys.stdout)
"""


def clusters(setup: Setup) -> list[Figure]:
    """CPU and sums of squares."""
    n = QUICK if setup.quick else SONGS
    what = f"{n:,} × {NUMBERS} in {{}} clusters"
    if not setup.sklearn:
        return [skipped("clusters", what.format(" and ".join(map(str, GROUPS))), "needs --sklearn PYTHON")]
    place = setup.scratch / "rows.npy"
    rows = made_up(n)
    np.save(place, rows)
    figures: list[Figure] = []
    for k in GROUPS[:1] if setup.quick else GROUPS:
        setup.say(f"clusters: {k}")
        ours, theirs = setup.scratch / f"ours{k}.npy", setup.scratch / f"theirs{k}.npy"
        given = {"rows": str(place), "k": k}
        cpu = float(result(task("clustering_cpu", {**given, "centres": str(ours)}))["cpu"])
        other = [setup.sklearn, "-c", SKLEARN]
        their_cpu = float(result(Started(other, ONE_THREAD, json.dumps({**given, "centres": str(theirs)})))["cpu"])
        mine, others = (inertia(rows, file) for file in (ours, theirs))
        about = what.format(k)
        figures += [
            Figure(
                "clusters", f"{about}: CPU / MiniBatchKMeans", "s", cpu, their_cpu, cpu / their_cpu, CHEAPER, crowd()
            ),
            Figure("clusters", f"{about}: sum of squares / MiniBatchKMeans", "", mine, others, mine / others, AS_GOOD),
        ]
    return figures


def made_up(n: int) -> Matrix:
    """Songs of ``NUMBERS`` numbers, z-scored, float32 (n, d)."""
    rng = np.random.default_rng(0)
    centres = 0.8 * rng.normal(size=(_CENTRES, NUMBERS))
    rows = centres[rng.integers(_CENTRES, size=n)] + rng.normal(size=(n, NUMBERS))
    return np.asarray((rows - rows.mean(axis=0)) / rows.std(axis=0), np.float32)


def inertia(rows: Matrix, file: Path) -> float:
    """The sum of squared distances of rows to their nearest centres, which stand in a file."""
    return float(placed(rows, np.load(file))[1].sum(dtype=np.float64))
