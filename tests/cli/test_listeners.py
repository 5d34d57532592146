"""``songkin vote``, ``history`` and ``top`` as a user meets them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from libraries import library_at
from songkin.cli import run


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("listeners")
    rows = "".join(f"Song {n},Artist {n}\n" for n in range(4))
    (folder / "mine.csv").write_text(f"title,artist\n{rows}Twin,One\nTwin,Two\n")
    with library_at(folder / "library", cache=str(folder / "no models")) as library:
        library.import_([folder / "mine.csv"])
    return folder


@pytest.fixture
def place(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SONGKIN_CACHE", str(tmp_path / "no models"))
    (tmp_path / "library").mkdir()
    shutil.copy(begun / "library" / "catalog.db", tmp_path / "library" / "catalog.db")
    return tmp_path / "library"


def said(capsys: pytest.CaptureFixture[str], library: Path, *words: str) -> tuple[int, str, str]:
    """Run a command: its exit code, and what it printed where."""
    capsys.readouterr()
    code = run([*words, "-L", str(library)])
    out, err = capsys.readouterr()
    return code, out, err


def asked(capsys: pytest.CaptureFixture[str], library: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run a command with --json: its exit code, and the object that it printed."""
    code, out, _ = said(capsys, library, *words, "--json")
    found: dict[str, Any] = json.loads(out)
    return code, found


def test_a_vote_is_made_shown_and_taken_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, place, "vote", "Song", "1", "LOVE")[::2] == (0, "Artist 1 - Song 1 is voted love by me.\n")
    code, out, _ = said(capsys, place, "vote", "--list")
    assert code == 0
    assert "love" in out
    assert "Artist 1 - Song 1" in out
    code, told = asked(capsys, place, "vote", "--list", "--all-users")
    assert [(vote["user"], vote["vote"], vote["track"]["title"]) for vote in told["votes"]] == [
        ("me", "love", "Song 1")
    ]
    assert asked(capsys, place, "vote", "Song 1", "none")[1]["vote"] == "none"
    assert asked(capsys, place, "vote", "--list") == (0, {"votes": []})


def test_plays_and_skips_are_noted_and_shown(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, place, "history", "add", "Song 1", "--at", "2024-01-31T20:15")
    assert (code, err) == (0, "Artist 1 - Song 1 was played by me, 2024-01-31 20:15.\n")
    assert said(capsys, place, "history", "add", "Song 2", "--skip", "--seconds", "2", "--user", "Anna")[0] == 0
    code, out, _ = said(capsys, place, "history", "--all-users")
    assert code == 0
    assert out.index("Song 2") < out.index("Song 1")
    assert "Anna" in out
    assert "0:02" in out
    code, told = asked(capsys, place, "history", "--kind", "play")
    assert [(e["kind"], e["source"], e["seconds"], e["track"]["title"]) for e in told["events"]] == [
        ("play", "songkin", None, "Song 1")
    ]
    with library_at(place) as library:
        library.searched("slow piano")
    assert [e.get("text") for e in asked(capsys, place, "history")[1]["events"]] == ["slow piano", None]


def test_a_top_list_is_shown_and_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for song in ("Song 1", "Song 2", "Song 2"):
        assert said(capsys, place, "history", "add", song)[0] == 0
    code, out, err = said(capsys, place, "top", "--window", "week", "--save", "This week")
    assert code == 0
    assert out.index("Song 2") < out.index("Song 1")
    assert "Kept as the playlist This week (2 songs)" in err
    code, told = asked(capsys, place, "top", "-n", "1", "--save", "This week")
    assert [(s["rank"], s["count"], s["track"]["title"]) for s in told["top"]] == [(1, 2, "Song 2")]
    entries = asked(capsys, place, "list", "--playlist", told["playlist"])[1]["entries"]
    assert [entry["track"]["title"] for entry in entries] == ["Song 2"]
    assert asked(capsys, place, "top", "newest", "--window", "month")[1]["top"][0]["rank"] == 1


def test_a_list_that_fills_itself_is_kept_listed_and_refreshed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, place, "top", "--save", "Mine", "--every", "week")
    assert (code, err.splitlines()[-1]) == (0, "Kept as the playlist Mine (0 songs); it fills itself every week.")
    assert said(capsys, place, "history", "add", "Song 1")[0] == 0
    assert said(capsys, place, "refresh") == (0, "", "Nothing is due: 1 playlist fills itself.\n")
    code, told = asked(capsys, place, "refresh", "Mine")
    assert [(each["playlist"]["name"], each["came"]) for each in told["playlists"]] == [("Mine", 1)]
    code, out, _ = said(capsys, place, "refresh", "--list")
    assert code == 0
    assert "Most played by me, all time" in out
    assert "week" in out
    assert asked(capsys, place, "refresh", "--list")[1]["playlists"][0]["every"] == "week"
    assert said(capsys, place, "undo", str(told["run"]))[0] == 0
    code, out, err = said(capsys, place, "refresh", "--all")
    assert "Mine" in out
    assert "takes it back" in err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["refresh"], "songkin top --save"),
        (["refresh", "--list"], "songkin top --save"),
        (["vote", "--list"], "songkin vote WHAT love"),
        (["history"], "ListenBrainz"),
        (["history", "--window", "week"], "shows all"),
        (["top"], "Last.fm"),
        (["top", "loved"], "songkin vote WHAT love"),
        (["top", "loved", "--window", "month"], "without --window"),
    ],
)
def test_where_nothing_is_yet_it_says_how_that_changes(
    words: list[str], hint: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, place, *words)
    assert (code, out) == (0, "")
    assert hint in err
    assert err.count("\n") == 1


