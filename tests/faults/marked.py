"""``python marked.py FD WORDS…``: the command ``songkin WORDS…``, saying through the pipe FD where it is.

Each function below says its phase when it is entered, and the phase around it when it is left. Whoever reads the pipe
can kill the process in the phase that it wants, and knows afterwards in which one it was.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

PHASES = {
    "opening the catalog": ("songkin.store.database", "open_engine"),
    "looking for music": ("songkin.indexing.scan", "compare"),
    "noting small changes": ("songkin.indexing.run", "_Run._small_changes"),
    "hearing": ("songkin.indexing.run", "_Run._hear"),
    "storing": ("songkin.store.catalog", "Catalog.put"),
    "forgetting": ("songkin.store.catalog", "Catalog.forget"),
    "refreshing": ("songkin.indexing.refresh", "refresh"),
    "reading names": ("songkin.indexing.refresh", "_embed_texts"),
    "fitting": ("songkin.indexing.refresh", "_refit"),
    "dropping the index": ("songkin.store.shard", "erase"),
    "making the index": ("songkin.store.embedded", "EmbeddedStore._create"),
    "opening the index": ("songkin.store.embedded", "EmbeddedStore._load"),
    "deleting points": ("songkin.store.embedded", "EmbeddedStore.delete"),
    "writing points": ("songkin.store.embedded", "EmbeddedStore.write"),
    "flushing points": ("songkin.store.embedded", "EmbeddedStore.flush"),
    "measuring neighbourhoods": ("songkin.indexing.hubs", "refresh"),
    "linking duplicates": ("songkin.indexing.duplicates", "refresh"),
    "noting what is indexed": ("songkin.store.catalog", "Catalog.indexed"),
    "closing the index": ("songkin.store.embedded", "EmbeddedStore.close"),
    "ending the run": ("songkin.store.journal", "Journal.end_run"),
}
"""What is told: the phase, and the function that is it."""

START = "starting"
"""Before anything else is entered."""

BETWEEN = "between phases"


def mark(pipe: int) -> None:
    """Have every function of ``PHASES`` say through ``pipe`` when it is entered and left."""
    around = [BETWEEN]
    for phase, (module, name) in PHASES.items():
        owner: Any = importlib.import_module(module)
        *classes, function = name.split(".")
        for each in classes:
            owner = getattr(owner, each)
        original = getattr(owner, function)
        marked = _marked(original, phase, pipe, around)
        setattr(owner, function, marked)
        for other in list(sys.modules.values()):  # those that imported the function by its name
            if not classes and getattr(other, "__name__", "").startswith("songkin") and other is not owner:
                for key, value in list(vars(other).items()):
                    if value is original:
                        setattr(other, key, marked)


def _marked(function: Callable[..., Any], phase: str, pipe: int, around: list[str]) -> Callable[..., Any]:
    def say(what: str) -> None:
        os.write(pipe, what.encode() + b"\n")

    @functools.wraps(function)
    def telling(*args: Any, **named: Any) -> Any:
        around.append(phase)
        say(phase)
        try:
            return function(*args, **named)
        finally:
            around.pop()
            say(around[-1])

    return telling


if __name__ == "__main__":
    for needed in ("songkin.indexing.run", "songkin.library"):
        importlib.import_module(needed)
    storing: Any = importlib.import_module("songkin.indexing.storing")
    storing.COMMIT_FILES = 3  # a run over a dozen files is to commit several times, as one over thousands does
    mark(int(sys.argv[1]))
    from songkin.cli import run

    sys.exit(run(sys.argv[2:]))
