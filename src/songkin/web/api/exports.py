"""Files for other programs: written aside, sent, gone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from songkin.models import Exported
from songkin.web.api.asking import Where, filters_of
from songkin.web.deps import Me, Served
from songkin.web.sending import file_name

router = APIRouter(tags=["exports"])

Format = Literal["m3u", "xspf", "jspf", "csv", "exportify", "uris"]
KINDS: Final = {
    "m3u": (".m3u8", "audio/x-mpegurl"),
    "xspf": (".xspf", "application/xspf+xml"),
    "jspf": (".jspf", "application/json"),
    "csv": (".csv", "text/csv"),
    "exportify": (".csv", "text/csv"),
    "uris": (".txt", "text/plain"),
    "zip": (".zip", "application/zip"),
}


def exported(write: Callable[[str], Exported], name: str, form: str) -> Response:
    """What ``write`` writes to a path, as a file called ``name`` to be stored."""
    suffix, kind = KINDS[form]
    folder = tempfile.mkdtemp(prefix="songkin-export-")
    gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        path = str(Path(folder) / f"export{suffix}")
        write(path)
        stored = f"{file_name(name) or 'songkin'}{suffix}"
        return FileResponse(path, media_type=kind, filename=stored, background=gone)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@router.get("/export/songs", summary="Songs for other programs", response_class=Response)
def songs(
    library: Served,
    where: Where = [],  # noqa: B006 - never changed
    form: Annotated[Format, Query(alias="format")] = "csv",
) -> Response:
    """All songs, or those that pass the filters."""
    ids = [track.id for track in library.passing(filters_of(where))[0]] if where else None
    return exported(lambda path: library.export.songs(path, form, ids=ids), "songs", form)


@router.get("/export/votes", summary="Votes as CSV", response_class=Response)
def votes(library: Served, me: Me) -> Response:
    """One's own."""
    return exported(lambda path: library.export.votes(path, me), "votes", "csv")


@router.get("/export/catalog", summary="Everything, as a zip", response_class=Response)
def catalog(library: Served) -> Response:
    """Tables and vectors; imported into an empty library it is the same library, but for the sound files."""

    def write(path: str) -> Exported:
        folder = Path(path).with_name("catalog")
        done = library.export.whole(folder)
        shutil.make_archive(path.removesuffix(".zip"), "zip", folder)
        return done

    return exported(write, "songkin-catalog", "zip")
