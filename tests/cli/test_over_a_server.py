"""The whole command line over a server: real HTTP on loopback, answered by qdrant-client's own local engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from libraries import make_music
from songkin.cli import run
from wireserver import WireServer


class Server(ThreadingHTTPServer):
    """Hands requests to a ``WireServer`` one at a time; ``keys`` are the api keys that came along."""

    def __init__(self) -> None:
        self.wire = WireServer()
        self.turn = threading.Lock()
        self.keys: set[str | None] = set()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        self.server.keys.add(self.headers.get("api-key"))
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/":
            content = json.dumps({"title": "qdrant", "version": "1.19.0"}).encode()
        else:
            request = httpx.Request(self.command, f"http://127.0.0.1{self.path}", content=body)
            with self.server.turn:
                content = self.server.wire.answer(request).content
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _serve  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_the_same_commands_and_the_same_answers_over_a_server(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_music(tmp_path / "music", seconds=4)
    where = ["-L", str(tmp_path / "library")]
    index = ["index", str(tmp_path / "music"), "--encoder", "descriptors", "--no-pull", *where]
    assert run(index) == 0
    capsys.readouterr()
    assert run(["similar", "Winter", "--json", *where]) == 0
    embedded = json.loads(capsys.readouterr().out)
    monkeypatch.setenv("SONGKIN_QDRANT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("SONGKIN_QDRANT_API_KEY", "s3cret-key")
    assert run([*index, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == 7
    for words in (
        ["similar", "Winter"],
        ["find", "anna", "berg"],
        ["find", "post-rock"],
        ["doctor"],
        ["reindex", "--recreate"],
    ):
        assert run([*words, *where, "--json"]) == 0
        out, err = capsys.readouterr()
        assert "s3cret" not in out + err
        if words[0] == "similar":
            served = json.loads(out)
            assert [hit["track"]["id"] for hit in served["hits"]] == [hit["track"]["id"] for hit in embedded["hits"]]
            for one, other in zip(served["hits"], embedded["hits"], strict=True):
                assert one["score"] == pytest.approx(other["score"], abs=1e-3)
    assert server.keys == {"s3cret-key"}
    (collection,) = server.wire.memory.get_collections().collections
    assert server.wire.memory.count(collection.name).count == 7
