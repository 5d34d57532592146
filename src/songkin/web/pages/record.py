"""A recording, by the microphone or from a file: what it looks like, and the songs nearest to it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from songkin.models import Query
from songkin.web.deps import Me, Served
from songkin.web.pages.remembering import remember
from songkin.web.pages.rendering import PageRoute, page
from songkin.web.pages.uploading import blocks, upload

router = APIRouter(route_class=PageRoute)

_NEAR: Final = Query(limit=24)


@router.get("/record")
def record(request: Request) -> Response:
    """Where to record or choose a file."""
    return page(request, "record.html")


@router.post("/record")
async def take(request: Request, music: Served) -> Response:
    """Take a recording in, and lead to what is like it."""
    async with upload(request, music.config.upload_mb) as file:
        clip = await run_in_threadpool(lambda: music.hear_clip(blocks(file), _NEAR))
    return RedirectResponse(f"/record/{clip.id}", 303)


@router.get("/record/{clip}")
def clip(request: Request, music: Served, me: Me, clip: str) -> Response:
    """A recording that was taken in."""
    music.clip_sound(clip)  # it may be gone, whatever is remembered of it
    answer = remember(request, music, ("clip", clip), lambda: music.like_clip(clip, _NEAR))
    return page(request, "clip.html", clip=clip, answer=answer, votes=music.catalog.votes_of(me))
