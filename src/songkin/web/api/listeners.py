"""What I think of songs and do with them: votes, history, top lists."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from songkin.importing.feedback import KINDS
from songkin.models import Playlist
from songkin.records import VOTES
from songkin.web.api.asking import Cursor, Limit, link_to, sliced, told
from songkin.web.api.examples import PLAYLIST, SONG
from songkin.web.api.recommending import Window
from songkin.web.deps import Me, Served
from songkin.web.sending import sent

router = APIRouter(tags=["listeners"])

Chart = Literal["played", "loved", "liked", "newest"]


class Search(BaseModel):
    """Words that were searched for."""

    text: str = Field(max_length=2000, examples=["quiet piano"])


class Kept(BaseModel):
    """A top list as a playlist; `every` says how often it fills itself from now on."""

    name: str = Field(max_length=200, examples=["My year"])
    by: Chart = "played"
    window: Window = "all"
    limit: int = Field(20, ge=1, le=1000)
    every: Literal["day", "week", "month", "never"] | None = None


@router.get("/votes", summary="My votes", responses=told(None, {"votes": [{"vote": "love", "at": 0, "track": SONG}]}))
def votes(
    request: Request,
    library: Served,
    me: Me,
    vote: Annotated[list[Literal["love", "like", "okay", "hate"]], Query(max_length=4)] = [],  # noqa: B006
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Response:
    """Newest first."""
    found, after = sliced(library.votes(user=me, words=vote or VOTES), limit, cursor)
    return sent(request, {"votes": found, "next": after}, headers=link_to(request, after))


@router.get("/history", summary="My history")
def history(
    request: Request,
    library: Served,
    me: Me,
    kind: Annotated[list[Literal["play", "skip", "search"]], Query(max_length=3)] = [],  # noqa: B006
    window: Window = "all",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """Plays, skips and searches, newest first."""
    events = library.history(user=me, window=window, kinds=kind or KINDS, limit=None)
    found, after = sliced(events, limit, cursor)
    return sent(request, {"events": found, "next": after}, headers=link_to(request, after))


@router.post("/searches", summary="Note a search", responses=told(None, {"noted": True}))
def searched(request: Request, library: Served, me: Me, search: Search) -> Response:
    """For the history. The page notes what is asked on purpose, not every letter that is typed."""
    return sent(request, {"noted": library.searched(search.text, user=me)})


@router.get("/top", summary="Top lists")
def top(
    request: Request,
    library: Served,
    me: Me,
    by: Chart = "played",
    window: Window = "all",
    limit: Limit = 20,
) -> Response:
    """What was played, loved or liked most, or came last."""
    found = library.top(by, window=window, user=me, limit=limit)
    return sent(request, {"top": found, "by": by, "window": window, "user": me})


@router.post("/top", summary="Keep a top list", status_code=201, responses=told(Playlist, PLAYLIST, status=201))
def keep(request: Request, library: Served, me: Me, kept: Kept) -> Response:
    """As a playlist of this name, or refresh the one that is kept."""
    made = library.save_top(kept.name, kept.by, window=kept.window, user=me, limit=kept.limit, every=kept.every)
    return sent(request, made, status=201)
