"""Addresses of the web as they are compared, kept and shown: without what lets their bearer in."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

PORTS: Final = {"http": 80, "https": 443}
PATH: Final = "/%:@!$&'()*+,;=~-._"
"""What stands in a path as it is."""
_SECRET: Final = re.compile(
    r"(?:x-(?:amz|goog|oss|cos)-.*|(?:.*[-_.])?(?:auth|authorization|credentials?|key|passw(?:or)?d|pass|pwd|secret|sig|"
    r"signature|token|jwt|session|sid|hmac|hash|policy)|(?:api|access)-?key|apikey|accesstoken|awsaccesskeyid|"
    r"googleaccessid|key-pair-id|expires|se|sp|sv|sr|st|spr|skoid|sktid|skt|ske|sks|skv)",
    re.IGNORECASE,
)
"""Names of what in a query lets its bearer in: tokens and keys, and signed addresses of Amazon, Google and Azure."""


def is_link(text: str) -> bool:
    """Whether ``text`` is an address of the web."""
    return text[:8].lower().startswith(("http://", "https://"))


def public(link: str) -> str:
    """The address without name, password, fragment and what in its query looks like a secret: the same song has the
    same one, and it may be shown and stored."""
    try:
        parts = urlsplit(link)
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:  # half of an IPv6 address; it will be refused, but it is to be named
        return link.partition("?")[0].rpartition("@")[2]
    kept = [
        field for field in parts.query.split("&") if field and not _SECRET.fullmatch(unquote(field.partition("=")[0]))
    ]
    scheme = parts.scheme.lower()
    port = f":{PORTS.get(scheme)}"
    return urlunsplit(
        (scheme, host.removesuffix(port), quote(parts.path or "/", safe=PATH, errors="replace"), "&".join(kept), "")
    )


def shown(link: str) -> str:
    """``public``, fit for a line of text."""
    clean = "".join(c if c.isprintable() else "?" for c in public(link))
    return clean if len(clean) <= 200 else clean[:199] + "…"
