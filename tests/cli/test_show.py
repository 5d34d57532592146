"""``songkin show``: what files, tables, lists and reviews told of a song is all there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from libraries import library_at
from songkin.cli import run

ID = "spotify:track:4uLU6hMCjMI75M1A2tKUQC"
SONGS = (
    "track_id,track_name,artists,album_name,explicit,popularity,energy,valence,key,mode,time_signature,loudness,isrc,label,"
    "genre,subgenres,playlist_name,url\n"
    f"{ID},Come Along,Beatles,Abbey Street (Remastered),false,71,.72,.31,0,0,4,-9.2,USRC17607839,Apple Pie,rock,"
    "\"['merseybeat']\",Evening,https://example.org/a.mp3\n"
)
REVIEWS = "artist,album,year,rating,genre,review\nThe Beatles,Abbey Street,1969,9.5,pop,The walk across the street.\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "songs.csv").write_text(SONGS)
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "songs.csv")], kind="songs")
        library.import_([str(tmp_path / "reviews.csv")], kind="albums")
    return tmp_path / "library"


def told(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run([*words, "-L", str(home), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_has_all_that_tables_lists_and_reviews_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(home, capsys, "show", "Come Along")
    track = shown["track"]
    assert track["table_features"]["energy"] == 0.72
    assert (track["popularity"], track["label"], track["isrc"]) == (71, "Apple Pie", "USRC17607839")
    assert (track["subgenres"], track["url"], track["placeholder"]) == (
        ["merseybeat"],
        "https://example.org/a.mp3",
        False,
    )
    assert [each["name"] for each in shown["playlists"]] == ["Evening"]
    assert shown["keys"] == [ID]
    (note,) = shown["albums"]
    assert (note["rating"], note["genres"], note["review"]) == (9.5, ["pop"], "The walk across the street.")


def test_people_see_it_in_blocks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "Come Along", "-L", str(home)]) == 0
    out = capsys.readouterr().out
    for part in ("━━━━━━━━━━━━━━────── 0.72", "4 beats", "71 of 100", "Apple Pie", "merseybeat", "Evening", ID):
        assert part in out
    assert "rated 9.5 · pop" in out
    assert "The walk across the street." in out


def test_a_review_of_the_beatles_is_met_by_songs_of_beatles(home: Path) -> None:
    with library_at(home) as library:
        (album,) = library.albums()
        assert len(album.tracks) == 1


def test_placeholder_names_are_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "links.txt").write_text("https://example.org/music/one.mp3\n")
    with library_at(tmp_path / "library") as library:
        library.import_([str(tmp_path / "links.txt")])
        assert library.tracks()[0].placeholder
    for words in (("list",), ("show", "one"), ("find", "one")):
        assert run([*words, "-L", str(tmp_path / "library")]) == 0
        assert "one (placeholder name)" in capsys.readouterr().out
    assert told(tmp_path / "library", capsys, "list")["tracks"][0]["placeholder"] is True
