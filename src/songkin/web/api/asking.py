"""How questions are written in addresses: filters, pages, cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Path, Query, Request

from songkin.errors import QueryError
from songkin.models import SORTS, Filter
from songkin.models import Query as Asked
from songkin.search.filters import parse_filter

MOST: Final = 200
"""Songs on one page."""
LAST: Final = 1_000_000
LONGEST: Final = 2000

Text = Annotated[str, Query(max_length=LONGEST, description="Words, or a name.", examples=["quiet piano"])]
Where = Annotated[
    list[Annotated[str, Query(max_length=500)]],
    Query(
        max_length=32,
        description="Filters as in the terminal, again for more: `genre=jazz`, `artist!=X`, `year=1960..1970`.",
        examples=[["genre=jazz", "year=1960..1970"]],
    ),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many.")]
Cursor = Annotated[str, Query(max_length=64, description="`next` of the page before.")]
Sort = Annotated[
    str,
    Query(max_length=20, description=f"One of {', '.join(SORTS)}; `-` before it turns it round.", examples=["best"]),
]
Cap = Annotated[int, Query(ge=0, le=1000, description="At most so many of one (0: no cap).")]
SongId = Annotated[UUID, Path(description="The song's id.")]
PlaylistId = Annotated[UUID, Path(description="The playlist's id.")]


def offset_of(cursor: str) -> int:
    """The place that a cursor stands for. Raises ``QueryError``."""
    if not cursor:
        return 0
    try:
        place = int(base64.urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii").removeprefix("from "))
    except (ValueError, binascii.Error):
        place = -1
    if not 0 <= place <= LAST:
        raise QueryError("That cursor is none.", remedy="Use `next` of the page before.")
    return place


def cursor_of(offset: int | None) -> str | None:
    """What ``next`` says; None on the last page."""
    return None if offset is None else base64.urlsafe_b64encode(f"from {offset}".encode()).decode().rstrip("=")


def filters_of(where: Sequence[str]) -> tuple[Filter, ...]:
    """Filters as people write them. Raises ``QueryError``."""
    return tuple(parse_filter(each) for each in where)


def _asked(
    limit: Limit = 24,
    where: Where = [],  # noqa: B006 - never changed
    per_artist: Cap = 2,
    per_album: Cap = 3,
    hide_duplicates: Annotated[bool, Query(description="One of several files of a recording.")] = False,
) -> Asked:
    return Asked(limit, filters_of(where), per_artist or None, per_album or None, hide_duplicates)


Asking = Annotated[Asked, Depends(_asked)]
"""Options of questions that are answered with songs."""


def link_to(request: Request, cursor: str | None) -> Mapping[str, str]:
    """The header that names the next page."""
    if cursor is None:
        return {}
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    return {"link": f'<{request.url.path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'}


def sliced(items: Sequence[Any], limit: int, cursor: str) -> tuple[Sequence[Any], str | None]:
    """One page of a list that is here whole, and the cursor of the next."""
    start = offset_of(cursor)
    return items[start : start + limit], cursor_of(start + limit if start + limit < len(items) else None)


def told(
    model: object, example: object = None, *, status: int = 200, about: str = ""
) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of an answer."""
    content: dict[str, Any] = {"application/json": {"example": example}} if example is not None else {}
    said: dict[str, Any] = {"description": about or "The answer.", **({"content": content} if content else {})}
    return {status: {**said, "model": model} if model is not None else said}


Handler = Callable[..., Any]
