"""The whole evaluation on a handful of short pieces, with the encoders that need no weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from songkin import audio
from songkin import config as settings
from songkin.cli.eval_ import command
from songkin.demo.pieces import make_piece
from songkin.demo.synth import RATE
from songkin.errors import QueryError, SongkinError
from songkin.evaluation import methods, pieces, sound
from songkin.evaluation.hearing import Heard, Kit, hear_all
from songkin.evaluation.pieces import Piece
from songkin.evaluation.report import Report
from songkin.evaluation.songs import Song
from songkin.evaluation.sound import Options, evaluate
from songkin.progress import Quiet
from soundfiles import tone

KINDS = ("techno", "guitar", "choir", "war_drums", "chiptune")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    for number, kind in enumerate(KINDS):
        rows = make_piece(kind, 1, 9.0).render()
        artist = "One" if number < 2 else "Two"
        audio.write(str(folder / f"{kind}.flac"), rows, RATE, {"artist": artist})
    audio.write(str(folder / "short.wav"), tone(3.0), 44_100)
    (folder / "no sound.mp3").write_bytes(b"not a sound" * 100)
    silent = np.concatenate([tone(6.0), np.zeros(6 * 44_100, np.float32)])
    audio.write(str(folder / "half silent.wav"), silent, 44_100)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def report(music: Path, cache: Path) -> Report:
    config = settings.load({"cache": str(cache), "workers": 2}, {})
    return evaluate(config, Options((str(music),), profile="default", beside="quick", among=300))


def test_pieces_of_different_kinds_find_their_other_half(report: Report) -> None:
    table = report.table("other_half")
    assert report.songs == table.n == len(KINDS)
    assert table.value("songkin", "MRR") > 0.8
    assert table.value("songkin", "MRR") > table.value("chance", "MRR")


def test_what_another_profile_loses_stands_beside(report: Report) -> None:
    labels = [row.label for row in report.table("other_half").rows]
    assert "songkin, quick" in labels
    assert "MFCC statistics, quick" not in labels
    assert report.table("clip").value("songkin quick", "MRR") <= report.table("clip").value("recognising", "MRR")


def test_recordings_are_looked_up_among_many_songs(report: Report) -> None:
    table = report.table("among")
    assert table.n == len(KINDS) + 300
    assert table.value("clip", "R@1") >= 0.8
    assert table.value("clip", "wrong") == table.value("telephone", "wrong") == 0.0


def test_what_cannot_be_judged_is_named_with_its_reason(report: Report) -> None:
    reasons = {Path(path).name: reason for path, reason in report.left_out}
    assert "8 seconds" in reasons["short.wav"]
    assert reasons["half silent.wav"] == "second: It is silent."
    assert reasons["no sound.mp3"].startswith("whole: ")


def test_without_the_networks_the_rest_is_measured_and_it_says_so(report: Report) -> None:
    labels = {row.method for row in report.table("other_half").rows}
    assert {"songkin", "descriptors", "mfcc", "logmel", "bliss_like", "chance"} <= labels
    assert not {"tags", "timbre", "audiomuse"} & labels
    assert any("musicnn is left out" in line for line in report.notes)
    assert any("bliss itself is left out" in line and "--bliss PYTHON" in line for line in report.notes)


def test_all_tasks_are_there_and_every_number_is_finite(report: Report) -> None:
    names = [table.name for table in report.tables]
    assert names[:3] == ["other_half", "clip", "telephone"]
    assert {"artist", "hubs", "weights"} <= set(names)
    assert all(np.isfinite(row.values).all() for table in report.tables for row in table.rows)


def without_times(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**table, "rows": [{k: v for k, v in row.items() if k != "ms"} for row in table["rows"]]} for table in tables
    ]


def test_a_second_run_hears_nothing_anew_and_finds_the_same(
    music: Path, cache: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {file: file.stat().st_mtime_ns for file in (cache / "evaluation").rglob("*.npz")}
    assert files
    monkeypatch.setenv("SONGKIN_CACHE", str(cache))
    ran = CliRunner().invoke(
        command,
        ["sound", "--music", str(music), "--beside", "quick", "--among", "300", "--json"],
        catch_exceptions=False,
    )
    assert without_times(json.loads(ran.stdout)["tables"]) == without_times(report.as_json()["tables"])
    assert files == {file: file.stat().st_mtime_ns for file in (cache / "evaluation").rglob("*.npz")}


@pytest.mark.parametrize("damaged", [b"", b"PK not a zip file", None])
def test_what_was_kept_and_is_damaged_is_heard_anew(tmp_path: Path, cache: Path, damaged: bytes | None) -> None:
    audio.write(str(tmp_path / "a.wav"), tone(9.0), 44_100)
    kit = Kit(cache, tmp_path / "kept", "default", ("logmel",))
    songs, wanted = [Song(str(tmp_path / "a.wav"), "a", "", "")], [Piece("whole"), Piece("first")]
    before = hear_all(songs, wanted, kit, 1, Quiet())
    spoilt, whole = sorted((tmp_path / "kept").rglob("*.npz"))
    written = whole.stat().st_mtime_ns
    good = spoilt.read_bytes()
    spoilt.write_bytes(
        good[: len(good) // 2] + b"\xff" * 64 + good[len(good) // 2 + 64 :] if damaged is None else damaged
    )
    after = hear_all(songs, wanted, kit, 1, Quiet())
    assert all(np.array_equal(before[n][0].vectors["logmel"], after[n][0].vectors["logmel"]) for n in before)
    assert spoilt.read_bytes() == good
    assert written == whole.stat().st_mtime_ns


def program(file: Path, *lines: str) -> str:
    """A program that answers as a Python with bliss-audio might."""
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(0o755)
    return str(file)


def test_bliss_is_asked_in_a_python_of_its_own(tmp_path: Path, cache: Path) -> None:
    audio.write(str(tmp_path / "a.wav"), tone(9.0), 44_100)
    asked = tmp_path / "asked"
    python = program(tmp_path / "python", f'echo "$3" >> {asked}', f"echo '{list(range(23))}'")
    kit = Kit(cache, tmp_path / "kept", "default", ("logmel",), python)
    heard = hear_all([Song(str(tmp_path / "a.wav"), "a", "", "")], [Piece("whole"), Piece("first")], kit, 1, Quiet())
    assert [heard[name][0].vectors["bliss"].tolist() for name in heard] == [list(range(23))] * 2
    assert [Path(line).name for line in asked.read_text().splitlines()] == ["a.wav", "first.wav"]


def test_a_python_without_bliss_ends_the_evaluation_and_nothing_is_kept(tmp_path: Path, cache: Path) -> None:
    audio.write(str(tmp_path / "a.wav"), tone(9.0), 44_100)
    songs = [Song(str(tmp_path / "a.wav"), "a", "", "")]
    silent = program(tmp_path / "silent", "true")
    lacking = program(tmp_path / "lacking", "echo \"No module named 'bliss_audio'\" >&2", "exit 1")
    for python, said in ((str(tmp_path / "none"), "No such file"), (silent, "no JSON"), (lacking, "No module")):
        with pytest.raises(SongkinError, match=said) as raised:
            hear_all(songs, [Piece("whole")], Kit(cache, tmp_path / "kept", "default", ("logmel",), python), 1, Quiet())
        assert "--bliss" in raised.value.remedy
    assert not list(tmp_path.rglob("*.npz"))


def test_a_song_that_bliss_cannot_analyse_is_left_out_with_what_it_says(tmp_path: Path, cache: Path) -> None:
    audio.write(str(tmp_path / "a.wav"), tone(9.0), 44_100)
    python = program(tmp_path / "python", "echo '\"too short\"'")
    kit = Kit(cache, tmp_path / "kept", "default", ("logmel",), python)
    heard = hear_all([Song(str(tmp_path / "a.wav"), "a", "", "")], [Piece("whole")], kit, 1, Quiet())
    assert heard["whole"][0].trouble == "bliss cannot analyse it: too short"


def test_people_get_tables_and_the_reasons_of_what_was_left_out(
    music: Path, cache: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGKIN_CACHE", str(cache))
    ran = CliRunner().invoke(command, ["sound", "--music", str(music), "--beside", "quick", "--among", "0"])
    assert ran.exit_code == 0
    assert "A song from its other half" in ran.stdout
    assert "MFCC statistics" in ran.stdout
    assert "Left out" in ran.stderr


def test_two_songs_are_too_few_to_judge_by(tmp_path: Path, cache: Path) -> None:
    audio.write(str(tmp_path / "a.wav"), tone(9.0), 44_100)
    with pytest.raises(QueryError, match="too few"):
        evaluate(settings.load({"cache": str(cache)}, {}), Options((str(tmp_path),)))


def test_halves_meet_in_the_middle_and_clips_lie_inside() -> None:
    song = np.arange(20 * pieces.RATE, dtype=np.float32)
    first, second = (pieces.cut(Piece(name), "song", song) for name in ("first", "second"))
    assert np.array_equal(np.concatenate([first, second]), song)
    clip = pieces.cut(Piece("clip", 3), "song", song)
    assert 5 * pieces.RATE <= len(clip) <= 15 * pieces.RATE
    assert np.array_equal(clip, song[int(clip[0]) : int(clip[0]) + len(clip)])
    assert np.array_equal(clip, pieces.cut(Piece("clip", 3), "song", song))
    assert not np.array_equal(clip, pieces.cut(Piece("clip", 4), "song", song)[: len(clip)])


def test_a_telephone_keeps_the_middle_and_loses_both_ends() -> None:
    low, middle, high = (
        float(np.abs(pieces.telephone(tone(1.0, hertz))).mean() / np.abs(tone(1.0, hertz)).mean())
        for hertz in (60.0, 1000.0, 9000.0)
    )
    assert middle > 0.95
    assert max(low, high) < 0.05


def test_the_right_weights_are_found_where_one_space_knows_and_another_does_not() -> None:
    rng = np.random.default_rng(0)
    right = np.eye(12) + 0.01 * rng.random((12, 12))
    blend = methods.Pipeline(("tags", "timbre"), np.stack([rng.random((12, 12)), right]))
    chosen = sound.choose((blend, blend), np.arange(12))
    assert blend.scores(chosen).argmax(axis=1).tolist() == list(range(12))
    assert chosen["timbre"] > 0.5


def test_songs_with_a_silent_piece_are_left_out_of_all_pieces() -> None:
    songs = [Song("a", "a", "", ""), Song("b", "b", "", "")]
    good, bad = Heard({"x": np.ones(1)}, {}), Heard({}, {}, "It is silent.")
    material = sound.complete(songs, {"first": [good, good], "second": [good, bad]})
    assert material.songs == (songs[0],)
    assert [len(rows) for rows in material.heard.values()] == [1, 1]
    assert material.left_out == (("b", "second: It is silent."),)
