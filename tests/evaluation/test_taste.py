"""Simulated listeners on a small library of six kinds of songs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from libraries import library_at
from songkin.cli import run
from songkin.errors import NotFound
from songkin.evaluation import taste
from songkin.library import Library
from songkin.progress import Quiet
from songkin.recommending.gathered import gather

KINDS = 8
EACH = 64


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Kinds of songs that lie apart by three features, each a genre and a playlist."""
    folder = tmp_path_factory.mktemp("taste")
    rng = np.random.default_rng(0)
    rows = ["title,artist,genre,energy,valence,danceability,acousticness,tempo"]
    for kind in range(KINDS):
        lines = ["#EXTM3U", f"#PLAYLIST:List {kind}"]
        for n in range(EACH):
            numbers = [(0.15, 0.85)[kind >> bit & 1] + 0.05 * rng.standard_normal() for bit in range(3)]
            told = ",".join(f"{min(1, max(0, each)):.4f}" for each in numbers)
            rows.append(
                f"Song {kind} {n:02},Artist {kind} {n},Kind {kind},{told},{rng.random():.3f},{rng.integers(70, 170)}"
            )
            lines.append(f"#EXTINF:100,Artist {kind} {n} - Song {kind} {n:02}\n{kind}-{n}.mp3")
        (folder / f"List {kind}.m3u8").write_text("\n".join(lines) + "\n")
    (folder / "songs.csv").write_text("\n".join(rows) + "\n")
    return [folder / "songs.csv", *sorted(folder.glob("*.m3u8"))]


@pytest.fixture(scope="module")
def home(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with library_at(folder / "library", cache=str(folder / "no weights")) as library:
        library.import_(files)
    return folder


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights")) as found:
        yield found


def test_more_votes_find_more_of_a_taste(library: Library) -> None:
    report = taste.of_library(library.catalog, library.config, Quiet(), users=6)
    assert report.songs == KINDS * EACH
    for kind in ("playlists", "genres"):
        table = report.table(kind)
        few, many = (table.value(f"songkin {votes}", "precision@10") for votes in (1, 100))
        assert many >= few
        assert many > table.value("alone 100", "precision@10"), "votes are to be heard together"
        assert many > 2 * table.value("popular 100", "precision@10")
        assert many > 2 * table.value("random 100", "precision@10")
        for row in table.rows:
            assert row.interval is not None
            assert row.interval[0] <= row.values[-1] <= row.interval[1]
    assert "<svg" in taste.drawn(report)
    assert library.votes(user=None) == [], "nobody votes in the library itself"


def test_listeners_are_the_same_for_a_seed_and_vote_on_nothing_that_is_hidden(library: Library) -> None:
    gathered = gather(library.catalog)
    groups = [taste.Group(gathered_songs(gathered.tracks, n), n) for n in range(4)]
    listeners = taste.people(groups, gathered, 5, 3)
    assert listeners == taste.people(groups, gathered, 5, 3)
    assert listeners != taste.people(groups, gathered, 5, 4)
    for each in listeners:
        cast = [song for song, _ in each.ballots]
        assert len(cast) == len(set(cast)) == taste.VOTES[-1]
        assert cast[0] in each.shown
        assert not each.hidden & {*cast, *each.shown}
        mine = [vote for song, vote in each.ballots if song in each.shown]
        others = [vote for song, vote in each.ballots if song not in each.shown]
        assert (mine.count("love") + mine.count("like")) / len(mine) > 0.6
        assert (others.count("okay") + others.count("hate")) / len(others) > 0.6


def gathered_songs(tracks: object, n: int) -> tuple[str, ...]:
    return tuple(tracks[n * EACH : (n + 1) * EACH])  # type: ignore[index]


def test_too_few_playlists_and_genres_are_told(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("title,artist,genre\nOne,Somebody,Folk\n")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no weights")) as few:
        few.import_([tmp_path / "few.csv"])
        with pytest.raises(NotFound, match="0 playlists and 0 genres") as caught:
            taste.of_library(few.catalog, few.config, Quiet())
    assert "eval taste" in caught.value.remedy


def test_the_command_prints_tables_draws_and_leaves_no_library(
    files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGKIN_CACHE", str(tmp_path / "no weights"))
    monkeypatch.setenv("SONGKIN_LIBRARY", str(tmp_path / "library"))
    asked = ["eval", "taste", *map(str, files), "--users", "2", "--plot", str(tmp_path / "taste.svg")]
    assert run([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [table["name"] for table in told["tables"]] == ["playlists", "playlists gained", "genres", "genres gained"]
    assert told["tables"][0]["candidates"] == KINDS * EACH
    assert {len(row["interval"]) for table in told["tables"] for row in table["rows"]} == {2}
    assert "two genres" in (tmp_path / "taste.svg").read_text()
    assert not (tmp_path / "library").exists()
