"""Filters as people write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.errors import QueryError
from songkin.models import FILTER_FIELDS, Filter, Query
from songkin.search.filters import conditions, parse_filter, parse_range


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("genre=Jazz", Filter("genre", "is", ("Jazz",))),
        ("artist!=AC/DC", Filter("artist", "not", ("AC/DC",))),
        (" genre = jazz | blues ", Filter("genre", "is", ("jazz", "blues"))),
        ("year=1960..1970", Filter("year", "range", low=1960, high=1970)),
        ("year>=1960", Filter("year", "range", low=1960)),
        ("bpm<=90", Filter("bpm", "range", high=90)),
        ("bpm=120", Filter("bpm", "range", low=119.5, high=120.5)),
        ("loudness=..-10", Filter("loudness", "range", high=-10)),
        ("artist==x=y", Filter("artist", "is", ("=x=y",))),
    ],
)
def test_a_filter_is_understood(text: str, filter_: Filter) -> None:
    assert parse_filter(text) == filter_


@pytest.mark.parametrize(
    "text",
    [
        "genre",
        "taste=good",
        "year=abc",
        "year=1970..1960",
        "year=..",
        "bpm!=120",
        "genre>=a",
        "genre=",
        "year=nan",
        "=x",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_filter(text)
    assert caught.value.remedy


@given(st.text())
def test_any_text_is_a_filter_or_a_clear_error(text: str) -> None:
    for parse in (parse_filter, lambda value: parse_range("year", value)):
        with suppress(QueryError):
            assert parse(text).field in FILTER_FIELDS


def test_keywords_are_compared_folded() -> None:
    (condition,) = conditions([Filter("artist", "is", ("Sigur Rós",))])
    assert condition.values == ("sigur ros",)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_query_asks_for_a_sensible_number(limit: int) -> None:
    with pytest.raises(QueryError):
        Query(limit)
