"""What an import brings, twice, in any order, and taken back."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from libraries import counts, index, library_at, snapshot
from made_slices import sync_page
from songkin.cli import run
from songkin.errors import NotFound, SourceError
from songkin.library import Library
from songkin.models import Query
from songkin.search.filters import parse_filter
from songkin.store.schema import tracks
from soundfiles import sound_file, tune

NAMES = ("danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness", "liveness", "valence")
HEADINGS = [
    "Track URI",
    "Track Name",
    "Album Name",
    "Artist Name(s)",
    "Release Date",
    "Duration (ms)",
    "Popularity",
    "Explicit",
    "Added By",
    "Added At",
    "Genres",
    "Record Label",
    "Danceability",
    "Energy",
    "Key",
    "Loudness",
    "Mode",
    "Speechiness",
    "Acousticness",
    "Instrumentalness",
    "Liveness",
    "Valence",
    "Tempo",
    "Time Signature",
]
ID = "0123456789ABCDEFabcd{:02}"


def exported(path: Path, numbers: Sequence[int], **more: Any) -> Path:
    """An Exportify file of the songs with these numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADINGS)
        for n in numbers:
            told = {
                "uri": f"spotify:track:{ID.format(n)}",
                "title": f"Song {n}",
                "album": f"Album {n // 3}",
                "artists": f"Artist {n % 4};Guest",
                "length": 2000,
                **more,
            }
            table.writerow(
                [
                    told["uri"],
                    told["title"],
                    told["album"],
                    told["artists"],
                    "1999-05-01",
                    told["length"],
                    50,
                    "false",
                    "me",
                    "2024-01-05T10:00:00Z",
                    "soul,funk",
                    "Label",
                    0.1 * (n % 10),
                    0.5 + 0.04 * n,
                    n % 12,
                    -9.5,
                    n % 2,
                    0.04,
                    0.3,
                    0.0,
                    0.1,
                    0.05 * n,
                    100 + n,
                    4,
                ]
            )
    return path


@pytest.fixture
def library(tmp_path: Path) -> Any:
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        yield made


def test_importing_twice_changes_nothing(library: Library, tmp_path: Path) -> None:
    file = exported(tmp_path / "Evening.csv", range(12))
    first = library.import_([file])
    assert counts(first) == (12, 0, 0, 0)
    assert (first.playlists, first.files[0].kind) == (1, "exportify")
    before = snapshot(library)
    second = library.import_([file])
    assert counts(second) == (0, 0, 12, 0)
    assert snapshot(library) == before


def test_a_list_that_says_only_its_name_is_the_playlist_of_that_name_while_its_songs_are_the_same(
    library: Library, tmp_path: Path
) -> None:
    library.import_([exported(tmp_path / "Evening.csv", range(5))])
    keys = [f"spotify:track:{ID.format(n)}" for n in range(5)]
    (tmp_path / "Evening.txt").write_text("\n".join(keys))
    assert counts(library.import_([tmp_path / "Evening.txt"])) == (0, 0, 5, 0)
    assert [each.source for each in library.playlists()] == ["exportify"]
    (tmp_path / "Evening.txt").write_text("\n".join(reversed(keys)))
    library.import_([tmp_path / "Evening.txt"])
    assert sorted(each.source for each in library.playlists()) == ["exportify", "text_list"]


def test_a_song_in_two_playlists_is_one_song(library: Library, tmp_path: Path) -> None:
    exported(tmp_path / "lists" / "A.csv", range(6))
    exported(tmp_path / "lists" / "B.csv", range(3, 9))
    assert counts(library.import_([tmp_path / "lists"])) == (9, 0, 0, 0)
    assert {(each.name, each.songs, each.matched) for each in library.playlists()} == {("A", 6, 6), ("B", 6, 6)}
    assert [entry.track.title for entry in library.entries("B") if entry.track] == [f"Song {n}" for n in range(3, 9)]


