"""A recording, by the microphone or from a file: what it looks like, and the songs nearest to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from songkin.models import Query
from songkin.web.deps import Me, Served
from songkin.web.pages.remembering import remember
from songkin.web.pages.rendering import PageRoute, page

router = APIRouter(route_class=PageRoute)

_NEAR: Final = Query(limit=24)
_BLOCK: Final = 1 << 18


@router.get("/record")
def record(request: Request) -> Response:
    """Where to record or choose a file."""
    return page(request, "record.html")


@router.post("/record")
def take(music: Served, file: UploadFile) -> Response:
    """Take a recording in, and lead to what is like it."""
    clip = music.hear_clip(blocks(file), _NEAR)
    return RedirectResponse(f"/record/{clip.id}", 303)


@router.get("/record/{clip}")
def clip(request: Request, music: Served, me: Me, clip: str) -> Response:
    """A recording that was taken in."""
    music.clip_sound(clip)  # it may be gone, whatever is remembered of it
    answer = remember(request, music, ("clip", clip), lambda: music.like_clip(clip, _NEAR))
    return page(request, "clip.html", clip=clip, answer=answer, votes=music.catalog.votes_of(me))


def blocks(file: UploadFile) -> Iterator[bytes]:
    """What was sent, piece by piece."""
    while block := file.file.read(_BLOCK):
        yield block
