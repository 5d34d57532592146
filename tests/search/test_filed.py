"""Genres of the library that stand in a question: wanted, or done without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kindsongs import make_kinds
from libraries import library_at
from songkin.encoders.base import EncoderSpec
from songkin.library import Library
from songkin.search.filed import genres_in, not_under
from songkin.search.find import put
from songkin.search.seeds import fitted
from songkin.search.understanding import understood
from songkin.store.vectors import Condition


class Reader:
    """A text encoder that reads everything alike."""

    spec = EncoderSpec(name="reader", version="1", modality="text", outputs={"text": 384}, licence="", weights=())

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.full((len(texts), 384), 1 / np.sqrt(384), np.float32)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kinds(tmp_path_factory.mktemp("filed"))


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights")) as found:
        yield found


def asked(library: Library, question: Any) -> Any:
    return library._upkeep.ask(question)[0]


def test_genres_that_songs_have_are_found_in_a_question(library: Library) -> None:
    assert asked(library, lambda store: genres_in(store, "Slow METAL, please")) == (
        Condition("match", "genre", values=("metal",)),
    )
    assert asked(library, lambda store: genres_in(store, "metal or disco")) == (
        Condition("match", "genre", values=("metal", "disco")),
    )
    assert asked(library, lambda store: genres_in(store, "metallic polka")) == ()
    assert asked(library, lambda store: not_under(store, "metal"))[0].negate
    assert asked(library, lambda store: not_under(store, "drums")) == ()


def test_features_are_asked_of_songs_of_the_genre_that_is_named(library: Library) -> None:
    statistics = fitted(library.catalog)

    def tables(text: str) -> list[tuple[Condition, ...]]:
        question = asked(
            library,
            lambda store: put(library.catalog, Reader(), text, (), statistics, store=store),  # type: ignore[arg-type]
        )
        return [ask.where for ask in question.asks if ask.space == "table"]

    assert tables("slow metal") == [(Condition("match", "genre", values=("metal",)),)]
    assert tables("slow songs") == [()]


def test_not_a_genre_leaves_its_songs_out_and_says_so(library: Library) -> None:
    said = asked(library, lambda store: understood(store, "happy songs that are not metal", ()))
    assert said.notes == ("No songs that are filed under metal.",)
    assert "metal" not in said.text
    left = asked(library, lambda store: set(store.ids(said.where)))
    titles = {track.title.split()[0] for track in library.catalog.tracks(sorted(left)).values()}
    assert titles == {"piano", "disco"}


def test_what_is_no_genre_is_left_to_how_songs_sound(library: Library) -> None:
    said = asked(library, lambda store: understood(store, "metal without drums", ()))
    assert (said.text, said.where, said.notes) == ("metal without drums", (), ())


def test_a_likeness_to_what_is_not_here_is_said(library: Library) -> None:
    notes = library.find("like Nosuchband but happier").notes
    assert any("Nothing here is called 'nosuchband'" in note.lower().replace("nothing", "Nothing") for note in notes)
