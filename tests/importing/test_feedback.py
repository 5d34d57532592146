"""Votes, plays, skips, searches and top lists: noted, imported, asked for, kept, taken back."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kindfiles import mbid
from libraries import library_at
from songkin.errors import Ambiguous, NotFound, QueryError
from songkin.library import Library
from songkin.models import Query
from songkin.search.filters import parse_filter
from songkin.store import catalog_file, shard
from songkin.store.listeningbook import Listen, Listens

DAY = 86_400.0
NOW = 1_735_689_600.0
"""The first moment of 2025."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six songs: two are called Twin, one was added to a playlist long ago, one lately."""
    folder = tmp_path_factory.mktemp("begun")
    rows = [f"Song {n},Artist {n},{mbid(n)}" for n in range(4)] + ["Twin,One,", "Twin,Two,"]
    (folder / "mine.csv").write_text("\n".join(["title,artist,mbid", *rows, ""]))
    liked = ["Track URI,Track Name,Artist Name(s),Album Name,Added At"]
    for n, day in ((0, "2019-05-01"), (1, "2024-12-20"), (2, "2024-08-01")):
        liked.append(f",Song {n},Artist {n},,{day}T00:00:00Z")
    (folder / "Liked Songs.csv").write_text("\n".join([*liked, ""]))
    with library_at(folder / "library", cache=str(folder / "no models")) as made:
        made.import_([folder / "mine.csv"])
        made.import_([folder / "Liked Songs.csv"])
    return folder


@pytest.fixture
def library(begun: Path, tmp_path: Path) -> Iterator[Library]:
    """The same library for each test."""
    shard.copy(begun / "library", tmp_path / "library")
    shutil.copy(begun / "mine.csv", tmp_path / "mine.csv")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        yield made


def listen(n: int, at: float) -> str:
    about = {"artist_name": f"Artist {n}", "track_name": f"Song {n}"}
    return json.dumps({"listened_at": at, "track_metadata": about}) + "\n"


def titles(found: object) -> list[str]:
    return [each.track.title for each in found]  # type: ignore[attr-defined]


# Votes --------------------------------------------------------------------------------------------------------------


def test_there_is_one_vote_for_each_user_and_song_and_it_can_change(library: Library) -> None:
    library.vote("Song 1", "like", at=NOW - 3)
    library.vote("Song 1", "love", at=NOW - 2)
    library.vote("Song 1", "hate", user="anna", at=NOW - 1)
    library.vote("Song 2", "okay", at=NOW)
    assert [(b.user, b.track.title, b.vote) for b in library.votes()] == [
        ("me", "Song 2", "okay"),
        ("me", "Song 1", "love"),
    ]
    assert len(library.votes(user=None)) == 3
    assert library.catalog.listening.voted("anna", "hate") == [library.track("Song 1").id]
    library.vote("Song 1", "none")
    assert titles(library.votes()) == ["Song 2"]
    assert library.listeners() == ["anna", "me"]


@pytest.mark.parametrize("word", ["adore", "", "LOVE", "none "])
def test_a_vote_that_there_is_none_of_is_refused(word: str, library: Library) -> None:
    with pytest.raises(QueryError, match="no vote") as caught:
        library.vote("Song 1", word)
    assert "love" in caught.value.remedy


@pytest.mark.parametrize("user", ["", " ", "a\0b", "a\nb", "x" * 10_000, "\u202e", "\udce9"])
def test_a_name_that_no_user_can_have_is_refused_everywhere(user: str, library: Library) -> None:
    for ask in (
        lambda: library.vote("Song 1", "love", user=user),
        lambda: library.votes(user=user),
        lambda: library.played("Song 1", user=user),
        lambda: library.searched("x", user=user),
        lambda: library.history(user=user),
        lambda: library.top(user=user),
        lambda: library.save_top("x", user=user),
        lambda: library.import_([__file__], user=user),
    ):
        with pytest.raises(QueryError, match="no name of a user") as caught:
            ask()
        assert len(caught.value.message) < 200
        caught.value.message.encode()
    assert library.listeners() == []


