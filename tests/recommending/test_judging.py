"""Votes that are heard together: one that stands alone against its neighbours falls silent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from libraries import library_at
from songkin.library import Library
from songkin.models import Query
from songkin.recommending import judging
from songkin.recommending.asking import Wanted
from songkin.recommending.gathered import Gathered, gather
from songkin.recommending.wishes import VOTES, Wish, Wishing
from songkin.store import open_vectors, shard

EACH = 40
ANY = Query(per_artist=None, per_album=None)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Loud, quiet and middling songs, each by an artist of its own."""
    folder = tmp_path_factory.mktemp("judging")
    rng = np.random.default_rng(0)
    rows = ["title,artist,energy,valence,acousticness,tempo"]
    for kind, (energy, mood) in {"loud": (0.9, 0.2), "quiet": (0.1, 0.2), "middling": (0.5, 0.9)}.items():
        for n in range(EACH):
            noise = 0.04 * rng.standard_normal(3)
            rows.append(
                f"{kind} {n},by {kind} {n},{energy + noise[0]:.3f},{mood + noise[1]:.3f},{0.5 + noise[2]:.3f},100"
            )
    (folder / "songs.csv").write_text("\n".join(rows) + "\n")
    with library_at(folder / "library", cache=str(folder / "no models")) as library:
        library.import_([folder / "songs.csv"])
    return folder


@pytest.fixture
def library(begun: Path, tmp_path: Path) -> Iterator[Library]:
    shard.copy(begun / "library", tmp_path / "library")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as found:
        yield found


def wish_of(library: Library, votes: dict[str, str]) -> tuple[Wish, Gathered]:
    wishing = Wishing(library.catalog)
    wishing.voted({library.track(name).id: vote for name, vote in votes.items()})
    return wishing.done(), gather(library.catalog)


def test_a_vote_against_all_its_neighbours_falls_silent_or_changes_sides(library: Library) -> None:
    votes = {f"loud {n}": "love" for n in range(12)} | {f"quiet {n}": "hate" for n in range(12)}
    votes |= {"loud 12": "hate", "quiet 12": "like", "middling 0": "okay"}
    wish, gathered = wish_of(library, votes)
    with open_vectors(library.catalog, library.config) as store:
        heard = judging.heard_together(store, gathered, wish)
    names = {library.track(name).id: name for name in votes}
    assert {names[song].split()[0] for song in heard.liked} <= {"loud", "middling"}
    assert {names[song].split()[0] for song in heard.disliked} == {"quiet"}
    assert "loud 12" not in {names[song] for song in heard.disliked}
    assert heard.without == wish.without, "what was voted on does not come back"


def test_what_is_expected_is_a_share_of_love_and_the_more_votes_the_surer(library: Library) -> None:
    one = library.track("loud 20").id
    scores = {one: 0.5, library.track("quiet 20").id: 0.9}
    expected = []
    for count in (1, 5, 20):
        wish, gathered = wish_of(library, {f"loud {n}": "love" for n in range(count)})
        with open_vectors(library.catalog, library.config) as store:
            told = judging.judged(store, gathered, wish, scores)
        assert all(0 <= value <= 1 for value in told.values())
        assert max(told, key=lambda song: told[song]) == one
        expected.append(told[one])
    assert expected == sorted(expected)


def test_hundreds_of_noisy_votes_leave_a_taste_clear(library: Library) -> None:
    rng = np.random.default_rng(1)
    for kind, chances in (("loud", (0.5, 0.3, 0.1, 0.1)), ("quiet", (0.05, 0.15, 0.4, 0.4))):
        for n in range(30):
            library.vote(f"{kind} {n}", str(rng.choice(list(VOTES), p=chances)))
    found = [hit.track.title.split()[0] for hit in library.recommend(Wanted(user="me", adventurous=0.0), ANY).hits]
    assert found.count("loud") >= 9
    assert "quiet" not in found


def test_who_only_hates_gets_what_is_not_like_that(library: Library) -> None:
    for n in range(20):
        library.vote(f"quiet {n}", "hate")
    found = [hit.track.title.split()[0] for hit in library.recommend(Wanted(user="me"), ANY).hits]
    assert len(found) == 10
    assert found.count("quiet") <= 1


def test_okay_alone_says_nothing_and_does_not_come_back(library: Library) -> None:
    for n in range(5):
        library.vote(f"loud {n}", "okay")
    answer = library.recommend(Wanted(user="me"), ANY)
    assert len(answer.hits) == 10
    assert not {f"loud {n}" for n in range(5)} & {hit.track.title for hit in answer.hits}


def test_thousands_of_votes_are_heard_by_some_of_them(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST", 20)
    for kind, vote in (("loud", "love"), ("quiet", "hate")):
        for n in range(25):
            library.vote(f"{kind} {n}", vote)
    found = [hit.track.title.split()[0] for hit in library.recommend(Wanted(user="me"), ANY).hits]
    assert found.count("loud") >= 8
