from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from pathlib import Path

import pytest

from songkin.records import FEATURES
from songkin.sources import bundle, exportify, songs
from songkin.sources.given import Given
from tablefiles import SHARED, given, refusal, spotify, told

REAL = SHARED / "no_licence_stated/songs"
here = pytest.mark.skipif(not REAL.is_dir(), reason="the real tables are not here")

VALUES = {
    "danceability": 0.5,
    "energy": 0.6,
    "loudness": -5.25,
    "speechiness": 0.04,
    "acousticness": 3.59e-06,
    "instrumentalness": 0.0,
    "liveness": 0.1,
    "valence": 0.4,
    "tempo": 120.5,
    "key": 6.0,
    "mode": 1.0,
    "time_signature": 4.0,
}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_columns_may_stand_in_any_order(tmp_path: Path, seed: int, delimiter: str) -> None:
    row = {"Track_ID": spotify(1), "trackName": "A;B, C", "Artists": "X", **{k.title(): v for k, v in VALUES.items()}}
    names = random.Random(seed).sample(list(row), len(row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerow(row)
    [song] = told(songs, given(tmp_path / "t.csv", out.getvalue())).songs
    assert (song.key, song.title, song.artists) == (f"spotify:track:{spotify(1)}", "A;B, C", ("X",))
    assert song.features == VALUES
    assert set(song.features) == set(FEATURES)


def test_rows_of_one_id_are_one_song_in_several_playlists(tmp_path: Path) -> None:
    text = (
        "track_id,track_name,artist,playlist_name,playlist_id,playlist_genre,playlist_subgenre\n"
        f"{spotify(1)},One,A,Mornings,{spotify(70)},pop,mainstream\n"
        f"{spotify(2)},Two,B,Mornings,{spotify(70)},pop,mainstream\n"
        f"spotify:track:{spotify(3)},Three,C,Nights,,pop,mainstream\n"
        f"{spotify(1)},One,A,Nights,,gaming,global\n"
    )
    found = told(songs, given(tmp_path / "t.csv", text))
    assert [(song.title, song.genres, song.subgenres) for song in found.songs] == [
        ("One", ("pop", "gaming"), ("mainstream", "global")),
        ("Two", ("pop",), ("mainstream",)),
        ("Three", ("pop",), ("mainstream",)),
    ]
    mornings, nights = found.lists
    assert (mornings.name, mornings.key) == ("Mornings", f"spotify:playlist:{spotify(70)}")
    assert [entry.song.title for entry in mornings.entries] == ["One", "Two"]
    assert [entry.song.key for entry in nights.entries] == [f"spotify:track:{spotify(i)}" for i in (3, 1)]
    assert found.bad == []


def test_a_repeated_id_without_playlists_is_reported(tmp_path: Path) -> None:
    found = told(songs, given(tmp_path / "t.csv", f"id,title,artist\n{spotify(1)},A,B\n{spotify(1)},A,B\n"))
    assert len(found.songs) == 1
    assert [(bad.row, "earlier row" in bad.reason) for bad in found.bad] == [(2, True)]


def test_numbers_that_are_none_are_unknown(tmp_path: Path) -> None:
    text = "id,title,artist,energy,tempo,loudness,valence,key,mode,danceability,popularity,duration_ms\n"
    text += f'{spotify(1)},A,B,NaN,inf,-inf,"0,5",-1,Major,1e999,1e400,-5\n'
    text += "".join(f"{spotify(i)},A,B,0.5,100,-5,0.5,3,1,0.5,50,200000\n" for i in range(2, 99))
    song = told(songs, given(tmp_path / "t.csv", text)).songs[0]
    assert song.features == {"valence": 0.5, "mode": 1.0}
    assert (song.popularity, song.duration) == (None, None)


def test_a_column_on_another_scale_is_not_taken_for_the_feature(tmp_path: Path) -> None:
    text = "title,artist,valence,energy\n" + "".join(f"T{i},A,{i / 10 - 2},{i / 100}\n" for i in range(40))
    found = told(songs, given(tmp_path / "t.csv", text))
    assert all(set(song.features) == {"energy"} for song in found.songs)
    assert "valence" not in found.columns[0].mapping
    assert any("valence" in line for line in found.remarks)


def test_percentages_notes_and_modes_are_understood(tmp_path: Path) -> None:
    text = "track_name,artist(s)_name,bpm,key,mode,danceability_%,released_year\nA,B,125,C#,Minor,80,2023\nC,D,92,,Major,71,2019\n"
    first, second = told(songs, given(tmp_path / "t.csv", text)).songs
    assert first.features == {"tempo": 125.0, "key": 1.0, "mode": 0.0, "danceability": 0.8}
    assert second.features == {"tempo": 92.0, "mode": 1.0, "danceability": 0.71}
    assert first.year == 2023


@pytest.mark.parametrize(
    ("heading", "cell", "seconds"),
    [
        ("duration_ms", "200000", 200.0),
        ("duration_ms", "9000", 9.0),
        ("duration", "200.5", 200.5),
        ("duration", "200000", 200.0),
        ("length", "3:45", 225.0),
        ("length", "1:02:03", 3723.0),
        ("Duration (ms)", "", None),
    ],
)
def test_durations_are_in_seconds(tmp_path: Path, heading: str, cell: str, seconds: float | None) -> None:
    [song] = told(songs, given(tmp_path / "t.csv", f"title,artist,{heading}\nA,B,{cell}\n")).songs
    assert song.duration == seconds


def test_an_id_that_only_the_table_knows_is_a_key_of_this_table_alone(tmp_path: Path) -> None:
    text = "id,title,artist\n17,A,B\n"
    keys = {told(songs, given(tmp_path / name, text)).songs[0].key for name in ("a.csv", "b.csv")}
    assert len(keys) == 2
    assert all(key.startswith("table-") and key.endswith(":17") for key in keys)
    assert len({key.partition(":")[0] for key in keys}) == 2


def test_ids_that_all_know_are_told_as_what_they_are(tmp_path: Path) -> None:
    ids = {
        "a" * 64: "hash",
        "0a1b2c3d-0000-4000-8000-1234567890ab": "musicbrainz_id",
        "GBAYE0601477": "isrc",
        "music/Some  Band/x.mp3": "path",
        f"https://open.spotify.com/track/{spotify(1)}?si=1": "key",
    }
    text = "id,title,artist\n" + "".join(f"{one},A,B\n" for one in ids)
    for song, (raw, name) in zip(told(songs, given(tmp_path / "t.csv", text)).songs, ids.items(), strict=True):
        assert getattr(song, name) == (f"spotify:track:{spotify(1)}" if name == "key" else raw)
        assert bool(song.key) == (name == "key")


def test_a_song_without_a_title_is_marked_as_having_a_made_up_one(tmp_path: Path) -> None:
    found = told(songs, given(tmp_path / "t.csv", f"id,artist,title\n{spotify(1)},A,\n,A,\n,B,Song\n"))
    assert [(song.title, song.placeholder) for song in found.songs] == [("t 1", True), ("Song", False)]
    assert [bad.row for bad in found.bad] == [2]


@pytest.mark.parametrize("name", ["data_by_artist.csv.gz", "data_by_genres.csv.gz", "data_by_year.csv.gz"])
@here
def test_features_of_artists_genres_and_years_are_refused_with_a_remedy(name: str) -> None:
    what = Given(str(REAL / name))
    assert songs.owns(what)
    error = refusal(songs, what)
    assert ("table of artists" in error.message) == ("artist" in name)
    assert "--map title=" in error.remedy


@pytest.mark.parametrize(
    ("name", "rows", "ids"),
    [("spotisearch_high_popularity", 1686, 1437), ("spotisearch_low_popularity", 3145, 3101)],
)
@here
def test_the_real_tables_give_their_songs_and_playlists(name: str, rows: int, ids: int) -> None:
    found = told(songs, Given(str(REAL / f"{name}_spotify_data.csv.gz")))
    assert (len(found.songs), len(found.entries), found.bad) == (ids, rows, [])
    assert Counter(len(song.features) for song in found.songs) == ({12: ids} if ids == 1437 else {12: ids - 1, 0: 1})
    assert all(song.title and song.artists and song.duration for song in found.songs if song.features)
    assert not any("Tyler" in song.artists for song in found.songs)
    proven = [song.artists for song in found.songs if len(song.artists) > 1]
    assert len(proven) > 150
    if ids == 1437:
        assert ("Lady Gaga", "Bruno Mars") in proven


@here
def test_the_real_table_with_reviews_keeps_keys_written_as_floats() -> None:
    found = told(songs, Given(str(REAL / "spotisearch_spotify_songs_reviewed_only.csv.gz")))
    assert (len(found.songs), len(found.entries)) == (606, 931)
    assert {song.features["key"] for song in found.songs} == set(map(float, range(12)))
    assert all(len(song.comment) <= 2000 and song.comment for song in found.songs)


@here
def test_the_albums_tables_are_not_taken_for_songs() -> None:
    for path in (REAL.parent / "albums").glob("*.csv.gz"):
        what = Given(str(path))
        assert not bundle.owns(what), path.name
        assert songs.owns(what) == exportify.owns(what) == (path.name == "spotisearch_myalbums.csv.gz"), path.name


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_all_songs_of_ludwig_are_read_as_they_were_counted() -> None:
    path = SHARED / "songs/ludwig_payload.csv.gz"
    what = Given(str(path))
    assert not bundle.owns(what)
    found = told(songs, what)
    assert found.bad == []
    assert len(found.songs) == len({song.key for song in found.songs}) == 11_294
    assert len({song.artists for song in found.songs}) == 4_488 - 1  # one also stands there with a blank before it
    assert Counter(song.genres for song in found.songs) == {
        ("rock",): 3471,
        ("electronic",): 2140,
        ("latin",): 1115,
        ("hip hop",): 1061,
        ("classical",): 864,
        ("jazz",): 710,
        ("funk / soul",): 673,
        ("pop",): 659,
        ("blues",): 601,
    }
    assert sum(len(song.subgenres) > 1 for song in found.songs) == 3_252
    assert {len(song.subgenres) for song in found.songs} == set(range(1, 8))
    kinds = {kind for song in found.songs for kind in song.subgenres}
    assert len(kinds) == 53
    assert all("---" in kind or kind == "reggae" for kind in kinds)
    assert sum("/reggae/" in song.url and song.genres == ("latin",) for song in found.songs) == 136
    assert sum("funk _ soul" in song.url for song in found.songs) == 673
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [song.key for song in found.songs] == [f"spotify:track:{row['ids']}" for row in rows]
    assert sum("\n" in row["subgenres"] for row in rows) == 426
    assert len({row["artist"] for row in rows}) == 4_488
    assert len({row["name"] for row in rows}) == 10_823
    assert [song.title for song in found.songs] == [" ".join(row["name"].split()) for row in rows]
    whole = [(s.artists, r["artist"]) for s, r in zip(found.songs, rows, strict=True) if len(s.artists) == 1]
    assert len(whole) == 11_294 - 8
    assert all(artists == (" ".join(raw.split()),) for artists, raw in whole)
    assert ("Earth, Wind & Fire",) in {song.artists for song in found.songs}


def test_cells_that_are_left_out_are_told_and_those_that_say_unknown_are_not(tmp_path: Path) -> None:
    text = "id,title,artist,url,key,mode,energy,tempo\n"
    text += f"{spotify(1)},A,X,ftp://h/a.mp3,C#m,0,0.5,120\n{spotify(2)},B,X,http://h/b.mp3,-1,-1,0.5,120\n"
    text += f"{spotify(3)},C,X,,F# minor,0,7,120\n{spotify(4)},D,X,,H sharp,0,0.5,120\n"
    found = told(songs, given(tmp_path / "t.csv", text))
    assert [song.features.get("key") for song in found.songs] == [1.0, None, 6.0, None]
    assert [song.url for song in found.songs] == ["", "http://h/b.mp3", "", ""]
    [line] = [remark for remark in found.remarks if "Left out" in remark]
    assert "address that is none (row 2)" in line
    assert "key that cannot be (row 5)" in line
    assert "mode" not in line


def test_an_episode_is_no_song(tmp_path: Path) -> None:
    text = f"id,title,artist\nspotify:episode:{spotify(1)},Talk,Somebody\n{spotify(2)},B,X\n"
    found = told(songs, given(tmp_path / "t.csv", text))
    assert [song.title for song in found.songs] == ["B"]
    assert [(bad.row, "is no song" in bad.reason) for bad in found.bad] == [(1, True)]
