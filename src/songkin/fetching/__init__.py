"""Fetching over HTTP, for whatever lies elsewhere: within bounds, and only from where everyone may.

An address in a list can be anyone's doing, and so can the server behind it. So a name is resolved here, every address
it stands for is judged (this machine, private networks and the like are refused unless that is allowed), and the
connection is made to the very address that was judged: a name that means something else a moment later gains nothing.
The same holds for each redirect. No proxy is used, no cookie kept, no packed answer taken. Bytes and total time are
capped; at the end of its time a connection is cut from outside, for a server that sends a byte a second never lets a
read time out.

Names and passwords inside of an address, and parts of its query that look like secrets, never reach a message, a log
or the catalog: ``public`` is the address without them.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, BinaryIO, Final
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from songkin.errors import SourceError, Unreachable
from songkin.fetching.addresses import PATH, PORTS, is_link, public, shown

__all__ = ["ASK_SECONDS", "MOST_ADDRESS", "MOST_REDIRECTS", "Facts", "Rules", "ask", "fetch", "is_link", "judge"]
__all__ += ["keep", "post", "public", "shown"]

MOST_REDIRECTS: Final = 5
MOST_ADDRESS: Final = 8000
"""Characters that an address may have."""
ASK_SECONDS: Final = 30.0
"""How long a server may take to say what it has."""
_BLOCK: Final = 1 << 16
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Rules:
    """What fetching may do. ``max_bytes`` and ``seconds`` bound one file; ``allow_private`` lets it go to this machine
    and to private networks; ``offline`` forbids all of it."""

    allow_private: bool = False
    max_bytes: int = 1 << 30
    seconds: float = 600.0
    offline: bool = False
    still: float = 30.0
    """Seconds that a server may send nothing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says of a file. ``size`` in bytes, None where it does not say; ``kind`` is its media type."""

    size: int | None = None
    etag: str = ""
    modified: str = ""
    kind: str = ""

    @property
    def version(self) -> int:
        """A number below 2**63 that changes when the file does, as far as the server tells: from its ETag, else from
        its date. 0 where it tells its size alone, and new each time where it tells nothing."""
        if self.etag:
            return int.from_bytes(hashlib.blake2b(self.etag.encode(), digest_size=8).digest(), "big") >> 1
        with suppress(ValueError, OverflowError, TypeError):
            return int(parsedate_to_datetime(self.modified).timestamp()) * 1_000_000_000
        return 0 if self.size is not None else time.time_ns()


def ask(link: str, rules: Rules) -> Facts:
    """What the server says of a file, without fetching it. Raises ``Unreachable``, with ``gone`` where the server is
    sure that there is none."""
    deadline = time.monotonic() + min(rules.seconds, ASK_SECONDS)
    with _answered(link, "HEAD", {}, rules, deadline) as (status, response):
        if 200 <= status < 300:
            return _facts(response)
        if status in {404, 410}:
            raise _failed(link, status)
    # not every server knows HEAD, and a signed address is signed for GET alone: ask for one byte
    with _answered(link, "GET", {"Range": "bytes=0-0"}, rules, deadline) as (status, response):
        if status == 416:  # of an empty file there is no first byte
            return _facts(response, size=0)
        if status not in {200, 206}:
            raise _failed(link, status)
        return _facts(response, partial=status == 206)


def judge(link: str, rules: Rules) -> None:
    """Raise ``Unreachable`` for an address that may not be fetched from; for programs that fetch by themselves."""
    if rules.offline:
        raise _offline(link)
    parts = _parsed(link, link)
    try:
        _good_addresses(
            link, (parts.hostname or "").encode("idna").decode("ascii"), parts.port or PORTS[parts.scheme], rules
        )
    except OSError as error:
        raise _explained(link, error, rules, time.monotonic() + rules.seconds) from error


def fetch(link: str, file: BinaryIO, rules: Rules) -> Facts:
    """Write what lies at an address into ``file``. Raises ``Unreachable``; then ``file`` holds a part at most."""
    deadline = time.monotonic() + rules.seconds
    with _answered(link, "GET", {}, rules, deadline) as (status, response):
        if status != 200:
            raise _failed(link, status)
        facts = _facts(response)
        if (facts.size or 0) > rules.max_bytes:
            raise _too_large(link, rules)
        if facts.kind in {"text/html", "application/xhtml+xml"}:
            raise _trouble(link, "is a web page, no sound file", "Give the address of the file itself.")
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
            raise _trouble(link, "comes packed, which was not asked for", "Fetch it with a browser and index the file.")
        got = 0
        while block := response.read1(_BLOCK):
            got += len(block)
            if got > rules.max_bytes:
                raise _too_large(link, rules)
            keep(file, block)
            _in_time(deadline)
        _in_time(deadline)
        if facts.size is not None and got != facts.size:
            raise _trouble(link, f"broke off after {got:,} of {facts.size:,} bytes", "Try again.")
    return facts


def post(link: str, body: bytes, headers: Mapping[str, str], rules: Rules) -> tuple[int, str, bytes]:
    """Send ``body`` to one address, and no other (it is not led elsewhere): status, media type and body of the answer.
    Raises ``Unreachable``, also where the answer is longer than ``rules.max_bytes``."""
    if rules.offline:
        raise _offline(link)
    deadline, got = time.monotonic() + rules.seconds, bytearray()
    try:
        parts = _parsed(link, link)
        with _asked(link, parts, "POST", {**_login(parts), **headers}, rules, deadline, body) as response:
            while block := response.read1(_BLOCK):
                got += block
                if len(got) > rules.max_bytes:
                    raise _trouble(link, f"answered with more than {rules.max_bytes:,} bytes", "Try again.")
                _in_time(deadline)
            _in_time(deadline)
            if response.length:  # a connection that is closed too early ends as one that is done
                raise _trouble(link, "broke off", "Try again.")
            packed = response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}
            return response.status, "packed" if packed else _facts(response).kind, bytes(got)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _explained(link, error, rules, deadline) from error


def _in_time(deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise TimeoutError


def keep(file: BinaryIO, block: bytes | memoryview) -> None:
    """Write a block that was fetched. Raises ``SourceError`` where there is no room for it."""
    try:
        file.write(block)
    except OSError as error:  # not the server's doing, so not told as that
        raise SourceError(
            f"What is fetched cannot be written to the disk: {error.strerror}.",
            remedy="Make room there, and try again.",
        ) from error


# Inside ----------------------------------------------------------------------------------------------------------


@contextmanager
def _answered(
    link: str, method: str, headers: Mapping[str, str], rules: Rules, deadline: float
) -> Iterator[tuple[int, http.client.HTTPResponse]]:
    """The answer after all redirects, with its status. Whatever goes wrong, also while it is read, is ``Unreachable``."""
    if rules.offline:
        raise _offline(link)
    try:
        parts = _parsed(link, link)
        origin, login = _origin(parts), _login(parts)
        for _ in range(MOST_REDIRECTS + 1):
            sent = {**headers, **(login if _origin(parts) == origin else {})}
            with _asked(link, parts, method, sent, rules, deadline) as response:
                target = response.headers.get("Location", "")
                if response.status not in {301, 302, 303, 307, 308} or not target:
                    yield response.status, response
                    return
            parts = _parsed(
                link, urljoin(urlunsplit(parts), target.encode("latin-1", "replace").decode("utf-8", "replace"))
            )
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _explained(link, error, rules, deadline) from error
    raise _trouble(link, f"leads from one address to the next more than {MOST_REDIRECTS} times", "Check the address.")


def _parsed(link: str, address: str) -> SplitResult:
    """An address that can be asked: http or https, with a host, quoted as HTTP wants it."""
    bad = len(address) > MOST_ADDRESS or any(c < " " or c == "\x7f" for c in address)
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where there is none of that number
        host = (parts.hostname or "").encode("idna").decode("ascii") if not bad else ""
    except ValueError:  # UnicodeError too
        host = ""
    if bad or not host:
        raise _trouble(link, "is no address that can be fetched", "Check how it is written.")
    if parts.scheme not in PORTS:
        raise _trouble(link, f"leads to {parts.scheme}://, and only http and https are followed", "Check the address.")
    path = quote(parts.path or "/", safe=PATH, errors="replace")
    return parts._replace(path=path, query=quote(parts.query, safe=PATH + "?", errors="replace"), fragment="")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port


def _login(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


@contextmanager
def _asked(
    link: str,
    parts: SplitResult,
    method: str,
    headers: Mapping[str, str],
    rules: Rules,
    deadline: float,
    body: bytes | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """One request to one server, cut off at the deadline whatever it is doing."""
    host = (parts.hostname or "").encode("idna").decode("ascii")
    port = parts.port or PORTS[parts.scheme]
    sock = _connected(link, host, port, rules, deadline)
    connection = http.client.HTTPConnection(host, port)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, context=_tls())
        sock = _tls().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    with sock, _cut_at(deadline, sock):
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        connection.sock = sock
        target = urlunsplit(("", "", parts.path, parts.query, ""))
        connection.request(
            method,
            target,
            body,
            headers={"User-Agent": "songkin", "Accept-Encoding": "identity", "Connection": "close", **headers},
        )
        with connection.getresponse() as response:
            _in_time(deadline)  # cut off within its headers an answer looks whole
            yield response


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


def _good_addresses(link: str, host: str, port: int, rules: Rules) -> Sequence[_Address]:
    """The addresses of ``host`` that were judged and found open to all."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    good = [each for each in found if rules.allow_private or _is_open(str(each[4][0]))]
    if not good:
        raise _trouble(
            link,
            "leads to this machine or into a private network, where nothing is fetched",
            "If that is meant, allow it with SONGKIN_ALLOW_PRIVATE=1.",
        )
    return good


