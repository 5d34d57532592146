from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from songkin.sources import exportify, headings, songs
from songkin.sources.given import Given, Options, expand
from tablefiles import (
    FIELDS_B,
    NUMBERS,
    SHARED,
    UNDEFINED_A,
    A,
    B,
    C,
    Told,
    given,
    refusal,
    row_a,
    row_b,
    row_c,
    spotify,
    told,
)

REAL = SHARED / "no_licence_stated/exportify"


def test_dialect_a_tells_every_field_of_its_songs(tmp_path: Path) -> None:
    found = told(exportify, given(tmp_path / "Road_Trip.csv", f"\ufeff{A}\n{row_a(1)}\n"))
    [listing] = found.lists
    assert (listing.name, listing.key, listing.whole) == ("Road Trip", "exportify:Road_Trip", True)
    [entry] = listing.entries
    song = entry.song
    assert (song.key, song.title, song.album) == (f"spotify:track:{spotify(1)}", "Song 1", "La La Land")
    assert song.artists == ("Emma Stone", "Callie Hernandez")
    assert song.genres == ("musicals", "show tunes")
    assert (song.year, song.duration, song.popularity, song.explicit) == (2016, 259.613, 63.0, False)
    assert song.label == "UMGRI Interscope"
    assert len(song.features) == 12
    assert (song.features["loudness"], song.features["instrumentalness"]) == (-9.165, 8.98e-06)
    assert (entry.added_by, entry.added_at) == ("user1", 1736375213.0)
    assert found.columns[0].mapping["artists"] == "Artist Name(s)"
    assert found.bad == []


def test_a_removed_track_is_reported_and_costs_no_other(tmp_path: Path) -> None:
    found = told(exportify, given(tmp_path / "a.csv", f"{A}\n{row_a(1)}\n{UNDEFINED_A}\n{row_a(2)}\n"))
    assert [entry.song.title for entry in found.entries] == ["Song 1", "Song 2"]
    assert [(bad.row, "removed" in bad.reason) for bad in found.bad] == [(2, True)]


def test_a_row_without_its_features_at_the_end_is_kept_and_one_that_misses_more_is_not(tmp_path: Path) -> None:
    short = row_a(1).removesuffix("," + NUMBERS)
    shorter = short.rpartition(",")[0]
    found = told(exportify, given(tmp_path / "a.csv", f"{A}\n{short}\n{shorter}\n{row_a(3)}\n"))
    assert [entry.song.title for entry in found.entries] == ["Song 1", "Song 3"]
    assert found.entries[0].song.features == {}
    assert [(bad.row, bad.reason) for bad in found.bad] == [(2, "has 11 cells under 24 headings")]


def test_a_file_that_is_cut_off_in_a_number_does_not_pass_it_for_one(tmp_path: Path) -> None:
    found = told(exportify, given(tmp_path / "a.csv", f"{A}\n{row_a(1)}\n{row_a(2)[:-9]}"))
    assert [entry.song.title for entry in found.entries] == ["Song 1"]
    assert [(bad.row, "cut off" in bad.reason) for bad in found.bad] == [(2, True)]


def test_features_of_a_failed_analysis_are_unknown(tmp_path: Path) -> None:
    failed = row_a(1).removesuffix(NUMBERS) + "0,0.2,3,-12,1,0,0.4,0.5,0.6,0,0,0"
    [entry] = told(exportify, given(tmp_path / "a.csv", f"{A}\n{failed}\n")).entries
    assert entry.song.features == {}


@pytest.mark.parametrize(("written", "year"), [("2016-12-09", 2016), ("1999-07", 1999), ("1971", 1971), ("", None)])
def test_release_dates_have_three_precisions(tmp_path: Path, written: str, year: int | None) -> None:
    [entry] = told(exportify, given(tmp_path / "a.csv", f"{A}\n{row_a(1).replace('2016-12-09', written)}\n")).entries
    assert entry.song.year == year


def test_dialect_b_divides_artists_where_commas_are_not_escaped(tmp_path: Path) -> None:
    lines = [B, row_b(1, ["Earth, Wind & Fire", "The Emotions"]), row_b(2, ["Tyler, The Creator"], escaped=False)]
    first, second = told(exportify, given(tmp_path / "b.csv", "\n".join(lines) + "\n")).entries
    assert first.song.artists == ("Earth, Wind & Fire", "The Emotions")
    assert second.song.artists == ("Tyler, The Creator",)
    assert first.song.isrc == "UK4UP1300002"
    assert (first.song.track_no, first.song.disc_no, first.song.explicit) == (1, 1, True)
    assert first.added_by == "me"


