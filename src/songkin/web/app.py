"""The application: one library, held open while it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from songkin import __version__
from songkin.config import Config
from songkin.library import Library
from songkin.web import api, media, pages, problems
from songkin.web.security import Guard

_HERE: Final = Path(__file__).parent
_STATIC: Final = {"/assets": _HERE / "static" / "dist", "/static": _HERE / "static" / "plain"}
"""What was bundled when the package was built, and what needs no bundling."""


def create_app(config: Config) -> FastAPI:
    """The application that serves the library of ``config``: pages, ``/api/v1`` and ``/media``."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        with Library(config=config) as library:
            library.begin()
            library.hold()
            app.state.library = library
            yield

    app = FastAPI(
        title="songkin",
        version=__version__,
        lifespan=life,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    app.include_router(api.router, prefix="/api/v1")
    app.include_router(media.router, prefix="/media", tags=["media"])
    app.include_router(pages.router)
    for path, folder in _STATIC.items():
        if folder.is_dir():
            app.mount(path, StaticFiles(directory=folder))
    app.add_middleware(Guard, hosts=config.serve_hosts, origins=config.serve_origins)
    return app
