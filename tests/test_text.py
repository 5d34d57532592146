"""How names are compared, and what is written about a song."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.models import Track
from songkin.text import decade, describe, fold, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sigur Rós", "SIGUR ROS"),
        ("AC/DC", "ac dc"),
        ("Don't Stop", "dont stop"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
        ("Motörhead", "motorhead"),
        ("Ænima", "aenima"),
        ("  Two   blanks ", "two blanks"),
    ],
)
def test_names_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("!!!", "???"), ("椎名林檎", "椎名"), ("Beat", "Beet")])
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_description_says_what_is_known_and_no_more() -> None:
    track = Track("x", "Night", artists=("A", "B"), album="Days", genres=("jazz",), year=1964)
    assert describe(track) == "A, B: Night. From Days. jazz. 1960s."
    assert describe(Track("x", "Night")) == "Night."


def test_words_hold_every_name_and_the_decade() -> None:
    track = Track("x", "Night", artists=("A",), album_artist="Various", album="Days", genres=("jazz",), year=1964)
    assert words(track).split() == ["Night", "A", "Days", "jazz", "Various", "1964", "1960s"]
    assert decade(None) == ""