def test_songs_without_sound_are_compared_by_their_table_and_say_so(library: Library, tmp_path: Path) -> None:
    library.import_([exported(tmp_path / "Evening.csv", range(30))])
    answer = library.similar(f"Song {5}", Query(limit=7, per_artist=None, per_album=None))
    assert len(answer.hits) == 7
    assert all(hit.track.title != "Song 5" for hit in answer.hits)
    assert all("audio features" in hit.why[-1] for hit in answer.hits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("energy=0.9..", {10, 11}),
        ("playlist=evening", set(range(12))),
        ("genre=soul", set(range(12))),
        ("added=2024-01-05", set(range(12))),
        ("added=2023", set()),
        ("explicit=yes", set()),
        ("explicit=no", set(range(12))),
        ("tempo=100..103", {0, 1, 2, 3}),
        ("year=1999", set(range(12))),
        ("popularity=50", set(range(12))),
        ("key=C minor", {0}),
    ],
)
def test_songs_of_tables_are_filtered(library: Library, tmp_path: Path, text: str, expected: set[int]) -> None:
    library.import_([exported(tmp_path / "Evening.csv", range(12))])
    query = Query(limit=50, filters=(parse_filter(text),), per_artist=None, per_album=None)
    assert {hit.track.title for hit in library.find("song", query).hits} == {f"Song {n}" for n in expected}


def test_what_a_table_says_is_not_so_is_kept(library: Library, tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text(
        "id,title,artist,explicit,popularity,duration,year\n"
        f"{ID.format(1)},No,A,false,0,0,0\n{ID.format(2)},Yes,A,true,7,3,1999\n{ID.format(3)},Unknown,A,,,,\n"
    )
    library.import_([tmp_path / "A.csv"])
    told = {t.title: (t.explicit, t.popularity, t.duration, t.year) for t in library.tracks()}
    assert told == {"No": (False, 0, None, None), "Yes": (True, 7, 3, 1999), "Unknown": (None,) * 4}
    assert not any(track.placeholder for track in library.tracks())


def test_days_of_release_are_kept_as_precisely_as_they_are_told(library: Library, tmp_path: Path) -> None:
    dates = ["2016-12-09", "2017-02", "2018", "2019-02-30", "05/1999", ""]
    rows = [f"{ID.format(n)},Song {n},A,{date},2024-01-05T10:00:00Z" for n, date in enumerate(dates)]
    (tmp_path / "A.csv").write_text("\n".join(["Track URI,Track Name,Artist Name(s),Release Date,Added At", *rows, ""]))
    library.import_([tmp_path / "A.csv"])
    told = {track.title: (track.year, track.released) for track in library.tracks()}
    assert [told[f"Song {n}"] for n in range(6)] == [
        (2016, "2016-12-09"),
        (2017, "2017-02"),
        (2018, ""),
        (2019, ""),
        (1999, ""),
        (None, ""),
    ]
    library.export.playlist("A", tmp_path / "out.csv", "exportify")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["Release Date"] for row in csv.DictReader(file)] == [
            *("2016-12-09", "2017-02", "2018", "2019", "1999", "")
        ]
    library.set("Song 0", {"year": "2001"})
    assert library.track("Song 0").released == ""


