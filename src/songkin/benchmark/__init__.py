"""How fast songkin is: every figure beside the other side of its ratio, measured in the same run on the same machine.

One file is one group of measurements; this table is the list. Each takes a ``Setup`` and gives ``Figure``s. Nothing
here is timed by a test: figures are for people, who know what else their machine was doing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from songkin.errors import SongkinError

if TYPE_CHECKING:
    from songkin.benchmark.figures import Figure
    from songkin.benchmark.setup import Setup

MEASUREMENTS: Final = {
    "index": ("indexing", "index", "a whole run over the sum of its parts"),
    "song": ("indexing", "song", "CPU of one song of four minutes"),
    "workers": ("indexing", "workers", "two workers over one"),
    "profile": ("comparing", "profile", "what less listening costs and keeps"),
    "descriptors": ("comparing", "descriptors", "descriptors alone against bliss-audio (needs --bliss)"),
    "memory": ("memory", "memory", "peak memory of a worker from minutes to hours"),
    "scan": ("scanning", "scan", "seeing that nothing has changed"),
    "search": ("searching", "search", "the embedded engine against qdrant-client's local mode"),
    "fused": ("searching", "fused_large", "fused search of 100,000 songs (needs --tracks 100000)"),
    "words": ("asking", "words", "a question in words, in a process that is awake"),
    "start": ("starting", "start", "from the command's start to its answer"),
    "import": ("importing", "import_", "tables, slices of playlists, names while they are typed"),
    "albums": ("shelving", "albums", "an index of 24,000 album reviews"),
    "recommend": ("recommending", "recommend", "playlist-kNN, and what goes with 50 songs"),
    "clusters": ("clustering", "clusters", "k-means of a million rows against scikit-learn's (needs --sklearn)"),
    "web": ("web", "web", "`songkin serve` under load (needs wrk)"),
    "growth": ("growing", "growth", "what growing costs"),
}
"""Name: module, function, what it is about."""


def measure(names: Sequence[str], setup: Setup) -> Iterator[Figure]:
    """Make the measurements called ``names`` (all of them: none given). One that cannot be made gives a line that says
    why; the others go on. Raises ``KeyError``."""
    from songkin.benchmark.figures import skipped

    for name in names or MEASUREMENTS:
        module, function, about = MEASUREMENTS[name]
        try:
            yield from getattr(import_module(f"songkin.benchmark.{module}"), function)(setup)
        except SongkinError as error:
            yield skipped(name, about, f"{error.message} {error.remedy}".strip())
        except OSError as error:  # what other programs and folders of the user's do
            yield skipped(name, about, f"{error.filename or name}: {error.strerror or error}")
