"""What only a server needs: a connection, a key that is never told, answers that are no answers."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import numpy as np
import pytest
from qdrant_client import QdrantClient, models

from songkin.errors import SpaceMismatch, StoreError
from songkin.store.server import ServerStore, connect, erase
from songkin.store.vectors import Ask, Layout, Space, VectorStore
from vectorpoints import LAYOUT, some_points

KEY = "very-secret-key-4711"
SMALL = Layout("small", (Space("sound", 8),), {"genre": "keyword"})
ONES = np.ones(8, dtype=np.float32)
Handler = Callable[[httpx.Request], httpx.Response]


def client_of(handler: Handler) -> QdrantClient:
    transport = httpx.MockTransport(handler)
    return QdrantClient(url="https://qdrant.example", api_key=KEY, transport=transport, check_compatibility=False)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def hello() -> Iterator[HTTPServer]:
    """A server that says what Qdrant says at ``/`` and nothing more."""

    class Hello(BaseHTTPRequestHandler):
        version = "1.19.0"

        def do_GET(self) -> None:
            body = json.dumps({"title": "qdrant - vector search engine", "version": self.version}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hello)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_it_is_a_vector_store() -> None:
    store: VectorStore = ServerStore(QdrantClient(":memory:"), LAYOUT)
    with store as opened:
        assert opened.count() == 0
        opened.flush()
        opened.optimize()


def test_collections_of_two_names_do_not_mix() -> None:
    client = QdrantClient(":memory:")
    one = ServerStore(client, SMALL)
    two = ServerStore(client, Layout("other_small", SMALL.spaces, SMALL.fields))
    point = next(p for p in some_points(9) if "sound" in p.dense)
    one.write([type(point)(point.id, {"sound": point.dense["sound"]}, {}, {})])
    assert (one.count(), two.count()) == (1, 0)
    erase(client, SMALL)
    assert ServerStore(client, SMALL).count() == 0


def test_a_collection_with_one_nameless_vector_is_not_ours() -> None:
    client = QdrantClient(":memory:")
    client.create_collection("small", vectors_config=models.VectorParams(size=8, distance=models.Distance.COSINE))
    with pytest.raises(SpaceMismatch, match="not songkin's"):
        ServerStore(client, SMALL)


def test_a_collection_that_vanished_is_a_store_error_with_a_remedy() -> None:
    client = QdrantClient(":memory:")
    store = ServerStore(client, SMALL)
    client.delete_collection("small")
    with pytest.raises(StoreError) as caught:
        store.count()
    assert caught.value.remedy


# The connection -------------------------------------------------------------------------------------------------------


def test_a_server_that_answers_is_connected_to(hello: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        connect(f"http://127.0.0.1:{hello.server_port}", KEY, timeout=5).close()
    assert caplog.records == []


@pytest.mark.parametrize("version", ["1.12.4", "2.0.0", "unknown"])
def test_a_server_of_another_age_is_warned_of(
    hello: HTTPServer, caplog: pytest.LogCaptureFixture, version: str
) -> None:
    hello.RequestHandlerClass.version = version  # type: ignore[attr-defined]
    connect(f"http://127.0.0.1:{hello.server_port}", timeout=5).close()
    assert version in caplog.text


def test_a_key_over_plain_http_is_warned_of_without_telling_it(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StoreError) as caught:
        connect(f"http://songkin.invalid:{free_port()}", KEY, timeout=1)
    assert "songkin.invalid can be read" in caplog.text
    assert KEY not in caplog.text + str(caught.value)


@pytest.mark.parametrize("url", ["", "localhost:6333", "ftp://host", "http://", "http://[::1", "http://host:99999"])
def test_an_address_that_is_none_is_a_clear_error(url: str) -> None:
    with pytest.raises(StoreError, match="not a URL") as caught:
        connect(url, KEY)
    assert "SONGKIN_QDRANT_URL" in caught.value.remedy


def test_a_server_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(StoreError, match="could not be reached") as caught:
        connect(f"http://127.0.0.1:{free_port()}", KEY, timeout=2)
    assert "SONGKIN_QDRANT_URL" in caught.value.remedy


# Answers that are none ------------------------------------------------------------------------------------------------


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


def never_answer(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("timed out", request=request)


def say(status: int, body: object) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(body, bytes):
            return httpx.Response(status, content=body)
        return httpx.Response(status, json=body)

    return handler


def echo_headers(request: httpx.Request) -> httpx.Response:
    return httpx.Response(500, content=str(dict(request.headers)).encode())


FAILURES = {
    "refused": (refuse_connection, "SONGKIN_QDRANT_URL"),
    "timeout": (never_answer, "SONGKIN_QDRANT_URL"),
    "no key": (say(401, b"Must provide an API key"), "SONGKIN_QDRANT_API_KEY"),
    "wrong key": (say(403, {"status": {"error": f"bad {KEY}"}}), "SONGKIN_QDRANT_API_KEY"),
    "full": (say(500, {"status": {"error": "No space left on device"}}), "log"),
    "no json": (say(200, b"<html>"), "SONGKIN_QDRANT_URL"),
    "other json": (say(200, {"hello": 1}), "SONGKIN_QDRANT_URL"),
    "proxy": (say(502, b"<html>bad gateway"), "log"),
    "echo": (echo_headers, "log"),
    "not found": (say(404, {"status": {"error": "Not found: Collection `small` doesn't exist!"}}), "reindex"),
}


@pytest.mark.parametrize(("handler", "remedy"), FAILURES.values(), ids=FAILURES)
def test_failures_name_a_remedy_and_never_the_key(
    handler: Handler, remedy: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    memory = QdrantClient(":memory:")
    store = ServerStore(memory, SMALL)
    store._open, store._local = client_of(handler), False
    point = next(p for p in some_points(9) if "sound" in p.dense)
    point = type(point)(point.id, {"sound": point.dense["sound"]}, {}, {})
    uses: list[Callable[[], object]] = [
        lambda: ServerStore(client_of(handler), SMALL),
        lambda: store.write([point]),
        lambda: store.delete([point.id]),
        lambda: store.get([point.id]),
        lambda: store.ask([Ask("sound", ONES, 5)]),
        lambda: store.facet("genre"),
        store.count,
        lambda: list(store.ids()),
        lambda: erase(client_of(handler), SMALL),
    ]
    for use in uses:
        with pytest.raises(StoreError) as caught:
            use()
        assert remedy in caught.value.remedy
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caught.value.remedy
        assert KEY not in told
    assert KEY not in caplog.text + repr(store) + str(vars(store))


def test_the_servers_own_sentence_is_told() -> None:
    with pytest.raises(StoreError, match="No space left on device"):
        ServerStore(client_of(FAILURES["full"][0]), SMALL)
