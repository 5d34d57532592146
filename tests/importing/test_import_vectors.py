"""A file of vectors that was named is read with its table, or refused in one line; never dropped."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libraries import counts, library_at
from songkin.errors import SourceError
from songkin.library import Library
from tablefiles import npy_beside, spotify

ALBUMS = "artist,title,year_released,rating,review,genre\nA,B,1999,7,warm,Folk\nC,D,1998,6,cold,Rock\n"


@pytest.fixture
def library(tmp_path: Path) -> Any:
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        yield made


def table(path: Path, count: int, headings: str = "id,title,artist") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{headings}\n" + "".join(f"{spotify(n)},Song {n},Artist {n}\n" for n in range(count)))
    return path


def spaces(library: Library) -> set[str]:
    return {name for track in library.tracks() for name in library.catalog.vectors.origins(track.id)}


def test_a_table_takes_the_vectors_that_were_named_whatever_lies_beside_it(library: Library, tmp_path: Path) -> None:
    songs = table(tmp_path / "in/songs.csv", 6)
    for name, count in (("a", 6), ("b", 6), ("c", 5)):
        npy_beside(tmp_path / f"in/{name}.npy", count, 4)
    report = library.import_([songs], vectors=str(tmp_path / "in/b.npy"), space="mine")
    assert (report.files[0].kind, counts(report)) == ("bundle", (6, 0, 0, 0))
    assert spaces(library) == {"own:mine"}


def test_a_table_of_unknown_headings_takes_them_too(library: Library, tmp_path: Path) -> None:
    songs = table(tmp_path / "in/songs.csv", 6, "x,y,z")
    npy_beside(tmp_path / "v.npy", 6, 4)
    report = library.import_([songs], vectors=str(tmp_path / "v.npy"))
    assert (report.added, spaces(library)) == (6, {"own:v"})


def test_a_folder_takes_them_with_its_table_and_all_else_as_it_is(library: Library, tmp_path: Path) -> None:
    table(tmp_path / "in/songs.csv", 6)
    (tmp_path / "in/list.m3u").write_text("#EXTINF:1,Artist 1 - Song 1\nx.mp3\n")
    npy_beside(tmp_path / "in/v.npy", 6, 4)
    report = library.import_([tmp_path / "in"], vectors=str(tmp_path / "in/v.npy"))
    assert not report.refused
    assert sorted(file.kind for file in report.files) == ["bundle", "m3u"]


@pytest.mark.parametrize("kind", ["", "albums"])
def test_albums_take_no_vectors_and_say_so(kind: str, library: Library, tmp_path: Path) -> None:
    (tmp_path / "albums.csv").write_text(ALBUMS)
    npy_beside(tmp_path / "v.npy", 2, 4)
    report = library.import_([tmp_path / "albums.csv"], kind=kind, vectors=str(tmp_path / "v.npy"))
    assert (report.albums, len(report.refused)) == (0, 1)
    assert "albums, which takes no vectors" in report.refused[0].reason
    assert "--as bundle" in report.refused[0].remedy


def test_lists_take_no_vectors_and_say_so(library: Library, tmp_path: Path) -> None:
    (tmp_path / "list.m3u").write_text("#EXTINF:1,Artist 1 - Song 1\nx.mp3\n")
    npy_beside(tmp_path / "v.npy", 1, 4)
    (refused,) = library.import_([tmp_path / "list.m3u"], vectors=str(tmp_path / "v.npy")).refused
    assert "takes no vectors" in refused.reason


def test_vectors_that_no_file_of_a_folder_took_are_told(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/list.m3u").write_text("#EXTINF:1,Artist 1 - Song 1\nx.mp3\n")
    npy_beside(tmp_path / "v.npy", 1, 4)
    (refused,) = library.import_([tmp_path / "in"], vectors=str(tmp_path / "v.npy")).refused
    assert "No table" in refused.reason


def test_vectors_of_another_count_refuse_their_table(library: Library, tmp_path: Path) -> None:
    npy_beside(tmp_path / "v.npy", 5, 4)
    report = library.import_([table(tmp_path / "in/songs.csv", 6)], vectors=str(tmp_path / "v.npy"))
    assert "6 rows" in report.refused[0].reason
    assert library.tracks() == []


def test_a_list_of_a_service_says_that_its_playlist_was_left_out(library: Library, tmp_path: Path) -> None:
    songs = tmp_path / "Evening.csv"
    songs.write_text(f"Track URI,Track Name,Artist Name(s),Added At\n{spotify(1)},Song,Artist,2024-01-05T10:00:00Z\n")
    npy_beside(tmp_path / "v.npy", 1, 4)
    report = library.import_([songs], vectors=str(tmp_path / "v.npy"))
    assert (report.playlists, report.added) == (0, 1)
    assert any("playlist was left out" in line for line in report.files[0].remarks)


@pytest.mark.parametrize("wrong", ["missing", "table", "pickle", "three", "short", "folder"])
def test_vectors_that_cannot_be_read_are_refused_before_anything_begins(
    wrong: str, library: Library, tmp_path: Path
) -> None:
    songs, vectors = table(tmp_path / "in/songs.csv", 6), tmp_path / "v.npy"
    if wrong == "table":
        vectors.write_text("1,2\n3,4\n")
    elif wrong == "pickle":
        vectors.write_bytes(pickle.dumps([1, 2]))
    elif wrong == "three":
        np.save(vectors, np.ones((6, 2, 2), np.float32))
    elif wrong == "short":
        npy_beside(vectors, 6, 4)
        vectors.write_bytes(vectors.read_bytes()[:-4])
    elif wrong == "folder":
        vectors.mkdir()
    with pytest.raises(SourceError) as caught:
        library.import_([songs], vectors=str(vectors))
    assert caught.value.remedy
    assert "Errno" not in caught.value.message
    assert not (tmp_path / "library").exists()
