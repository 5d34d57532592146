"""Playlists that fill themselves: when they are due, by whom they are filled, what stays of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from libraries import library_at
from songkin.errors import NotFound, QueryError
from songkin.library import Library
from songkin.recommending.learning import keep, kept
from songkin.recommending.scheduled import is_due
from songkin.store import shard
from songkin.store.lock import run_lock
from songkin.store.schedulebook import Schedule

DAY = 86_400.0
SONGS = 8


def moment(text: str) -> float:
    """A time by the clock of this machine."""
    return datetime.fromisoformat(text).timestamp()


FRIDAY = moment("2025-01-31T18:00")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scheduled")
    rows = ["title,artist,energy,valence,tempo"]
    rows += [f"Song {n},Artist {n},{0.9 if n % 2 else 0.1},{0.5 + n / 100},{80 + n}" for n in range(SONGS)]
    (folder / "songs.csv").write_text("\n".join(rows) + "\n")
    with library_at(folder / "library", cache=str(folder / "no models")) as library:
        library.import_([folder / "songs.csv"])
    return folder


@pytest.fixture
def library(begun: Path, tmp_path: Path) -> Iterator[Library]:
    shard.copy(begun / "library", tmp_path / "library")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as found:
        yield found


def titles(library: Library, name: str) -> list[str]:
    """The songs of a playlist as it lies there, without anybody filling it."""
    catalog = library.catalog
    return [each.track.title for each in catalog.playlists.entries(catalog.playlists.one(name).id) if each.track]


@pytest.mark.parametrize(
    ("every", "last", "now", "due"),
    [
        ("day", "2025-01-31T23:59", "2025-01-31T23:59:59", False),
        ("day", "2025-01-31T23:59", "2025-02-01T00:00", True),
        ("day", "2025-01-30T06:00:05", "2025-01-31T06:00:03", True),  # a timer that comes a little early
        ("week", "2025-01-27T00:00", "2025-02-02T23:59", False),
        ("week", "2025-02-02T23:59", "2025-02-03T00:00", True),
        ("week", "2024-12-30T12:00", "2025-01-01T12:00", False),  # one week in two years
        ("month", "2025-01-01T00:00", "2025-01-31T23:59", False),
        ("month", "2025-01-31T23:59", "2025-02-01T00:00", True),
        ("month", "2024-01-15T00:00", "2025-01-15T00:00", True),
        ("", "2020-01-01T00:00", "2025-01-01T00:00", False),
        ("day", "2025-02-02T00:00", "2025-01-31T00:00", False),  # a clock that was set back
    ],
)
def test_a_list_is_due_when_a_new_day_week_or_month_has_begun(every: str, last: str, now: str, due: bool) -> None:
    assert is_due(Schedule("x", {}, every, moment(last)), moment(now)) is due


def test_lists_that_are_due_are_filled_in_one_run_that_can_be_taken_back(library: Library) -> None:
    library.played("Song 1", at=FRIDAY - 60)
    library.save_top("Daily", every="day", now=FRIDAY)
    library.save_top("Monthly", "newest", every="month", now=FRIDAY, limit=2)
    library.save_top("By hand", now=FRIDAY)
    library.played("Song 2", at=FRIDAY + 60)
    assert library.refresh(now=FRIDAY + 120).run == 0
    assert titles(library, "Daily") == ["Song 1"]
    done = library.refresh(now=FRIDAY + 7 * 3600)
    assert {each.playlist.name: (each.came, each.went) for each in done.changes} == {
        "Daily": (1, 0),
        "Monthly": (0, 0),
    }
    assert titles(library, "Daily") == ["Song 2", "Song 1"]
    assert titles(library, "By hand") == ["Song 1"]
    assert library.refresh(now=FRIDAY + 7 * 3600).run == 0
    assert library.undo(done.run)["returned"] == 1
    assert titles(library, "Daily") == ["Song 1"]
    assert library.refresh(now=FRIDAY + 8 * 3600).run == 0, "what was taken back stays so until the next day"


def test_lists_are_filled_by_name_and_all_together_due_or_not(library: Library) -> None:
    library.save_top("By hand", now=FRIDAY)
    library.save_top("Other", user="anna", now=FRIDAY)
    library.played("Song 1", at=FRIDAY)
    library.played("Song 2", user="anna", at=FRIDAY)
    assert [each.came for each in library.refresh(["by HAND"], now=FRIDAY + 1).changes] == [1]
    assert titles(library, "Other") == []
    assert [each.came for each in library.refresh(every=True, now=FRIDAY + 1).changes] == [0, 1]
    assert titles(library, "Other") == ["Song 2"]


def test_who_reads_or_exports_a_list_that_is_due_gets_it_filled(library: Library, tmp_path: Path) -> None:
    yesterday = time.time() - DAY
    library.save_top("Daily", every="day", now=yesterday)
    library.save_top("Weekly", every="week", now=yesterday - 7 * DAY)
    library.played("Song 1")
    assert [entry.track.title for entry in library.entries("Daily") if entry.track] == ["Song 1"]
    assert titles(library, "Weekly") == [], "nobody asked for it"
    assert library.export.playlist("Weekly", tmp_path / "weekly.csv").songs == 1
    runs = [run["command"] for run in library.catalog.journal.last_runs()]
    library.entries("Daily")
    library.export.all_playlists(tmp_path / "all")
    assert [run["command"] for run in library.catalog.journal.last_runs()] == runs


def test_a_list_that_cannot_be_filled_now_is_read_as_it_is(library: Library, tmp_path: Path) -> None:
    library.save_top("Daily", every="day", now=time.time() - DAY)
    library.played("Song 1")
    with run_lock(library.config):
        began = time.monotonic()
        assert library.entries("Daily") == []
        assert time.monotonic() - began < 1, "nobody is waited for"
    assert len(library.entries("Daily")) == 1


def test_saving_again_keeps_the_schedule_and_never_ends_it(library: Library) -> None:
    library.save_top("Mine", every="week", now=FRIDAY)
    library.save_top("mine", "loved", now=FRIDAY)
    assert [(each.playlist.name, each.about, each.every) for each in library.self_filling()] == [
        ("mine", "Most loved by me, all time", "week")
    ]
    library.vote("Song 3", "love")
    assert [each.came for each in library.refresh(now=FRIDAY + 4 * DAY).changes] == [1]
    library.save_top("Mine", "loved", every="never", now=FRIDAY)
    assert [each.every for each in library.self_filling()] == [""]
    assert library.refresh(now=FRIDAY + 400 * DAY).run == 0


def test_a_list_that_is_taken_back_leaves_no_schedule(library: Library) -> None:
    library.save_top("Mine", every="day")
    library.undo(library.catalog.journal.last_runs(1)[0]["id"])
    assert library.catalog.schedules.all() == []
    assert library.self_filling() == []


def test_clusters_fill_themselves_through_the_same_door(library: Library, tmp_path: Path) -> None:
    saved = library.clusters.save(library.clusters.songs(2), every="week")
    assert {each.every for each in library.self_filling()} == {"week"}
    (tmp_path / "more.csv").write_text("title,artist,energy,valence,tempo\nLate,Somebody,0.9,0.55,85\n")
    library.import_([tmp_path / "more.csv"])
    now = time.time()
    assert library.refresh(now=now).run == 0
    done = library.refresh(now=now + 7 * DAY)
    assert sorted(each.came for each in done.changes) == [0, 1]
    assert {each.playlist.id for each in done.changes} == {each.playlist.id for each in saved.changes}
    library.undo(done.run)
    one = saved.changes[0].playlist
    assert len(library.refresh([one.id]).changes) == 1, "one of a set can be filled alone"


def test_a_rule_that_is_damaged_leaves_its_list_and_the_others_are_filled(library: Library) -> None:
    kept = [library.save_top(name, every="day", now=FRIDAY) for name in ("A", "B", "C")]
    damaged: list[dict[str, Any]] = [{"by": ["x"]}, {"limit": None}]
    for each, rule in zip(kept, damaged, strict=False):
        library.catalog.schedules.put([Schedule(each.id, rule, "day", FRIDAY)])
    library.played("Song 1", at=FRIDAY)
    done = library.refresh(now=FRIDAY + DAY)
    assert [each.playlist.name for each in done.changes] == ["C"]
    assert len(done.notes) == 2
    assert all("stays as it is" in line and "songkin top" in line for line in done.notes)


def test_a_list_that_fills_itself_is_not_changed_by_hand(library: Library) -> None:
    library.played("Song 1")
    library.save_top("Mine", every="day")
    for change in (lambda: library.extend("Mine", 1), lambda: library.reorder("Mine")):
        with pytest.raises(QueryError, match="fills itself") as caught:
            change()
        assert "--save" in caught.value.remedy
    assert library.extend("Mine", 1, save="More")[0].songs == 2
    library.save_top("Mine", every="never")
    assert library.extend("Mine", 1)[0].songs == 2


def test_what_cannot_be_filled_is_told(library: Library, tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#PLAYLIST:Bought\n#EXTINF:1,Artist 1 - Song 1\nx.mp3\n")
    library.import_([tmp_path / "list.m3u8"])
    for name, words in (("Bought", "does not fill itself"), ("Nowhere", "no playlist")):
        with pytest.raises(NotFound, match=words) as caught:
            library.refresh([name])
        assert caught.value.remedy
    with pytest.raises(QueryError, match="fortnight"):
        library.save_top("X", every="fortnight")
    with pytest.raises(QueryError, match="fortnight"):
        library.clusters.save(library.clusters.songs(2), every="fortnight")
    assert [each.name for each in library.playlists()] == ["Bought"]


def test_schedules_clusters_and_learned_weights_come_back_with_a_whole_catalog(
    library: Library, tmp_path: Path
) -> None:
    library.played("Song 1", at=FRIDAY)
    library.save_top("Daily", every="day", user=None, limit=3, now=FRIDAY)
    saved = library.clusters.save(library.clusters.songs(2), every="month")
    keep(library.catalog, {"content": 0.7, "crowd": 0.1, "names": 0.1, "artists": 0.1}, 40)
    library.export.whole(tmp_path / "whole")
    origin = library.catalog.playlists.of_source("cluster")[0][1]
    with library_at(tmp_path / "empty", cache=str(tmp_path / "no models")) as empty:
        empty.import_([tmp_path / "whole"])
        assert empty.catalog.schedules.all() == library.catalog.schedules.all()
        assert kept(empty.catalog) == kept(library.catalog)
        for name in ("blend", origin):
            assert empty.catalog.vectors.statistic(name) == library.catalog.vectors.statistic(name)
        empty.played("Song 2", user="anna", at=FRIDAY + 1)
        done = empty.refresh(every=True)
        assert {each.playlist.name: (each.came, each.went) for each in done.changes} == {
            "Daily": (1, 0),
            **{each.playlist.name: (0, 0) for each in saved.changes},
        }
        assert not done.notes
    with library_at(tmp_path / "other", cache=str(tmp_path / "no models")) as other:
        other.import_([_one_song(tmp_path)])
        other.import_([tmp_path / "whole"])
        assert other.self_filling() == [], "into a library that holds songs playlists go as they are"


def test_a_catalog_of_a_songkin_that_knew_no_schedules_is_taken_in(library: Library, tmp_path: Path) -> None:
    library.export.whole(tmp_path / "whole")
    manifest = tmp_path / "whole" / "songkin-catalog.json"
    told = json.loads(manifest.read_text())
    for name in ("schedules", "statistics"):
        (tmp_path / "whole" / told["tables"].pop(name)["file"]).unlink()
    manifest.write_text(json.dumps(told))
    with library_at(tmp_path / "empty", cache=str(tmp_path / "no models")) as empty:
        report = empty.import_([tmp_path / "whole"])
        assert (report.added, report.refused) == (SONGS, ())


def _one_song(folder: Path) -> Path:
    (folder / "one.csv").write_text("title,artist\nAlone,Somebody\n")
    return folder / "one.csv"