@pytest.mark.parametrize("language", sorted(headings._TRANSLATED))
def test_dialect_b_is_known_in_every_language(tmp_path: Path, language: str) -> None:
    names = headings._TRANSLATED[language].split("|")
    head = [*names[:17], *names[18:20], names[23], *names[24:36], *names[20:23]]
    options = ["rock,indie", *NUMBERS.split(","), "album rock", "Fat Cat", "C 2017"]
    line = ",".join(f'"{name}"' for name in head)
    found = told(exportify, given(tmp_path / "b.csv", f"{line}\n{row_b(1, ['X', 'Y'], options)}\n"))
    [entry] = found.entries
    song = entry.song
    assert (song.title, song.artists, song.album, song.year) == ("Song 1", ("X", "Y"), "Album", 2017)
    assert (song.genres, song.label, len(song.features)) == (("rock", "indie"), "Fat Cat", 12)
    assert (song.duration, entry.added_by, entry.added_at) == (198.093, "me", 1595150679.0)


def test_dialect_b_in_an_unknown_language_is_known_by_its_values(tmp_path: Path) -> None:
    head = ",".join(f'"zz{i}"' for i in range(19 + 13))
    found = told(exportify, given(tmp_path / "b.csv", f"{head}\n{row_b(1, ['X'], ['rock', *NUMBERS.split(',')])}\n"))
    assert list(found.columns[0].mapping) == [name for name in FIELDS_B.split() if name != "-"] + [
        *("genres", "danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness"),
        *("instrumentalness", "liveness", "valence", "tempo", "time_signature"),
    ]
    [entry] = found.entries
    assert (entry.song.title, entry.song.genres, entry.song.features["tempo"]) == ("Song 1", ("rock",), 127.948)


def test_dialect_c_divides_artists_by_the_count_of_their_ids(tmp_path: Path) -> None:
    lines = [
        C,
        row_c(1),
        row_c(2, "Tyler, The Creator", 1),
        row_c(3, "Earth, Wind & Fire,Chicago", 2),
        row_c(4, "A,B,C", 2),
    ]
    found = told(exportify, given(tmp_path / "c.csv", "\n".join(lines) + "\n"))
    assert [entry.song.artists for entry in found.entries] == [
        ("Artist A", "Artist B"),
        ("Tyler, The Creator",),
        ("Earth, Wind & Fire", "Chicago"),
        ("A,B,C",),
    ]
    assert found.entries[0].song.key == f"spotify:track:{spotify(1)}"
    assert found.entries[0].song.genres == ("rock", "indie")


def test_episodes_are_reported_and_own_files_are_named_by_their_uri(tmp_path: Path) -> None:
    episode = row_a(1).replace("spotify:track:", "spotify:episode:")
    own = row_a(2, "").replace(f"spotify:track:{spotify(2)},Song 2", "spotify:local:The+Band:Disc:Own%20Song:200,")
    found = told(exportify, given(tmp_path / "a.csv", f"{A}\n{episode}\n{own}\n"))
    assert [(bad.row, "podcast" in bad.reason) for bad in found.bad] == [(1, True)]
    assert (found.entries[0].song.title, found.entries[0].song.artists) == ("Own Song", ("The Band",))


@pytest.mark.parametrize("name", ["My_Liked_Songs.csv", "liked.csv", "Liked Songs (1).csv"])
def test_liked_songs_are_one_playlist_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    [listing] = told(exportify, given(tmp_path / name, f"{A}\n{row_a(1)}\n")).lists
    assert (listing.name, listing.key) == ("Liked Songs", "exportify:liked")


def test_an_empty_playlist_is_a_playlist(tmp_path: Path) -> None:
    found = told(exportify, given(tmp_path / "Nothing.csv", f"{A}\n"))
    assert [(one.name, one.entries) for one in found.lists] == [("Nothing", ())]


def test_poor_relatives_have_songs_without_ids(tmp_path: Path) -> None:
    found = told(exportify, given(tmp_path / "r.csv", "Title,Artists,Album\nOne,A;B,Disc\n,,\n"))
    assert [(entry.song.title, entry.song.artists, entry.song.key) for entry in found.entries] == [
        ("One", ("A", "B"), "")
    ]


