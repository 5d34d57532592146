from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin import fetching
from songkin.errors import SourceError, Unreachable
from songkin.fetching import Facts, Rules
from webserver import Page, Web, web

HERE = Rules(allow_private=True, max_bytes=1 << 20, seconds=5.0)


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as served:
        yield served


def fetched(link: str, rules: Rules = HERE) -> tuple[bytes, Facts]:
    file = io.BytesIO()
    facts = fetching.fetch(link, file, rules)
    return file.getvalue(), facts


def refused(link: str, rules: Rules = HERE, how: Callable[[str, Rules], object] = fetched) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        how(link, rules)
    error = caught.value
    assert error.remedy
    assert "\n" not in error.message
    assert error.message.startswith(fetching.shown(link))
    return error


def answering(*parts: bytes, pause: float = 0.0) -> Page:
    def script(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return Page(script=script)


def test_a_file_is_fetched_with_what_its_server_says_of_it(server: Web) -> None:
    server.pages["/a b.flac"] = Page(b"x" * 100_000, etag='"one"', modified="Sat, 21 Nov 2026 10:00:00 GMT")
    body, facts = fetched(f"{server.url}/a b.flac")
    assert body == b"x" * 100_000
    assert facts == Facts(100_000, '"one"', "Sat, 21 Nov 2026 10:00:00 GMT", "audio/flac")
    assert fetching.ask(f"{server.url}/a%20b.flac", HERE) == facts


def test_a_server_that_does_not_know_head_is_asked_for_one_byte(server: Web) -> None:
    server.pages["/a.mp3"] = Page(b"x" * 5000, head=False, etag='"e"')
    server.pages["/empty.mp3"] = Page(b"", head=False, status=416)
    assert fetching.ask(f"{server.url}/a.mp3", HERE).size == 5000
    assert fetching.ask(f"{server.url}/empty.mp3", HERE).size == 0
    assert server.gets() == []


HOSTS = (
    "127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 localhost 0.0.0.0 10.0.0.1 172.16.3.4 192.168.1.1 169.254.169.254 "
    "100.64.0.1 224.0.0.1 240.0.0.1 255.255.255.255 192.0.2.1 [::1] [::] [fe80::1] [fc00::1] [ff02::1] "
    "[::ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:7f00:1] [2002:7f00:1::] [64:ff9b::7f00:1] [fec0::1] [2001:db8::1] "
    "[64:ff9b:1::1] [::127.0.0.1]"
)


@pytest.mark.parametrize("host", HOSTS.split())
def test_nothing_is_fetched_from_this_machine_or_a_private_network(host: str) -> None:
    error = refused(f"http://{host}:9/a.mp3", Rules(seconds=5.0))
    assert "private network" in error.message or "nobody knows" in error.message or "cannot be reached" in error.message
    if "nobody knows" not in error.message:
        assert "private network" in error.message


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_that_all_can_reach_is_open(address: str) -> None:
    assert fetching._is_open(address)


def test_a_name_is_resolved_once_and_the_address_that_was_judged_is_connected_to(
    server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that stands for an open address when it is judged and for this machine a moment later."""
    port = int(server.url.rpartition(":")[2])
    asked: list[str] = []
    connected: list[object] = []

    def resolve(host: str, wanted: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, wanted))]

    def connect(_self: socket.socket, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    refused(f"http://rebinding.example:{port}/a.mp3", Rules(seconds=5.0))
    assert asked == ["rebinding.example"]
    assert connected == [("8.8.8.8", port)]


def test_of_a_name_with_several_addresses_only_open_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[tuple[str, int]] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in ("127.0.0.1", "8.8.8.8", "10.0.0.1")]

    def connect(_self: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    refused("http://several.example/a.mp3", Rules(seconds=5.0))
    assert connected == [("8.8.8.8", 80)]


def test_each_redirect_is_judged_anew(server: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address counts as open here, as if it lay outside; where it leads to does not."""
    server.pages["/out.mp3"] = Page(status=302, headers={"Location": "http://127.0.0.2:1/in.mp3"})
    monkeypatch.setattr(fetching, "_is_open", lambda address: address == "127.0.0.1")
    error = refused(f"{server.url}/out.mp3", Rules(seconds=5.0))
    assert "private network" in error.message
    assert "127.0.0.2" not in error.message


def test_five_redirects_are_followed_and_no_more(server: Web) -> None:
    for n in range(6):
        server.pages[f"/{n}"] = Page(status=301 + n % 2, headers={"Location": f"/{n + 1}"})
    server.pages["/6"] = Page(b"here")
    assert fetched(f"{server.url}/1")[0] == b"here"
    assert "more than 5 times" in refused(f"{server.url}/0").message
    server.pages["/6"] = Page(status=302, headers={"Location": "/6"})
    assert "more than 5 times" in refused(f"{server.url}/6").message


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.org/a.mp3", "gopher://x/", "data:,x", "//", "http://"]
)
def test_a_redirect_to_anything_but_the_web_is_refused(server: Web, target: str) -> None:
    server.pages["/a.mp3"] = Page(status=302, headers={"Location": target})
    refused(f"{server.url}/a.mp3")


def test_a_file_over_the_cap_is_refused_before_it_is_fetched_or_while_it_is(server: Web) -> None:
    server.pages["/said.mp3"] = Page(b"x" * 2_000_000)
    assert "larger than 1 MB" in refused(f"{server.url}/said.mp3").message

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    server.pages["/endless.mp3"] = Page(script=endless)
    assert "larger than 1 MB" in refused(f"{server.url}/endless.mp3").message


def test_a_server_that_sends_less_than_it_said_is_found_out(server: Web) -> None:
    server.pages["/a.mp3"] = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x" * 100)
    assert "broke off after 100 of 5,000 bytes" in refused(f"{server.url}/a.mp3").message
    server.pages["/b.mp3"] = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"64\r\n" + b"x" * 50)
    assert "broke off" in refused(f"{server.url}/b.mp3").message


