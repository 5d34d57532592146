"""The library as a whole: numbers, runs, what was refused, how it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from songkin.web.api.asking import Cursor, Limit, link_to, sliced, told
from songkin.web.deps import Served
from songkin.web.sending import sent

router = APIRouter(tags=["library"])


@router.get("/stats", summary="Numbers", responses=told(None, {"tracks": 53, "artists": 20}))
def stats(request: Request, library: Served) -> Response:
    """About the library."""
    return sent(request, library.stats())


@router.get("/runs", summary="What was done")
def runs(request: Request, library: Served, limit: Annotated[int, Query(ge=1, le=1000)] = 20) -> Response:
    """To the library, newest first."""
    return sent(request, {"runs": library.runs(limit)})


@router.post("/runs/{run}/undo", summary="Take a run back")
def undo(request: Request, library: Served, run: Annotated[int, Path(ge=1, lt=2**31)]) -> Response:
    """What it brought goes, what it replaced returns."""
    return sent(request, library.undo(run))


@router.get("/refused", summary="Files that were not taken")
def refused(request: Request, library: Served, limit: Limit = 100, cursor: Cursor = "") -> Response:
    """With the reasons."""
    found, after = sliced(library.refused(), limit, cursor)
    return sent(request, {"refused": found, "next": after}, headers=link_to(request, after))


@router.get("/doctor", summary="A check-up")
def doctor(request: Request, library: Served) -> Response:
    """What is installed, what is missing, how to mend it."""
    from songkin.doctor import examine

    findings = examine(library)
    return sent(request, {"ok": all(each.state != "bad" for each in findings), "findings": findings})


@router.get("/models", summary="The encoders")
def models(request: Request, library: Served) -> Response:
    """What they give, under which licence, and whether their weights are here."""
    names = ("name", "version", "modality", "licence", "noncommercial", "fingerprint")
    rows = [
        {**{name: getattr(spec, name) for name in names}, "outputs": dict(spec.outputs), "installed": installed}
        for spec, installed in library.models()
    ]
    return sent(request, {"models": rows})


@router.get("/settings", summary="The settings")
def settings(request: Request, library: Served) -> Response:
    """And where each comes from; secrets are never told."""
    rows = [{"name": name, "value": value, "origin": origin} for name, value, origin in library.config.shown()]
    return sent(request, {"settings": rows})
