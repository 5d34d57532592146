"""Web addresses that are imported: songs stay where they are, lists and tables are fetched and read, pages are refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libraries import counts, library_at
from songkin.library import Library
from webserver import Page, Web, web

M3U = (
    b"#EXTM3U\n#PLAYLIST:Far away\n#EXTINF:9,Foo - Bar\nsub/a b.mp3\n#EXTINF:9,Boo - Far\nhttp://other.example/b.mp3\n"
)


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with library_at(tmp_path / "library", allow_private=True, fetch_seconds=20) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/lists/fire.m3u", "audio/x-mpegurl"), ("/lists/fire.m3u", "text/plain"), ("/play", "audio/x-mpegurl")],
)
def test_a_list_on_the_web_is_read_as_a_list_and_its_places_are_addresses(
    library: Library, server: Web, path: str, kind: str
) -> None:
    server.pages[path] = Page(M3U, kind=kind)
    first = library.import_([f"{server.url}{path}?token=secret"])
    assert (first.refused, first.files[0].kind, first.playlists) == ((), "m3u", 1)
    (playlist,) = library.playlists()
    assert playlist.name == "Far away"
    base = f"{server.url}{path}".rpartition("/")[0]
    given = [entry.given.get("path") for entry in library.entries(playlist.id)]
    assert given == [f"{base}/sub/a%20b.mp3", "http://other.example/b.mp3"]
    assert counts(library.import_([f"{server.url}{path}?token=other"])) == (0, 0, 0, 0)
    assert len(library.playlists()) == 1  # the same list again
    assert "secret" not in library.catalog.db.file.read_bytes().decode("latin-1")


def test_a_table_and_a_zip_of_tables_on_the_web_are_read(library: Library, server: Web) -> None:
    server.pages["/songs"] = Page(b"artist,title,energy\nFoo,Bar,.5\n", kind="text/csv")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("more.csv", "artist,title,energy\nBoo,Far,.7\n")
    server.pages["/all.zip"] = Page(packed.getvalue(), kind="application/zip")
    report = library.import_([f"{server.url}/songs", f"{server.url}/all.zip"])
    assert counts(report) == (2, 0, 0, 0)
    assert [file.name for file in report.files] == [f"{server.url}/songs", f"{server.url}/all.zip › more.csv"]


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "image/png"])
def test_a_page_is_refused_with_a_remedy(library: Library, server: Web, kind: str) -> None:
    server.pages["/x/y"] = Page(b"<html>", kind=kind)
    report = library.import_([f"{server.url}/x/y"])
    assert counts(report) == (0, 0, 0, 1)
    assert "no sound, list or table" in report.refused[0].reason
    assert "songkin fetch" in report.refused[0].remedy


def test_sound_is_a_song_and_is_not_fetched(library: Library, server: Web) -> None:
    server.pages["/stream"] = Page(b"x", kind="audio/mpeg")
    report = library.import_([f"{server.url}/stream", f"{server.url}/never-asked.mp3"])
    assert counts(report) == (2, 0, 0, 0)
    assert server.gets() == []


def test_an_address_that_nobody_answers_at_and_one_that_is_private_are_refused(
    tmp_path: Path, server: Web, library: Library
) -> None:
    assert "not there" in library.import_([f"{server.url}/gone.m3u"]).refused[0].reason
    with library_at(tmp_path / "closed") as closed:
        report = closed.import_([f"{server.url}/list.m3u", f"{server.url}/page"])
        assert counts(report) == (0, 0, 0, 2)
        assert all("SONGKIN_ALLOW_PRIVATE" in refusal.remedy for refusal in report.refused)
    assert [path for _, path, _ in server.asked] == ["/gone.m3u"]


def test_a_list_among_addresses_is_told_from_songs(library: Library, tmp_path: Path) -> None:
    (tmp_path / "links.txt").write_text("https://h.example/a.mp3\nhttps://h.example/list.m3u?x=1\n")
    report = library.import_([str(tmp_path / "links.txt")])
    assert counts(report) == (1, 0, 0, 1)
    assert "address of a list" in report.refused[0].reason
