"""Years, tempi, keys and explicit words in a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.models import Filter
from songkin.search.facts import facts_in


def years(low: int | None, high: int | None) -> Filter:
    return Filter("year", "range", low=low, high=high)


def beats(low: float | None, high: float | None) -> Filter:
    return Filter("bpm", "range", low=low, high=high)


@pytest.mark.parametrize(
    ("text", "rest", "wanted"),
    [
        ("70s", "", years(1970, 1979)),
        ("70s soul", "soul", years(1970, 1979)),
        ("soul of the 1970s", "soul", years(1970, 1979)),
        ("soul from the '70s", "soul", years(1970, 1979)),
        ("80’s synth", "synth", years(1980, 1989)),
        ("early 90s house", "house", years(1990, 1993)),
        ("late nineties trance", "trance", years(1996, 1999)),
        ("pop from the nineties", "pop", years(1990, 1999)),
        ("2010s indie", "indie", years(2010, 2019)),
        ("00s pop", "pop", years(2000, 2009)),
        ("1999", "", years(1999, 1999)),
        ("songs from 1999", "", years(1999, 1999)),
        ("sad songs from 1999", "sad songs", years(1999, 1999)),
        ("rock since 2010", "rock", years(2010, None)),
        ("rock after 2010", "rock", years(2011, None)),
        ("rock from 2010 on", "rock", years(2010, None)),
        ("jazz before 1980", "jazz", years(None, 1979)),
        ("jazz until 1980", "jazz", years(None, 1980)),
        ("pre-1960 blues", "blues", years(None, 1959)),
        ("punk 1976-1979", "punk", years(1976, 1979)),
        ("punk between 1976 and 1979", "punk", years(1976, 1979)),
        ("punk from 1979 to 1976", "punk", years(1976, 1979)),
    ],
)
def test_years_and_decades_are_understood(text: str, rest: str, wanted: Filter) -> None:
    told = facts_in(text)
    assert [fact.filter for fact in told.facts] == [wanted]
    assert told.rest == rest


@pytest.mark.parametrize(
    ("text", "rest", "wanted"),
    [
        ("120 bpm", "", beats(118, 122)),
        ("techno around 120 bpm", "techno", beats(112.8, 127.2)),
        ("techno at 128bpm", "techno", beats(126, 130)),
        ("house 120-126 bpm", "house", beats(120, 126)),
        ("between 100 and 120 BPM", "", beats(100, 120)),
        ("drum and bass over 170 bpm", "drum and bass", beats(170, None)),
        ("slower than 90 beats per minute", "", beats(None, 90)),
    ],
)
def test_tempi_are_understood(text: str, rest: str, wanted: Filter) -> None:
    told = facts_in(text)
    assert [fact.filter for fact in told.facts] == [wanted]
    assert told.rest == rest


@pytest.mark.parametrize(
    ("text", "rest", "wanted"),
    [
        ("in C minor", "", Filter("key", "is", ("C minor",))),
        ("piano in c minor", "piano", Filter("key", "is", ("C minor",))),
        ("piano in F# major", "piano", Filter("key", "is", ("F# major",))),
        ("piano in C sharp minor", "piano", Filter("key", "is", ("C# minor",))),
        ("waltz in Am", "waltz", Filter("key", "is", ("A minor",))),
        ("E minor riffs, key of E", "E minor riffs", Filter("key", "is", ("E major",))),
        ("piano in the key of D", "piano", Filter("key", "is", ("D major",))),
        ("sad songs in a minor key", "sad songs", Filter("mode", "is", ("minor",))),
        ("happy in major", "happy", Filter("mode", "is", ("major",))),
        ("rap with no explicit lyrics", "rap with", Filter("explicit", "not", ("yes",))),
        ("clean versions, hip hop", "hip hop", Filter("explicit", "not", ("yes",))),
        ("explicit rap", "rap", Filter("explicit", "is", ("yes",))),
    ],
)
def test_keys_and_explicit_words_are_understood(text: str, rest: str, wanted: Filter) -> None:
    told = facts_in(text)
    assert [fact.filter for fact in told.facts] == [wanted]
    assert told.rest == rest


def test_several_facts_are_all_taken_and_told() -> None:
    told = facts_in("90s house in A minor around 125 bpm")
    assert told.rest == "house"
    assert sorted(fact.told for fact in told.facts) == ["at 117.5 to 132.5 bpm", "from 1990 to 1999", "in A minor"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "99 Luftballons",
            "Summer of 69",
            "2 become 1",
            "blink-182",
            "Studio 54",
            "24k magic",
            "7 rings",
            "1000 miles",
        ),
        *(
            "a minor setback",
            "C",
            "Vitamin C",
            "major tom",
            "minor threat",
            "in a minor way",
            "be my baby",
            "A major mistake",
        ),
        *(
            "clean guitar",
            "clean bandit",
            "an explicit invitation to dance",
            "room 2012b",
            "2000 light years from home",
        ),
        *("symphony in C", "dad", "key to my heart", "thirty", "from here to eternity", "1999s dream of 12.1999"),
        *("$2000", "before the dawn", "since you've been gone", "after hours", "until tomorrow", "around the world"),
        *("at 120", "120 songs", "500 miles", "im Am", "in Berlin", "in a major hurry", "20th century boy", "90sec"),
    ],
)
def test_ordinary_words_are_no_facts(text: str) -> None:
    assert facts_in(text).facts == ()
    assert facts_in(text).rest == text


@given(st.text(max_size=100))
def test_any_text_is_read(text: str) -> None:
    told = facts_in(text)
    assert told.facts or told.rest == text


@given(st.text(alphabet="0123456789 -–bpmsto'fromin the", max_size=60))
def test_numbers_of_any_kind_make_filters_that_can_be(text: str) -> None:
    for fact in facts_in(text).facts:
        low, high = fact.filter.low, fact.filter.high
        assert low is None or high is None or low <= high
