"""What stands in the cells of tables and in the fields of lists, turned into values; None or empty where it is nothing.

All of these take what they are given as hostile text: they never raise and never evaluate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

_SPOTIFY: Final = re.compile(
    r"(?:spotify:|https?://(?:open|play)\.spotify\.com/(?:intl-[a-z]+/|embed/)?)(?P<kind>track|episode|album|artist|playlist|local)"
    r"[:/](?P<id>[^?#\s]+)",
    re.IGNORECASE,
)
_SPOTIFY_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_YEAR: Final = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_DATE: Final = re.compile(r"((?:1[89]|20)\d\d-\d\d)(?:-(\d\d))?(?![\d-])", re.ASCII)
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_QUOTED: Final = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_STRING: Final = re.compile(_QUOTED, re.DOTALL)
_PAIR: Final = re.compile(rf"({_QUOTED})\s*:\s*({_QUOTED}|[^,{{}}]*)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_SHORT_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": ""}
_DTYPE: Final = re.compile(r",\s*dtype=[^()]*\)$")
_BETWEEN: Final = re.compile(r"(?:array)?(?:[\[\](),\s]|\.\.\.|None|null|nan)*")
_MOST_VALUES: Final = 1000
_MOST_LIST: Final = 20_000
_NOTHING: Final = frozenset({"", "nan", "none", "null", "n/a", "na", "undefined", "<na>"})


def text(cell: object, most: int = 2000) -> str:
    """One line of text without control characters, at most ``most`` characters."""
    if cell is None:
        return ""
    if type(cell) is str and cell.isprintable() and "  " not in cell:  # nearly always, and four times as fast
        return cell.strip()[:most].strip()
    kept = "".join(
        c if c.isprintable() or c == "\u200d" else " " if c.isspace() or c == "\0" else "" for c in str(cell)
    )
    return " ".join(kept.split())[:most].strip()


def known(cell: object) -> str:
    """``text``, but empty where a program wrote that there is nothing (``nan``, ``None``, ``null``)."""
    found = text(cell)
    return "" if found.casefold() in _NOTHING else found


def number(cell: object) -> float | None:
    """A finite number, with a point or a decimal comma."""
    if isinstance(cell, bool):
        return float(cell)
    try:
        found = float(cell) if isinstance(cell, int | float) else float(str(cell).strip().replace(",", "."))
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


def released(cell: object) -> str:
    """A date of release that says more than its year: ``2016-12-09`` or ``2016-12``; empty for all else."""
    return _released(str(cell)) if cell is not None else ""


@lru_cache(maxsize=4096)
def _released(written: str) -> str:
    found = _DATE.match(written)
    if found is None:
        return ""
    try:
        date.fromisoformat(f"{found[1]}-{found[2] or '01'}")
    except ValueError:
        return ""
    return found[0]


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
    """``spotify:track:ID`` from an URI, an URL or a bare id (which is of ``kind``); ids are 22 letters and digits, but for
    those of files of one's own (``spotify:local:…``). Empty for all else."""
    found = text(cell)
    match = _SPOTIFY.match(found)
    if match:
        of, own = match["kind"].lower(), match["id"].rstrip("/")
        own = own if of == "local" else own.partition("/")[0]
        return f"spotify:{of}:{own}" if of == "local" or _SPOTIFY_ID.fullmatch(own) else ""
    return f"spotify:{kind}:{found}" if _SPOTIFY_ID.fullmatch(found) else ""


def isrc(cell: object) -> str:
    """An ISRC in capitals without hyphens."""
    found = text(cell).upper().replace("-", "").replace(" ", "")
    return found if _ISRC.fullmatch(found) else ""


def many(cell: object, separators: str = ";|", split: Callable[[str], Iterable[str]] | None = None) -> tuple[str, ...]:
    """The texts of a cell that holds several, each once, in their order.

    Lists as NumPy, Python and JSON write them (NumPy puts no commas, and breaks long ones over lines) give the strings
    quoted in them; nothing is evaluated. Else the first of ``separators`` that occurs divides the cell, and where none
    does, ``split`` does if it is given.
    """
    if cell is None:
        return ()
    if isinstance(cell, str):
        found: Iterable[object] = _parts(cell, separators)
        if split is not None and isinstance(found, list | tuple):  # what was quoted is sure
            found = [part for whole in found for part in split(str(whole))]
    elif isinstance(cell, Iterable) and not isinstance(cell, bytes | Mapping):
        found = cell
    else:
        found = (cell,)
    kept = dict.fromkeys(known(one) for one in found)
    kept.pop("", None)
    return tuple(kept)[:_MOST_VALUES]


def pairs(cell: object) -> dict[str, str]:
    """What stands in a dict as Python or JSON writes it (without dicts inside it), as text; empty for anything else."""
    if isinstance(cell, Mapping):
        return {text(name): known(value) for name, value in cell.items()}
    written = str(cell).strip()[:_MOST_LIST]
    if not written.startswith("{"):
        return {}
    return {text(_unquoted(name)): known(_unquoted(value)) for name, value in _PAIR.findall(written)}


def _parts(cell: str, separators: str) -> Iterable[str]:
    written = cell[:_MOST_LIST].strip()
    if written[:1] in {"[", "("} or written.startswith("array("):
        inside = _DTYPE.sub(")", written)
        strings = _STRING.findall(inside)
        if _BETWEEN.fullmatch(_STRING.sub("", inside)) and (strings or len(inside) < 3):
            return map(_unquoted, strings)
        if "," in inside and inside[0] == "[" and inside[-1] == "]":  # a name in brackets has no commas
            return inside[1:-1].split(",")
    separator = next((one for one in separators if one in cell), "")
    return cell.split(separator) if separator else (cell,)


def _unquoted(written: str) -> str:
    written = written.strip()
    if len(written) < 2 or written[0] not in "'\"" or written[-1] != written[0]:
        return written
    inside = written[1:-1]
    if "\\" not in inside:
        return inside
    return _ESCAPE.sub(_escaped, inside).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16))  # half of a pair may come here; ``_unquoted`` joins them
    return _SHORT_ESCAPES.get(found[3], found[3])
