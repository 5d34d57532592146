from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from given_files import given, shared, told
from hypothesis import given as given_by_chance
from hypothesis import strategies as st

from songkin.errors import SourceError
from songkin.records import Album, BadRow, Columns, Record, Remark
from songkin.sources import albums
from songkin.sources.given import Given, Options, expand

HEAD = "artist,title,year_released,rating,review,genre,query,album_id"
ROW = 'Some Band,Some Title,2019,7.4,"warm, hazy ü",Experimental / Electronic,dreamy ambient pop,43'


def only(found: list[Record]) -> list[Album]:
    return [one for one in found if isinstance(one, Album)]


def bad(found: list[Record]) -> list[BadRow]:
    return [one for one in found if isinstance(one, BadRow)]


def test_an_album_keeps_its_review_and_its_question_apart(tmp_path: Path) -> None:
    columns, album = told(albums, given(tmp_path / "albums_in_both.csv", f"{HEAD}\n{ROW}\n"))
    assert isinstance(columns, Columns)
    assert columns.mapping["query"] == "query"
    assert album == Album(
        row=1,
        title="Some Title",
        artists=("Some Band",),
        key="albumid:43",
        year=2019,
        genres=("Experimental", "Electronic"),
        rating=7.4,
        review="warm, hazy ü",
        query="dreamy ambient pop",
    )


def test_two_and_two_point_nought_are_one_rating(tmp_path: Path) -> None:
    ratings = [
        only(told(albums, given(tmp_path / f"{name}.csv", f"artist,title,rating\nA,B,{name}\n")))[0].rating
        for name in ("2", "2.0")
    ]
    assert ratings == [2.0, 2.0]


def test_two_albums_of_one_title_stay_apart(tmp_path: Path) -> None:
    found = only(told(albums, given(tmp_path / "a.csv", "title;artist;score\nHits;A;5\nHits;B;6\n")))
    assert [(one.title, one.artists) for one in found] == [("Hits", ("A",)), ("Hits", ("B",))]


def test_of_a_merged_table_the_columns_of_other_albums_are_left_alone(tmp_path: Path) -> None:
    head = f"{HEAD},my_track,my_album,my_artist,artist_orig,title_orig,review_orig,query_orig"
    (columns, album) = told(albums, given(tmp_path / "m.csv", f"{head}\n{ROW},T,Other,X,Y,Other,bad,worse\n"))
    assert isinstance(columns, Columns)
    assert {"my_album", "review_orig", "query_orig"} <= set(columns.ignored)
    assert isinstance(album, Album)
    assert (album.title, album.review, album.query) == ("Some Title", "warm, hazy ü", "dreamy ambient pop")


REVIEWS = (
    '"","reviewid","title","artist","score","pub_year","year"\n"1",7,"first","a & b",8.1,2017,2016\n'
    '"2",7,"first","a & b",8.1,2017,1996\n"3",8,"second","c",9,2017,\n"4",7,"first","a & b",8.1,2017,1990\n'
)
GENRES = '"","reviewid","genre"\n"1",7,"rock"\n"2",7,"pop/r&b"\n"3",9,"jazz"\n'
LABELS = '"","reviewid","label"\n"1",8,"sub pop"\n"2",8,"warp"\n'


def test_reviews_genres_and_labels_are_joined_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    files = {"reviews.csv": REVIEWS, "genres.csv": GENRES, "labels.csv": LABELS}
    folder = tmp_path / "folder"
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for name, content in files.items():
            given(folder / name, content)
            archive.writestr(name, content)
    for asked in (folder, tmp_path / "p.zip"):
        found: list[Record] = []
        for file in expand([str(asked)]):
            assert isinstance(file, Given)
            found += told(albums, file)
        first, second = only(found)
        assert (first.genres, first.label, first.year) == (("rock", "pop/r&b"), "", 1996)
        assert (second.genres, second.label, second.rating, second.year) == ((), "sub pop / warp", 9, None)
        assert [one.row for one in bad(found)] == [4]
        assert sum(isinstance(one, Remark) for one in found) == 2


def test_genres_without_their_reviews_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not beside it") as caught:
        told(albums, given(tmp_path / "genres.csv", GENRES))
    assert "folder" in caught.value.remedy


def test_rows_without_a_name_are_told(tmp_path: Path) -> None:
    found = told(albums, given(tmp_path / "a.csv", "artist,title,rating\n,B,1\nA,,2\nA,B,nan\nA,B\n"))
    assert [one.row for one in bad(found)] == [1, 2, 4]
    assert only(found)[0].rating is None


def test_columns_can_be_named_and_wrong_names_are_told(tmp_path: Path) -> None:
    file = given(tmp_path / "a.csv", "artist,title,rating,Wann\nA,B,1,1999\n")
    found = only(list(albums.read(file, Options(columns={"year": "Wann"}))))
    assert found[0].year == 1999
    for wrong in ({"year": "When"}, {"tempo": "Wann"}):
        with pytest.raises(SourceError, match=r"a\.csv"):
            list(albums.read(file, Options(columns=wrong)))


@pytest.mark.parametrize("content", ["", "title,artist\nA,B\n", "track_name,artist,title,rating\n", "a,b,c\n1,2,3\n"])
def test_other_tables_are_not_ours(tmp_path: Path, content: str) -> None:
    assert not albums.owns(given(tmp_path / "a.csv", content))


def test_the_real_albums_are_read() -> None:
    both = only(told(albums, Given(str(shared("no_licence_stated", "albums", "spotisearch_albums_in_both.csv.gz")))))
    again = only(
        told(albums, Given(str(shared("no_licence_stated", "albums", "spotisearch_embeddings_metadata.csv.gz"))))
    )
    merged = only(told(albums, Given(str(shared("no_licence_stated", "albums", "spotisearch_matched_output.csv.gz")))))
    assert (len(both), len(again), len(merged)) == (432, 432, 434)
    assert [(one.key, one.rating) for one in both] == [(one.key, one.rating) for one in again]
    assert sum(not one.genres for one in both) == 10
    assert len({(one.title, one.artists) for one in [*both, *merged] if one.query and one.review}) == 852


def test_the_real_reviews_are_joined() -> None:
    found = told(albums, Given(str(shared("no_licence_stated", "albums", "pitchfork_reviews_no_text.csv.gz"))))
    assert len(only(found)) + 4 >= 18_385
    assert len(bad(found)) < 20
    first = only(found)[0]
    assert (first.title, first.artists, first.genres, first.label) == (
        "mezzanine",
        ("massive attack",),
        ("electronic",),
        "virgin",
    )


@given_by_chance(
    st.lists(st.lists(st.text(max_size=8) | st.sampled_from(["7", "nan", '"', "A / B"]), max_size=9), max_size=6)
)
def test_no_row_is_too_odd_to_be_read(tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("odd") / "a.csv"
    text = "\n".join(",".join(row) for row in table)
    path.write_bytes(f"{HEAD}\n{text}\n{ROW}\n".encode("utf-8", "replace"))
    found = list(albums.read(Given(str(path)), Options()))
    rows = sorted(one.row for one in found if isinstance(one, Album | BadRow))
    assert len(rows) == len(set(rows))
    assert all(one.title and one.artists and one.title.isprintable() for one in only(found))
