"""``/api/v1``: every action of the terminal over HTTP. One file for each noun."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from songkin.web.api import albums, clips, exports, jobs, library, listeners, playlists, recommending, songs

_PROBLEM: Final[dict[str, Any]] = {
    "description": "A problem (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "status": {"type": "integer"},
                    "title": {"type": "string"},
                    "detail": {"type": "string"},
                    "remedy": {"type": "string"},
                },
                "required": ["type", "status", "title"],
            },
            "example": {
                "type": "about:blank",
                "status": 404,
                "title": "Not Found",
                "detail": "There is no such song.",
                "remedy": "It may have been removed: search for it.",
            },
        }
    },
}

router = APIRouter(responses={"4XX": _PROBLEM, "503": _PROBLEM})
for _each in (songs, albums, clips, playlists, recommending, listeners, exports, jobs, library):
    router.include_router(_each.router)
