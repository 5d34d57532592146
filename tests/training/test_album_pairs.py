"""Questions and albums to train on."""

from __future__ import annotations

from pathlib import Path

import pytest

from songkin.models import AlbumNote
from songkin.shelves import Judged
from songkin.training.pairs import SHARES, Questions, hardest, part_of


def album(n: int, review: str = "", query: str = "") -> Judged:
    return Judged(AlbumNote(str(n), f"Title {n}", (f"Artist {n}",), genres=("Folk",), review=review), query)


def test_albums_are_dealt_by_their_names_alone() -> None:
    parts = [part_of(album(n).album) for n in range(2000)]
    assert {part: parts.count(part) / 2000 for part in SHARES} == pytest.approx(dict(SHARES), abs=0.03)
    assert [part_of(album(n, "another review").album) for n in range(50)] == parts[:50]
    assert [part_of(album(n).album, seed=1) for n in range(50)] != parts[:50]


def test_questions_are_words_of_the_review_or_those_that_were_given() -> None:
    words = "tender nylon guitars over distant thunder and patient drums"
    questions = Questions([album(0, words), album(1, "", "calm piano rain night")], seed=3)
    drawn = [questions.draw(0) for _ in range(50)]
    assert len(set(drawn)) > 10
    assert {word for text in drawn for word in text.split()} <= {*words.split(), "folk"}
    for _ in range(20):
        assert len(set(questions.draw(1).split()) & {"calm", "piano", "rain", "night"}) >= 2
    assert [questions.usable(n) for n in (0, 1)] == [True, True]
    assert not Questions([album(2, "so so")]).usable(0)


def test_the_same_seed_asks_the_same() -> None:
    albums = [album(n, f"words number{'abc'[n]} stand here together with others") for n in range(3)]
    one, other = Questions(albums, 5), Questions(albums, 5)
    assert [one.draw(n % 3) for n in range(9)] == [other.draw(n % 3) for n in range(9)]


def test_the_hardest_album_is_the_first_of_the_same_genre_that_is_not_meant() -> None:
    genres = [frozenset({"folk"}), frozenset({"metal"}), frozenset({"folk", "pop"}), frozenset()]
    assert hardest([0, 1, 2, 3], 0, genres) == 2
    assert hardest([3, 1, 0], 3, genres) == 1


def test_training_without_its_extra_says_how_to_get_it(tmp_path: Path) -> None:
    from songkin.errors import ConfigError
    from songkin.training import base

    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError) as caught:
            base.torch_or_remedy()
        assert "songkin[train]" in caught.value.remedy
    else:
        assert base.torch_or_remedy().__name__ == "torch"
