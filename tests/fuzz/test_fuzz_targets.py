"""Every fuzz target over its seeds and what chance makes of them; under atheris they go further (see ``fuzz.py``)."""

from __future__ import annotations

import warnings

import pytest

from fuzz import TARGETS, inputs, target

SHORT = {"media": 60, "server": 60, "stored": 200}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_raises_nothing_over_seeds_and_what_chance_makes_of_them(name: str, long: bool) -> None:
    module = target(name)
    seeds = module.seeds()
    assert len(seeds) >= 4
    tried = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for data in inputs(seeds, 20 * SHORT.get(name, 300) if long else SHORT.get(name, 300)):
            try:
                module.one(data)
            except Exception as error:
                error.add_note(f"The input was {data[:2000]!r} ({len(data)} bytes).")
                raise
            tried += 1
    assert tried > 50
