"""A task in a process of its own: the peak of memory that hearing one file takes, all models loaded before.

Reads ``{"file", "cache"}`` and prints ``{"idle", "peak"}`` in MB of resident memory.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from pathlib import Path
from typing import Any

from songkin import audio
from songkin.benchmark.hearing import able, worker_of


def peak(given: dict[str, Any]) -> dict[str, float]:
    """Do the task."""
    used = able(Path(given["cache"]))
    _forget_peak()
    idle = highest()
    worker_of(given["file"], used, "default", audio.Limits(max_seconds=math.inf))
    return {"idle": idle, "peak": highest()}


def _forget_peak() -> None:
    """Have Linux count the peak from here on; elsewhere loading the models counts too."""
    place = Path("/proc/self/clear_refs")
    if place.exists():
        place.write_text("5")


def highest() -> float:
    """MB of resident memory that this process has had at most."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    json.dump(peak(json.load(sys.stdin)), sys.stdout)
