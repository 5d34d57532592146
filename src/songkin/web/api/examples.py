"""Examples that the description of the API shows."""

from __future__ import annotations

from typing import Any, Final

SONG: Final[dict[str, Any]] = {
    "id": "208fcee6-f7ee-5327-a295-02fc77425210",
    "title": "The Last Ferry",
    "artists": ["Mira Halloway"],
    "album": "Sand and Salt",
    "album_artist": "",
    "year": 2014,
    "genres": ["folk"],
    "duration": 183.4,
    "bpm": 92.0,
    "key": "D minor",
    "loudness": -14.2,
    "source": "folder",
    "path": "/home/me/Music/Mira Halloway/The Last Ferry.flac",
    "missing": False,
}
HIT: Final[dict[str, Any]] = {
    "rank": 1,
    "score": 0.87,
    "track": SONG,
    "why": ["heard: guitar 0.71, slow 0.44", "words: ferry"],
}
ANSWER: Final[dict[str, Any]] = {"query": "quiet guitar", "hits": [HIT], "notes": []}
PAGE: Final[dict[str, Any]] = {**ANSWER, "total": 50, "next": "ZnJvbSAyNA"}
FACETS: Final[dict[str, Any]] = {
    "total": 53,
    "fields": [{"field": "genre", "values": [{"filter": "genre=jazz", "label": "jazz", "count": 12}]}],
}
PLAYLIST: Final[dict[str, Any]] = {
    "id": "784355bd-a89b-50b8-9122-43a97451a179",
    "name": "By the fire",
    "description": "",
    "source": "own",
    "songs": 3,
    "matched": 3,
}
JOB: Final[dict[str, Any]] = {
    "id": "4f0c2d",
    "kind": "index",
    "state": "running",
    "stage": "Hearing songs",
    "done": 12,
    "total": 53,
    "notes": [],
    "result": None,
    "error": None,
}
