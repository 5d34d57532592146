"""Listens and feedback as ListenBrainz exports them: JSON lines, ``listens/2024/1.jsonl`` and ``feedback.jsonl`` in a zip.

``{"listened_at": 1704067200, "track_metadata": {"artist_name": …, "track_name": …, "release_name": …,
"additional_info": {"recording_mbid": …, "duration_ms": …, "isrc": …}, "mbid_mapping": {"recording_mbid": …}}}``

``{"recording_mbid": …, "recording_msid": …, "score": 1, "created": 1704067200}``

The same listens also come as one array, and under ``payload`` as the web service answers. ``mbid_mapping`` may be null;
``recording_mbid`` in ``additional_info`` is what the player said, the other what ListenBrainz found. ``artist_name`` is
all artists in one line. Feedback names songs by ids alone: 1 is love, -1 is hate, 0 is a vote taken back. Who listened
is not in the lines; it is whoever imports them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from songkin.records import BadRow, Heard, Records, Song, Voted
from songkin.sources.cells import isrc, number, spotify_key, text
from songkin.sources.given import Given, Options, decoded
from songkin.sources.jsonitems import items
from songkin.sources.lists import flat, lines, pairs
from songkin.sources.plays import Listener, artists, of_another_kind

KIND: Final = "listenbrainz"
_SUFFIXES: Final = (".jsonl", ".json", ".ndjson", ".listens")
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SCORES: Final = {1: "love", -1: "hate"}
_WHERE: Final = re.compile(r'\s*(?:(\[)\s*\{|\{\s*"(payload)"\s*:|\{)')
_ABOUT_SONGS: Final = ('"recording_mbid"', '"recording_msid"')


def owns(given: Given) -> bool:
    """Whether it begins with a listen, or with feedback."""
    if given.suffix not in _SUFFIXES:
        return False
    head = _head(given)
    if not _WHERE.match(head):
        return False
    listens = '"listened_at"' in head and '"track_metadata"' in head
    return listens or ('"score"' in head and any(name in head for name in _ABOUT_SONGS))


def read(given: Given, options: Options) -> Records:
    """A ``Heard`` for each listen, a ``Voted`` for each love and hate, and bad rows. Raises ``SourceError``."""
    if not owns(given):
        raise of_another_kind(given.name, "export of ListenBrainz")
    listener = Listener.of(options)
    for row, told in _told(given):
        found = told if isinstance(told, BadRow) else _record(row, told, listener)
        if found is not None:
            yield found


def _head(given: Given) -> str:
    return decoded(given.head()).lstrip("\ufeff")


def _told(given: Given) -> Iterator[tuple[int, Any]]:
    """What each line holds, or each item of an array."""
    form = _WHERE.match(_head(given))
    if form and (form[1] or form[2]):
        yield from enumerate(items(given, () if form[1] else ("payload", "listens")), 1)
        return
    for row, line in enumerate(lines(given), 1):
        stripped = line.replace("\0", "").strip()
        if not stripped:
            continue
        try:
            yield row, json.loads(stripped)
        except (ValueError, RecursionError):
            yield row, BadRow(row, "is no JSON, or is cut off", "Fetch the file again, or leave the line out.")


def _record(row: int, told: Any, listener: Listener) -> Heard | Voted | BadRow | None:
    if isinstance(told, Mapping) and isinstance(about := told.get("track_metadata"), Mapping):
        return listener.heard(_song(row, about), told.get("listened_at"))
    if not isinstance(told, Mapping) or "score" not in told:
        return BadRow(row, "is neither a listen nor feedback", "Leave it out; the others were taken.")
    score = number(told["score"])
    if score == 0:
        return None
    vote = _SCORES.get(int(score)) if score is not None and score in _SCORES else None
    if vote is None:
        return BadRow(row, "has no score that is 1, 0 or -1", "Leave it out; the others were taken.")
    return listener.voted(Song(row=row, musicbrainz_id=_mbid(told.get("recording_mbid"))), vote, told.get("created"))


def _song(row: int, about: Mapping[str, Any]) -> Song:
    more, mapped = dict(pairs(about.get("additional_info"))), dict(pairs(about.get("mbid_mapping")))
    key = spotify_key(_text(more.get("spotify_id")))
    credits = (dict(pairs(one)).get("artist_credit_name") for one in flat(mapped.get("artists")))
    others = tuple(_text(one) for one in (*flat(more.get("artist_names")), *credits))
    return Song(
        row=row,
        key=key if key.startswith("spotify:track:") else "",
        title=_text(about.get("track_name")),
        artists=artists(_text(about.get("artist_name")), others),
        album=_text(about.get("release_name")),
        duration=_seconds(more),
        isrc=isrc(_text(more.get("isrc"))),
        musicbrainz_id=_mbid(more.get("recording_mbid")) or _mbid(mapped.get("recording_mbid")),
    )


def _seconds(more: Mapping[str, Any]) -> float | None:
    milliseconds, seconds = number(more.get("duration_ms")), number(more.get("duration"))
    found = milliseconds / 1000 if milliseconds else seconds
    return found if found and found > 0 else None


def _text(value: object) -> str:
    return text(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _mbid(value: object) -> str:
    found = _text(value).lower()
    return found if _UUID.fullmatch(found) else ""
