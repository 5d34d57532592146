"""Sound and pictures of songs. All are asked for by id, never by path."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from songkin.web.deps import Served
from songkin.web.sending import sent_file

router = APIRouter()

SongId = Annotated[UUID, Path(description="The song's id.")]
ClipId = Annotated[str, Path(description="The recording's id.", pattern="^[0-9a-f]{32}$")]
As = Annotated[
    Literal["mp3", "opus"] | None, Query(alias="as", description="A copy for browsers that cannot play the file.")
]
Download = Annotated[bool, Query(description="To be stored as a file.")]


@router.head("/tracks/{song}/audio", include_in_schema=False)
@router.get("/tracks/{song}/audio", summary="A song's sound", response_class=Response)
def audio(request: Request, library: Served, song: SongId, made_as: As = None, download: Download = False) -> Response:
    """The file itself, with ranges; or with ``as`` a copy that is made once."""
    medium = library.sound(str(song), made_as=made_as or "")
    track = library.song(str(song))
    suffix = medium.path.rpartition(".")[2]
    return sent_file(request, medium, name=f"{track.label[:100]}.{suffix}" if download else "")


@router.get("/tracks/{song}/cover", summary="A song's cover", response_class=Response)
def cover(
    request: Request, library: Served, song: SongId, size: Annotated[int, Query(description="96, 320 or 640.")] = 320
) -> Response:
    """The picture in the file or its folder as WebP, else a drawn one as SVG."""
    return sent_file(request, library.cover(str(song), size))


@router.get("/tracks/{song}/peaks", summary="A song's loudness over time", response_class=Response)
def peaks(request: Request, library: Served, song: SongId) -> Response:
    """JSON: ``peaks`` are 800 numbers from 0 to 100, ``duration`` is in seconds."""
    return sent_file(request, library.peaks(str(song)))


@router.get("/tracks/{song}/spectrogram.png", summary="A song's spectrogram", response_class=Response)
def spectrogram(request: Request, library: Served, song: SongId) -> Response:
    """Time to the right, pitch upwards."""
    return sent_file(request, library.spectrogram(str(song)))


@router.get("/tracks/{song}/waveform.svg", summary="A song's waveform", response_class=Response)
def waveform(request: Request, library: Served, song: SongId) -> Response:
    """Its peaks as bars."""
    return sent_file(request, library.waveform(str(song)))


@router.get("/clips/{clip}/spectrogram.png", summary="A recording's spectrogram", response_class=Response)
def clip_spectrogram(request: Request, library: Served, clip: ClipId) -> Response:
    """Of a recording that was uploaded."""
    return sent_file(request, library.clip_spectrogram(clip))


@router.head("/clips/{clip}/audio", include_in_schema=False)
@router.get("/clips/{clip}/audio", summary="A recording's sound", response_class=Response)
def clip_audio(request: Request, library: Served, clip: ClipId) -> Response:
    """A recording as it was understood, as WAV."""
    return sent_file(request, library.clip_sound(clip))
