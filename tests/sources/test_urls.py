from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libraries import index, library_at
from songkin import config as settings
from songkin.errors import SourceError
from songkin.fetching import Rules
from songkin.library import Library
from songkin.models import track_id
from songkin.records import BadRow, Columns, Record, Song
from songkin.sources import urls
from songkin.sources.found import SoundFile, Unreadable
from songkin.sources.given import Given, Options
from soundfiles import sound_file, tune
from webserver import Page, Web, web

HERE = Rules(allow_private=True, seconds=5.0)


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with library_at(tmp_path / "library", allow_private=True, fetch_seconds=20) as opened:
        yield opened


def records(path: Path, **columns: str) -> list[Record]:
    return list(urls.read(Given(str(path)), Options(columns=columns)))


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def song(server: Web, tmp_path: Path, name: str, seed: int = 1, **page: object) -> str:
    """Serve a tune under a name, tagged with it."""
    made = sound_file(tmp_path / "made.flac", tune(2, seed=seed), {"title": f"Tune {seed}", "artist": "Anna"})
    server.pages[f"/{name}"] = Page(Path(made).read_bytes(), etag=f'"{seed}"', **page)  # type: ignore[arg-type]
    return f"{server.url}/{name}"


def test_a_text_of_addresses_gives_a_song_for_each(tmp_path: Path) -> None:
    path = written(
        tmp_path / "l.txt", "\ufeff# mine\r\n\r\nhttps://h.example/a.mp3\r\nnothing\r\nhttp://h.example/b b.ogg\r\n"
    )
    found = records(path)
    assert [(r.row, r.url, r.key) for r in found if isinstance(r, Song)] == [
        (3, "https://h.example/a.mp3", "url:https://h.example/a.mp3"),
        (5, "http://h.example/b%20b.ogg", "url:http://h.example/b%20b.ogg"),
    ]
    assert [(r.row, r.remedy != "") for r in found if isinstance(r, BadRow)] == [(4, True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_of_addresses_is_read_by_its_headings(tmp_path: Path, encoding: str, mark: str) -> None:
    lines = [
        "Title|URL|Artist|x",
        "Été|https://h.example/a.mp3|Zoé|1",
        "|",
        "B|ftp://h.example/b.mp3||",
        "C|https://h.example/c.mp3||",
    ]
    path = written(tmp_path / "l.csv", "\r\n".join(lines).replace("|", mark).encode(encoding))
    assert urls.owns(Given(str(path)))
    found = records(path)
    assert found[0] == Columns({"url": "URL", "title": "Title", "artist": "Artist"}, above=1)
    assert [(r.title, r.artists, r.url) for r in found if isinstance(r, Song)] == [
        ("Été", ("Zoé",), "https://h.example/a.mp3"),
        ("C", (), "https://h.example/c.mp3"),
    ]
    assert [r.row for r in found if isinstance(r, BadRow)] == [3]


def test_the_column_of_addresses_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "where,title\nhttps://h.example/a.mp3,A\n")
    assert not urls.owns(Given(str(path)))
    with pytest.raises(SourceError, match="no column called url") as caught:
        records(path)
    assert "--map" in caught.value.remedy
    assert [r.url for r in records(path, url="where") if isinstance(r, Song)] == ["https://h.example/a.mp3"]


def test_addresses_that_differ_only_in_a_secret_are_not_silently_one(tmp_path: Path) -> None:
    text = "https://h.example/get?key=s3cr3t\nhttps://h.example/get?key=two\nhttps://h.example/get?key=s3cr3t\n"
    found = records(written(tmp_path / "l.txt", text))
    assert [type(record) for record in found] == [Song, BadRow, Song]
    assert "s3cr3t" not in str([r for r in found if isinstance(r, Song)])


@pytest.mark.parametrize("name", ["l.csv", "l.txt"])
@pytest.mark.parametrize(
    "body",
    [b"", b"\0" * 50, b"\xff\xfe", b"url", b"url\n", b"url,title\n\0,\0\n", b'url\n"', b"url\n" + b"x" * 10_000_000,
     b"url\n" + b"http://h/" + b"x" * 10_000_000, b"url\nhttp://[::1\nhttp://h:x/\nhttp://\n", b"\x80\x81\n" * 9],
)  # fmt: skip
def test_a_broken_list_gives_bad_rows_or_one_error(tmp_path: Path, name: str, body: bytes) -> None:
    path = written(tmp_path / name, body)
    urls.owns(Given(str(path)))
    try:
        found = records(path)
    except SourceError as error:
        assert error.remedy  # noqa: PT017 - either is right
    else:
        assert all(isinstance(record, BadRow | Columns | Song) for record in found)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_a_list_of_chance_raises_nothing_but_source_errors(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    for name in ("l.txt", "l.csv"):
        path = written(tmp_path_factory.getbasetemp() / name, "url,title\n" * name.endswith("csv") + text)
        for record in records(path):
            if isinstance(record, Song):
                assert record.key == f"url:{record.url}"
                assert "@" not in record.url.partition("://")[2].partition("/")[0]


def test_what_the_servers_say_comes_in_order_and_not_being_there_is_told(server: Web, tmp_path: Path) -> None:
    links = [song(server, tmp_path, f"{n}.flac", n) for n in range(3)]
    server.pages["/down.mp3"] = Page(status=503)
    found = list(urls.walk([*links, f"{server.url}/no.mp3", f"{server.url}/down.mp3"], HERE))
    assert [item.path for item in found] == [*links, f"{server.url}/no.mp3", f"{server.url}/down.mp3"]
    assert all(isinstance(item, SoundFile) and item.root == server.url for item in found[:3])
    assert [(isinstance(item, Unreadable) and item.gone) for item in found[3:]] == [True, False]


def test_a_file_elsewhere_is_heard_once_and_no_copy_stays(library: Library, server: Web, tmp_path: Path) -> None:
    link = song(server, tmp_path, "Some Band - A Song.flac")
    assert index(library, link).added == 1
    (track,) = library.tracks()
    assert (track.path, track.source, track.title) == (link.replace(" ", "%20"), "urls", "Tune 1")
    assert track.id == track_id(f"url:{track.path}")
    assert track.duration == pytest.approx(2.0, abs=0.05)
    assert index(library, link).unchanged == 1
    assert server.gets() == ["/Some%20Band%20-%20A%20Song.flac"]
    assert not (tmp_path / "library" / "fetched").exists()
    assert library.track(link).id == track.id


def test_names_are_guessed_from_the_address_where_there_are_no_tags(
    library: Library, server: Web, tmp_path: Path
) -> None:
    made = sound_file(tmp_path / "made.wav", tune(2))
    server.pages["/Zoé - Été.wav"] = Page(Path(made).read_bytes())
    index(library, f"{server.url}/Zoé - Été.wav")
    assert [(track.artists, track.title) for track in library.tracks()] == [(("Zoé",), "Été")]


def test_a_list_is_indexed_and_only_what_changed_is_fetched_again(
    library: Library, server: Web, tmp_path: Path
) -> None:
    links = [song(server, tmp_path, f"{n}.flac", n) for n in range(3)]
    path = written(tmp_path / "list.txt", "\n".join(links))
    assert index(library, path).added == 3
    before = {track.path: track.id for track in library.tracks()}
    server.asked.clear()
    song(server, tmp_path, "1.flac", 9)
    report = index(library, path)
    assert (report.updated, report.unchanged) == (1, 2)
    assert server.gets() == ["/1.flac"]
    assert {track.path: track.id for track in library.tracks()} == before
    assert library.track(links[1]).title == "Tune 9"


def test_a_file_that_is_gone_is_missing_and_comes_back(library: Library, server: Web, tmp_path: Path) -> None:
    links = [song(server, tmp_path, f"{n}.flac", n) for n in range(2)]
    index(library, *links)
    page = server.pages.pop("/1.flac")
    report = index(library, *links)
    assert (report.found, report.unchanged, report.missing, report.refused) == (1, 1, 1, ())
    server.pages["/1.flac"] = Page(status=503)
    assert index(library, *links).missing == 0
    server.pages["/1.flac"] = page
    assert index(library, *links).unchanged == 2
    assert not any(track.missing for track in library.tracks())


def test_a_file_that_moved_to_another_address_keeps_its_id(library: Library, server: Web, tmp_path: Path) -> None:
    old = song(server, tmp_path, "old.flac")
    index(library, old)
    (before,) = library.tracks()
    server.pages["/new.flac"] = server.pages.pop("/old.flac")
    report = index(library, old, f"{server.url}/new.flac")
    (after,) = library.tracks()
    assert (after.id, after.path, report.updated) == (before.id, f"{server.url}/new.flac", 1)


def test_a_song_known_by_its_address_and_its_sound_are_one_track(library: Library, server: Web, tmp_path: Path) -> None:
    link = song(server, tmp_path, "a.flac")
    path = written(tmp_path / "list.txt", link)
    assert library.import_([str(path)]).added == 1
    (before,) = library.tracks()
    assert (before.title, before.path, before.url, before.duration) == ("a", "", link, None)
    report = index(library, path)
    (after,) = library.tracks()
    assert (report.updated, report.added) == (1, 0)
    assert (after.id, after.title, after.path, after.url) == (before.id, "Tune 1", link, link)
    assert library.import_([link]).added == 0
    assert len(library.tracks()) == 1


def test_addresses_elsewhere_stay_untouched_by_other_runs(library: Library, server: Web, tmp_path: Path) -> None:
    index(library, song(server, tmp_path, "a.flac"))
    sound_file(tmp_path / "music" / "b.flac", tune(2, seed=5))
    report = index(library, tmp_path / "music")
    assert (report.added, report.missing) == (1, 0)
    assert len(library.tracks()) == 2


def test_trouble_with_a_server_is_tried_again_and_a_bad_file_is_not(
    library: Library, server: Web, tmp_path: Path
) -> None:
    song(server, tmp_path, "a.flac")
    good = server.pages["/a.flac"]
    links = [f"{server.url}/a.flac", f"{server.url}/bad.mp3"]
    said = {"Content-Length": str(len(good.body) + 100)}
    server.pages["/a.flac"] = Page(good.body, etag='"1"', headers=said)
    server.pages["/bad.mp3"] = Page(b"no sound at all" * 100, etag='"b"')
    first = index(library, *links)
    assert [("broke off" in refusal.reason, refusal.remedy != "") for refusal in first.refused] == [
        (True, True),
        (False, True),
    ]
    server.pages["/a.flac"] = Page(good.body, etag='"1"', headers=said)
    server.asked.clear()
    index(library, *links)
    assert server.gets() == ["/a.flac"]


def test_secrets_are_fetched_with_and_stand_nowhere(library: Library, server: Web, tmp_path: Path) -> None:
    song(server, tmp_path, "a.flac")
    link = server.url.replace("://", "://anna:t0psecret@") + "/a.flac?token=s3cr3t&id=7"
    report = index(library, link)
    bad = index(library, link.replace("a.flac", "no.flac"))
    assert [track.path for track in library.tracks()] == [f"{server.url}/a.flac?id=7"]
    assert all("authorization" in headers for _, _, headers in server.asked)
    assert any("token=s3cr3t" in path for _, path, _ in server.asked)
    library.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "library").rglob("*") if path.is_file())
    told = json.dumps([repr(report), repr(bad)]).encode()
    for secret in (b"t0psecret", b"s3cr3t"):
        assert secret not in kept + told
    assert len(bad.refused) == 1


