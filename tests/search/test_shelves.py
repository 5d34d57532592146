"""Albums of reviews and the songs of one's own records."""

from __future__ import annotations

from pathlib import Path

import pytest

from libraries import library_at
from songkin.shelves import plain_album


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("OK Computer", "OK Computer (Collector's Edition)"),
        ("Ágætis byrjun", "Agaetis Byrjun - A Special Edition"),
        ("Blue", "Blue [2021 Remaster]"),
        ("Pet Sounds", "Pet Sounds (Mono & Stereo Version)"),
        ("Kid A", "KID A: Deluxe"),
        ("Come On Over", "Come On, Over! (Deluxe Edition)"),
    ],
)
def test_editions_accents_and_punctuation_make_no_other_album(one: str, other: str) -> None:
    assert plain_album(one) == plain_album(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Blue", "Blue Train"), ("Greatest Hits", "Greatest Hits II"), ("IV", "V"), ("1989", "1989 (Taylor's Night)")],
)
def test_other_titles_are_other_albums(one: str, other: str) -> None:
    assert plain_album(one) != plain_album(other)


def test_reviews_meet_the_songs_of_their_albums_and_same_titles_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "songs.csv").write_text(
        "title,artist,album\n"
        "All I Want,Joni Mitchell,Blue (2021 Remaster)\nCarey,Joni Mitchell,Blue\n"
        "Song 2,Blur,Blur\nLonely Dance,Blue,Blue\n"
    )
    (tmp_path / "albums.csv").write_text(
        "artist,title,year_released,rating,review,genre,query,album_id\n"
        "Joni Mitchell,Blue,1971,9.5,bare and clear,Folk,winter heartbreak,1\n"
        "The Jayhawks,Blue,1995,7,ringing guitars,Rock,,2\n"
    )
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        library.import_([tmp_path / "songs.csv", tmp_path / "albums.csv"])
        found = {album.artists[0]: album for album in library.albums()}
        titles = {track.id: track.title for track in library.tracks()}
    assert {titles[i] for i in found["Joni Mitchell"].tracks} == {"All I Want", "Carey"}
    assert found["The Jayhawks"].tracks == ()
