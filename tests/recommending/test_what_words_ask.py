"""``songkin recommend`` with words alone: names of playlists that are near, and what the library has for the words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kindsongs import ANY, jspf, kinds, make_kinds, named, titles
from libraries import library_at
from songkin import config as settings
from songkin.encoders import text_encoder, weights
from songkin.encoders.base import TextEncoder
from songkin.library import Library
from songkin.models import Query
from songkin.recommending.asking import Wanted
from songkin.recommending.names import Names


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kinds(tmp_path_factory.mktemp("words"))


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights")) as found:
        yield found


def reader() -> TextEncoder:
    cache = settings.load().cache
    encoder = text_encoder("minilm", cache)
    if not weights.installed(encoder.spec, cache):
        pytest.skip("the weights of minilm are not on this machine")
    return encoder


def test_a_song_says_whether_a_playlists_name_or_the_words_led_to_it(library: Library) -> None:
    by_name = library.recommend(Wanted(names=("rainy sunday",)), ANY)
    assert set(titles(by_name)[:4]) == {"piano 20", "piano 21", "piano 22", "piano 23"}
    assert all("in the playlist “Rainy Sunday”, called so" in hit.why for hit in by_name.hits[:4])
    by_words = library.recommend(Wanted(names=("disco",)), ANY)
    assert set(kinds(by_words)) == {"disco"}
    assert all(any("found for “disco” by words" in reason for reason in hit.why) for hit in by_words.hits)


def test_words_ask_a_library_without_playlists_by_what_is_known_of_its_songs(home: Path, tmp_path: Path) -> None:
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as bare:
        bare.import_([home / "songs.csv"])
        answer = bare.recommend(Wanted(names=("disco night",)), ANY)
        assert kinds(answer) == ["disco"] * 10
        assert any("No playlist here is called much like that" in note for note in answer.notes)
        nothing = bare.recommend(Wanted(names=("qwertz uiop",)), ANY)
        assert any("Nothing is known of what was asked from" in note for note in nothing.notes)


def test_a_name_that_shares_a_common_word_leads_nowhere(library: Library) -> None:
    """``evening`` stands in most names: a list called so is not what who says *evening of chess* means."""
    answer = library.recommend(Wanted(names=("evening chess",)), ANY)
    assert not any("in the playlist" in reason for hit in answer.hits for reason in hit.why)


def test_a_name_counts_by_how_near_it_is(library: Library, tmp_path: Path) -> None:
    same, near = (
        library.recommend(Wanted(names=(text,)), Query(limit=4, per_artist=None, per_album=None))
        for text in ("rainy sunday", "rainy sunday mornings")
    )
    assert set(titles(same)) == set(titles(near)) == {"piano 20", "piano 21", "piano 22", "piano 23"}
    assert near.hits[0].score < 0.8 * same.hits[0].score
    assert any("called much the same" in reason or "a little like it" in reason for reason in near.hits[0].why)


def test_words_of_another_meaning_are_near_to_no_name() -> None:
    names = Names(["Roadtrip classics", "Piano for a rainy evening", "Heavy metal"], reader())
    assert int(np.argmax(names.near(["songs for the car"]))) == 0
    assert int(np.argmax(names.near(["quiet piano in the rain"]))) == 1
    assert names.near(["heavy metal"])[2] == pytest.approx(1.0, abs=1e-3)
    for nonsense in ("tax return", "banana bread recipe", "chess tournament"):
        assert not names.near([nonsense]).any(), nonsense


def test_filters_hold_for_what_words_find(library: Library, tmp_path: Path) -> None:
    from songkin.search.filters import parse_filter

    metal = Query(filters=(parse_filter("genre=metal"),), per_artist=None, per_album=None)
    answer = library.recommend(Wanted(names=("piano",)), metal)
    assert set(kinds(answer)) <= {"metal"}


def test_the_title_of_a_list_of_unknown_songs_asks_by_meaning_too(library: Library, tmp_path: Path) -> None:
    unknown = jspf(tmp_path / "u.jspf", "Disco", [("Nobody", "Nothing")])
    answer = library.recommend(Wanted(playlists=(str(unknown),)), ANY)
    assert set(kinds(answer)) == {"disco"}
    assert any("0 of the 1 songs" in note or "its name alone" in note for note in answer.notes)


def test_what_was_given_does_not_come_back_by_the_lists_name(library: Library, tmp_path: Path) -> None:
    given = jspf(tmp_path / "g.jspf", "disco", named("disco", 1, 2, 3))
    answer = library.recommend(Wanted(playlists=(str(given),)), ANY)
    assert not {"disco 1", "disco 2", "disco 3"} & set(titles(answer))
