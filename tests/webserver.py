"""A web server on loopback for tests: it serves what a test puts into ``pages``, and misbehaves as it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@dataclass
class Page:
    """What stands at a path. ``answer`` makes another one of what was sent. ``script`` takes over the raw connection after the request was read."""

    body: bytes = b""
    kind: str = "audio/flac"
    etag: str = ""
    modified: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    head: bool = True
    script: Callable[[socket.socket], None] | None = None
    answer: Callable[[bytes], Page] | None = None


@dataclass
class Web:
    """The server. ``asked`` lists what it was asked: (method, path, headers), ``sent`` what was sent with that."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def gets(self) -> list[str]:
        """The paths of which more than a first byte was fetched."""
        return [path for method, path, headers in self.asked if method == "GET" and "range" not in headers]


@contextmanager
def web() -> Iterator[Web]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            served.sent.append(body)
            served.asked.append((self.command, self.path, headers))
            page = served.pages.get(unquote(self.path.partition("?")[0]))
            if page is not None and page.answer is not None:
                page = page.answer(body)
            if page is None:
                self.send_error(404)
            elif page.script is not None:
                with suppress(OSError):
                    page.script(self.connection)
                self.close_connection = True
            elif self.command == "HEAD" and not page.head:
                self.send_error(405)
            else:
                self._answer(page, headers.get("range", ""))

        do_GET = do_HEAD = do_POST = _serve  # noqa: N815 - the names that http.server calls

        def _answer(self, page: Page, wanted: str) -> None:
            part, status = page.body, page.status
            if wanted == "bytes=0-0" and status == 200:
                part, status = page.body[:1], 206
            self.send_response(status)
            said = {"Content-Type": page.kind, "ETag": page.etag, "Last-Modified": page.modified}
            for name, value in {**said, "Content-Length": str(len(part)), **page.headers}.items():
                if value:
                    self.send_header(name, value)
            if status == 206:
                self.send_header("Content-Range", f"bytes 0-0/{len(page.body)}")
            self.end_headers()
            if self.command != "HEAD":
                with suppress(OSError):
                    self.wfile.write(part)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Web(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
