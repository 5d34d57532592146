"""What a question wants, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.search.negation import taken_apart


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("piano without drums", "piano", ("drums",)),
        ("guitar, no drums", "guitar", ("drums",)),
        ("piano, not too fast", "piano", ("fast",)),
        ("not too fast piano", "piano", ("fast",)),
        ("drums but no guitar", "drums", ("guitar",)),
        ("no drums or bass, just piano", "piano", ("drums", "bass")),
        ("without any drums and vocals with a flute", "a flute", ("drums", "vocals")),
        ("beatless ambient", "ambient", ("beats",)),
        ("metal without lyrics", "metal", ("vocals",)),
        ("music without drums", "", ("drums",)),
        ("some songs with no vocals please", "", ("vocals please",)),
        ("drumless", "", ("drums",)),
    ],
)
def test_what_follows_a_no_is_unwanted(text: str, wanted: str, unwanted: tuple[str, ...]) -> None:
    said = taken_apart(text)
    assert (said.wanted, said.unwanted) == (wanted, unwanted)


@pytest.mark.parametrize(
    "text", ["Nothing Else Matters", "piano", "Knot", "notes", "no", "not", "without", "Piano; Loud"]
)
def test_a_text_that_excludes_nothing_stays_as_it_is(text: str) -> None:
    assert taken_apart(text).wanted == text
    assert taken_apart(text).unwanted == ()


@given(st.text(max_size=80))
def test_any_text_is_taken_apart(text: str) -> None:
    said = taken_apart(text)
    assert said.wanted == text or said.unwanted
    assert all(said.unwanted)
