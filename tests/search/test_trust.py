"""How far each list is trusted, and the tag bridge's reading of questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from songkin.encoders import text_encoder
from songkin.encoders.musicnn import TAGS
from songkin.encoders.weights import default_cache, installed
from songkin.errors import EncoderError
from songkin.search import bridge
from songkin.search.trust import TUNED, Tuning, above, fused, share, trusted
from songkin.spaces import Statistics
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask, Match, Sparse

MINILM = text_encoder("minilm", default_cache())
needs_minilm = pytest.mark.skipif(
    not installed(MINILM.spec, default_cache()), reason="the weights of MiniLM are not on this machine"
)

HEARD = Ask("heard", np.ones(100, np.float32), 10)
TEXT = Ask("text", np.ones(384, np.float32), 10)
WORDS = Ask("words", Sparse((1, 2), (1.0, 1.0)), 10)
FOUND = [Match("a", 4.0), Match("b", 3.5), Match("c", 1.0)]


def weights_for(surety: float, covered: float, tuning: Tuning = TUNED) -> tuple[float, ...]:
    return trusted((HEARD, TEXT, WORDS), (FOUND, FOUND, FOUND), surety, covered, tuning)[1]


def test_sound_counts_less_the_less_a_question_speaks_of_it() -> None:
    sure, middling, unsure = (weights_for(surety, 1.0)[0] for surety in (1.0, 0.65, 0.2))
    assert sure == TUNED.heard
    assert sure > middling > unsure == pytest.approx(TUNED.heard * TUNED.least)


def test_words_count_by_the_share_of_the_question_that_they_hold() -> None:
    whole, half, none = (weights_for(0.6, covered)[2] for covered in (1.0, 0.5, 0.0))
    assert whole == TUNED.words
    assert whole > half > none == 0.0


def test_only_matches_nearly_as_good_as_the_best_are_kept() -> None:
    (_, text, words), _ = trusted((HEARD, TEXT, WORDS), (FOUND, FOUND, FOUND), 0.6, 1.0)
    assert [match.id for match in above(words, FOUND)] == ["a", "b"]
    assert text.floor == TUNED.text_floor


def test_a_list_that_found_nothing_needs_no_floor() -> None:
    (words,), (weight,) = trusted((WORDS,), ([],), 0.6, 0.0)
    assert words.floor is None
    assert weight == TUNED.words


def test_shares_fall_with_rank_and_grow_with_weight() -> None:
    assert share(2, 1, 1.0) == pytest.approx(1 / 3)
    assert share(2, 1, 1.0) > share(2, 2, 1.0) > share(2, 2, 0.5) > share(2, 2, 0.0) == 0.0


def test_an_encoder_that_tells_nothing_apart_is_refused() -> None:
    rng = np.random.default_rng(0)
    alive = rng.normal(size=(len(TAGS), 384)).astype(np.float32)
    bridge.check_alive(alive)
    for dead in (np.ones_like(alive) + 0.01 * alive, np.full_like(alive, np.nan)):
        with pytest.raises(EncoderError, match="weights are broken"):
            bridge.check_alive(dead)


def test_tag_weights_add_up_to_one_over_a_few_tags() -> None:
    names = np.random.default_rng(1).normal(size=(len(TAGS), 8)).astype(np.float32)
    names /= np.linalg.norm(names, axis=1, keepdims=True)
    weights = bridge.tag_weights(names[5], names)
    assert weights.argmax() == 5
    assert weights.sum() == pytest.approx(1.0)
    assert (weights > 0).sum() <= bridge.KEPT_TAGS


@pytest.fixture
def statistics() -> Statistics:
    return Statistics(10, {"mean": np.full(100, -4, np.float32), "std": np.full(100, 2, np.float32)})


@needs_minilm
def test_what_is_unwanted_weighs_the_other_way_round(tmp_path: Path, statistics: Statistics) -> None:
    with Catalog(tmp_path / "catalog.db") as catalog:
        found = bridge.ask(MINILM, catalog, "piano without drums", statistics)
        only = bridge.ask(MINILM, catalog, "music without drums", statistics)
    piano, drums = (TAGS.index(tag) for tag in ("piano", "drums"))
    assert found.weights[piano] > 0.5
    assert found.weights[drums] < -0.5
    assert only.weights.max() <= 0.0
    quiet = np.full(100, 0.01, np.float32)
    assert bridge.absent_tags(found, quiet, statistics) == ["drums"]


@needs_minilm
def test_a_name_with_a_no_in_it_excludes_no_sound(tmp_path: Path, statistics: Statistics) -> None:
    with Catalog(tmp_path / "catalog.db") as catalog:
        name = bridge.ask(MINILM, catalog, "No Surrender", statistics)
        sound = bridge.ask(MINILM, catalog, "quiet flute melody", statistics)
    assert name.weights.min() >= 0.0
    assert name.surety < 0.65 < sound.surety
    assert TAGS[int(sound.weights.argmax())] == "flute"


def test_a_fused_score_is_the_sum_of_shares_over_the_lists_that_hold_a_song() -> None:
    one, other = [Match("a", 4.0), Match("b", 3.5)], [Match("c", 9.0), Match("b", 1.0)]
    scores = dict(fused([one, other, FOUND], (1.0, 0.5, 0.0), 2))
    assert scores == pytest.approx({"a": 1 / 3, "b": 1 / 4 + 0.5 / 4, "c": 0.5 / 3})
    assert [song for song, _ in fused([one, other], (1.0, 0.5), 2)] == ["b", "a", "c"]


def test_songs_of_the_same_score_fuse_alike_in_whatever_order_an_engine_gives_them() -> None:
    there, back = (
        [Match("x", 2.0), Match("b", 1.0), Match("a", 1.0)],
        [Match("x", 2.0), Match("a", 1.0), Match("b", 1.0)],
    )
    assert fused([there, FOUND], (1.0, 1.0), 10) == fused([back, FOUND], (1.0, 1.0), 10)
