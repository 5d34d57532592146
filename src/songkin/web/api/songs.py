"""Songs: found, listed, shown, corrected, voted on, heard."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from songkin.models import Facets, Page
from songkin.models import Query as Asked
from songkin.web.api.asking import (
    Asking,
    Cursor,
    Limit,
    SongId,
    Sort,
    Text,
    Where,
    cursor_of,
    filters_of,
    link_to,
    offset_of,
    told,
)
from songkin.web.api.examples import ANSWER, FACETS, PAGE, SONG
from songkin.web.deps import Me, Served
from songkin.web.sending import sent

router = APIRouter(tags=["songs"])

Vote = Literal["love", "like", "okay", "hate", "none"]


class Voting(BaseModel):
    """What is thought of a song; ``none`` takes a vote back."""

    vote: Vote = Field(examples=["love"])


class Heard(BaseModel):
    """What was heard of a song."""

    kind: Literal["play", "skip"] = "play"
    seconds: float | None = Field(None, ge=0, lt=86_400, examples=[183.4])


class Correction(BaseModel):
    """What is to be known of a song, by the names of fields, as text; ``clear`` names those to be emptied."""

    fields: dict[str, Annotated[str, Field(max_length=2000)]] = Field({}, max_length=32, examples=[{"genres": "folk"}])
    clear: list[Annotated[str, Field(max_length=40)]] = Field([], max_length=32)


class Joining(BaseModel):
    """The song that another is one with."""

    into: Annotated[str, Field(pattern="^[0-9a-fA-F-]{36}$", examples=[SONG["id"]])]


def paged(request: Request, page: Page) -> Response:
    """A page as it is sent."""
    after = cursor_of(page.after)
    data = {"query": page.query, "hits": page.hits, "notes": page.notes, "total": page.total, "next": after}
    return sent(request, data, headers=link_to(request, after))


@router.get("/find", summary="Songs by words", responses=told(None, PAGE))
def find(
    request: Request, library: Served, asked: Asking, q: Text = "", sort: Sort = "best", cursor: Cursor = ""
) -> Response:
    """By how they sound, what is known of them, which words stand there; each hit says why. Without words all songs that
    pass the filters, by artist and album. `total` is null where more can be found than was looked at."""
    return paged(request, library.browse(q, asked, offset=offset_of(cursor), sort=sort))


@router.get("/tracks", summary="All songs", responses=told(None, PAGE))
def tracks(
    request: Request,
    library: Served,
    where: Where = [],  # noqa: B006 - never changed
    limit: Limit = 50,
    sort: Sort = "best",
    cursor: Cursor = "",
) -> Response:
    """All songs that pass the filters, page by page."""
    page = library.browse("", Asked(limit, filters_of(where)), offset=offset_of(cursor), sort=sort)
    after = cursor_of(page.after)
    data = {"tracks": [hit.track for hit in page.hits], "total": page.total, "next": after, "notes": page.notes}
    return sent(request, data, headers=link_to(request, after))


@router.get("/facets", summary="What a search can be narrowed by", responses=told(Facets, FACETS))
def facets(request: Request, library: Served, q: Text = "", where: Where = []) -> Response:  # noqa: B006
    """Counts by genre, decade, tempo, key, mood and source of all songs that pass the filters; each value is a filter."""
    return sent(request, library.facets(q, filters_of(where)))


@router.get("/lookup", summary="Names while they are typed", responses=told(None))
def lookup(request: Request, library: Served, q: Text = "", limit: Annotated[int, Query(ge=1, le=50)] = 8) -> Response:
    """Songs, artists, albums and playlists that are called so, or begin so."""
    return sent(request, library.names(q, limit))


@router.get("/similar/{song}", summary="Songs like one", responses=told(None, ANSWER))
def similar(request: Request, library: Served, song: SongId, asked: Asking) -> Response:
    """Songs that sound like one of the library."""
    return sent(request, library.similar(library.song(str(song)).id, asked))


@router.get("/tracks/{song}", summary="One song", responses=told(None, {"track": SONG, "heard": {"guitar": 0.71}}))
def track(request: Request, library: Served, song: SongId) -> Response:
    """All that is known of a song."""
    shown = library.show(library.song(str(song)).id)
    names = ("keys", "playlists", "albums", "predicted", "heard", "vectors", "votes")
    twins = [{"track": twin, "evidence": why} for twin, why in shown.duplicates]
    told = {name: getattr(shown, name) for name in names}
    return sent(request, {"track": asdict(shown.track), **told, "duplicates": twins})


@router.patch("/tracks/{song}", summary="Correct a song", responses=told(None, SONG))
def correct(request: Request, library: Served, song: SongId, told: Correction) -> Response:
    """What a person says stands above what files and tables say. A run that can be undone."""
    return sent(request, library.set(library.song(str(song)).id, told.fields, clear=told.clear))


@router.delete("/tracks/{song}", summary="Forget a song", responses=told(None, SONG))
def forget(request: Request, library: Served, song: SongId) -> Response:
    """Remove it from the library; its file stays."""
    return sent(request, library.forget(library.song(str(song)).id))


@router.post("/tracks/{song}/join", summary="Let two songs be one", responses=told(None, SONG))
def join(request: Request, library: Served, song: SongId, other: Joining) -> Response:
    """What is known of both is known of the one that has a file, else of `into`. A run that can be undone."""
    return sent(request, library.join(library.song(str(song)).id, library.song(other.into.lower()).id))


@router.post("/tracks/{song}/vote", summary="Vote", responses=told(None, {"vote": "love", "track": SONG}))
def vote(request: Request, library: Served, me: Me, song: SongId, voting: Voting) -> Response:
    """One vote for each listener and song; a later one replaces it."""
    found = library.vote(library.song(str(song)).id, voting.vote, user=me)
    return sent(request, {"user": me, "vote": voting.vote, "track": found})


@router.post(
    "/tracks/{song}/listens", summary="Note a play or a skip", status_code=201, responses=told(None, status=201)
)
def listened(request: Request, library: Served, me: Me, song: SongId, heard: Heard) -> Response:
    """For the history, and for recommendations."""
    note = library.played if heard.kind == "play" else library.skipped
    event = note(library.song(str(song)).id, seconds=heard.seconds, user=me)
    return sent(request, {"event": event}, status=201)
