"""What AudioMuse-AI tells of its analysis: pages of its ``/api/sync``, saved as they came.

``{"tracks": [{"id", "title", "artist", "album_artist", "album", "year", "tempo", "key", "scale", "mood_vector",
"embedding", "clap_embedding", …}], "total_tracks": n, "has_more": true, "next_page": 2}``

A page has 500 tracks, so an export is many files, or many pages in one file, one after the other. ``embedding`` (200
numbers of MusiCNN) and ``clap_embedding`` (512 of CLAP) are float32 in base64 or null; each is a space of its own, for
they come from other networks than songkin's. ``mood_vector`` is ``jazz:0.561,folk:0.529,…``: the five likeliest of 50
words with numbers that only order them, so the words are kept and no space is made. ``energy`` is measured in another way
than tables measure it and is left out, as are the cosines of ``other_features``. ``id`` is the media server's.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import SourceError
from songkin.records import BadRow, Records, Remark, Song
from songkin.sources.cells import known, number, text, year
from songkin.sources.given import Given, Options
from songkin.sources.jsonitems import items

KIND: Final = "audiomuse"

SPACES: Final = {"embedding": ("audiomuse", 200), "clap_embedding": ("audiomuse_clap", 512)}
"""The field of a vector -> the space that it is of, and how many numbers it has."""

_TRACKS: Final = re.compile(rb'"tracks"\s*:\s*\[')
_OURS: Final = re.compile(rb'"(?:provider_type|clap_embedding|mood_vector|total_tracks)"\s*:')
_NOTES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS: Final = {"": 0, "#": 1, "♯": 1, "B": -1, "♭": -1}
_MODES: Final = {"major": 1.0, "minor": 0.0}


def owns(given: Given) -> bool:
    """JSON with tracks, and with what only this export has."""
    if given.suffix not in {".json", ".jsonl", ".ndjson"}:
        return False
    head = given.head().replace(b"\0", b"")
    return bool(_TRACKS.search(head) and _OURS.search(head))


def read(given: Given, options: Options) -> Records:  # noqa: ARG001 - every source is asked alike
    """One song for each track. Raises ``SourceError`` where a page is cut, or where the file lists ids alone."""
    page: dict[str, Any] = {}
    row = bare = 0
    broken: list[str] = []
    for row, one in enumerate(items(given, ("tracks",), page, many=True), 1):
        if not isinstance(one, Mapping):
            yield BadRow(row, "is no track", "Leave it out; the others were taken.")
            continue
        bare += set(one) <= {"id", "fp"}
        if bare == row > 20:
            break
        vectors, wrong = _vectors(one)
        broken += [f"row {row} ({wrong})"] if wrong else []
        yield _song(row, one, vectors)
    if broken:
        more = f" and {len(broken) - 5:,} more" if len(broken) > 5 else ""
        yield Remark(f"Taken without a vector that cannot be used: {', '.join(broken[:5])}{more}.")
    if row and bare == row:
        raise SourceError(
            f"{given.name} lists ids alone, without songs.", remedy="Ask /api/sync again without fields=index."
        )
    total = number(page.get("total_tracks"))
    if total is not None and total > row:
        yield Remark(f"{given.name} has {row:,} of {total:,.0f} songs; the others are on further pages.")


def _vectors(one: Mapping[str, Any]) -> tuple[dict[str, NDArray[np.float32]], str]:
    """The vectors of a song by their spaces, and what is wrong with those that are left out."""
    vectors: dict[str, NDArray[np.float32]] = {}
    wrong: list[str] = []
    for field, (space, size) in SPACES.items():
        found = _vector(one.get(field), size)
        if isinstance(found, str):
            wrong.append(f"{field} {found}")
        elif found is not None:
            vectors[space] = found
    return vectors, ", ".join(wrong)


def _song(row: int, one: Mapping[str, Any], vectors: Mapping[str, NDArray[np.float32]]) -> Song | BadRow:
    identity, title = text(one.get("id"), 500), known(one.get("title"))
    if not identity and not title:
        return BadRow(row, "has neither an id nor a title", "Nothing to do; the others were taken.")
    artist = known(one.get("artist"))
    path = one.get("path") or one.get("file_path")
    return Song(
        row=row,
        key=f"audiomuse:{identity}" if identity else "",
        title=title,
        artists=(artist,) if artist else (),
        album=known(one.get("album")),
        album_artist=known(one.get("album_artist")),
        year=year(one.get("year")),
        path=path if isinstance(path, str) and "\0" not in path else "",
        comment=_moods(one.get("mood_vector")),
        features=_features(one),
        vectors=vectors,
    )


def _vector(cell: object, size: int) -> NDArray[np.float32] | str | None:
    """The vector, or what is wrong with it; None where there is none."""
    if not cell:
        return None
    try:
        data = base64.b64decode(cell, validate=True) if isinstance(cell, str) else b""
    except (binascii.Error, ValueError):
        return "is no base64"
    if len(data) != 4 * size:
        return f"has {len(data) / 4:g} numbers instead of {size}"
    vector = np.frombuffer(data, "<f4").astype(np.float32)
    if not np.isfinite(vector).all():
        return "holds numbers that are none"
    return vector if vector.any() else "holds nothing but zeros"


def _features(one: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    tempo = number(one.get("tempo"))
    if tempo is not None and tempo > 0:
        found["tempo"] = tempo
    key = text(one.get("key"), 10).upper()
    if key[:1] in _NOTES and key[1:] in _ACCIDENTALS:
        found["key"] = float((_NOTES[key[0]] + _ACCIDENTALS[key[1:]]) % 12)
    mode = _MODES.get(text(one.get("scale"), 20).lower())
    if mode is not None:
        found["mode"] = mode
    return found


def _moods(cell: object) -> str:
    """``jazz, folk``, likeliest first, from ``jazz:0.561,folk:0.529``."""
    scored = []
    for part in text(cell).split(","):
        word, _, score = part.rpartition(":")
        value = number(score)
        if word.strip() and value is not None:
            scored.append((-value, word.strip()))
    return ", ".join(word for _, word in sorted(scored)[:5])
