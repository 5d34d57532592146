"""Styles, signs and scripts, as they lie in the package."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOREVER: Final = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Files of one folder. An address that names what is in a file (``?v=``) may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or that there is none."""
        answer = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v=") and answer.status_code == 200:
            answer.headers["cache-control"] = FOREVER
        return answer
