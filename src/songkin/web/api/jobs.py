"""Long work: indexing, importing, fetching weights. It answers at once with the address of a job."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from starlette.responses import Response

from songkin.errors import QueryError
from songkin.web.api.asking import told
from songkin.web.api.examples import JOB
from songkin.web.deps import Me
from songkin.web.jobs import Job, Jobs
from songkin.web.sending import file_name, sent

router = APIRouter(tags=["jobs"])

Places = Annotated[list[Annotated[str, Field(min_length=1, max_length=4096)]], Field(min_length=1, max_length=100)]
JobId = Annotated[str, InPath(pattern="^[0-9a-f]{32}$", description="The job's id.")]


class Indexed(BaseModel):
    """Folders and files of the machine that serves, web addresses, buckets."""

    paths: Places = Field(examples=[["/home/me/Music"]])
    prune: bool = False
    retry_refused: bool = False


class Links(BaseModel):
    """Addresses of playlists, tables and other lists."""

    links: Places = Field(examples=[["https://example.org/list.m3u8"]])


class Pulled(BaseModel):
    """Encoders whose weights are to be fetched; none: all that are missing."""

    names: list[Annotated[str, Field(max_length=100)]] = Field([], max_length=20)


def jobs_of(request: Request) -> Jobs:
    """The jobs of this server."""
    found: Jobs = request.app.state.jobs
    return found


def _begun(request: Request, kind: str, verb: str, arguments: dict[str, Any], folder: str = "") -> Response:
    job = jobs_of(request).begin(kind, verb, arguments, folder)
    return sent(request, job, status=202, headers={"location": f"/api/v1/jobs/{job.id}"})


@router.post("/index", summary="Add or refresh sound files", status_code=202, responses=told(Job, JOB, status=202))
def index(request: Request, asked: Indexed) -> Response:
    """Only what is new or changed is read. What an address leads to is fetched, but from private networks."""
    from songkin.indexing import places

    places.check(asked.paths)
    arguments = {"paths": asked.paths, "prune": asked.prune, "retry_refused": asked.retry_refused}
    return _begun(request, "index", "index", arguments)


@router.post("/imports", summary="Import files", status_code=202, responses=told(Job, JOB, status=202))
def imports(
    request: Request,
    me: Me,
    files: Annotated[list[UploadFile], File(description="Exports, playlists, tables; zips of them.")],
    kind: Annotated[str, Form(max_length=40, description="What they are, where that is not recognised.")] = "",
) -> Response:
    """What each file holds is recognised. A run that can be undone."""
    if not 0 < len(files) <= 100:
        raise QueryError("No file was sent.", remedy="Send 1 to 100 of them.")
    folder = tempfile.mkdtemp(prefix="songkin-import-")
    try:
        paths = []
        for number, each in enumerate(files):
            path = Path(folder) / str(number) / _base(each.filename or "")
            path.parent.mkdir()
            with path.open("wb") as out:
                shutil.copyfileobj(each.file, out, 1 << 20)
            paths.append(str(path))
        return _begun(request, "import", "import_", {"paths": paths, "kind": kind, "user": me}, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _base(name: str) -> str:
    """The last part of a name that was sent, whatever folders it tells of."""
    return file_name(name.replace("\\", "/").rpartition("/")[2]) or "file"


@router.post("/imports/links", summary="Import links", status_code=202, responses=told(Job, JOB, status=202))
def links(request: Request, me: Me, asked: Links) -> Response:
    """Of playlists elsewhere. Nothing is fetched from private networks."""
    from songkin import fetching

    if wrong := [link for link in asked.links if not fetching.is_link(link)]:
        raise QueryError(f"{wrong[0][:80]!r} is no web address.", remedy="Write https://…")
    return _begun(request, "import", "import_", {"paths": asked.links, "user": me})


@router.post("/models/pull", summary="Fetch weights", status_code=202, responses=told(Job, JOB, status=202))
def pull(request: Request, asked: Pulled) -> Response:
    """Of encoders that have none here."""
    return _begun(request, "pull", "pull_weights", {"names": asked.names})


@router.post("/reindex", summary="Write the search index anew", status_code=202, responses=told(Job, JOB, status=202))
def reindex(request: Request) -> Response:
    """From the catalog."""
    return _begun(request, "reindex", "reindex", {})


@router.get("/jobs", summary="All jobs", responses=told(None, {"jobs": [JOB]}))
def listed(request: Request) -> Response:
    """The latest first."""
    return sent(request, {"jobs": jobs_of(request).all()})


@router.get("/jobs/{job}", summary="One job", responses=told(Job, JOB))
def one(request: Request, job: JobId) -> Response:
    """How far it is, and what came of it."""
    return sent(request, jobs_of(request).one(job))


@router.delete("/jobs/{job}", summary="Cancel a job", responses=told(Job, JOB))
def cancel(request: Request, job: JobId) -> Response:
    """It stops at the next file; what it has stored stays."""
    return sent(request, jobs_of(request).cancel(job))
