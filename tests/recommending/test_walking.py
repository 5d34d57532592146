"""Walks, sums of songs, stations: on the small library of three kinds."""

from __future__ import annotations

import itertools
import json
import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from libraries import library_at
from songkin.cli import run
from songkin.errors import NotFound, QueryError
from songkin.library import Library
from songkin.models import Answer, Query
from songkin.recommending.asking import Wanted
from songkin.store import catalog_file, shard

ANY = Query(per_artist=None, per_album=None)
STEPS = 40
DAY = 86_400.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty songs on three quarters of a circle of energy and mood, each by an artist of its own."""
    folder = tmp_path_factory.mktemp("walk")
    rows = ["title,artist,energy,valence,danceability,tempo,key,mode"]
    for n in range(STEPS):
        angle = 1.5 * math.pi * n / (STEPS - 1)
        energy, mood = 0.5 + 0.4 * math.cos(angle), 0.5 + 0.4 * math.sin(angle)
        rows.append(f"Song {n:02},Artist {n},{energy:.4f},{mood:.4f},{0.5 + n % 2 / 100},{70 + 2 * n},0,1")
    (folder / "songs.csv").write_text("\n".join(rows) + "\n")
    with library_at(folder / "library", cache=str(folder / "no weights")) as library:
        assert library.import_([folder / "songs.csv"]).added == STEPS
    return folder


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights")) as found:
        yield found


def numbers(answer: Answer) -> list[int]:
    return [int(hit.track.title.split()[1]) for hit in answer.hits]


def test_a_path_leads_from_song_to_song_in_small_steps(library: Library) -> None:
    walk = numbers(library.path("Song 02", "Song 25", Query(limit=9)))
    assert (walk[0], walk[-1], len(walk), len(set(walk))) == (2, 25, 9, 9)
    assert max(abs(b - a) for a, b in itertools.pairwise(walk)) <= 14
    assert sum(b > a for a, b in itertools.pairwise(walk)) >= 6


def test_a_path_says_what_changes_at_each_step(library: Library) -> None:
    answer = library.path("Song 02", "Song 25", Query(limit=5))
    assert answer.hits[0].why == ()
    assert all("bpm" in hit.why[0] for hit in answer.hits[1:])


def test_a_path_must_have_two_ends_and_a_length(library: Library) -> None:
    with pytest.raises(QueryError, match="begins where it ends"):
        library.path("Song 02", "Song 02")
    with pytest.raises(QueryError, match="3 to 200"):
        library.path("Song 02", "Song 03", Query(limit=2))
    with pytest.raises(NotFound):
        library.path("Song 02", "Nobody's song")


def test_a_path_longer_than_the_library_takes_every_song_once(library: Library) -> None:
    walk = numbers(library.path("Song 00", "Song 39", Query(limit=100)))
    assert sorted(walk) == list(range(STEPS))


def test_what_is_subtracted_draws_the_answer_away(library: Library) -> None:
    plain = numbers(library.alchemy(["Song 20"], query=ANY))
    wilder = numbers(library.alchemy(["Song 20"], ["Song 05"], ANY))
    calmer = numbers(library.alchemy(["Song 20"], ["Song 35"], ANY))
    assert sum(calmer) < sum(plain) < sum(wilder)
    assert not {20, 5} & set(wilder)
    with pytest.raises(QueryError, match="Nothing is added"):
        library.alchemy([], ["Song 05"])


def test_a_station_never_repeats_itself_until_all_was_played(library: Library) -> None:
    with library.radio(Wanted(like=("Song 10",))) as station:
        played = [hit.track.title for hit in (station.next() for _ in range(STEPS - 1)) if hit]
        assert len(set(played)) == STEPS - 1
        assert "Song 10" not in played
        assert station.next() is not None


def test_a_station_learns_from_what_is_skipped(library: Library) -> None:
    def station(skip: bool) -> list[int]:
        with library.radio(Wanted(like=("Song 20",), adventurous=0.0)) as radio:
            heard = []
            for _ in range(14):
                hit = radio.next()
                assert hit is not None
                number = int(hit.track.title.split()[1])
                if skip and number < 20:
                    radio.skipped()
                else:
                    heard.append(number)
            return heard

    plain, taught = station(skip=False), station(skip=True)
    share = sum(number >= 20 for number in plain) / len(plain)
    assert share < 0.75
    assert len(taught) / 14 > share


def test_the_commands_print_what_they_find(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["-L", str(home / "library"), "--json"]
    for words in (
        ["path", "Song 02", "Song 12", "-n", "4"],
        ["alchemy", "--add", "Song 02", "--subtract", "Song 12", "-n", "4"],
        ["radio", "Song 02", "-n", "4"],
    ):
        assert run([*words, *where]) == 0
        assert len(json.loads(capsys.readouterr().out)["hits"]) == 4
    assert run(["radio", "Song 02", "-n", "3", "-L", str(home / "library")]) == 0
    assert "  1  Artist" in capsys.readouterr().out


def test_an_endless_station_listens_to_its_listener(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*words: str) -> list[str]:
        said = iter(["", "s", "", "q"])
        monkeypatch.setattr("builtins.input", lambda: next(said))
        assert run(["radio", "Song 02", "--endless", "-L", str(own), "--json", *words]) == 0
        return [hit["track"]["title"] for hit in json.loads(capsys.readouterr().out)["hits"]]

    assert len(ask("--no-history")) == 4
    with library_at(own) as library:
        assert library.history(user=None) == []
    first = ask()
    with library_at(own) as library:
        told = {event.track.title: (event.kind, event.user) for event in library.history() if event.track}
    assert told == {first[0]: ("play", "me"), first[1]: ("skip", "me"), first[2]: ("play", "me")}
    assert not {*first[:3]} & {*ask()}
    assert first[0] in ask("--user", "Anna"), "her station knows nothing of mine"


@pytest.fixture
def own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the library for a test that writes history."""
    monkeypatch.setenv("SONGKIN_CACHE", str(tmp_path / "no weights"))
    shard.copy(home / "library", tmp_path / "library")
    return tmp_path / "library"