def _connected(link: str, host: str, port: int, rules: Rules, deadline: float) -> socket.socket:
    """A connection to the first good address that answers."""
    failed: OSError = TimeoutError()
    for family, kind, protocol, _, address in _good_addresses(link, host, port, rules):
        _in_time(deadline)
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(max(0.01, min(deadline - time.monotonic(), rules.still)))
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed


def _is_open(address: str) -> bool:
    """Whether an IP address is one that anyone reaches: not this machine's, private, link-local, multicast, reserved
    or unspecified, however it is wrapped into IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return _is_open(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local)


@contextmanager
def _cut_at(deadline: float, sock: socket.socket) -> Iterator[None]:
    def cut() -> None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # TLS's own would first say goodbye, and wait

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _facts(response: http.client.HTTPResponse, *, partial: bool = False, size: int | None = None) -> Facts:
    said = response.headers.get("Content-Length", "")
    if partial:
        said = response.headers.get("Content-Range", "").rpartition("/")[2]
    if response.headers.get("Transfer-Encoding"):
        said = ""
    if size is None and said.strip().isascii() and said.strip().isdigit():
        size = int(said.strip()[:18])
    return Facts(
        size=size,
        etag=response.headers.get("ETag", "").strip(),
        modified=response.headers.get("Last-Modified", "").strip(),
        kind=response.headers.get_content_type() if "Content-Type" in response.headers else "",
    )


def _trouble(link: str, what: str, remedy: str, *, gone: bool = False) -> Unreachable:
    return Unreachable(f"{shown(link)} {what}.", remedy=remedy, what=what, gone=gone)


def _offline(link: str) -> Unreachable:
    return _trouble(link, "was not fetched, for songkin is offline", "Switch the setting offline off.")


def _too_large(link: str, rules: Rules) -> Unreachable:
    return _trouble(link, f"is larger than {rules.max_bytes / (1 << 20):,.0f} MB", "Allow more with SONGKIN_FETCH_MB.")


def _failed(link: str, status: int) -> Unreachable:
    if status in {404, 410}:
        return _trouble(link, f"is not there ({status})", "Check the address.", gone=True)
    if status in {401, 403, 407}:
        return _trouble(link, f"may not be fetched ({status})", "It wants a login, or a link that has not expired.")
    if status == 429:
        return _trouble(link, "was asked for too often (429)", "Try again later.")
    if 500 <= status < 600:
        return _trouble(link, f"cannot be had now: its server is in trouble ({status})", "Try again later.")
    return _trouble(link, f"was answered with {status}, and no file", "Check the address.")


def _explained(link: str, error: Exception, rules: Rules, deadline: float) -> Unreachable:
    """What went wrong, in one line. A connection that was cut at its deadline looks like any other that broke."""
    if time.monotonic() >= deadline:
        return _trouble(
            link, f"was not there in full after {rules.seconds:g} seconds", "Allow more with SONGKIN_FETCH_SECONDS."
        )
    if isinstance(error, socket.gaierror):
        return _trouble(link, "is at a server that nobody knows", "Check its spelling, and the network.")
    if isinstance(error, TimeoutError):
        return _trouble(link, f"was waited for in vain for {rules.still:g} seconds", "Try again later.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _trouble(
            link, f"is at a server that cannot prove who it is ({error.verify_message})", "Check the address."
        )
    if isinstance(error, http.client.IncompleteRead):
        return _trouble(link, "broke off", "Try again.")
    if isinstance(error, OSError) and error.strerror and not isinstance(error, ssl.SSLError):
        return _trouble(link, f"cannot be reached ({error.strerror.lower()})", "Check the address, and the network.")
    return _trouble(link, f"was answered with what is no HTTP ({type(error).__name__})", "Check the address.")
