"""Answers to questions that are asked again: kept as they are sent, until what they were made from changes.

Answers of the API that depend on the library's content alone are kept until that changes; pages of results, which show
votes too, until a vote comes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songkin.remembering import Remembering

PATHS: Final = frozenset({"/api/v1/find", "/api/v1/facets", "/api/v1/lookup", "/api/v1/tracks"})
PAGES: Final = frozenset({"/", "/found"})
MOST: Final = 512
MOST_PAGES: Final = 64
_LARGEST: Final = 1 << 17
"""Bytes of an answer that is kept."""
_MATTER: Final = (b"cookie", b"accept", b"hx-")
"""How headers begin by which pages differ."""

Kept = tuple[int, list[tuple[bytes, bytes]], bytes, bytes]


class Remembered:
    """Answers questions (addresses of ``paths`` with something behind the ``?``) from memory. ``state`` gives what they are
    answered from as it is now."""

    def __init__(self, app: ASGIApp, state: Callable[[], Hashable], paths: frozenset[str], most: int = MOST) -> None:
        self.app = app
        self.paths = paths
        self._state = state
        self._answers = Remembering(state, most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        asked = scope["type"] == "http" and scope["method"] == "GET" and scope["query_string"]
        if not asked or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        matter = tuple(each for each in scope["headers"] if each[0].startswith(_MATTER))
        key = (scope["path"], scope["query_string"], matter if self.paths is PAGES else ())
        kept: Kept | None = self._answers.get(key, _nothing, _never)
        if kept is None:
            await self._asked(scope, receive, send, key)
            return
        scope["songkin.route"] = scope["path"]
        status, headers, etag, body = kept
        if etag and _has(scope, etag):
            status, body = 304, b""
            headers = [each for each in headers if each[0] not in {b"content-length", b"content-type"}]
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    async def _asked(self, scope: Scope, receive: Receive, send: Send, key: Hashable) -> None:
        state = self._state()
        start: Message = {}
        body = bytearray()

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif len(body) <= _LARGEST:
                body.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, sending)
        if start and start["status"] == 200 and len(body) <= _LARGEST and state == self._state():
            headers = [(bytes(name), bytes(value)) for name, value in start["headers"]]
            etag = dict(headers).get(b"etag", b"")
            made: Kept = (200, headers, etag, bytes(body))
            if b'"notes":["' not in made[3]:  # what is said once is not said again
                self._answers.get(key, lambda: made)


def _nothing() -> None:
    return None


def _never(_: object) -> bool:
    return False


def _has(scope: Scope, etag: bytes) -> bool:
    return any(name == b"if-none-match" and etag in value for name, value in scope["headers"])