def test_of_a_server_that_sends_more_than_it_said_only_that_is_taken(server: Web) -> None:
    server.pages["/a.mp3"] = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"x" * 100)
    assert fetched(f"{server.url}/a.mp3")[0] == b"x" * 10


@pytest.mark.parametrize("where", ["in its body", "in its headers", "in its first line", "in a chunk's size"])
def test_a_server_that_drips_a_byte_at_a_time_is_left_in_time(server: Web, where: str) -> None:
    start = {
        "in its body": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
        "in its headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
        "in its first line": b"HTTP/1.1 200 ",
        "in a chunk's size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    }[where]
    server.pages["/a.mp3"] = answering(start, *[b"x"] * 200, pause=0.1)
    began = time.monotonic()
    error = refused(f"{server.url}/a.mp3", Rules(allow_private=True, seconds=1.0))
    assert time.monotonic() - began < 10
    assert "after 1 seconds" in error.message


def test_a_server_that_says_nothing_is_left_in_time(server: Web) -> None:
    server.pages["/a.mp3"] = answering(pause=0)
    assert "no HTTP" in refused(f"{server.url}/a.mp3").message
    done = threading.Event()
    server.pages["/b.mp3"] = Page(script=lambda _connection: (done.wait(30), None)[1])
    began = time.monotonic()
    refused(f"{server.url}/b.mp3", Rules(allow_private=True, seconds=0.5))
    assert time.monotonic() - began < 10
    done.set()


def test_tls_that_never_comes_about_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        began = time.monotonic()
        refused(f"https://127.0.0.1:{listening.getsockname()[1]}/a.mp3", Rules(allow_private=True, seconds=0.5))
        assert time.monotonic() - began < 10


def test_a_server_without_tls_and_one_that_is_not_there_are_told_in_a_line(server: Web) -> None:
    refused(server.url.replace("http:", "https:") + "/a.mp3")
    assert "connection refused" in refused("http://127.0.0.1:1/a.mp3").message
    assert "nobody knows" in refused("http://no-such-name.invalid/a.mp3").message


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://host:99999999/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 206 Partial\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\n\r\n",
        b"HTTP/1.1 429 Oh\r\n\r\n",
    ],
)
def test_an_answer_that_is_none_is_told_in_a_line(server: Web, answer: bytes) -> None:
    server.pages["/a.mp3"] = answering(answer)
    refused(f"{server.url}/a.mp3")