def test_every_file_in_a_zip_is_a_playlist(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "spotify_playlists.zip", "w") as archive:
        archive.writestr("Ünder_the_🌊.csv", f"{A}\n{row_a(1)}\n")
        archive.writestr("Maire’s_songs.csv", f"{A}\n{row_a(1)}\n{row_a(2)}\n")
    files = [one for one in expand([str(tmp_path / "spotify_playlists.zip")]) if isinstance(one, Given)]
    lists = [listing for one in files for listing in told(exportify, one).lists]
    assert [(one.name, len(one.entries)) for one in lists] == [("Maire’s songs", 2), ("Ünder the 🌊", 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end_tells_the_same(tmp_path: Path, encoding: str, ends: str) -> None:
    text = f"{A}\n{row_a(1, 'Sigur Rós')}\n{row_a(2, 'Björk')}\n".replace("\n", ends)
    found = told(exportify, given(tmp_path / "a.csv", text, encoding))
    assert [entry.song.artists for entry in found.entries] == [("Sigur Rós",), ("Björk",)]


def test_a_long_playlist_comes_in_parts_with_one_key(tmp_path: Path) -> None:
    lines = "\n".join(row_a(i) for i in range(5001))
    found = told(exportify, given(tmp_path / "long.csv", f"{A}\n{lines}\n"))
    assert [(len(one.entries), one.whole, one.key) for one in found.lists] == [
        (5000, False, "exportify:long"),
        (1, False, "exportify:long"),
    ]
    assert [entry.song.row for entry in found.entries] == list(range(1, 5002))


def test_a_table_without_titles_is_refused_when_it_is_to_be_read_as_a_playlist(tmp_path: Path) -> None:
    assert "titles" in refusal(exportify, given(tmp_path / "a.csv", "a,b\n1,2\n")).message


def test_a_mapped_column_is_used_instead(tmp_path: Path) -> None:
    what = given(tmp_path / "a.csv", f"{A.replace('Track Name', 'Working Title')}\n{row_a(1)}\n")
    found = Told(list(exportify.read(what, Options(columns={"title": "Working Title"}))))
    assert found.entries[0].song.title == "Song 1"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real exports are not here")
def test_the_real_exports_give_1378_songs_and_one_removed() -> None:
    paths = [path for path in REAL.glob("*.csv") if "renamed" not in path.name]
    assert len(paths) == 54
    found = [told(exportify, Given(str(path))) for path in paths]
    assert not any(songs.owns(Given(str(path))) and not exportify.owns(Given(str(path))) for path in paths)
    entries = [entry for one in found for entry in one.entries]
    bad = [bad for one in found for bad in one.bad]
    assert (len(entries), len(bad)) == (1378, 1)
    assert "removed" in bad[0].reason
    assert sum(len(entry.song.artists) > 1 for entry in entries) >= 219
    assert sum(not entry.song.features for entry in entries) == 1  # the one whose analysis failed
    assert all(len(entry.song.features) in {0, 12} for entry in entries)
    assert sum(not entry.song.genres for entry in entries) == 407 - 1  # the removed one has none either
    assert all(entry.song.title and entry.song.artists and entry.added_at for entry in entries)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real exports are not here")
def test_the_renamed_export_and_the_list_of_albums_are_liked_songs() -> None:
    renamed = told(exportify, Given(str(REAL / "spotisearch_My_Liked_Songs_renamed_columns.csv")))
    assert (renamed.lists[0].name, len(renamed.entries)) == ("Liked Songs", 524)
    assert sum(len(entry.song.artists) > 1 for entry in renamed.entries) == 114
    albums = told(exportify, Given(str(REAL.parent / "albums/spotisearch_myalbums.csv.gz")))
    assert (len(albums.entries), len(albums.bad)) == (1919, 4)  # and one row of nothing
    assert len({(entry.song.album) for entry in albums.entries}) > 1500
    assert all(not entry.song.key and entry.song.album for entry in albums.entries)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_the_real_rows_of_2021_are_read() -> None:
    path = SHARED / "exportify/exportify_watsonbox_2021_columns.csv"
    found = told(exportify, Given(str(path)))
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [entry.song.title for entry in found.entries] == [row["Track Name"] for row in rows]
    assert [entry.song.key for entry in found.entries] == [row["Track URI"] for row in rows]
