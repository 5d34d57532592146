"""What is brought to a question from outside: addresses, links, tables, sound files that are not in the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kindsongs import kinds, make_kinds
from libraries import index, library_at, make_numbered
from songkin.errors import NotFound, SourceError
from songkin.library import Library
from songkin.recommending.asking import Wanted
from soundfiles import sound_file, tune
from webserver import Page, web


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kinds(tmp_path_factory.mktemp("brought"))


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights"), allow_private=True, fetch_seconds=20) as found:
        yield found


def test_a_list_on_the_web_is_gone_by(library: Library) -> None:
    with web() as served:
        served.pages["/mine.m3u"] = Page(b"#EXTM3U\n#EXTINF:1,metal artist 1 - metal 1\nx.mp3\n")
        answer = library.recommend(Wanted(playlists=(f"{served.url}/mine.m3u",)))
    assert kinds(answer).count("metal") >= 5
    assert "metal 1" not in [hit.track.title for hit in answer.hits]


def test_a_table_of_songs_is_a_list_that_is_called_as_its_file(library: Library, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("title,artist\nmetal 1,metal artist 1\nmetal 2,metal artist 2\nnowhere,nobody\n")
    answer = library.recommend(Wanted(playlists=(str(table),)))
    assert kinds(answer).count("metal") >= 5
    assert any("2 of the 3 songs of 'mine'" in note for note in answer.notes)


def test_a_link_without_access_says_what_that_service_lets_nobody_do(library: Library) -> None:
    with pytest.raises(SourceError) as caught:
        library.recommend(Wanted(playlists=("https://open.spotify.com/playlist/37i9dQZF1DX0XUsuxWHRQd",)))
    assert "Exportify" in caught.value.remedy


def test_a_misspelt_name_is_asked_back(library: Library) -> None:
    with pytest.raises(NotFound, match="no artist 'metal artst 1'") as artist:
        library.recommend(Wanted(artists=("metal artst 1",)))
    assert "Did you mean metal artist 1" in artist.value.remedy
    with pytest.raises(NotFound, match="no playlist") as playlist:
        library.recommend(Wanted(playlists=("Rany Sundy",)))
    assert "Did you mean Rainy Sunday" in playlist.value.remedy


def test_a_sound_file_that_is_not_in_the_library_is_stood_for_by_what_sounds_like_it(tmp_path: Path) -> None:
    make_numbered(tmp_path / "music", range(6))
    sound_file(tmp_path / "clip.flac", tune(4, seed=3))
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        index(library, tmp_path / "music")
        answer = library.recommend(Wanted(like=(str(tmp_path / "clip.flac"),)))
    assert answer.hits
    assert any("clip.flac is not in the library" in note for note in answer.notes)
