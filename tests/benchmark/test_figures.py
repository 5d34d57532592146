"""Lines of the table: what they say, and when a target counts as met."""

from __future__ import annotations

import json
import math

import pytest

from songkin.benchmark.figures import Figure, Target, as_json, median, percentile, row, shown, skipped


@pytest.mark.parametrize(
    ("ratio", "target", "verdict"),
    [
        (1.09, Target(most=1.10), "met"),
        (1.11, Target(most=1.10), "missed"),
        (12.0, Target(least=10), "met"),
        (9.9, Target(least=10), "missed"),
        (9.9, None, ""),
        (None, Target(least=10), "missed"),
    ],
)
def test_a_ratio_is_held_to_its_target(ratio: float | None, target: Target | None, verdict: str) -> None:
    assert Figure("x", "a line", "s", 1.0, 2.0, ratio, target).verdict == verdict


def test_our_own_number_may_be_what_the_target_is_about() -> None:
    figure = Figure("x", "a line", "s", 1.3, target=Target(most=1.2, of="ours"))
    assert figure.verdict == "missed"
    assert row(figure) == ("a line", "1.30 s", "", "", "≤ 1.2 s", "missed")


def test_what_was_not_measured_is_said_to_be_skipped_and_why() -> None:
    figure = skipped("bliss", "descriptors / bliss", "no bliss here")
    assert figure.verdict == "skipped"
    found = json.loads(json.dumps(as_json(figure), allow_nan=False))
    assert (found["ours"], found["note"]) == (None, "no bliss here")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01234, "0.0123"),
        (1.2345, "1.23"),
        (12345.6, "12,346"),
        (0.0, "0"),
        (-1.5, "-1.50"),
        (None, ""),
        (math.nan, ""),
    ],
)
def test_numbers_are_shown_with_three_digits_that_count(value: float | None, text: str) -> None:
    assert shown(value) == text


def test_half_of_the_values_lie_below_the_median() -> None:
    assert median([3, 1, 2]) == 2
    assert percentile(range(101), 99) == 99
