"""A task in a process of its own: the CPU seconds that grouping rows takes, each row placed.

Reads ``{"rows", "k", "centres"}``, two files of ``.npy`` and how many groups; writes the second and prints ``{"cpu"}``.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np

from songkin.recommending.kmeans import grouped


def cpu(given: dict[str, Any]) -> dict[str, float]:
    """Do the task."""
    rows = np.load(given["rows"])
    grouped(rows[:1000], 2)  # whatever is slow the first time
    began = time.process_time()
    found = grouped(rows, given["k"])
    spent = time.process_time() - began
    np.save(given["centres"], found.centres)
    return {"cpu": spent}


if __name__ == "__main__":
    json.dump(cpu(json.load(sys.stdin)), sys.stdout)
