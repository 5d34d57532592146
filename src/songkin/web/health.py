"""Whether it lives, whether it can answer, and its numbers for Prometheus."""

from __future__ import annotations

import time
from typing import Final

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songkin.web.deps import Served
from songkin.web.sending import sent

router = APIRouter(tags=["health"])


class Numbers:
    """What is counted. Each application has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "songkin_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "songkin_request_seconds",
            "Time to an answer.",
            ("route",),
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self.songs = Gauge("songkin_songs", "Songs in the library.", registry=self.registry)
        self.jobs = Gauge("songkin_jobs", "Jobs by their state.", ("state",), registry=self.registry)


class Counting:
    """Counts each request under its route, never under its address: there are endlessly many of these."""

    def __init__(self, app: ASGIApp, numbers: Numbers) -> None:
        self.app = app
        self.numbers = numbers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.numbers.requests.labels(method, route, str(status)).inc()
            self.numbers.seconds.labels(route).observe(time.perf_counter() - began)


PREFIXES: Final = ("/api/v1", "/media")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    """The route as it is written. FastAPI tells it without what it is included under."""
    known: str = scope.get("songkin.route", "")
    told = str(getattr(scope.get("route"), "path", ""))
    if known or not told:
        return known or "other"
    under = next((each for each in PREFIXES if scope["path"].startswith(f"{each}/")), "")
    return told if told.startswith(under) else f"{under}{told}"


@router.get("/healthz", summary="Does it live?")
async def healthz(request: Request) -> Response:
    """Yes."""
    return sent(request, {"ok": True})


@router.get("/readyz", summary="Can it answer?")
def readyz(request: Request, library: Served) -> Response:
    """Whether catalog and search index can be asked; a problem says what is wrong."""
    return sent(request, {"ok": True, "songs": library.ready()})


@router.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
def metrics(request: Request, library: Served) -> Response:
    """Requests, times, songs, jobs."""
    numbers: Numbers = request.app.state.numbers
    numbers.songs.set(library.catalog.count())
    states = [job.state for job in request.app.state.jobs.all()]
    for state in ("queued", "running", "done", "failed", "cancelled"):
        numbers.jobs.labels(state).set(states.count(state))
    return Response(generate_latest(numbers.registry), media_type=CONTENT_TYPE_LATEST)
