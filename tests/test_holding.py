"""The search index held open while a library is served: by many threads, and beside other processes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from libraries import library_at, make_library
from songkin.library import Library
from songkin.models import Query
from songkin.store import index_folder, open_vectors, shard

SONGS = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("held"), SONGS)


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    shard.copy(made / "library", tmp_path / "library")
    return tmp_path


@pytest.fixture
def held(home: Path) -> Iterator[Library]:
    with library_at(home / "library", lock_seconds=5) as library:
        library.hold()
        yield library


def test_the_index_stays_open_between_questions(held: Library) -> None:
    held.find("song 1")
    assert not shard.wanted(index_folder(held.config.library))
    with pytest.raises(Exception, match="this very process"), shard_held(held, wait=0.0):
        pass


def shard_held(library: Library, wait: float) -> Library:
    shard.hold(index_folder(library.config.library), wait)
    return library


def test_eight_threads_ask_vote_and_change_at_once(held: Library) -> None:
    ids, troubles, asked = [track.id for track in held.tracks()], [], [0]
    alone = [hit.track.id for hit in held.similar(ids[0], Query(limit=5)).hits]
    end = time.monotonic() + 4

    def work(number: int) -> None:
        turn = 0
        while time.monotonic() < end:
            turn += 1
            try:
                held.find(f"song {number} {turn}", Query(limit=5, exact=number % 2 == 0))
                found = [hit.track.id for hit in held.similar(ids[0], Query(limit=5)).hits]
                assert found == alone
                held.facets()
                if turn % 5 == 0:
                    held.vote(ids[turn % SONGS], "love")
                if number == 0 and turn % 10 == 0:
                    held.set(ids[1], {"comment": f"turn {turn}"})
                asked[0] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                troubles.append(repr(error))
                return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []
    assert asked[0] > 8


def test_the_terminal_works_beside_a_library_that_is_held(held: Library) -> None:
    held.find("song 1")
    song = held.tracks()[0].id
    stop = threading.Event()

    def asking() -> None:
        while not stop.is_set():
            held.find("song 2")
            time.sleep(0.01)

    thread = threading.Thread(target=asking)
    thread.start()
    try:
        for words in (
            ["find", "song", "3"],
            ["similar", song],
            ["vote", song, "love"],
            ["list"],
            ["set", song, "comment=x"],
        ):
            done = subprocess.run(
                [sys.executable, "-m", "songkin", *words, "--json", "-L", str(held.config.library)],
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, done.stderr + done.stdout
            assert json.loads(done.stdout)
    finally:
        stop.set()
        thread.join()
    assert held.show(song).track.comment == "x"
    assert held.find("song 2").hits


def test_what_another_changes_is_seen(held: Library, home: Path) -> None:
    assert not held.find("zanzibar", Query(limit=3)).hits
    with library_at(home / "library", lock_seconds=5) as other:
        other.set(other.tracks()[0].id, {"title": "Zanzibar"})
    assert held.find("zanzibar", Query(limit=3)).hits[0].track.title == "Zanzibar"


def test_one_who_waits_is_let_in_within_a_moment(held: Library) -> None:
    held.find("song 1")
    began = time.monotonic()
    with library_at(held.config.library, lock_seconds=5) as other, open_vectors(other.catalog, other.config) as vectors:
        assert vectors.count() == SONGS
        assert time.monotonic() - began < 2
    assert held.find("song 4").hits
    assert not shard.wanted(index_folder(held.config.library))


def test_a_knock_of_one_who_was_killed_is_forgotten(held: Library) -> None:
    folder = index_folder(held.config.library)
    (folder / "wanted").touch()
    time.sleep(1.2)
    assert not shard.wanted(folder)
    assert held.find("song 1").hits


def test_votes_leave_answers_that_are_remembered_and_changes_do_not(held: Library) -> None:
    first = held.find("song 1")
    held.vote(held.tracks()[0].id, "love")
    held.searched("song 1")
    assert held.find("song 1").hits is first.hits
    held.set(held.tracks()[0].id, {"comment": "other"})
    assert held.find("song 1").hits is not first.hits


def test_what_was_held_is_let_go_at_the_end(home: Path) -> None:
    library = library_at(home / "library")
    library.hold()
    library.find("song 1")
    library.close()
    library.close()
    shard.release(index_folder(library.config.library), shard.hold(index_folder(library.config.library), 0.0))
    assert not [thread for thread in threading.enumerate() if thread.name == "songkin-holding"]
