"""What may come in over HTTP, and what goes out with every answer."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from libraries import library_at
from served import API, client, songs
from songkin.cli import run
from songkin.web.security import is_loopback
from webserver import Page, web


@pytest.mark.parametrize("address", [f"{API}/find?q=a", "/healthz", f"{API}/nowhere", "/media/tracks/x/audio"])
def test_every_answer_has_the_headers(browser: TestClient, address: str) -> None:
    headers = browser.get(address).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]
    assert headers["x-request-id"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[", "", "10.0.0.1"]
)
def test_other_names_are_not_answered(browser: TestClient, host: str) -> None:
    assert browser.get("/healthz", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:8710", "127.0.0.1:1", "[::1]:8710", "LOCALHOST"])
def test_this_machine_is_answered_by_its_names(browser: TestClient, host: str) -> None:
    assert browser.get("/healthz", headers={"host": host}).status_code == 200


def test_a_further_name_is_answered_where_it_is_set(home: Path) -> None:
    with client(home, serve_hosts="music.example") as browser:
        assert browser.get("/healthz", headers={"host": "music.example"}).status_code == 200
        assert browser.get("/healthz", headers={"host": "other.example"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "ftp://localhost"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_sites_change_nothing(browser: TestClient, headers: dict[str, str]) -> None:
    song = songs(browser)["Winter"]
    assert browser.post(f"{API}/tracks/{song}/vote", json={"vote": "hate"}, headers=headers).status_code == 403
    assert browser.get(f"{API}/votes").json()["votes"] == []
    assert browser.get("/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"origin": "http://localhost"}, {"sec-fetch-site": "same-origin"}])
def test_our_page_and_programs_change_things(browser: TestClient, headers: dict[str, str]) -> None:
    song = songs(browser)["Winter"]
    assert browser.post(f"{API}/tracks/{song}/vote", json={"vote": "love"}, headers=headers).status_code == 200


def test_another_site_may_ask_where_it_is_set(home: Path) -> None:
    with client(home, serve_origins="https://friend.example") as browser:
        friend = {"origin": "https://friend.example"}
        assert (
            browser.get("/healthz", headers=friend).headers["access-control-allow-origin"] == "https://friend.example"
        )
        assert (
            "access-control-allow-origin"
            not in browser.get("/healthz", headers={"origin": "https://x.example"}).headers
        )
        song = songs(browser)["Winter"]
        voted = browser.post(
            f"{API}/tracks/{song}/vote", json={"vote": "love"}, headers={**friend, "sec-fetch-site": "cross-site"}
        )
        assert voted.status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_serve_refuses_to_let_others_in(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--host", host, "--port", "0"]) == 1
    told = capsys.readouterr().err
    assert "this machine only" in told
    assert len(told.strip().splitlines()) == 1


def test_addresses_of_this_machine_are_known() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.3.2.1", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "8.8.8.8", "example.org", "")))


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:{port}/a.m3u8", "http://localhost:{port}/a.m3u8", "http://[::1]:{port}/a.m3u8"]
)
def test_nothing_is_fetched_from_private_addresses(home: Path, link: str) -> None:
    with web() as inner, client(home, offline=False) as browser:
        inner.pages["/a.m3u8"] = Page(b"#EXTM3U\n", "audio/x-mpegurl")
        port = inner.url.rpartition(":")[2]
        begun = browser.post(f"{API}/imports/links", json={"links": [link.format(port=port)]})
        if begun.status_code == 202:
            while not (job := browser.get(begun.headers["location"]).json())["ended"]:
                pass
            assert job["state"] == "failed" or job["result"]["refused"], job
        assert inner.asked == []


def test_a_song_at_a_private_address_is_not_fetched_to_be_played(home: Path) -> None:
    with web() as inner:
        with library_at(home / "library") as library:
            song = library.tracks(limit=1)[0].id
            library.catalog.moved(song, f"{inner.url}/a.flac", 1, 1)
        with client(home, offline=False) as browser:
            assert browser.get(f"/media/tracks/{song}/audio").status_code == 502
        assert inner.asked == []


def test_a_name_in_a_header_is_only_a_name(browser: TestClient) -> None:
    ids = songs(browser)
    hostile = next(i for title, i in ids.items() if "script" in title)
    answer = browser.get(f"/media/tracks/{hostile}/audio?download=1")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "\n" not in answer.headers["content-disposition"]
    assert "<" not in answer.headers["content-disposition"]


def test_problems_say_what_to_do(browser: TestClient) -> None:
    for address, status in (
        (f"{API}/tracks/{'0' * 8}-0000-0000-0000-{'0' * 12}", 404),
        (f"{API}/find?limit=0", 422),
        ("/nowhere", 404),
    ):
        answer = browser.get(address)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["status"] == status
        assert told["detail"]


def test_what_nobody_foresaw_tells_nothing_of_the_inside(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("songkin.library.Library.stats", broken)
    answer = browser.get(f"{API}/stats")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret inside" in caplog.text


def test_a_busy_library_says_when_to_come_again(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from songkin.errors import LibraryBusy

    def busy(*_: object) -> None:
        raise LibraryBusy("It is busy.", remedy="Wait.")

    monkeypatch.setattr("songkin.library.Library.stats", busy)
    answer = browser.get(f"{API}/stats")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["remedy"]) == (503, "2", "Wait.")


def test_requests_are_named_in_the_log(browser: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "songkin.web"):
        answer = browser.get("/healthz", headers={"x-request-id": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"
        other = browser.get("/healthz", headers={"x-request-id": "a b\tc"}).headers["x-request-id"]
    assert other != "a b\tc"
    assert f"{other} GET /healthz 200" in caplog.text
    assert "mine-1 GET /healthz 200" in caplog.text


def test_numbers_are_told_by_route_and_not_by_address(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    browser.get(f"{API}/tracks/{song}")
    browser.get(f"{API}/find?q=x")
    browser.get(f"{API}/find?q=x")
    numbers = browser.get("/metrics").text
    assert 'route="/api/v1/tracks/{song}"' in numbers
    assert song not in numbers
    assert 'songkin_requests_total{method="GET",route="/api/v1/find",status="200"} 2.0' in numbers
    assert "songkin_songs 8.0" in numbers


def test_it_is_ready_when_it_can_answer(browser: TestClient) -> None:
    assert browser.get("/readyz").json() == {"ok": True, "songs": 8}
    assert browser.get("/healthz").json() == {"ok": True}
