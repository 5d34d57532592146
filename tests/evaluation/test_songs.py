"""Which files are songs of an evaluation, and what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from songkin.errors import SourceError
from songkin.evaluation.songs import collect
from soundfiles import sound_file, tone


def made(path: Path, **tags: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    return sound_file(path, tone(0.2), tags)


def table(path: Path, head: str, *rows: str) -> None:
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def test_without_a_table_each_file_is_a_song_of_its_top_folder(tmp_path: Path) -> None:
    made(tmp_path / "jazz" / "late" / "a.mp3", artist="Ána B")
    made(tmp_path / "b.mp3")
    songs = {Path(song.path).name: song for song in collect([str(tmp_path)])}
    assert songs["a.mp3"].collection == "jazz"
    assert songs["a.mp3"].artist == "ana b"
    assert songs["b.mp3"].collection == tmp_path.name
    assert songs["b.mp3"].artist == ""


def test_of_an_excerpt_and_its_whole_song_the_song_is_taken(tmp_path: Path) -> None:
    made(tmp_path / "clips" / "a.wav")
    whole = made(tmp_path / "full" / "a.mp3")
    table(tmp_path / "clips.csv", "file,clip_seconds,source_path,collection", "clips/a.wav,20,x/a.ogg,game")
    table(tmp_path / "full.csv", "file,source_path,collection,artist", "full/a.mp3,x/a.ogg,game,Someone")
    songs = collect([str(tmp_path)])
    assert [(song.path, song.key, song.artist) for song in songs] == [(whole, "x/a.ogg", "someone")]


def test_the_table_of_a_parent_folder_is_used(tmp_path: Path) -> None:
    made(tmp_path / "clips" / "a.wav")
    table(tmp_path / "clips.csv", "file,clip_seconds,source_path,collection", "clips/a.wav,20,x/a.ogg,game")
    assert collect([str(tmp_path / "clips")])[0].collection == "game"


def test_a_file_elsewhere_that_a_table_names_as_source_stands_for_its_excerpt(tmp_path: Path) -> None:
    made(tmp_path / "shared" / "clips" / "a.wav")
    whole = made(tmp_path / "usr" / "music" / "a.mp3")
    beside = made(tmp_path / "usr" / "music" / "b.mp3")
    table(tmp_path / "shared" / "clips.csv", "file,clip_seconds,source_path,collection", "clips/a.wav,20,music/a.mp3,g")
    songs = collect([str(tmp_path / "shared"), str(tmp_path / "usr")])
    assert sorted(song.path for song in songs) == sorted([whole, beside])
    assert {song.collection for song in songs} == {"g"}


def test_tables_of_something_else_are_passed_over(tmp_path: Path) -> None:
    made(tmp_path / "a.mp3")
    (tmp_path / "prices.csv").write_text("file,price\na.mp3,3\n", "utf-8")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00file")
    assert len(collect([str(tmp_path)])) == 1


def test_a_limit_draws_the_same_songs_each_time(tmp_path: Path) -> None:
    for i in range(6):
        made(tmp_path / f"{i}.mp3")
    drawn = collect([str(tmp_path)], limit=3, seed=1)
    assert len(drawn) == 3
    assert drawn == collect([str(tmp_path)], limit=3, seed=1)


def test_a_folder_without_music_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no sound file") as error:
        collect([str(tmp_path)])
    assert error.value.remedy
