"""The application: one library, held open while it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from songkin import __version__
from songkin.config import Config
from songkin.library import Library
from songkin.web import api, health, media, pages, problems, remembered
from songkin.web.assets import Assets
from songkin.web.health import Counting, Numbers
from songkin.web.jobs import Jobs
from songkin.web.pages import lost
from songkin.web.security import Guard

_HERE: Final = Path(__file__).parent
_STATIC: Final = {"/assets": _HERE / "static" / "dist", "/static": _HERE / "static" / "plain"}
"""What was bundled when the package was built, and what needs no bundling."""
_THREADS: Final = 12
"""Questions that are worked on at once."""
_ABOUT: Final = """Every action of the terminal over HTTP. Songs and playlists are named by their ids. Errors are
`application/problem+json` (RFC 9457) with a `remedy`; lists come in pages, `next` is the `cursor` of the next one;
answers carry ETags; what takes long answers 202 with the address of a job."""


def create_app(config: Config) -> FastAPI:
    """The application that serves the library of ``config``: pages, ``/api/v1`` and ``/media``."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        with Library(config=config) as library:
            library.begin()
            library.hold()
            app.state.library = library
            app.state.jobs = Jobs(config, library.look_anew)
            try:
                yield
            finally:
                app.state.jobs.close()

    app = FastAPI(
        title="songkin",
        version=__version__,
        description=_ABOUT,
        lifespan=life,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.numbers = Numbers()
    problems.install(app)
    app.include_router(api.router, prefix="/api/v1")
    app.include_router(media.router, prefix="/media", tags=["media"])
    app.include_router(health.router)
    app.include_router(pages.router)
    for path, folder in _STATIC.items():
        if folder.is_dir():
            app.mount(path, Assets(directory=folder))
    app.include_router(lost.router)
    _guard(app, config)
    return app


def _guard(app: FastAPI, config: Config) -> None:
    """What stands before the handlers; the last one added stands first."""

    def content() -> Hashable:
        library: Library = app.state.library
        return library.catalog.content()

    def opinions() -> Hashable:
        library: Library = app.state.library
        return library.catalog.opinions()

    app.add_middleware(remembered.Remembered, state=content, paths=remembered.PATHS)
    app.add_middleware(remembered.Remembered, state=opinions, paths=remembered.PAGES, most=remembered.MOST_PAGES)
    app.add_middleware(Counting, numbers=app.state.numbers)
    if config.serve_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(config.serve_origins),
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["content-type", "if-none-match"],
            expose_headers=["etag", "link", "location", "x-request-id"],
        )
    app.add_middleware(Guard, hosts=config.serve_hosts, origins=config.serve_origins, most_mb=config.upload_mb)