def test_what_names_several_songs_or_none_is_said(library: Library) -> None:
    with pytest.raises(Ambiguous):
        library.vote("Twin", "love")
    with pytest.raises(NotFound):
        library.played("Nothing Like It At All")
    assert library.history() == []


# History ------------------------------------------------------------------------------------------------------------


def test_the_history_is_told_newest_first_by_window_kind_and_user(library: Library) -> None:
    library.played("Song 1", at=NOW - 400 * DAY)
    library.played("Song 2", seconds=30, at=NOW - 100 * DAY)
    library.skipped("Song 3", seconds=2.5, at=NOW - 10 * DAY)
    library.played("Song 3", user="anna", at=NOW - DAY)
    assert library.searched(" slow\0piano\n", at=NOW - 5 * DAY)

    def told(**asked: object) -> list[str]:
        events = library.history(now=NOW, **asked)  # type: ignore[arg-type]
        return [each.track.title if each.track else each.text for each in events]

    assert told() == ["slow piano", "Song 3", "Song 2", "Song 1"]
    assert told(window="week") == ["slow piano"]
    assert told(window="month") == ["slow piano", "Song 3"]
    assert told(window="half-year") == ["slow piano", "Song 3", "Song 2"]
    assert told(window="year", kinds=("play",)) == ["Song 2"]
    assert told(kinds=("skip", "search"), limit=1) == ["slow piano"]
    assert told(user=None, limit=2) == ["Song 3", "slow piano"]
    assert [event.seconds for event in library.history(kinds=("skip",), now=NOW)] == [2.5]
    assert library.stats()["plays"] == 3


def test_the_window_begins_a_month_of_thirty_days_ago_to_the_second(library: Library) -> None:
    library.played("Song 1", at=NOW - 30 * DAY)
    library.played("Song 2", at=NOW - 30 * DAY - 1)
    assert titles(library.history(window="month", now=NOW)) == ["Song 1"]


def test_the_later_word_on_one_moment_stands(library: Library) -> None:
    library.played("Song 1", at=NOW)
    library.skipped("Song 1", at=NOW)
    assert [event.kind for event in library.history()] == ["skip"]


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf, -1.0, 1e300, 4e9])
def test_a_time_that_cannot_be_is_refused(at: float, library: Library) -> None:
    for ask in (library.played, library.skipped):
        with pytest.raises(QueryError) as caught:
            ask("Song 1", at=at)
        assert caught.value.remedy
    with pytest.raises(QueryError):
        library.vote("Song 1", "love", at=at)
    assert library.history() == []


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0, 1e9])
def test_nobody_hears_a_song_for_less_than_nothing_or_for_days(seconds: float, library: Library) -> None:
    with pytest.raises(QueryError, match="heard for"):
        library.played("Song 1", seconds=seconds)


def test_windows_kinds_lists_and_limits_that_there_are_none_of_are_refused(library: Library) -> None:
    for asked in ({"window": "fortnight"}, {"kinds": ("dance",)}, {"limit": 0}, {"limit": 10**6}):
        with pytest.raises(QueryError):
            library.history(**asked)
    for by, asked in (("hated", {}), ("played", {"window": ""}), ("newest", {"limit": -1})):
        with pytest.raises(QueryError):
            library.top(by, **asked)


def test_a_search_is_never_held_up_by_its_being_noted(library: Library) -> None:
    assert not library.searched("\0 ")
    with closing(sqlite3.connect(catalog_file(library.config.library))) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert not library.searched("slow piano")
        assert time.monotonic() - began < 5
        other.rollback()
    assert library.searched("slow piano")
    assert [event.text for event in library.history()] == ["slow piano"]


def test_a_song_that_is_forgotten_leaves_no_history(library: Library) -> None:
    library.played("Song 1")
    library.vote("Song 1", "love")
    library.forget("Song 1")
    assert library.history() == []
    assert library.votes() == []


# Imported -----------------------------------------------------------------------------------------------------------


