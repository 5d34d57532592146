"""What a question leans to among the features of a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.models import TABLE_FIELDS
from songkin.search.leaning import leaning


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("slow", {"tempo": -1}),
        ("Fast drums", {"tempo": 1}),
        ("not too fast", {"tempo": -0.5}),
        ("piano, not very slow", {"tempo": 0.5}),
        ("without vocals", {"instrumentalness": 1}),
        ("jazz with no singing", {"instrumentalness": 1}),
        ("voiceless ambient", {"instrumentalness": 1}),
        ("instrumental hip hop", {"instrumentalness": 1}),
        ("calm acoustic", {"energy": -1, "acousticness": 1}),
        ("less electronic", {"acousticness": 0.5}),
        ("happier", {"valence": 1}),
        ("a bit sadder and slower", {"valence": -1, "tempo": -1}),
    ],
)
def test_plain_words_lean_to_features(text: str, wanted: dict[str, float]) -> None:
    assert leaning(text) == wanted


@pytest.mark.parametrize(
    "text", ["breakfast", "slowdive", "hotel california", "fasting", "piano", "no drums", "words", "", "日本"]
)
def test_other_words_lean_nowhere(text: str) -> None:
    assert leaning(text) == {}


def test_words_that_pull_both_ways_lean_nowhere() -> None:
    assert leaning("fast and slow") == {}


@given(st.text(max_size=100))
def test_any_text_leans_by_at_most_one(text: str) -> None:
    found = leaning(text)
    assert all(-1 <= value <= 1 and value for value in found.values())
    assert set(found) <= {*TABLE_FIELDS, "tempo", "loudness"}
