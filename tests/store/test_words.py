from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.errors import ConfigError
from songkin.store.vectors import Sparse
from songkin.store.words import Words

WORDS = Words()


def score(question: str, text: str, words: Words = WORDS) -> float:
    """BM25 without the document frequencies, which the engine knows."""
    asked, stored = words.query(question), words.document(text)
    weights = dict(zip(stored.indices, stored.values, strict=True))
    return sum(w * weights.get(term, 0.0) for term, w in zip(asked.indices, asked.values, strict=True))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("bjork", "Björk"),
        ("BJÖRK", "Bjo\u0308rk"),
        ("acdc", "AC/DC"),
        ("ac dc", "AC/DC"),
        ("AC/DC", "acdc"),
        ("sigur ros", "Sigur Rós"),
        ("1999", "Prince 1999"),
        ("rem", "R.E.M."),
        ("dont stop", "Don't Stop"),
        ("don’t stop", "Don't Stop"),
        ("hip hop", "hip-hop"),
        ("hiphop", "hip-hop"),
        ("running", "Run"),
        ("strasse", "Straße"),
        ("Кино", "кино"),
        ("the the", "The The"),
        ("the who", "The Who"),
        ("椎名林檎", "椎名林檎 無罪モラトリアム"),
        ("東京", "東京事変"),
        ("事変", "東京事変"),
        ("東", "東京事変"),
        ("ｶﾗｵｹ", "カラオケ"),
        ("방탄", "방탄소년단"),
    ],
)
def test_a_name_is_found_however_it_is_written(question: str, text: str) -> None:
    assert score(question, text) > 0
    assert score(question, "Something else 1234 音") == 0


def test_every_word_found_raises_the_score() -> None:
    assert score("paranoid android", "Paranoid Android") > score("paranoid android", "Paranoid") > 0


def test_a_word_weighs_less_in_a_longer_text() -> None:
    assert score("love", "Love") > score("love", "Love " + " ".join(f"word{n}" for n in range(40)))


def test_function_words_count_only_where_a_question_says_nothing_else() -> None:
    bm25 = Words()
    assert bm25.query("songs about the sea") == bm25.query("songs sea")
    assert len(bm25.query("the the").indices) == 1
    assert set(bm25.query("the who").indices) <= set(bm25.document("The Who").indices)
    assert bm25.query("the who").indices


def test_terms_are_sorted_and_distinct_and_pair_with_positive_weights() -> None:
    text = "One two three four five six seven, AC/DC, 東京事変, one"
    for vector in (WORDS.document(text), WORDS.query(text)):
        assert list(vector.indices) == sorted(set(vector.indices))
        assert len(vector.indices) == len(vector.values) >= 10
        assert all(weight > 0 for weight in vector.values)


@pytest.mark.parametrize("text", ["", "  ", "\x00\x01", "🎵🎶", "!!!", "\u200b", "///", "\ud800"])
def test_a_text_without_words_is_an_empty_vector(text: str) -> None:
    assert WORDS.document(text) == WORDS.query(text) == Sparse((), ())


def test_control_characters_part_words() -> None:
    assert WORDS.document("black\x00sabbath\u2028") == WORDS.document("black sabbath")


@pytest.mark.parametrize("piece", ["x", "ab ", "東", "/", "a/", "a'", "\u0301", "🎵", "\x00", "ﷺ"])
def test_ten_million_characters_are_no_trouble(piece: str) -> None:
    text = piece * (10_000_000 // len(piece))
    assert len(WORDS.document(text).indices) < 100
    assert len(WORDS.query(text).indices) < 100


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_gives_the_same_vector_each_time(text: str) -> None:
    assert WORDS.document(text) == Words().document(text)
    assert set(WORDS.query(text).indices) <= set(WORDS.document(text).indices)


def test_vectors_are_the_same_in_another_process() -> None:
    code = "from songkin.store.words import Words; print(Words().document('Björk, 東京 and AC/DC'))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(WORDS.document("Björk, 東京 and AC/DC"))


def test_without_a_language_nothing_is_stemmed_or_weighed_down() -> None:
    plain = Words("")
    assert score("running", "run", plain) == 0
    assert plain.query("the sea").values == (1.0, 1.0)
    assert plain.fingerprint != WORDS.fingerprint


def test_another_language_has_its_own_stems() -> None:
    assert score("häuser", "Haus", Words("german")) > 0


@pytest.mark.parametrize(
    ("language", "avg_len", "b"), [("klingon", 12, 0.75), ("english", 0, 0.75), ("english", 12, 2)]
)
def test_settings_that_cannot_be_are_refused(language: str, avg_len: float, b: float) -> None:
    with pytest.raises(ConfigError):
        Words(language, avg_len=avg_len, b=b)