def test_a_history_is_imported_once_and_taken_back(library: Library, tmp_path: Path) -> None:
    library.played("Song 3", at=NOW - 50)
    file = tmp_path / "1.jsonl"
    lines = [listen(n, NOW - 1000 * n) for n in (1, 2, 3)] + [listen(9, NOW - n) for n in (1, 2)]
    file.write_text("".join(lines))
    first = library.import_([file], user="anna")
    assert first.files[0].remarks == (
        "Listens: 3 taken, 0 known already, 2 of 1 song not here.",
        "Heard most of those that are not here: Artist 9 - Song 9 (2).",
    )
    assert not first.refused
    assert first.added == 0
    assert {event.source for event in library.history(user="anna")} == {"listenbrainz"}
    file.write_text("".join([*lines, listen(0, NOW - 5)]))
    second = library.import_([file], user="anna")
    assert second.files[0].remarks[0].startswith("Listens: 1 taken, 3 known already")
    assert library.undo(second.run)["listens"] == 1
    assert library.undo(first.run)["listens"] == 3
    assert titles(library.history(user=None)) == ["Song 3"]


def test_votes_of_two_users_go_out_and_come_back_and_a_second_time_change_nothing(
    library: Library, tmp_path: Path
) -> None:
    library.vote("Song 1", "like", at=NOW - 9)
    library.vote("Song 1", "love", at=NOW - 8)  # a mind that changed
    library.vote("Song 2", "hate", at=NOW - 7)
    library.vote("Song 1", "hate", user="anna", at=NOW - 6.5)
    library.vote("Song 3", "okay", user="anna", at=NOW - 5)

    def ballots(of: Library) -> set[tuple[str, str, str, float]]:
        return {(b.user, b.track.title, b.vote, b.at) for b in of.votes(user=None)}

    before = ballots(library)
    library.export.votes(tmp_path / "votes.csv")
    with library_at(tmp_path / "other", cache=str(tmp_path / "no models")) as other:
        other.import_([tmp_path / "mine.csv"])
        other.import_([tmp_path / "votes.csv"], user="somebody else")
        assert ballots(other) == before
        again = other.import_([tmp_path / "votes.csv"])
        assert again.files[0].remarks == ("Votes: 0 taken, 4 changed nothing.",)
        assert ballots(other) == before
        other.export.votes(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "votes.csv").read_bytes()
    library.vote("Song 1", "none")
    library.vote("Song 2", "love", at=NOW)
    library.import_([tmp_path / "votes.csv"])
    assert ("me", "Song 1", "love", NOW - 8) in ballots(library)
    assert ("me", "Song 2", "love", NOW) in ballots(library), "a file that tells of an older vote replaces none"


@pytest.mark.parametrize("kind", ["listenbrainz", "lastfm", "lastfm with headings"])
def test_a_history_that_is_read_twice_changes_nothing(kind: str, library: Library, tmp_path: Path) -> None:
    file = tmp_path / ("1.jsonl" if kind == "listenbrainz" else "me.csv")
    scrobbles = "".join(f"Artist {n},,Song {n},0{n + 1} Jan 2024 12:3{n}\n" for n in range(3))
    head = "artist,album,title,date\n" if "headings" in kind else ""
    lines = "".join(listen(n, NOW - 1000.5 * n) for n in range(3)) if kind == "listenbrainz" else head + scrobbles
    file.write_text(lines)
    first = library.import_([file])
    assert first.files[0].kind == kind.split(maxsplit=1)[0]
    assert first.files[0].remarks[0].startswith("Listens: 3 taken, 0 known already")
    before = library.history()
    second = library.import_([file])
    assert second.files[0].remarks[0].startswith("Listens: 0 taken, 3 known already")
    assert (second.added, second.updated, second.refused) == (0, 0, ())
    assert library.history() == before
    assert library.undo(second.run)["listens"] == 0
    assert library.history() == before


