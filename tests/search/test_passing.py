"""Filters with words, and filters without any: `find`, `list` and `export` over a table of songs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from libraries import library_at
from songkin.cli import run
from songkin.encoders import text_encoder
from songkin.encoders.weights import default_cache, installed
from songkin.library import Library
from songkin.models import Query
from songkin.search.filters import parse_filter

needs_minilm = pytest.mark.skipif(
    not installed(text_encoder("minilm", default_cache()).spec, default_cache()),
    reason="MiniLM's weights are not on this machine",
)
COUNTRY = ("Tractor Engines", "Mud on the Porch", "Beer at Noon", "Truck Stop Waltz", "County Fair", "Love of My Barn")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("passing")
    rows = [f"Hank {n},{title},country,{1960 + n},list one" for n, title in enumerate(COUNTRY)]
    rows += [f"Singer {n},Love Song {n},pop,{1980 + n},list two" for n in range(30)]
    table = folder / "songs.csv"
    table.write_text("artist,title,genre,year,playlist_name\n" + "\n".join(rows) + "\n")
    with library_at(folder / "library") as library:
        library.import_([str(table)])
    return folder / "library"


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home) as opened:
        yield opened


def asking(*filters: str, limit: int = 10) -> Query:
    return Query(limit, tuple(parse_filter(text) for text in filters))


@pytest.mark.parametrize("limit", [3, 6, 10])
def test_filters_are_never_answered_by_fewer_songs_than_pass(library: Library, limit: int) -> None:
    hits = library.find("love", asking("genre=country", limit=limit)).hits
    assert len(hits) == min(limit, len(COUNTRY))
    assert {hit.track.genres for hit in hits} == {("country",)}
    assert hits[0].track.title == "Love of My Barn"
    assert hits[0].score > 0
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_songs_that_only_pass_score_nothing_and_say_so(library: Library) -> None:
    hits = library.find("xylophone requiem", asking("genre=country")).hits
    assert len({hit.track.id for hit in hits}) == len(COUNTRY) == len(hits)
    assert hits[-1].score == 0.0
    assert hits[-1].why == ("it passes the filters; no more is like what you typed",)


@needs_minilm
def test_without_filters_songs_that_are_not_like_the_question_stay_away(library: Library) -> None:
    assert len(library.find("xylophone requiem", asking(limit=50)).hits) < 36


def listed(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert run(["list", "-L", str(home), *words, "--json"]) == 0
    return [track["title"] for track in json.loads(capsys.readouterr().out)["tracks"]]


def test_a_list_takes_filters_a_limit_and_a_place_to_begin(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(home, capsys, "-w", "playlist=list one", "--year", "1961..1963") == list(COUNTRY[1:4])
    assert listed(home, capsys, "-w", "genre=country", "-n", "2", "--offset", "1") == list(COUNTRY[1:3])
    assert listed(home, capsys, "-w", "genre=polka") == []
    assert len(listed(home, capsys)) == 36


def test_a_filter_on_something_else_than_songs_is_wrong_usage(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "-L", str(home), "--playlists", "-w", "genre=pop"]) == 2
    assert run(["export", "-L", str(home), "--votes", "-o", "v.csv", "-w", "genre=pop"]) == 2
    assert "Filters" in capsys.readouterr().err


def test_songs_that_pass_are_exported(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "some.csv"
    assert run(["export", "-L", str(home), "--songs", "--where", "genre=country", "-o", str(target)]) == 0
    assert len(target.read_text(encoding="utf-8").splitlines()) == 1 + len(COUNTRY)
    nothing = tmp_path / "none.csv"
    assert run(["export", "-L", str(home), "--songs", "--where", "genre=polka", "-o", str(nothing)]) == 1
    assert not nothing.exists()
    assert "There are no songs to export." in capsys.readouterr().err


def test_playlists_are_listed_as_many_as_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "-L", str(home), "--playlists", "-n", "1", "--json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)["playlists"]] == ["list one"]
    assert run(["list", "-L", str(home), "--playlists", "--offset", "1", "--json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)["playlists"]] == ["list two"]
