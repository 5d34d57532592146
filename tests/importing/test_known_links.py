"""Links of streaming services that name what the library has: nothing is asked of any service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from libraries import counts, library_at
from songkin.cli import run
from songkin.errors import NotFound
from songkin.library import Library

ID, LIST = "4uLU6hMCjMI75M1A2tKUQC", "37i9dQZF1DX0XUsuxWHRQd"
LINK = f"https://open.spotify.com/intl-de/track/{ID}?si=1"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "songs.csv").write_text(
        f"track_id,track_name,artists,energy\nspotify:track:{ID},Bar,Foo,.5\nspotify:track:{ID[::-1]},Far,Boo,.7\n"
    )
    with library_at(tmp_path / "library") as made:
        made.import_([str(tmp_path / "songs.csv")], kind="songs")
        yield made


@pytest.mark.parametrize("link", [LINK, f"spotify:track:{ID}", f"spotify:track:{ID}?si=x"])
def test_a_link_of_a_song_that_is_here_is_that_song(library: Library, link: str) -> None:
    report = library.import_([link])
    assert counts(report) == (0, 0, 1, 0)
    assert report.files[0].remarks == ("It is here already: Foo - Bar.",)
    assert library.show(link).track.title == "Bar"
    assert [hit.track.title for hit in library.similar(link).hits] == ["Far"]


def test_a_song_that_came_without_an_id_is_known_by_the_link_of_one_that_came_later(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "names.csv").write_text("track_name,artists,energy\nZed,Qux,.3\n")
    (tmp_path / "ids.csv").write_text(f"track_id,track_name,artists\nspotify:track:{'A' * 22},Zed,Qux\n")
    library.import_([str(tmp_path / "names.csv")], kind="songs")
    library.import_([str(tmp_path / "ids.csv")], kind="songs")
    assert library.show(f"https://open.spotify.com/track/{'A' * 22}").track.id == library.track("Qux - Zed").id


def test_a_link_of_a_song_that_is_not_here_says_so_with_a_remedy_that_fits(library: Library) -> None:
    link = "https://open.spotify.com/track/" + "B" * 22
    report = library.import_([link])
    assert counts(report) == (0, 0, 0, 1)
    assert "Put it into a playlist of yours" in report.refused[0].remedy
    for ask in (library.show, library.similar):
        with pytest.raises(NotFound, match="No song of the library is known by this link"):
            ask(link)
    with pytest.raises(NotFound, match="no song, but a playlist"):
        library.show(f"spotify:playlist:{LIST}")


def test_a_link_of_a_playlist_that_is_here_is_unchanged(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = f"https://open.spotify.com/playlist/{LIST}"
    assert len(library.import_([link]).refused) == 1
    (tmp_path / "list.csv").write_text(
        f"track_id,track_name,artists,playlist_id,playlist_name\nspotify:track:{ID},Bar,Foo,{LIST},Mine\n"
    )
    library.import_([str(tmp_path / "list.csv")], kind="songs")
    report = library.import_([link])
    assert (report.playlists, counts(report)) == (1, (0, 0, 1, 0))
    library.close()
    assert run(["import", link, "-L", str(tmp_path / "library")]) == 0
    assert "It is here already: Mine." in capsys.readouterr().err
