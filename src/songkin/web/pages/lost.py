"""Addresses at which there is nothing: a page for people. Comes after everything else."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from songkin.errors import NotFound
from songkin.web.pages.rendering import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_OF_PROGRAMS: Final = ("api", "media", "assets", "static", "metrics", "healthz", "readyz")


@router.get("/{path:path}")
def lost(request: Request, path: str) -> Response:
    """Nothing is here. Programs are told so as elsewhere."""
    if path.partition("/")[0] in _OF_PROGRAMS or "text/html" not in request.headers.get("accept", ""):
        raise HTTPException(404)
    raise NotFound(
        "There is no such page.", remedy="The address may be misspelt. Search for what you were looking for."
    )
