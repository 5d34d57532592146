"""Recordings: uploaded, heard, compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, File, Path, Request, UploadFile
from starlette.responses import Response

from songkin.web.api.asking import Asking, told
from songkin.web.api.examples import ANSWER, HIT
from songkin.web.deps import Served
from songkin.web.sending import sent

router = APIRouter(prefix="/clips", tags=["recordings"])

_BLOCK = 1 << 20


@router.post(
    "",
    summary="Songs like a recording",
    status_code=201,
    responses=told(None, {"id": "0" * 32, "duration": 8.2, "hits": [HIT], "notes": []}, status=201),
)
def upload(
    request: Request,
    library: Served,
    asked: Asking,
    file: Annotated[UploadFile, File(description="A sound file of any form, WebM of a browser's microphone too.")],
) -> Response:
    """It is decoded in a process of its own, kept for a day, and has a spectrogram at `/media/clips/ID/spectrogram.png`."""
    clip = library.hear_clip(_blocks(file), asked)
    data = {"id": clip.id, "duration": clip.duration, "hits": clip.answer.hits, "notes": clip.answer.notes}
    return sent(request, data, status=201, headers={"location": f"/api/v1/clips/{clip.id}/similar"})


@router.get("/{clip}/similar", summary="Songs like it again", responses=told(None, ANSWER))
def similar(
    request: Request,
    library: Served,
    clip: Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The recording's id.")],
    asked: Asking,
) -> Response:
    """With other filters, as long as it is kept."""
    return sent(request, library.like_clip(clip, asked))


def _blocks(file: UploadFile) -> Iterator[bytes]:
    while block := file.file.read(_BLOCK):
        yield block