def test_columns_that_were_named_say_that_a_table_is_of_songs(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/odd.csv").write_text("what,by whom,x\nSong 1,Artist 1,7\nSong 2,Artist 2,8\n")
    (tmp_path / "in/other.csv").write_text("a,b\n1,2\n")
    named = {"title": "what", "artists": "by whom"}
    (refused,) = library.import_([tmp_path / "in/odd.csv"]).refused
    assert "what, by whom, x" in refused.reason
    assert "--map title=COLUMN" in refused.remedy
    for path in (tmp_path / "in/odd.csv", tmp_path / "in"):
        report = library.import_([path], columns=named)
        assert (report.files[0].kind, report.found, report.refused) == ("songs", 2, ())
    assert {(t.title, t.artists) for t in library.tracks()} == {(f"Song {n}", (f"Artist {n}",)) for n in (1, 2)}
    (refused,) = library.import_([tmp_path / "in/other.csv"], columns=named).refused
    assert "no column" in refused.reason.lower()


def test_singers_are_artists(library: Library, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("song,singer\nSong 1,Artist 1\n")
    assert library.import_([tmp_path / "odd.csv"]).files[0].columns == {"title": "song", "artists": "singer"}


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n \r\n", "\ufeff\n".encode("utf-16-le")])
def test_an_empty_file_is_called_empty(content: bytes, library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(content)
    (refused,) = library.import_([tmp_path / "empty.csv"]).refused
    assert refused.reason == "This file is empty."


@pytest.mark.parametrize("head", ["", "sep=,\n"])
def test_rows_are_numbered_as_a_spreadsheet_numbers_them(head: str, library: Library, tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text(f'{head}id,title,artist\n{ID.format(1)},"One\nmore",A\n,,B\n,,,,\nx,y\n')
    assert [refused.row for refused in library.import_([tmp_path / "A.csv"]).refused] == [3, 5]


def test_cells_that_cannot_be_are_told_and_their_songs_kept(library: Library, tmp_path: Path) -> None:
    rows = [
        *(f"{ID.format(1)},One,A,-5,0.5,120", f"{ID.format(2)},Two,A,inf,7,120", f"{ID.format(3)},Three,A,3:20,0.5,x"),
        *(f"{ID.format(4)},Four,A,0,nan,", "spotify:track:!!0,Five,A,,,", f"{ID.format(1)},Uno,A,,,"),
    ]
    more = [f"{ID.format(n)},Song {n},A,200,0.5,120" for n in range(10, 99)]
    (tmp_path / "A.csv").write_text("\n".join(["id,title,artist,duration,energy,tempo", *rows, *more, ""]))
    report = library.import_([tmp_path / "A.csv"])
    assert (report.added, [refused.row for refused in report.refused]) == (5 + len(more), [7])
    (line,) = report.files[0].remarks
    assert line == (
        "Left out, while their songs were kept: 2 × duration that cannot be (the first in row 2), 1 × energy that cannot be "
        "(row 3), 1 × tempo that cannot be (row 4), 1 × id that Spotify has not (row 6), "
        "1 × other title for the id of an earlier row (row 7). Correct them and import again."
    )
    keys = [row.key for row in library.catalog.db.rows(sa.select(tracks.c.key))]
    assert not [key for key in keys if key.startswith("spotify:") and "!!" in key]
    (tmp_path / "A.txt").write_text("spotify:track:abcd\nArtist - Song\nArtist - Other\n")
    (refused,) = library.import_([tmp_path / "A.txt"]).refused
    assert "22 letters" in refused.reason


def test_undo_takes_all_of_it_back(library: Library, tmp_path: Path) -> None:
    library.import_([exported(tmp_path / "A.csv", range(6))])
    before = snapshot(library)
    second = library.import_([exported(tmp_path / "B.csv", range(4, 9))])
    assert library.undo(second.run)["removed"] == 3
    assert snapshot(library) == before
    assert {hit.track.title for hit in library.find("song", Query(limit=50, per_artist=None)).hits} == {
        f"Song {n}" for n in range(6)
    }
    with pytest.raises(NotFound, match="already"):
        library.undo(second.run)


def test_what_a_later_import_needs_stays_when_an_earlier_one_is_taken_back(library: Library, tmp_path: Path) -> None:
    first = library.import_([exported(tmp_path / "A.csv", range(6))])
    library.import_([exported(tmp_path / "B.csv", range(4, 9))])
    library.undo(first.run)
    assert {track.title for track in library.tracks()} == {f"Song {n}" for n in range(4, 9)}
    assert [each.name for each in library.playlists()] == ["B"]


def test_a_changed_row_updates_and_its_undo_puts_the_old_one_back(library: Library, tmp_path: Path) -> None:
    file = exported(tmp_path / "A.csv", range(6))
    library.import_([file])
    before = snapshot(library)
    report = library.import_([exported(file, range(6), album="Another")])
    assert counts(report) == (0, 6, 0, 0)
    assert {track.album for track in library.tracks()} == {"Another"}
    library.undo(report.run)
    assert snapshot(library) == before


def make_files(folder: Path, numbers: Sequence[int]) -> Path:
    for n in numbers:
        tags = {"title": f"Song {n}", "artist": f"Artist {n % 4}", "genre": "jazz"}
        sound_file(folder / f"{n}.flac", tune(2, seed=n), tags)
    return folder


def test_a_file_and_a_row_are_one_song_whichever_comes_first(tmp_path: Path) -> None:
    music, table = make_files(tmp_path / "music", range(3)), exported(tmp_path / "A.csv", range(5))
    seen = []
    for number, order in enumerate((("file", "row"), ("row", "file"))):
        with library_at(tmp_path / f"library{number}", cache=str(tmp_path / "no models")) as library:
            for step in order:
                if step == "file":
                    index(library, music)
                else:
                    library.import_([table])
            seen.append(
                sorted(
                    (t.title, t.artists, t.genres, t.album, bool(t.path), t.table_features["energy"])
                    for t in library.tracks()
                )
            )
    assert seen[0] == seen[1]
    assert len(seen[0]) == 5
    assert [row[2] for row in seen[0]] == [("jazz",)] * 3 + [("soul", "funk")] * 2


def test_the_file_keeps_its_song_when_the_import_is_taken_back(tmp_path: Path) -> None:
    music, table = make_files(tmp_path / "music", range(3)), exported(tmp_path / "A.csv", range(5))
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        index(library, music)
        before = snapshot(library)
        run = library.import_([table]).run
        assert len(library.tracks()) == 5
        library.undo(run)
        assert snapshot(library) == before
        assert index(library, music).unchanged == 3
    with library_at(tmp_path / "other", cache=str(tmp_path / "no models")) as library:
        run = library.import_([table]).run
        ids = {track.title: track.id for track in library.tracks()}
        index(library, music)
        library.undo(run)
        assert {track.title: track.id for track in library.tracks()} == {
            f"Song {n}": ids[f"Song {n}"] for n in range(3)
        }
        assert not any(track.table_features or track.album for track in library.tracks())


def test_a_retagged_file_keeps_what_its_table_says(tmp_path: Path) -> None:
    music, table = make_files(tmp_path / "music", range(1)), exported(tmp_path / "A.csv", range(1))
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        index(library, music)
        library.import_([table])
        sound_file(music / "0.flac", tune(2, seed=0), {"title": "Renamed", "artist": "Artist 0"})
        index(library, music)
        (track,) = library.tracks()
        assert (track.title, track.genres, track.album) == ("Renamed", ("soul", "funk"), "Album 0")
        assert track.table_features["tempo"] == 100


def test_a_broken_file_is_refused_whole_and_costs_no_other(library: Library, tmp_path: Path) -> None:
    exported(tmp_path / "in" / "A.csv", range(3))
    (tmp_path / "in" / "mpd.slice.0-999.json").write_text(
        '{"info": {}, "playlists": [{"name": "x", "pid": 0, "tracks": ['
    )
    report = library.import_([tmp_path / "in"])
    assert counts(report) == (3, 0, 0, 1)
    assert "mpd.slice" in report.refused[0].path
    assert [each.name for each in library.playlists()] == ["A"]


def test_a_misspelt_path_begins_no_library(library: Library, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file or folder"):
        library.import_([tmp_path / "nothing.csv"])
    assert not (tmp_path / "library").exists()


def test_entries_of_a_playlist_are_matched_and_those_that_are_not_are_corrected_by_hand(tmp_path: Path) -> None:
    from songkin.sources.corrections import write

    music = make_files(tmp_path / "music", range(4))
    lines = [
        "#EXTM3U",
        "#PLAYLIST:Drive",
        str(music / "0.flac"),
        "music/1.flac",
        "#EXTINF:2,Artist 2 - Sonng 2",
        "/elsewhere/2.mp3",
        "#EXTINF:2,Nobody - Nothing",
        "/elsewhere/9.mp3",
    ]
    (tmp_path / "drive.m3u8").write_text("\n".join(lines))
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        index(library, music)
        report = library.import_([tmp_path / "drive.m3u8"])
        assert counts(report) == (0, 0, 3, 0)
        assert report.matched == {"path": 2, "alike in name": 1}
        assert [(each.artist, each.title) for each in report.unmatched] == [("Nobody", "Nothing")]
        table = tmp_path / "by hand.csv"
        write(table, report.unmatched)
        table.write_text(table.read_text().replace("/elsewhere/9.mp3,", "/elsewhere/9.mp3,Artist 3 - Song 3"))
        corrected = library.import_([table])
        assert counts(corrected) == (0, 1, 0, 0)
        titles = [entry.track.title for entry in library.entries("Drive") if entry.track]
        assert titles == ["Song 0", "Song 1", "Song 2", "Song 3"]
        library.import_([tmp_path / "drive.m3u8"])  # what was corrected stays so
        assert len([entry for entry in library.entries("Drive") if entry.track]) == 4
        library.forget("Song 3")
        last = library.entries("Drive")[-1]
        assert (last.track, last.given["title"]) == (None, "Song 3")


def test_a_song_that_was_forgotten_comes_back_to_its_playlist_with_the_next_import(
    library: Library, tmp_path: Path
) -> None:
    file = exported(tmp_path / "A.csv", range(3))
    library.import_([file])
    library.forget("Song 1")
    assert [bool(entry.track) for entry in library.entries("A")] == [True, False, True]
    assert counts(library.import_([file])) == (1, 0, 2, 0)
    assert [entry.track.title for entry in library.entries("A") if entry.track] == ["Song 0", "Song 1", "Song 2"]


def test_a_list_that_was_corrected_by_hand_is_unchanged_when_it_is_imported_again(
    library: Library, tmp_path: Path
) -> None:
    library.import_([exported(tmp_path / "A.csv", range(3))])
    (tmp_path / "drive.m3u8").write_text("#EXTINF:-1,Nobody - Nothing\nx.mp3\n")
    library.import_([tmp_path / "drive.m3u8"])
    (tmp_path / "by hand.csv").write_text("playlist,pos,artist,title,path,song\ndrive,1,,,,Artist 1 - Song 1\n")
    by_hand = library.import_([tmp_path / "by hand.csv"])
    assert counts(by_hand) == (0, 1, 0, 0)
    again = library.import_([tmp_path / "drive.m3u8"])
    assert library.catalog.journal.last_runs()[0]["id"] == again.run
    assert (again.unmatched, again.matched) == ((), {"hand": 1})
    assert set(library.undo(again.run).values()) == {0}
    assert [entry.how for entry in library.entries("drive")] == ["hand"]
    assert library.undo(by_hand.run)["returned"] == 1
    assert [entry.track for entry in library.entries("drive")] == [None]


@pytest.mark.parametrize(
    ("line", "here"),
    [
        ("Artist 1 - Song 1", True),
        ("Artist 1 - Songg 1", True),
        ("Artist 1 - Song 2", False),
        ("Artist 1 - Song 10", False),
        ("Artist 1 - Song 1 (Live)", False),
        ("Artist 1 - Song 1 (2011 Remaster)", True),
        ("Artist 1 - Song 1, Part II", False),
    ],
)
def test_songs_of_nearly_the_same_name_are_of_one_version_and_number(
    line: str, here: bool, library: Library, tmp_path: Path
) -> None:
    library.import_([exported(tmp_path / "A.csv", [1])])
    (tmp_path / "list.txt").write_text(f"{line}\n")
    report = library.import_([tmp_path / "list.txt"])
    assert bool(report.unmatched) is not here


def test_vectors_of_a_table_are_a_space_of_their_own(library: Library, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 64)).astype(np.float32)
    vectors[7] = vectors[3] + 0.01
    with (tmp_path / "payload.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["index", "ids", "artist", "genre", "name", "subgenres", "urls", "artist_song", "photos"])
        for n in range(20):
            table.writerow([n, ID.format(n), f"Artist {n}", "jazz", f"Song {n}", "['a---b' 'c']", "", "", ""])
    np.save(tmp_path / "panns.npy", vectors)
    report = library.import_([tmp_path / "payload.csv"], vectors=str(tmp_path / "panns.npy"), space="panns")
    assert counts(report) == (20, 0, 0, 0)
    best = library.similar("Song 3", Query(limit=3)).hits[0]
    assert best.track.title == "Song 7"
    assert "panns" in best.why[-1]
    assert best.track.subgenres == ("a---b", "c")
    assert (
        counts(library.import_([tmp_path / "payload.csv"], vectors=str(tmp_path / "panns.npy"), space="panns"))[2] == 20
    )
    library.undo(report.run)
    assert library.tracks() == []


def test_fields_are_set_cleared_and_put_back(library: Library, tmp_path: Path) -> None:
    library.import_([exported(tmp_path / "A.csv", range(2))])
    library.set("Song 1", {"genres": "ambient; drone", "year": "1977"})
    assert library.set("Song 1", {}, clear=["album"]).genres == ("ambient", "drone")
    track = library.track("Song 1")
    assert (track.genres, track.year, track.album) == (("ambient", "drone"), 1977, "")
    library.import_([exported(tmp_path / "A.csv", range(2), album="Another")])
    assert library.track("Song 1").album == ""
    runs = [each["id"] for each in library.catalog.journal.last_runs() if each["command"] == "set"]
    for number in runs:
        library.undo(number)
    assert (library.track("Song 1").album, library.track("Song 1").year) == ("Another", 1999)


def test_the_command_says_what_each_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = exported(tmp_path / "Evening.csv", range(4))
    where = ["-L", str(tmp_path / "library"), "--no-pull"]
    assert run(["import", str(file), *where]) == 0
    told = capsys.readouterr()
    assert "exportify" in told.err
    assert "4 found · 4 added" in told.out
    assert run(["import", str(file), *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == 4
    assert run(["undo", "1", "-L", str(tmp_path / "library")]) == 0
    assert "4 songs" in capsys.readouterr().out
    (tmp_path / "strange.bin").write_bytes(b"\x00\x01")
    assert run(["import", str(tmp_path / "strange.bin"), *where, "--json"]) == 1
    assert "not recognised" in json.loads(capsys.readouterr().out)["refused"][0]["reason"]


def test_what_songs_of_an_analysis_were_known_by_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = sync_page(0, 3, 3)
    (tmp_path / "sync.json").write_text(json.dumps(page))
    (tmp_path / "songs.csv").write_text("artist,title\nArtist 1,Title 1\nSomeone,Else\n")
    where = ["-L", str(tmp_path / "library"), "--no-pull"]
    assert run(["import", str(tmp_path / "songs.csv"), *where]) == 0
    assert "were known" not in capsys.readouterr().err
    assert run(["import", str(tmp_path / "sync.json"), *where]) == 0
    assert "1 by artist and title, 2 that no song here is like, added" in capsys.readouterr().err


def parts_of_a_list(folder: Path) -> tuple[Path, Path]:
    """Two tables of songs that each hold a part of one playlist."""
    heading = "track_id,track_name,artist,playlist_name,playlist_id"
    for name, numbers in (("a.csv", (1, 2)), ("b.csv", (2, 3))):
        rows = [f"{ID.format(n)},Song {n},A,Mornings,{ID.format(70)}" for n in numbers]
        (folder / name).write_text("\n".join([heading, *rows]))
    return folder / "a.csv", folder / "b.csv"


def test_a_playlist_that_two_tables_hold_parts_of_has_the_songs_of_both(library: Library, tmp_path: Path) -> None:
    one, other = parts_of_a_list(tmp_path)
    library.import_([one, other])
    titles = ["Song 1", "Song 2", "Song 3"]
    assert [entry.track and entry.track.title for entry in library.entries("Mornings")] == titles
    before = snapshot(library)
    for again in (one, one, other):
        library.import_([again])
        assert [entry.track and entry.track.title for entry in library.entries("Mornings")] == titles
    assert snapshot(library) == before


def test_a_playlist_of_one_table_loses_what_a_newer_table_has_not(library: Library, tmp_path: Path) -> None:
    one, _ = parts_of_a_list(tmp_path)
    library.import_([one])
    one.write_text("\n".join(one.read_text().splitlines()[:2]))
    library.import_([one])
    assert [entry.track and entry.track.title for entry in library.entries("Mornings")] == ["Song 1"]


def test_an_id_that_spotify_has_not_is_told_so(library: Library) -> None:
    [refusal] = library.import_(["spotify:track:bad"]).refused
    assert refusal.reason.startswith("Spotify has no such id")


def test_a_folder_of_sound_files_is_told_which_command_takes_it(library: Library, tmp_path: Path) -> None:
    (tmp_path / "sound").mkdir()
    sound_file(tmp_path / "sound/a.flac", tune(1))
    assert any("songkin index" in note for note in library.import_([tmp_path / "sound"]).notes)
