"""Errors as ``application/problem+json`` (RFC 9457): one handler for all that songkin raises on purpose, one for what cannot
be understood, one for what nobody foresaw."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from songkin.errors import (
    Ambiguous,
    AudioError,
    ConfigError,
    DiskFull,
    EncoderError,
    ExportError,
    LibraryBusy,
    NoAnswer,
    NotFound,
    QueryError,
    SongkinError,
    SourceError,
    StoreError,
    Unreachable,
)

log = logging.getLogger(__name__)

STATUS: Final[tuple[tuple[type[SongkinError], int], ...]] = (
    (NotFound, 404),
    (Ambiguous, 409),
    (QueryError, 422),
    (AudioError, 415),
    (Unreachable, 502),
    (SourceError, 422),
    (ExportError, 422),
    (ConfigError, 422),
    (LibraryBusy, 503),
    (DiskFull, 507),
    (EncoderError, 503),
    (NoAnswer, 503),
    (StoreError, 503),
)
"""The first row that fits says which status an error has."""
MEDIA_TYPE: Final = "application/problem+json"
_RETRY: Final = "2"
"""Seconds after which a library that is busy may be asked again."""
_MOST: Final = 20
"""Candidates and wrong fields that are told."""


def status_of(error: SongkinError) -> int:
    """The status that an error is answered with."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem(
    status: int, title: str, *, remedy: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem as it is sent: ``title`` for people, ``remedy`` what they can do."""
    told = {"type": "about:blank", "status": status, "title": HTTPStatus(status).phrase, "detail": clean(title)}
    if remedy:
        told["remedy"] = clean(remedy)
    return JSONResponse({**told, **more}, status, dict(headers or {}), MEDIA_TYPE)


def clean(text: str) -> str:
    """Text without undecodable bytes of file names, which no JSON holds."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def install(app: FastAPI) -> None:
    """Have the application answer errors with problems."""
    app.add_exception_handler(SongkinError, _told)
    app.add_exception_handler(RequestValidationError, _wrong)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, SongkinError)
    status = status_of(error)
    more: dict[str, Any] = {"kind": type(error).__name__}
    if isinstance(error, Ambiguous) and error.candidates:
        more["candidates"] = [clean(each) for each in error.candidates[:_MOST]]
    headers = {"Retry-After": _RETRY} if status == 503 else {}
    return problem(status, error.message, remedy=error.remedy, headers=headers, **more)


async def _wrong(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [
        {"where": ".".join(clean(str(part)) for part in each["loc"]), "what": clean(each["msg"])}
        for each in error.errors()[:_MOST]
    ]
    first = f"{wrong[0]['where']}: {wrong[0]['what']}" if wrong else "It cannot be understood."
    return problem(422, first, remedy="/api/v1/openapi.json tells what is asked for.", errors=wrong)


async def _plain(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("request %s failed: %r", request.scope.get("songkin.request", ""), error, exc_info=error)
    return problem(500, "Something went wrong inside songkin.", remedy="The server's log tells more.")