def test_where_one_user_has_nothing_others_are_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, place, "vote", "Song 1", "love", "--user", "Anna")[0] == 0
    for words in (["vote", "--list"], ["history"], ["top"], ["top", "loved"]):
        assert "Anna" in said(capsys, place, *words)[2]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["vote", "Song 1", "adore"], 2),
        (["vote", "Song 1"], 2),
        (["vote"], 2),
        (["vote", "Song 1", "love", "--list"], 2),
        (["vote", "Song 1", "love", "--all-users"], 2),
        (["vote", "Twin", "love"], 1),
        (["vote", "Nothing Like It", "love"], 1),
        (["vote", "Song 1", "love", "--user", "x" * 10_000], 2),
        (["vote", "Song 1", "love", "--user", "a\x1b[31mb"], 2),
        (["history", "--kind", "dance"], 2),
        (["history", "--window", "fortnight"], 2),
        (["history", "-n", "0"], 2),
        (["history", "--user", "Anna", "add", "Song 1"], 2),
        (["history", "add", "Song 1", "--at", "yesterday"], 2),
        (["history", "add", "Song 1", "--at", "1969-12-31T00:00:00Z"], 2),
        (["history", "add", "Song 1", "--at", "2999-01-01"], 2),
        (["history", "add", "Song 1", "--at", "nan"], 2),
        (["history", "add", "Song 1", "--seconds", "nan"], 2),
        (["history", "add", "Twin"], 1),
        (["top", "hated"], 2),
        (["top", "--save", ""], 2),
        (["top", "--save", "X", "--every", "fortnight"], 2),
        (["top", "--every", "week"], 2),
        (["clusters", "--every", "week"], 2),
        (["clusters", "--save", "--every", "hour"], 2),
        (["refresh", "Nothing Like It"], 1),
        (["refresh", "Nothing", "--all"], 2),
        (["refresh", "--list", "--all"], 2),
        (["top", "-n", "99999999999999999999"], 2),
    ],
)
def test_what_cannot_be_is_one_line_with_a_remedy(
    words: list[str], code: int, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = said(capsys, place, *words)
    assert (found, out) == (code, "")
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert len(err) < 1_000
    assert asked(capsys, place, *words)[1]["error"]["remedy"]
    assert asked(capsys, place, "history", "--all-users")[1] == {"events": []}


def test_an_import_says_whose_history_it_is(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "me.csv").write_text("Artist 1,,Song 1,01 Jan 2024 12:34\nNobody,,Nothing,01 Jan 2024 12:38\n")
    code, _, err = said(capsys, place, "import", str(tmp_path / "me.csv"), "--user", "Anna", "--no-pull")
    assert code == 0
    assert "me.csv: lastfm" in err
    assert "Listens: 1 taken, 0 known already, 1 of 1 song not here." in err
    assert "Nobody - Nothing (1)" in err
    assert [e["user"] for e in asked(capsys, place, "history", "--all-users")[1]["events"]] == ["Anna"]
    code, told = asked(capsys, place, "undo", "2")
    assert (code, told["listens"]) == (0, 1)


def test_what_is_searched_for_is_history(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, place, "find", "slow", "piano")[0] == 0
    assert said(capsys, place, "find", "--names", "Song 1")[0] == 0
    found = asked(capsys, place, "history", "--kind", "search")[1]["events"]
    assert [(event["user"], event["text"]) for event in found] == [("me", "Song 1"), ("me", "slow piano")]


def test_a_search_is_answered_while_another_run_writes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, place, "find", "Song")[0] == 0
    with closing(sqlite3.connect(place / "catalog.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        code, out, _ = said(capsys, place, "find", "Song 2")
        other.rollback()
    assert code == 0
    assert "Song 2" in out
    assert [e["text"] for e in asked(capsys, place, "history", "--kind", "search")[1]["events"]] == ["Song"]


def test_a_time_to_come_is_named_as_it_was_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, place, "history", "add", "Song 1", "--at", "2099-01-01")
    assert code != 0
    assert "2099-01-01 lies in the future" in err
    assert "4070" not in err


def test_where_nothing_is_loved_the_likes_are_not_denied(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, place, "vote", "Song 1", "like")
    _, _, err = said(capsys, place, "top", "loved")
    assert err.startswith("There are no loved songs yet")
