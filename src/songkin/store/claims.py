"""What each source says of a track, and what the track is by all of them.

A claim is what one source says: columns of ``tracks`` with values, unknown ones left out. Several sources may tell of one
song; what the library shows is the first value in this order: what the user set (``edit``), what the file's tags say
(``file``), what tables and lists say, the oldest first, what was guessed from the file's name, and names that were made
up. A description is told by a language model alone (``generated``). What a source said that was taken back (``kept``) counts while no other tells of a song that stays. Within one source its latest version counts. So a run is taken back by removing its claims and merging the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from songkin.records import PITCH_CLASSES, Song
from songkin.text import fold

FILE: Final = "file"
EDIT: Final = "edit"
KEPT: Final = "kept"
GENERATED: Final = "generated"
"""Origin of what a language model wrote."""
JOINED: Final = "joined:"
"""How the origin of a claim begins that came with a song that was joined with another."""
NO_SOURCES: Final = (EDIT, KEPT, GENERATED)
"""Origins of claims for whose sake alone a song does not stay."""

PLAIN: Final[Mapping[str, Any]] = {
    "title": "",
    "artists": [],
    "album": "",
    "album_artist": "",
    "track_no": None,
    "disc_no": None,
    "year": None,
    "genres": [],
    "subgenres": [],
    "duration": None,
    "isrc": "",
    "musicbrainz_id": "",
    "url": "",
    "image": "",
    "label": "",
    "explicit": None,
    "popularity": None,
    "comment": "",
    "bpm": None,
    "musical_key": "",
    "liked_at": None,
    "released": "",
    "description": "",
    "described_by": "",
    "described_at": None,
}
"""Columns that sources tell, and their values where nobody does."""

_NO_FILE: Final = frozenset({"liked_at", "description", "described_by", "described_at"})
"""Columns of which no file says anything."""
_NAMES: Final = ("title", "artists")
_NO_ZERO: Final = frozenset({"duration", "year", "placeholder"})
"""Columns of numbers in which zero says nothing; elsewhere it does (not explicit, a popularity of 0)."""


class Claim(NamedTuple):
    """What one source said in one run. ``fields`` are columns; ``guessed`` among them names those that were guessed from
    a file's name, ``placeholder`` is 1 where title or artist were made up, ``table_features`` are audio features."""

    origin: str
    run: int
    fields: Mapping[str, Any]


def of_song(song: Song, liked_at: float | None = None) -> dict[str, Any]:
    """The fields that a source's song claims."""
    told: dict[str, Any] = {
        "title": song.title,
        "artists": list(song.artists),
        "album": song.album,
        "album_artist": song.album_artist,
        "track_no": song.track_no,
        "disc_no": song.disc_no,
        "year": song.year,
        "genres": list(song.genres),
        "subgenres": list(song.subgenres),
        "duration": song.duration,
        "isrc": song.isrc,
        "musicbrainz_id": song.musicbrainz_id,
        "url": song.url,
        "image": song.image,
        "label": song.label,
        "explicit": None if song.explicit is None else int(song.explicit),
        "popularity": song.popularity,
        "comment": song.comment,
        "liked_at": liked_at,
        "released": song.released,
        "table_features": dict(song.features),
        "placeholder": int(song.placeholder),
    }
    return {
        name: value
        for name, value in told.items()
        if value not in (None, "", [], {}) and not (name in _NO_ZERO and value == 0)
    }