@pytest.fixture
def mine(own: Path) -> Iterator[Library]:
    with library_at(own) as found:
        yield found


def heard(library: Library, count: int = STEPS, **asked: str) -> list[str]:
    """The titles that a station plays."""
    with library.radio(Wanted(like=("Song 10",), **asked)) as station:  # type: ignore[arg-type]
        return [hit.track.title for hit in (station.next() for _ in range(count)) if hit]


def test_a_song_that_was_skipped_is_not_played_again_for_a_month(mine: Library) -> None:
    one, two, three = heard(mine, 3)
    now = time.time()
    mine.skipped(one, at=now - 29 * DAY)
    mine.skipped(two, at=now - 31 * DAY)
    mine.skipped(three, at=now - 60, user="anna")
    everything = heard(mine, 2 * STEPS)
    assert one not in everything
    assert {two, three} <= set(everything)
    assert three not in heard(mine, 2 * STEPS, user="anna")


def test_who_plays_or_votes_for_a_skipped_song_hears_it_again(mine: Library) -> None:
    one, two, three = heard(mine, 3)
    for song in (one, two, three):
        mine.skipped(song, at=time.time() - 2 * DAY)
    mine.played(one, at=time.time() - 1.5 * DAY)
    mine.vote(two, "love")
    assert set(heard(mine)) >= {one, two}
    assert three not in heard(mine, 2 * STEPS)
    mine.vote(one, "hate")
    assert one not in heard(mine, 2 * STEPS)


def test_a_station_says_once_that_it_knows_nothing_to_go_by(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["radio", "-n", "12", "--user", "Nobody", "-L", str(own)]) == 0
    out, err = capsys.readouterr()
    assert sum(line.split()[0].isdigit() for line in out.splitlines()) == 12
    assert "" not in [line.strip() for line in out.splitlines()]
    assert err.count("Nobody has not voted or played yet") == 1


def test_what_was_played_today_waits_until_all_else_was_played(mine: Library) -> None:
    first = heard(mine, 5)
    for song in first:
        mine.played(song)
    again = heard(mine)
    rest = STEPS - 1 - len(first)
    assert not set(first) & set(again[:rest])
    assert again[rest] in again[:rest] or again[rest] in first
    for song in again[:rest]:
        mine.played(song)
    assert len(heard(mine)) > 5, "where all was played today it begins anew"


def test_the_music_goes_on_where_nothing_can_be_noted(mine: Library) -> None:
    wanted, file = Wanted(like=("Song 10",)), catalog_file(mine.config.library)
    with closing(sqlite3.connect(file)) as other, mine.radio(wanted, noted=True) as station:
        assert station.next() is not None
        other.execute("BEGIN IMMEDIATE")
        assert station.next() is not None
        station.skipped()
        assert len(station.notes) == 1
        assert "not noted" in station.notes[0]
        other.rollback()
    assert mine.history() == []


def test_a_sum_says_what_it_is_near_to_and_what_it_leaves(library: Library) -> None:
    answer = library.alchemy(["Song 16", "Song 30"], ["Song 05"], Query(limit=8, per_artist=None))
    assert len(answer.hits) == 8
    for hit in answer.hits:
        near = 16 if int(hit.track.title.split()[1]) < 23 else 30
        assert hit.why[0].startswith(f"like Artist {near} - Song {near}"), hit
        assert hit.why[1] == "away from Artist 5 - Song 05"
    both = library.alchemy(["Song 00"], ["Song 02"], Query(limit=STEPS, per_artist=None))
    told = {hit.track.title: hit.why[1] for hit in both.hits}
    assert told["Song 03"] == "still nearer to Artist 2 - Song 02"
    assert all(len(hit.why) == 1 for hit in library.alchemy(["Song 20"], query=ANY).hits)