def test_a_listen_of_which_two_services_tell_counts_once(library: Library, tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text(listen(1, NOW + 27) + listen(1, NOW + 300) + listen(2, NOW + 30))
    bare = (
        "Artist 1,,Song 1,01 Jan 2025 00:00\nArtist 1,,Song 1,01 Jan 2025 00:06\nArtist 1,,Song 1,01 Jan 2025 00:05\n"
    )
    (tmp_path / "me.csv").write_text(bare)
    library.import_([tmp_path / "1.jsonl", tmp_path / "me.csv"])
    assert [(s.track.title, s.count) for s in library.top()] == [("Song 1", 3), ("Song 2", 1)]
    with library_at(tmp_path / "other", cache=str(tmp_path / "no models")) as other:
        other.import_([tmp_path / "mine.csv", tmp_path / "me.csv", tmp_path / "1.jsonl"])
        assert [(s.track.title, s.count) for s in other.top()] == [("Song 1", 3), ("Song 2", 1)]


def test_events_of_one_file_are_told_apart_whatever_their_order(library: Library) -> None:
    one, two = (library.track(f"Song {n}").id for n in (1, 2))
    found = [Listen("me", NOW + n * 61.0, one if n % 2 else two) for n in range(500)]
    with library.catalog.db.writing() as connection:
        book = Listens(connection, 7)
        assert book.take([*reversed(found), *found], "lastfm") == 500
        assert book.take(found[::-7], "lastfm") == 0
        assert book.take([Listen("anna", *each[1:]) for each in found], "lastfm") == 500
        assert book.take([], "lastfm") == 0


def test_a_song_that_somebody_heard_stays_when_its_import_is_taken_back(library: Library) -> None:
    library.played("Song 1")
    for run in (2, 1):
        library.undo(run)
    assert [track.title for track in library.tracks()] == ["Song 1"]


def test_feedback_of_songs_that_are_not_here_is_counted_and_not_refused(library: Library, tmp_path: Path) -> None:
    said = [{"recording_mbid": mbid(n), "score": 1, "created": NOW} for n in (1, 50, 51)]
    (tmp_path / "feedback.jsonl").write_text("\n".join(map(json.dumps, said)))
    report = library.import_([tmp_path / "feedback.jsonl"])
    assert report.files[0].remarks == ("Votes: 1 taken, 0 changed nothing, 2 of songs that are not here.",)
    assert not report.refused
    assert titles(library.top("loved")) == ["Song 1"]


def test_votes_without_a_user_are_of_who_imports_them_and_impossible_users_are_refused(
    library: Library, tmp_path: Path
) -> None:
    rows = ["User,Vote,Voted At,Track Name", ",love,,Song 1", f"{'x' * 5000},love,,Song 2", "me,hate,,Song 3"]
    (tmp_path / "votes.csv").write_text("\n".join([*rows, ""]))
    report = library.import_([tmp_path / "votes.csv"], user="anna")
    assert [refusal.row for refusal in report.refused] == [3]
    assert {(b.user, b.vote) for b in library.votes(user=None)} == {("anna", "love"), ("me", "hate")}


def test_a_whole_catalog_keeps_the_history(library: Library, tmp_path: Path) -> None:
    library.played("Song 1", seconds=3, at=NOW)
    library.skipped("Song 2", user="anna", at=NOW - 1)
    library.searched("slow piano", at=NOW - 2)
    before = library.history(user=None)
    library.export.whole(tmp_path / "whole")
    with library_at(tmp_path / "empty", cache=str(tmp_path / "no models")) as empty:
        empty.import_([tmp_path / "whole"])
        again = [(e.user, e.at, e.kind, e.text, e.seconds, e.track and e.track.id) for e in empty.history(user=None)]
        assert again == [(e.user, e.at, e.kind, e.text, e.seconds, e.track and e.track.id) for e in before]
    with library_at(tmp_path / "other", cache=str(tmp_path / "no models")) as other:
        other.import_([tmp_path / "mine.csv"])
        other.import_([tmp_path / "whole"])
        assert [(e.kind, e.seconds) for e in other.history(user=None)] == [("play", 3.0), ("skip", None)]


# Top lists ----------------------------------------------------------------------------------------------------------


def test_most_played_counts_plays_of_the_window_and_of_the_user(library: Library) -> None:
    for n, times in ((1, 3), (2, 5), (3, 3)):
        for k in range(times):
            library.played(f"Song {n}", at=NOW - (2 + 20 * k) * DAY - n)
    library.skipped("Song 0", at=NOW - 1)
    library.played("Song 0", user="anna", at=NOW - 1)

    def told(**asked: object) -> list[tuple[str, int]]:
        return [(s.track.title, s.count) for s in library.top(now=NOW, **asked)]  # type: ignore[arg-type]

    assert told() == [("Song 2", 5), ("Song 1", 3), ("Song 3", 3)]
    assert told(window="month") == [("Song 1", 2), ("Song 2", 2), ("Song 3", 2)]
    assert told(window="month", limit=1) == [("Song 1", 2)]
    assert told(user=None)[-1] == ("Song 0", 1)
    assert [s.rank for s in library.top()] == [1, 2, 3]
    assert library.catalog.listening.last_heard("me")[library.track("Song 0").id] == NOW - 1


def test_most_loved_counts_users_and_then_looks_at_the_latest_vote(library: Library) -> None:
    library.vote("Song 1", "love", at=NOW - 40 * DAY)
    library.vote("Song 2", "love", at=NOW - 2)
    library.vote("Song 2", "love", user="anna", at=NOW - 3)
    library.vote("Song 3", "like", at=NOW - 1)
    library.vote("Song 0", "hate", at=NOW)
    assert titles(library.top("loved", now=NOW)) == ["Song 2", "Song 1"]
    assert titles(library.top("loved", window="month", now=NOW)) == ["Song 2"]
    assert titles(library.top("liked", now=NOW)) == ["Song 3", "Song 2", "Song 1"]
    assert next((s.track.title, s.count) for s in library.top("loved", user=None)) == ("Song 2", 2)


def test_the_newest_are_those_that_were_added_to_a_playlist_in_the_window(library: Library) -> None:
    lately = titles(library.top("newest", now=time.time()))
    assert lately[-3:] == ["Song 1", "Song 2", "Song 0"], "the others came to the library today"
    added = {s.track.title: s.at for s in library.top("newest")}
    assert added["Song 1"] == NOW - 12 * DAY
    for window, expected in (("month", 1), ("half-year", 2), ("all", 3)):
        assert len(
            [t for t in titles(library.top("newest", window=window, now=NOW)) if t in "Song 0 Song 1 Song 2"]
        ) == (expected)


def test_a_top_list_is_kept_as_a_playlist_and_refreshed_in_place(library: Library) -> None:
    library.played("Song 1", at=NOW - 2)
    kept = library.save_top("Mine", now=NOW)
    assert (kept.name, kept.source, kept.songs, kept.description) == ("Mine", "top", 1, "Most played by me, all time")
    for n in (1, 2):
        library.played("Song 2", at=NOW - 9 - n)
    again = library.save_top("mine", window="month", user=None, now=NOW)
    assert again.id == kept.id
    assert titles(library.entries("Mine")) == ["Song 2", "Song 1"]
    assert again.description == "Most played by all users, last month"
    condition = parse_filter("playlist=mine")
    assert {hit.track.title for hit in library.find("song", Query(filters=(condition,))).hits} == {"Song 1", "Song 2"}
    run = library.catalog.journal.last_runs(1)[0]
    assert run["command"] == "top"
    library.undo(run["id"])
    assert titles(library.entries("Mine")) == ["Song 1"]
    library.undo(run["id"] - 1)
    assert [each.name for each in library.playlists()] == ["Liked Songs"]


def test_a_top_list_takes_no_other_playlists_name(library: Library) -> None:
    for name in ("Liked Songs", "liked SONGS", "", "\0"):
        with pytest.raises(QueryError) as caught:
            library.save_top(name)
        assert caught.value.remedy
    assert len(library.playlists()) == 1
