"""Albums and duplicates of songs, as sources and songs tell of them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from songkin.models import AlbumAnswer
from songkin.web.api.asking import Cursor, Limit, Text, Where, filters_of, link_to, sliced, told
from songkin.web.deps import Served
from songkin.web.sending import sent

router = APIRouter(tags=["albums"])


@router.get("/albums", summary="Albums by words, or all", responses=told(AlbumAnswer))
def albums(
    request: Request,
    library: Served,
    q: Text = "",
    where: Where = [],  # noqa: B006 - never changed
    limit: Limit = 24,
    cursor: Cursor = "",
) -> Response:
    """By what reviews say and mean, by names, by how their songs sound. Without words all albums, by title."""
    if q.strip():
        return sent(request, library.find_albums(q, limit=limit, filters=filters_of(where)))
    found, after = sliced(library.all_albums(), limit, cursor)
    return sent(request, {"albums": found, "next": after}, headers=link_to(request, after))


@router.get("/duplicates", summary="Songs that are likely one recording")
def duplicates(request: Request, library: Served) -> Response:
    """Pairs, with the evidence."""
    return sent(request, {"duplicates": [{"a": a, "b": b, "evidence": why} for a, b, why in library.duplicates()]})
