"""Light or dark without scripts; with them the cookie is set in the browser."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from songkin.web.pages.rendering import PageRoute, back

router = APIRouter(route_class=PageRoute)
_YEAR = 31_536_000


@router.post("/theme")
def theme(request: Request) -> Response:
    """Turn to the other one."""
    answer = RedirectResponse(back(request, "/"), 303)
    other = "light" if request.cookies.get("theme") == "dark" else "dark"
    answer.set_cookie("theme", other, max_age=_YEAR, samesite="lax")
    return answer
