"""What stands in the cells of tables and in the fields of lists, turned into values; None or empty where it is nothing.

All of these take what they are given as hostile text: they never raise and never evaluate.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

_SPOTIFY: Final = re.compile(
    r"(?:spotify:|https?://(?:open|play)\.spotify\.com/(?:intl-[a-z]+/|embed/)?)(?P<kind>track|episode|album|artist|playlist|local)"
    r"[:/](?P<id>[^?#\s]+)",
    re.IGNORECASE,
)
_SPOTIFY_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_YEAR: Final = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_NOTHING: Final = frozenset({"", "nan", "none", "null", "n/a", "na", "undefined", "<na>"})


def text(cell: object, most: int = 2000) -> str:
    """One line of text without control characters, at most ``most`` characters."""
    if cell is None:
        return ""
    clean = " ".join(str(cell).replace("\0", " ").split())
    kept = "".join(c for c in clean if c.isprintable() or c == "\u200d")
    return kept[:most].strip()


def known(cell: object) -> str:
    """``text``, but empty where a program wrote that there is nothing (``nan``, ``None``, ``null``)."""
    found = text(cell)
    return "" if found.casefold() in _NOTHING else found


def number(cell: object) -> float | None:
    """A finite number, with a point or a decimal comma."""
    if isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    try:
        found = float(str(cell).strip().replace(",", "."))
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def flag(cell: object) -> bool | None:
    """``true``, ``True``, ``1``, ``yes`` and their opposites."""
    found = str(cell).strip().casefold()
    if found in {"true", "1", "1.0", "yes", "y"}:
        return True
    return False if found in {"false", "0", "0.0", "no", "n"} else None


def year(cell: object) -> int | None:
    """The year of a date in any form."""
    found = _YEAR.search(str(cell)) if cell is not None else None
    return int(found[1]) if found else None


def when(cell: object) -> float | None:
    """Seconds since 1970, from ISO 8601 or from seconds or milliseconds since 1970."""
    value = number(cell)
    if value is not None:
        return value / 1000 if value > 1e11 else (value if value > 1e8 else None)
    try:
        found = datetime.fromisoformat(str(cell).strip())
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return found.timestamp()
    except (OverflowError, ValueError, OSError):
        return None


def spotify_key(cell: object, kind: str = "track") -> str:
    """``spotify:track:ID`` from an URI, an URL or a bare id of 22 characters (which is of ``kind``)."""
    found = text(cell)
    match = _SPOTIFY.match(found)
    if match:
        return f"spotify:{match['kind'].lower()}:{match['id'].rstrip('/')}"
    return f"spotify:{kind}:{found}" if _SPOTIFY_ID.fullmatch(found) else ""


def isrc(cell: object) -> str:
    """An ISRC in capitals without hyphens."""
    found = text(cell).upper().replace("-", "").replace(" ", "")
    return found if _ISRC.fullmatch(found) else ""
