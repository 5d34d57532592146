"""Runs a fuzz target under atheris, or over inputs made from its seeds.

    python tests/fuzz/fuzz.py tags -max_total_time=60        # atheris: coverage-guided; options are libFuzzer's

A target is a module ``fuzz_NAME`` with ``one(data)``, which must raise nothing, and ``seeds()``, good inputs to start
from. atheris is no dependency of songkin: install it where it is wanted (``pip install atheris``).
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

TARGETS: Final = (
    "tags",
    "settings",
    "weights",
    "stored",
    "server",
    "words",
    "media",
    "lists",
    "tables",
    "links",
    "answers",
)


def target(name: str) -> ModuleType:
    """The module of a target."""
    return importlib.import_module(f"fuzz_{name}")


def inputs(seeds: Sequence[bytes], count: int, seed: int = 0) -> Iterator[bytes]:
    """The seeds, then ``count`` inputs made from them by cutting, flipping, joining and repeating, or of chance alone."""
    yield from seeds
    rng = np.random.default_rng(seed)
    for _ in range(count):
        data = bytearray(seeds[int(rng.integers(len(seeds)))])
        for _ in range(rng.integers(1, 5)):
            data = _changed(data, seeds, rng)
        yield bytes(data)


def _changed(data: bytearray, seeds: Sequence[bytes], rng: np.random.Generator) -> bytearray:
    at, other = int(rng.integers(len(data) + 1)), seeds[int(rng.integers(len(seeds)))]
    end = min(len(data), at + int(rng.integers(1, 64)))
    match rng.integers(7):
        case 0:
            return data[:at]
        case 1 | 2:
            for place in rng.integers(max(1, len(data)), size=rng.integers(1, 9)):
                data[place : place + 1] = rng.bytes(1)
            return data
        case 3:
            return data[:at] + other[int(rng.integers(len(other) + 1)) :]
        case 4:
            return data[:at] + data[end:]
        case 5:
            return data[:end] + data[at:end] * int(rng.integers(1, 20)) + data[end:]
        case _:
            extreme = (
                b"\0\0\0\0",
                b"\xff\xff\xff\xff",
                b"\x7f\xff\xff\xff",
                b"\x80",
                b"-1",
                b"1e999",
                b"nan",
                b"\n",
                b'"',
            )
            return data[:at] + extreme[int(rng.integers(len(extreme)))] + data[end:]


@cache
def _folder() -> Any:
    return tempfile.TemporaryDirectory(prefix="songkin-fuzz-")


def scratch(name: str) -> Path:
    """A place for a file that a target reads; it is the same at every call."""
    place = Path(_folder().name) / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def main(words: Sequence[str]) -> None:
    """Fuzz one target until libFuzzer's options say stop."""
    import atheris

    if len(words) < 2 or words[1] not in TARGETS:
        sys.exit(f"Name a target: {', '.join(TARGETS)}.")
    sys.path.insert(0, str(Path(__file__).parents[1]))
    with atheris.instrument_imports(include=["songkin", "tinytag", f"fuzz_{words[1]}"]):
        module = target(words[1])
    corpus = scratch(f"corpus/{words[1]}/0").parent
    for number, seed in enumerate(module.seeds()):
        (corpus / str(number)).write_bytes(seed)
    atheris.Setup(["fuzz.py", str(corpus), *words[2:]], module.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
