"""More like one song than like another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kindsongs import ANY, EACH, kinds, make_kinds, titles
from libraries import library_at
from songkin.cli import run
from songkin.errors import NotFound, QueryError
from songkin.library import Library
from songkin.models import Query
from songkin.recommending import content
from songkin.recommending.asking import Wanted
from songkin.store import open_vectors


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kinds(tmp_path_factory.mktemp("rather"))


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights")) as found:
        yield found


def test_a_pair_alone_leads_to_songs_on_the_firsts_side(library: Library) -> None:
    answer = library.recommend(Wanted(rather=(("piano 1", "metal 1"),)), ANY)
    assert kinds(answer) == ["piano"] * 10
    side = "nearer to piano artist 1 - piano 1 than to metal artist 1 - metal 1"
    assert all(side in hit.why for hit in answer.hits)
    assert not {"piano 1", "metal 1"} & set(titles(answer))
    assert answer.query == "rather piano artist 1 - piano 1 than metal artist 1 - metal 1"


def test_of_what_is_liked_only_one_side_is_kept(library: Library) -> None:
    """The pair lies inside one kind, so that it divides what goes with a song of that kind."""
    liked, pair = "disco 12", ("disco 3", "disco 25")
    plain = library.recommend(Wanted(like=(liked,)), ANY)
    rather = library.recommend(Wanted(like=(liked,), rather=(pair,)), ANY)
    turned = library.recommend(Wanted(like=(liked,), rather=(pair[::-1],)), ANY)
    songs = {track.title: track.id for track in (library.track(f"disco {n}") for n in range(EACH))}
    with open_vectors(library.catalog, library.config) as store:
        pairs = content.pairs_of(store, [(songs[pair[0]], songs[pair[1]])])

        def share(hits: Any) -> float:
            found = content.sides(store, pairs, [hit.track.id for hit in hits])
            return sum(right for (right,) in found.values()) / len(found)

        assert (share(rather.hits), share(turned.hits)) == (1.0, 0.0)
        assert 0.0 < share(plain.hits) < 1.0
    assert not set(titles(rather)) & set(titles(turned))


def test_where_too_few_songs_are_on_that_side_others_follow_and_say_so(library: Library) -> None:
    many = Query(limit=60, per_artist=None, per_album=None)
    hits = library.recommend(Wanted(rather=(("piano 1", "metal 1"),), artists=("disco artist 1",)), many).hits
    right = [any(why.startswith("nearer to piano") for why in hit.why) for hit in hits]
    wrong = [any(why.startswith("nearer to metal") for why in hit.why) for hit in hits]
    assert all(one != other for one, other in zip(right, wrong, strict=True))
    if any(wrong):
        assert max(hit.score for hit, is_wrong in zip(hits, wrong, strict=True) if is_wrong) < 0.2


def test_words_and_filters_go_with_pairs(library: Library) -> None:
    answer = library.recommend(Wanted(names=("evening",), rather=(("disco 1", "metal 1"),)), ANY)
    assert "metal" not in kinds(answer)
    from songkin.search.filters import parse_filter

    metal = Query(filters=(parse_filter("genre=metal"),), per_artist=None)
    assert set(kinds(library.recommend(Wanted(rather=(("piano 1", "metal 1"),)), metal))) <= {"metal"}


def test_pairs_that_cannot_be_are_told_in_one_line(library: Library) -> None:
    with pytest.raises(QueryError, match="not more like itself"):
        library.recommend(Wanted(rather=(("piano 1", "piano 1"),)))
    with pytest.raises(NotFound):
        library.recommend(Wanted(rather=(("piano 1", "zzz nowhere zzz"),)))
    both = library.recommend(Wanted(rather=(("piano 1", "metal 1"), ("metal 1", "piano 1"))), ANY)
    assert len(both.hits) == 10


def test_the_command_takes_pairs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["recommend", "--rather", "metal 1", "disco 1", "-n", "3", "-L", str(home / "library"), "--json"]
    assert run(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert [hit["track"]["title"].split()[0] for hit in told["hits"]] == ["metal"] * 3
    assert run(["recommend", "-L", str(home / "library"), "--rather", "metal 1"]) == 2
    assert "--rather" in capsys.readouterr().err