def test_an_address_on_this_machine_is_refused_unless_that_is_allowed(server: Web, tmp_path: Path) -> None:
    link = song(server, tmp_path, "a.flac")
    with library_at(tmp_path / "library") as library:
        (refusal,) = index(library, link).refused
        assert "private network" in refusal.reason
        assert "SONGKIN_ALLOW_PRIVATE" in refusal.remedy
        assert server.asked == []
    assert settings.load({}).allow_private is False


def test_a_list_without_an_address_is_no_library(library: Library, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no web address"):
        index(library, written(tmp_path / "list.csv", "url\nnothing\n"))


def test_a_worker_that_dies_while_fetching_leaves_nothing(server: Web, tmp_path: Path) -> None:
    """It is ended for being stuck: the server goes on and on, and songkin may not wait."""
    import threading

    done = threading.Event()

    def endless(connection: object) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\nETag: x\r\n\r\n" + b"x" * 5000)  # type: ignore[attr-defined]
        done.wait(30)

    song(server, tmp_path, "b.flac")
    server.pages["/a.flac"] = Page(script=endless)
    with library_at(tmp_path / "library", allow_private=True, fetch_seconds=1, file_seconds=30) as library:
        report = index(library, f"{server.url}/a.flac", f"{server.url}/b.flac")
        done.set()
        assert (report.added, len(report.refused)) == (1, 1)
    assert not (tmp_path / "library" / "fetched").exists()


def test_what_is_no_address_in_a_list_is_told_by_index_too(library: Library, server: Web, tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text(f"ftp://x.example/y.mp3\n{server.url}/none.mp3\n")
    (tmp_path / "l.csv").write_text(f"url\n{server.url}/none.mp3\nftp://x.example/y.mp3\n")
    assert urls.owns(Given(str(tmp_path / "l.txt")))
    report = index(library, tmp_path / "l.txt", tmp_path / "l.csv")
    told = {refusal.path.rpartition("/")[2]: refusal.reason for refusal in report.refused}
    for name in ("l.txt, row 1", "l.csv, row 3"):
        assert told[name] == "It cannot be taken: 'ftp://x.example/y.mp3' is no web address."
