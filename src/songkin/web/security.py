"""What may come in, and what goes out with every answer.

A page of another site can send requests to this machine: the name in ``Host`` must be ours (DNS rebinding), and what
changes anything must come from our own page (``Origin``, ``Sec-Fetch-Site``) or from a program, which sends neither.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songkin.web.problems import problem

log = logging.getLogger("songkin.web")

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing from elsewhere, nothing inline. ``blob:`` is what was just recorded, and its picture."""
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
}
PLAIN: Final = 2 << 20
"""Bytes of a request without files."""
MARGIN: Final = 1 << 16
"""Bytes around a file that is sent."""
TOO_MUCH: Final = "More was sent than is taken."
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def is_loopback(host: str) -> bool:
    """Whether an address reaches only this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Checks hosts and origins, names each request, and adds the headers of ``HEADERS``."""

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] = (), origins: Collection[str] = (), most_mb: int = 64
    ) -> None:
        """``hosts`` are names besides this machine's own, ``origins`` other sites that may change things; files of at most
        ``most_mb`` MB are taken."""
        self.app = app
        self.most = most_mb << 20
        self.hosts = LOOPBACK | {host.lower() for host in hosts}
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        name = asked if _ID.match(asked) else uuid.uuid4().hex[:16]
        scope["songkin.request"] = name
        began, status = time.monotonic(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                for header, value in HEADERS.items():
                    out.setdefault(header, value)
                out["x-request-id"] = name
            await send(message)

        try:
            if wrong := self._wrong(scope["method"], headers) or self._too_much(headers):
                await problem(wrong[0], wrong[1])(scope, receive, sending)
            else:
                await self.app(scope, self._capped(headers, receive), sending)
        finally:
            took = 1e3 * (time.monotonic() - began)
            log.info("%s %s %s %d %.1f ms", name, scope["method"], _shown(scope["path"]), status, took)

    def _wrong(self, method: str, headers: Headers) -> tuple[int, str] | None:
        host = _host(headers.get("host", ""))
        if host not in self.hosts:
            return 400, "This server does not go by that name."
        if method in SAFE:
            return None
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins and _netloc(origin) != headers.get("host", "").lower():
            return 403, "Another site may not change anything here."
        if origin is None and headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return 403, "Another site may not change anything here."
        return None

    def _most(self, headers: Headers) -> int:
        """Bytes that this request may have."""
        files = headers.get("content-type", "").startswith("multipart/form-data")
        return self.most + MARGIN if files else PLAIN

    def _too_much(self, headers: Headers) -> tuple[int, str] | None:
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400, "The length of what was sent is no number."
        return (413, TOO_MUCH) if len(length) > 15 or int(length) > self._most(headers) else None

    def _capped(self, headers: Headers, receive: Receive) -> Receive:
        """What comes in, counted while it comes: what a request says of its length need not be true."""
        most, got = self._most(headers), 0

        async def receiving() -> Message:
            nonlocal got
            message = await receive()
            if message["type"] == "http.request":
                got += len(message.get("body", b""))
                if got > most:
                    raise HTTPException(413, TOO_MUCH)
            return message

        return receiving


def _host(header: str) -> str:
    """The name in a ``Host`` header, without its port."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def _netloc(origin: str) -> str:
    try:
        split = urlsplit(origin)
    except ValueError:
        return ""
    return split.netloc.lower() if split.scheme in {"http", "https"} else ""


def _shown(path: str) -> str:
    return ascii(path[:200])[1:-1]
