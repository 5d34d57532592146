"""The command line as a user meets it: what is printed, what goes where, how it ends."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from libraries import make_music
from songkin.cli import COMMANDS, run
from songkin.store import shard
from soundfiles import sound_file, tune


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    make_music(folder / "music", seconds=4)
    (folder / "music" / "broken.mp3").write_bytes(b"broken")
    code = run(["index", str(folder / "music"), "-L", str(folder / "library"), "--encoder", "descriptors", "--no-pull"])
    assert code == 0
    return folder


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    """Run a command with --json: (exit code, what stdout held, stderr)."""
    capsys.readouterr()
    code = run([*words, "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: songkin")


def test_help_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


def test_index_reconciles_in_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("index", str(place / "music"), "-L", str(place / "library"), "--encoder", "descriptors", "--no-pull")
    code, report, _ = asked(capsys, *words)
    assert code == 0
    assert report["found"] == 8 == report["unchanged"] + len(report["refused"])
    assert report["refused"][0]["path"].endswith("broken.mp3")
    assert report["refused"][0]["reason"]
    strict, _, _ = asked(capsys, *words, "--strict")
    assert strict == 3


@pytest.mark.parametrize("before", [True, False])
def test_the_library_is_named_before_or_after_the_verb(
    place: Path, before: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["-L", str(place / "library")]
    words = [*where, "list"] if before else ["list", *where]
    code, listed, _ = asked(capsys, *words)
    assert code == 0
    assert len(listed["tracks"]) == 7


def test_similar_answers_with_ranked_tracks_and_reasons(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, _ = asked(capsys, "similar", "Winter", "-n", "3", "-L", str(place / "library"))
    assert code == 0
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]
    assert {"id", "title", "artists", "album", "path"} <= set(answer["hits"][0]["track"])
    assert answer["hits"][0]["why"]


def test_find_takes_filters(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "find",
        "anna",
        "berg",
        "--where",
        "genre=bossa nova",
        "--year",
        "1990..2000",
        "-L",
        str(place / "library"),
    )
    code, answer, _ = asked(capsys, *words)
    assert code == 0
    assert [hit["track"]["title"] for hit in answer["hits"]] == ["Summer"]


def test_a_table_for_people_shows_the_songs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["similar", "Winter", "-L", str(place / "library")]) == 0
    out = capsys.readouterr().out
    assert "Anna Berg - Summer" in out
    assert "Winter" not in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "Winter"), "Anna Berg"),
        (("stats",), "tracks"),
        (("list",), "Yellow Tram"),
        (("list", "--refused"), "broken.mp3"),
        (("list", "--duplicates"), ""),
        (("runs",), "index"),
        (("doctor",), "catalog"),
        (("config",), "SONGKIN_PROFILE"),
        (("models", "list"), "musicnn"),
    ],
)
def test_commands_print_tables_and_json(
    place: Path, words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("-L", str(place / "library"))
    assert run([*words, *where]) == 0
    assert told in capsys.readouterr().out
    code, data, _ = asked(capsys, *words, *where)
    assert code == 0
    assert data


def test_show_tells_vectors_and_facts_in_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = asked(capsys, "show", "Winter", "-L", str(place / "library"))
    assert shown["track"]["bpm"] > 0
    assert shown["vectors"]["timbre98"].startswith("descriptors/")


def test_stats_count_what_list_shows(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, stats, _ = asked(capsys, "stats", "-L", str(place / "library"))
    _, listed, _ = asked(capsys, "list", "-L", str(place / "library"))
    tracks = listed["tracks"]
    assert stats["tracks"] == len(tracks)
    assert stats["artists"] == len({artist for track in tracks for artist in track["artists"]})
    assert stats["seconds"] == pytest.approx(sum(track["duration"] for track in tracks))
    assert stats["refused"] == 1
    assert stats["genres"]["jazz"] == 3


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("index", "/no/such/folder"), 1, "/no/such/folder"),
        (("similar", "no such song"), 1, "no such song"),
        (("find", "x", "--where", "taste=good"), 2, "taste"),
        (("find", "x", "-n", "0"), 2, "1 to 1000"),
        (("find", "x", "--year", "1990..1980"), 2, "backwards"),
        (("find",), 2, "Missing argument"),
        (("index",), 2, "Missing argument"),
        (("frobnicate",), 2, "No such command"),
        (("find", "x", "--frobnicate"), 2, "No such option"),
        (("index", ".", "--encoder", "ear"), 2, "musicnn"),
        (("models", "pull", "ear"), 1, "musicnn"),
    ],
)
def test_errors_are_one_clear_line_and_json_on_request(
    place: Path, words: tuple[str, ...], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = () if words == ("frobnicate",) else ("-L", str(place / "library")) if words[:1] != ("models",) else ()
    assert run([*words, *where]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert "Traceback" not in err
    json_code, error, _ = asked(capsys, *words, *where)
    assert json_code == code
    assert told in error["error"]["message"] + error["error"]["remedy"]


def test_without_a_library_the_way_to_make_one_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["find", "x", "-L", str(tmp_path / "none")]) == 1
    assert "songkin index" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_ambiguous_names_list_candidates_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, artist in enumerate(("One", "Two")):
        sound_file(tmp_path / "music" / f"{number}.flac", tune(2, seed=number), {"artist": artist, "title": "Same"})
    words = ["index", str(tmp_path / "music"), "-L", str(tmp_path / "library"), "--encoder", "descriptors", "--no-pull"]
    assert run(words) == 0
    code, error, _ = asked(capsys, "show", "Same", "-L", str(tmp_path / "library"))
    assert code == 1
    assert len(error["error"]["candidates"]) == 2


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SONGKIN_QDRANT_API_KEY", "top-s3cret")
    assert run(["config"]) == 0
    assert run(["config", "--json"]) == 0
    out, err = capsys.readouterr()
    assert "s3cret" not in out + err
    assert "(set)" in out


def test_a_server_that_is_not_there_is_one_clear_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["similar", "Winter", "-L", str(place / "library"), "--qdrant-url", "http://127.0.0.1:9"]
    assert run(words) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "server could not be reached" in err
    assert "SONGKIN_QDRANT_URL" in err


def test_control_characters_in_tags_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")  # wide enough that no name is broken into lines
    title = "[bold red]\x1b[2J<script>alert(1)</script>[/bold red]"
    sound_file(tmp_path / "music" / "a.flac", tune(2), {"title": title})
    run(["index", str(tmp_path / "music"), "-L", str(tmp_path / "library"), "--encoder", "descriptors", "--no-pull"])
    capsys.readouterr()
    assert run(["list", "-L", str(tmp_path / "library")]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "<script>" in out
    assert "[bold red]" in out


def test_forget_removes_a_song_and_leaves_its_file(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard.copy(place / "library", tmp_path / "library")
    where = ("-L", str(tmp_path / "library"))
    code, gone, _ = asked(capsys, "forget", "Static", *where)
    assert code == 0
    assert os.path.exists(gone["forgotten"]["path"])
    _, listed, _ = asked(capsys, "list", *where)
    assert len(listed["tracks"]) == 6
    _, answer, _ = asked(capsys, "similar", "Winter", "-n", "20", *where)
    assert len(answer["hits"]) == 5


def test_reindex_gives_the_same_answers(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shard.copy(place / "library", tmp_path / "library")
    where = ("-L", str(tmp_path / "library"))
    _, before, _ = asked(capsys, "similar", "Winter", *where)
    for words in (("reindex",), ("reindex", "--recreate")):
        code, told, _ = asked(capsys, *words, *where)
        assert (code, told["indexed"]) == (0, 7)
        _, after, _ = asked(capsys, "similar", "Winter", *where)
        assert after["hits"] == before["hits"]


def songs_in(library: Path) -> int:
    """How many songs another process has stored so far."""
    if not (library / "catalog.db").exists():
        return 0
    with closing(sqlite3.connect(library / "catalog.db")) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM tracks").fetchone()[0])
        except sqlite3.OperationalError:  # its tables are being made
            return 0


def test_ctrl_c_keeps_what_was_heard_and_the_next_run_goes_on(tmp_path: Path) -> None:
    music, library = tmp_path / "music", tmp_path / "library"
    for number in range(10):
        sound_file(music / f"{number:02}.flac", tune(60, seed=number))
    words = [sys.executable, "-m", "songkin", "index", str(music), "-L", str(library), "--encoder", "descriptors"]
    words += ["--no-pull", "--workers", "1", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and songs_in(library) == 0:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert process.returncode == 130
    first = json.loads(out)
    assert first["found"] == first["added"] + len(first["refused"])
    assert 1 <= first["added"] < 10
    again = subprocess.run(words, capture_output=True, timeout=120)
    assert again.returncode == 0
    second = json.loads(again.stdout)
    assert second["found"] == 10 == second["added"] + second["unchanged"]
    assert second["unchanged"] == first["added"]


def test_a_misspelt_folder_begins_no_library_and_an_empty_one_says_that_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, nothing = tmp_path / "library", tmp_path / "nothing here"
    assert run(["index", str(tmp_path / "nope"), "-L", str(library), "--no-pull"]) == 1
    assert "There is no file or folder" in capsys.readouterr().err
    assert not library.exists()
    nothing.mkdir()
    assert run(["index", str(nothing), "-L", str(library), "--no-pull"]) == 0
    assert run(["find", "quiet piano", "-L", str(library)]) == 0
    assert "The library is empty" in capsys.readouterr().err


def test_a_run_whose_every_file_is_refused_has_done_nothing(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "broken.mp3").write_bytes(b"broken")
    words = ["index", str(tmp_path / "music"), "-L", str(tmp_path / "library"), "--encoder", "descriptors", "--no-pull"]
    assert run(words) == 1
    assert run(words) == 1  # it is remembered
    sound_file(tmp_path / "music" / "good.flac", tune(2, seed=1))
    assert run(words) == 0
