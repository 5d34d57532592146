"""Answers to questions that are asked again: kept as they are sent, until what they were made from changes.

Only for addresses whose answers depend on the library's content alone (not on votes, not on who asks).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songkin.remembering import Remembering

PATHS: Final = frozenset({"/api/v1/find", "/api/v1/facets", "/api/v1/lookup", "/api/v1/tracks"})
_MOST: Final = 512
_LARGEST: Final = 1 << 19
"""Bytes of an answer that is kept."""

Kept = tuple[int, list[tuple[bytes, bytes]], bytes, bytes]


class Remembered:
    """Answers from memory what was answered before. ``state`` gives what the library's content is now."""

    def __init__(self, app: ASGIApp, state: Callable[[], Hashable], paths: frozenset[str]) -> None:
        self.app = app
        self.paths = paths
        self._state = state
        self._answers = Remembering(state, _MOST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
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
            if b'"notes":[]' in made[3] or b'"notes"' not in made[3]:  # what is said once is not said again
                self._answers.get(key, lambda: made)


def _nothing() -> None:
    return None


def _never(_: object) -> bool:
    return False


def _has(scope: Scope, etag: bytes) -> bool:
    return any(name == b"if-none-match" and etag in value for name, value in scope["headers"])