@pytest.mark.parametrize("size", ["-5", "1e3", "٣", "5, 5", "abc"])
def test_a_size_that_is_none_costs_nothing_but_the_size(server: Web, size: str) -> None:
    server.pages["/a.mp3"] = answering(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode(), b"abc")
    body, facts = fetched(f"{server.url}/a.mp3")
    assert (body, facts.size) == (b"abc", None)


def test_what_is_gone_is_told_from_what_cannot_be_had_now(server: Web) -> None:
    server.pages["/down.mp3"] = Page(status=503)
    server.pages["/login.mp3"] = Page(status=401)
    for how in (fetched, fetching.ask):
        assert refused(f"{server.url}/none.mp3", how=how).gone
        assert not refused(f"{server.url}/down.mp3", how=how).gone
        assert not refused(f"{server.url}/login.mp3", how=how).gone


def test_offline_nothing_is_asked(server: Web) -> None:
    server.pages["/a.mp3"] = Page(b"x")
    assert "offline" in refused(f"{server.url}/a.mp3", Rules(allow_private=True, offline=True)).message
    assert server.asked == []


def test_a_full_disk_is_not_told_as_the_servers_doing(server: Web) -> None:
    server.pages["/a.mp3"] = Page(b"x" * 100)

    class Full(io.BytesIO):
        def write(self, _block: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(SourceError, match="No space left") as caught:
        fetching.fetch(f"{server.url}/a.mp3", Full(), HERE)
    assert not isinstance(caught.value, Unreachable)


def test_a_login_goes_to_its_own_server_only_and_stands_in_no_message(server: Web) -> None:
    with web() as other:
        server.pages["/a.mp3"] = Page(status=302, headers={"Location": f"{other.url}/b.mp3"})
        other.pages["/b.mp3"] = Page(status=403)
        link = server.url.replace("://", "://anna:s%40crt@") + "/a.mp3?token=abc123&id=7&X-Amz-Signature=f00"
        message = refused(link).message
        assert server.asked[0][2]["authorization"] == "Basic YW5uYTpzQGNydA=="
        assert server.asked[0][1] == "/a.mp3?token=abc123&id=7&X-Amz-Signature=f00"
        assert "authorization" not in other.asked[0][2]
        assert f"{server.url}/a.mp3?id=7" in message
        for secret in ("anna", "s%40crt", "s@crt", "abc123", "f00"):
            assert secret not in message


def test_the_public_address_keeps_what_tells_songs_apart() -> None:
    assert fetching.public("HTTPS://u:p@Host.Example:443/A%20b.mp3?id=7&sig=x&track=9#t=3") == (
        "https://host.example/A%20b.mp3?id=7&track=9"
    )
    for name in (
        "token",
        "access_token",
        "api_key",
        "apikey",
        "key",
        "X-Amz-Credential",
        "X-Goog-Signature",
        "AWSAccessKeyId",
        "Signature",
        "Expires",
        "sig",
        "password",
        "auth",
        "client_secret",
        "Key-Pair-Id",
        "Policy",
        "X%2DAmz%2DDate",
    ):
        assert fetching.public(f"http://h/a?{name}=s3cret&v=1") == "http://h/a?v=1", name
    for name in ("id", "v", "track", "file", "list", "monkey", "name", "format", "design"):
        assert fetching.public(f"http://h/a?{name}=x") == f"http://h/a?{name}=x", name


def test_a_version_is_of_the_etag_else_of_the_date_else_of_nothing() -> None:
    assert Facts(5, '"a"', "x").version == Facts(6, '"a"').version != Facts(5, '"b"').version
    assert Facts(5, modified="Sat, 21 Nov 2026 10:00:00 GMT").version == 1_795_255_200 * 10**9
    assert Facts(5).version == Facts(5, modified="never").version == 0
    assert Facts().version != 0
    assert 0 <= Facts(5, '"a"').version < 1 << 63


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_text_of_chance_is_more_than_refused(host: str, path: str) -> None:
    for link in (f"http://{host}/{path}", f"https://{quote(host)}:1/{path}", host):
        assert "\n" not in fetching.shown(link)
        with pytest.raises(Unreachable):
            fetching.ask(link, Rules(offline=True))
        with suppress(Unreachable):
            fetching._parsed(link, link)