def of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the file of a track claims, from its row as only the file made it."""
    said = {name: nothing for name, nothing in PLAIN.items() if name not in _NO_FILE}
    found = {name: row[name] for name, nothing in said.items() if row[name] not in (nothing, None, "")}
    if row["guessed"]:
        found["guessed"] = list(row["guessed"])
    return found


def merged(claims: Sequence[Claim]) -> dict[str, Any]:
    """The columns of a track by all its claims, those made of others (folded names) among them."""
    ordered = _in_order(claims)
    row: dict[str, Any] = {}
    for name, nothing in PLAIN.items():
        row[name] = next((fields[name] for fields in ordered if name in fields), nothing)
    row["liked_at"] = min((fields["liked_at"] for fields in ordered if fields.get("liked_at")), default=None)
    features: dict[str, float] = {}
    for fields in ordered:
        for name, value in fields.get("table_features", {}).items():
            features.setdefault(name, value)
    row["table_features"] = features
    row["bpm"] = row["bpm"] or features.get("tempo") or None
    row["musical_key"] = row["musical_key"] or key_name(features)
    named = {name: next((fields for fields in ordered if name in fields), {}) for name in _NAMES}
    row["placeholder"] = int(any(fields.get("_made_up") for fields in named.values()))
    row["released"] = _of_year(row)
    row["guessed"] = sorted({name for fields in ordered for name in fields.get("_guessed", ()) if _won(name, ordered)})
    return row | folded(row)


def alone(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a track of which one source alone tells: what ``merged`` makes of one claim, much faster."""
    if "guessed" in fields:
        raise ValueError("only files guess")
    row = {name: fields.get(name, nothing) for name, nothing in PLAIN.items()}
    features = fields.get("table_features", {})
    row["table_features"] = features
    row["bpm"] = row["bpm"] or features.get("tempo") or None
    row["musical_key"] = row["musical_key"] or key_name(features)
    row["placeholder"] = fields.get("placeholder", 0)
    row["released"] = _of_year(row)
    row["guessed"] = []
    return row | folded(row)


def _of_year(row: Mapping[str, Any]) -> str:
    """The day or month of release, if it is of the year that counts."""
    return row["released"] if row["released"].startswith(f"{row['year']}-") else ""


def folded(row: Mapping[str, Any]) -> dict[str, str]:
    """The columns by which names are looked up."""
    return {
        "title_fold": fold(row["title"]),
        "artist_fold": "\n".join(fold(name) for name in row["artists"]),
        "album_fold": fold(row["album"]) if row["album"] else "",
    }


def key_name(features: Mapping[str, float]) -> str:
    """``A minor`` from a table's ``key`` (0-11) and ``mode`` (1 = major); empty where either is unknown."""
    key, mode = features.get("key"), features.get("mode")
    if key is None or mode is None or not 0 <= key <= 11:
        return ""
    return f"{PITCH_CLASSES[int(key)]} {'major' if mode >= 0.5 else 'minor'}"


def _in_order(claims: Sequence[Claim]) -> list[Mapping[str, Any]]:
    """Fields of the claims that count, the strongest first; what is weak in one comes after all others."""
    latest: dict[str, Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.run):
        latest[claim.origin] = claim
    if latest.keys() - set(NO_SOURCES):
        latest.pop(KEPT, None)
    first = {origin: min(claim.run for claim in claims if claim.origin == origin) for origin in latest}
    order = sorted(latest.values(), key=lambda claim: (_rank(claim.origin), first[claim.origin], claim.origin))
    strong: list[Mapping[str, Any]] = []
    guessed: list[Mapping[str, Any]] = []
    made_up: list[Mapping[str, Any]] = []
    for claim in order:
        weak = set(claim.fields.get("guessed", ()))
        if claim.fields.get("placeholder"):
            made_up.append({**{n: claim.fields[n] for n in _NAMES if n in claim.fields}, "_made_up": True})
            strong.append({name: value for name, value in claim.fields.items() if name not in _NAMES})
            continue
        strong.append({name: value for name, value in claim.fields.items() if name not in weak and name != "guessed"})
        if weak:
            guessed.append({**{n: claim.fields[n] for n in weak if n in claim.fields}, "_guessed": sorted(weak)})
    return [*strong, *guessed, *made_up]


def _rank(origin: str) -> int:
    return {EDIT: 0, FILE: 1}.get(origin, 3 if origin.startswith(JOINED) else 2)


def _won(name: str, ordered: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a field's value is the guessed one."""
    first = next((fields for fields in ordered if name in fields), {})
    return name in first.get("_guessed", ())
