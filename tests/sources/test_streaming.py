from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libraries import library_at
from songkin.errors import SourceError
from songkin.records import BadRow, Listing, Record, Song
from songkin.sources import streaming
from songkin.sources.given import Given, Options
from songkin.sources.streaming import Link, parse
from webserver import Page, Web, web

ID = "39ncDMVidHOeQgeC5anYZM"
SPOTIFY = "https://open.spotify.com"


@pytest.mark.parametrize(
    ("text", "service", "kind", "found"),
    [
        (f"spotify:track:{ID}", "spotify", "track", ID),
        (f"spotify:user:anna:playlist:{ID}", "spotify", "playlist", ID),
        (f"{SPOTIFY}/track/{ID}?si=abc", "spotify", "track", ID),
        (f"{SPOTIFY}/intl-de/album/{ID}", "spotify", "album", ID),
        (f"{SPOTIFY}/intl-pt-br/artist/{ID}/discography", "spotify", "artist", ID),
        (f"{SPOTIFY}/embed/playlist/{ID}#x", "spotify", "playlist", ID),
        (f"http://open.spotify.com/user/anna/playlist/{ID}", "spotify", "playlist", ID),
        (f"HTTPS://Play.Spotify.com/episode/{ID}", "spotify", "episode", ID),
        ("https://spotify.link/AbC123", "spotify", "short", "AbC123"),
        ("https://music.apple.com/us/album/some-name/1440857781?i=1440857782", "apple", "track", "1440857782"),
        ("https://music.apple.com/de/album/1440857781", "apple", "album", "1440857781"),
        ("https://music.apple.com/us/song/name/1440857782", "apple", "track", "1440857782"),
        ("https://music.apple.com/gb/playlist/p/pl.u-8aAVZAzFokdo", "apple", "playlist", "pl.u-8aAVZAzFokdo"),
        ("https://itunes.apple.com/us/artist/x/id1234", "apple", "artist", "1234"),
        ("https://www.deezer.com/en/track/3135556", "deezer", "track", "3135556"),
        ("https://deezer.com/playlist/908622995", "deezer", "playlist", "908622995"),
        ("https://link.deezer.com/s/30abc", "deezer", "short", "s/30abc"),
        ("https://tidal.com/browse/track/77646169?u", "tidal", "track", "77646169"),
        ("https://listen.tidal.com/album/1/track/2", "tidal", "track", "2"),
        ("https://tidal.com/playlist/0a1b2c3d-1111-2222-3333-444455556666", "tidal", "playlist", "0a1b2c3d-1111-2222-3333-444455556666"),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLx12", "youtube", "video", "dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ?t=3", "youtube", "video", "dQw4w9WgXcQ"),
        ("https://music.youtube.com/playlist?list=OLAK5uy_abc-1", "youtube", "playlist", "OLAK5uy_abc-1"),
        ("https://m.youtube.com/shorts/dQw4w9WgXcQ", "youtube", "video", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/@someone/videos", "youtube", "channel", "@someone"),
        ("https://www.youtube.com/channel/UCabc", "youtube", "channel", "UCabc"),
    ],
)  # fmt: skip
def test_a_link_is_taken_apart(text: str, service: str, kind: str, found: str) -> None:
    assert parse(text) == Link(service, kind, found)
    assert streaming.owns(Given(text))
    assert parse(f"  {text}\n") == Link(service, kind, found)


@pytest.mark.parametrize(
    "text",
    [
        "", "spotify:track:short", f"spotify:nothing:{ID}", f"{SPOTIFY}/track/{ID}x", f"{SPOTIFY}/", f"ftp://open.spotify.com/track/{ID}",
        f"https://open.spotify.com.evil.example/track/{ID}", f"https://evil.example/{SPOTIFY}/track/{ID}", "https://[::1", "http://",
        f"https://evil.example@notspotify.com/track/{ID}", "https://youtube.com/watch?v=short", "https://deezer.com/track/abc",
        "https://spotify.link/", "https://example.org/a.mp3",
    ],
)  # fmt: skip
def test_what_is_no_link_of_a_service_is_none(text: str) -> None:
    assert parse(text) is None
    assert not streaming.owns(Given(text))


@given(
    st.one_of(st.text(), st.from_regex(r"https?://(open\.spotify|music\.apple|www\.deezer|tidal|youtube)\.com/.{0,40}"))
)
def test_parsing_never_raises(text: str) -> None:
    found = parse(text)
    assert found is None or (found.id and found.key.count(":") >= 2)


@pytest.mark.parametrize(
    ("link", "says"),
    [
        (f"{SPOTIFY}/playlist/{ID}", "Premium"),
        (f"{SPOTIFY}/artist/{ID}", "no song, album or playlist"),
        ("https://spotify.link/abc", "shortened"),
        ("https://tidal.com/track/5", "Tidal"),
        ("https://music.apple.com/us/album/x/5", "Apple Music"),
        ("https://youtu.be/dQw4w9WgXcQ", "YouTube"),
    ],
)
def test_without_access_one_line_says_what_is_closed_and_what_to_do(link: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        list(streaming.read(Given(link), Options()))
    assert caught.value.remedy
    assert "\n" not in caught.value.message + caught.value.remedy
    if "Premium" in says:
        assert "Exportify" in caught.value.remedy


def item(n: int, **more: object) -> dict[str, Any]:
    """A song as Spotify's API tells it."""
    return {
        "uri": f"spotify:track:{n:022}",
        "name": f"Song {n}",
        "artists": [{"name": "Zoé"}, {"name": "Bo, Inc."}],
        "album": {"name": "Été", "release_date": "1999-05", "artists": [{"name": "Zoé"}], "images": [{"url": "https://i.example/1"}]},
        "duration_ms": 215_000, "track_number": n, "disc_number": 1, "explicit": True, "popularity": 63,
        "external_ids": {"isrc": "usrc17607839"}, **more,
    }  # fmt: skip


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server that speaks the few routes of Spotify's API, and access to it."""
    pytest.importorskip("spotipy", reason="links are read with spotipy")
    with web() as served:
        monkeypatch.setattr(streaming, "API", f"{served.url}/v1/")
        monkeypatch.setattr(streaming, "TOKENS", f"{served.url}/api/token")
        monkeypatch.setenv("SPOTIPY_CLIENT_ID", "my-id")
        monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "my-s3cret")
        say(served, "/api/token", {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600})
        yield served


def say(served: Web, path: str, answer: object, status: int = 200) -> None:
    served.pages[path] = Page(json.dumps(answer).encode(), kind="application/json", status=status)


def records(kind: str) -> list[Record]:
    return list(streaming.read(Given(f"{SPOTIFY}/intl-fr/{kind}/{ID}?si=x"), Options()))


def refused(kind: str = "playlist") -> SourceError:
    with pytest.raises(SourceError) as caught:
        records(kind)
    assert caught.value.remedy
    for secret in ("my-s3cret", "t0ken", "\n"):
        assert secret not in caught.value.message
    return caught.value


def test_a_song_is_read_with_access(api: Web) -> None:
    say(api, f"/v1/tracks/{ID}", item(7))
    (song,) = records("track")
    assert song == Song(
        row=1, key=f"spotify:track:{7:022}", title="Song 7", artists=("Zoé", "Bo, Inc."), album="Été", album_artist="Zoé",
        track_no=7, disc_no=1, year=1999, released="1999-05", duration=215.0, isrc="USRC17607839", url=f"{SPOTIFY}/track/{7:022}",
        image="https://i.example/1", explicit=True, popularity=63.0,
    )  # fmt: skip
    assert api.asked[-1][2]["authorization"] == "Bearer t0ken"


def test_an_album_is_read_page_by_page(api: Web) -> None:
    pages = {"items": [item(1, album=None)], "next": f"{api.url}/v1/more"}
    say(
        api,
        f"/v1/albums/{ID}",
        {"name": "Album", "artists": [{"name": "Zoé"}], "release_date": "2001", "tracks": pages},
    )
    say(api, "/v1/more", {"items": [item(2, album=None)], "next": "https://evil.example/steal"})
    found = [record for record in records("album") if isinstance(record, Song)]
    assert [(song.title, song.album, song.year) for song in found] == [
        ("Song 1", "Album", 2001),
        ("Song 2", "Album", 2001),
    ]


def test_a_playlist_is_read_with_its_order_and_its_gaps(api: Web) -> None:
    say(
        api,
        f"/v1/playlists/{ID}",
        {"name": "Mine", "owner": {"id": "anna"}, "collaborative": False, "description": "x"},
    )
    items = [
        {"added_at": "2025-01-08T22:26:53Z", "added_by": {"id": "bo"}, "item": item(1)},
        {"track": item(2)},
        {"item": None},
        {"item": item(3, name="")},
        {"item": item(4, uri="spotify:local:a:b:c:1")},
    ]
    say(api, f"/v1/playlists/{ID}/items", {"items": items, "next": None})
    found = records("playlist")
    (listing,) = (record for record in found if isinstance(record, Listing))
    assert (listing.key, listing.name, listing.owner, listing.description) == (
        f"spotify:playlist:{ID}",
        "Mine",
        "anna",
        "x",
    )
    assert [entry.song.title for entry in listing.entries] == ["Song 1", "Song 2", "Song 4"]
    assert (listing.entries[0].added_at, listing.entries[0].added_by) == (1736375213.0, "bo")
    assert listing.entries[2].song.key == ""
    assert [(record.row, record.remedy != "") for record in found if isinstance(record, BadRow)] == [
        (3, True),
        (4, True),
    ]


def test_pages_that_go_in_a_circle_end(api: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_MOST", 50)
    say(api, f"/v1/playlists/{ID}", {"name": "Mine"})
    say(api, f"/v1/playlists/{ID}/items", {"items": [{"item": item(1)}], "next": f"{api.url}/v1/playlists/{ID}/items"})
    (listing,) = (record for record in records("playlist") if isinstance(record, Listing))
    assert len(listing.entries) == 50


@pytest.mark.parametrize(
    ("status", "says"), [(401, "own"), (403, "owner"), (404, "no such"), (429, "too often"), (500, "now")]
)
def test_what_spotify_refuses_is_told_in_a_line(
    api: Web, status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(api, f"/v1/playlists/{ID}", {"error": {"status": status, "message": "secret my-s3cret"}}, status)
    api.pages[f"/v1/playlists/{ID}"].headers = {"Retry-After": "86400"}
    assert says in refused().message
    assert capsys.readouterr() == ("", "")


def test_wrong_access_and_nonsense_are_told_in_a_line(api: Web) -> None:
    answers: tuple[object, ...] = ([], {"tracks": 5}, {"name": "x", "tracks": {"items": [5]}}, "text", None)
    for answer in answers:
        say(api, f"/v1/albums/{ID}", answer)
        refused("album")
    api.pages[f"/v1/albums/{ID}"] = Page(b"<html>")
    refused("album")
    say(api, "/api/token", {"error": "invalid_client"}, 400)
    assert "does not know this access" in refused().message
    del api.pages["/api/token"]
    refused()


def test_a_service_that_is_not_there_is_told_in_a_line(api: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "TOKENS", "http://127.0.0.1:1/token")
    assert "cannot be reached" in refused().message
    monkeypatch.setenv("SONGKIN_OFFLINE", "1")
    assert "offline" in refused().message


def test_a_link_is_imported_and_the_secret_stands_nowhere(
    api: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    say(api, f"/v1/playlists/{ID}", {"name": "Mine"})
    say(api, f"/v1/playlists/{ID}/items", {"items": [{"item": item(1)}, {"item": item(2)}], "next": None})
    with library_at(tmp_path / "library") as library:
        report = library.import_([f"{SPOTIFY}/playlist/{ID}?si=tr4cker"])
        assert (report.added, report.playlists, report.refused) == (2, 1, ())
        assert library.import_([f"spotify:playlist:{ID}"]).added == 0
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (b"my-s3cret", b"t0ken"):
        assert secret not in kept
