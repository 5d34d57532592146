"""What handlers ask for: the library that is served, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from songkin.library import Library
from songkin.models import ME


def library(request: Request) -> Library:
    """The one library that is served."""
    served: Library = request.app.state.library
    return served


def me() -> str:
    """Who is asking. There is one listener, for only this machine is served."""
    return ME


Served = Annotated[Library, Depends(library)]
Me = Annotated[str, Depends(me)]
