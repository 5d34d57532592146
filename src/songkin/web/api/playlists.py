"""Playlists: made, changed, grown, put in order, written for other programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from songkin.models import Playlist
from songkin.models import Query as Asked
from songkin.web.api.asking import Cursor, Limit, PlaylistId, link_to, sliced, told
from songkin.web.api.examples import PLAYLIST
from songkin.web.api.exports import Format, exported
from songkin.web.deps import Served
from songkin.web.sending import sent

router = APIRouter(prefix="/playlists", tags=["playlists"])

Songs = Annotated[list[UUID], Field(max_length=10_000)]
Name = Annotated[str, Field(max_length=200, examples=["By the fire"])]


class Made(BaseModel):
    """A new playlist."""

    name: Name
    songs: Songs = []
    description: str = Field("", max_length=2000)


class Changed(BaseModel):
    """What is to change; what is left out stays. `songs` are all songs, in order."""

    name: Name = ""
    description: str = Field("", max_length=2000)
    songs: Songs | None = None


class Added(BaseModel):
    """Songs for the end of a playlist."""

    songs: Annotated[list[UUID], Field(min_length=1, max_length=10_000)]


class Grown(BaseModel):
    """How a playlist is to grow. `include` weighs further songs from -1, away from them, to 1."""

    count: int = Field(10, ge=1, le=200)
    include: dict[UUID, Annotated[float, Field(ge=-1, le=1)]] = Field({}, max_length=100)
    adventurous: float = Field(0.3, ge=0, le=1)
    save: Name = ""


class Ordered(BaseModel):
    """Where the ordered list is to be kept; empty: in its place."""

    save: Name = ""


@router.get("", summary="All playlists", responses=told(None, {"playlists": [PLAYLIST], "next": None}))
def listed(request: Request, library: Served, limit: Limit = 100, cursor: Cursor = "") -> Response:
    """By name."""
    found, after = sliced(library.playlists(), limit, cursor)
    return sent(request, {"playlists": found, "next": after}, headers=link_to(request, after))


@router.post("", summary="Make a playlist", status_code=201, responses=told(Playlist, PLAYLIST, status=201))
def make(request: Request, library: Served, made: Made) -> Response:
    """Of songs, by their ids. A run that can be undone, as all changes of playlists are."""
    kept = library.make_playlist(made.name, [str(song) for song in made.songs], description=made.description)
    return sent(request, kept, status=201, headers={"location": f"/api/v1/playlists/{kept.id}"})


@router.get("/{playlist}", summary="One playlist", responses=told(None, {"playlist": PLAYLIST, "entries": []}))
def one(request: Request, library: Served, playlist: PlaylistId, limit: Limit = 200, cursor: Cursor = "") -> Response:
    """With its songs, page by page, also those that are not in the library (`given`)."""
    found = library.playlist(str(playlist))
    entries, after = sliced(library.entries(found.id), limit, cursor)
    data = {"playlist": found, "entries": entries, "next": after}
    return sent(request, data, headers=link_to(request, after))


@router.patch("/{playlist}", summary="Change a playlist", responses=told(Playlist, PLAYLIST))
def change(request: Request, library: Served, playlist: PlaylistId, changed: Changed) -> Response:
    """Its name, its description, its songs and their order."""
    songs = None if changed.songs is None else [str(song) for song in changed.songs]
    kept = library.change_playlist(str(playlist), name=changed.name, description=changed.description, songs=songs)
    return sent(request, kept)


@router.delete("/{playlist}", summary="Remove a playlist", responses=told(None, {"run": 12}))
def remove(request: Request, library: Served, playlist: PlaylistId) -> Response:
    """Its songs stay. `run` is what undoes it."""
    return sent(request, {"run": library.remove_playlist(str(playlist))})


@router.post("/{playlist}/entries", summary="Add songs to a playlist", responses=told(Playlist, PLAYLIST))
def add(request: Request, library: Served, playlist: PlaylistId, added: Added) -> Response:
    """At its end."""
    return sent(request, library.add_to_playlist(str(playlist), [str(song) for song in added.songs]))


@router.post("/{playlist}/extend", summary="Let a playlist grow")
def extend(request: Request, library: Served, playlist: PlaylistId, grown: Grown) -> Response:
    """By songs that go with it; with `save` the grown list is a new one of that name."""
    found = library.playlist(str(playlist))
    include = {library.song(str(song)).id: weight for song, weight in grown.include.items()}
    kept, answer = library.extend(
        found.id, grown.count, include=include, adventurous=grown.adventurous, save=grown.save, query=Asked()
    )
    return sent(request, {"playlist": kept, "hits": answer.hits, "notes": answer.notes})


@router.post("/{playlist}/order", summary="Put a playlist in an order that flows", responses=told(Playlist, PLAYLIST))
def order(request: Request, library: Served, playlist: PlaylistId, ordered: Ordered) -> Response:
    """Tempo, key and energy change gently, from its first song on."""
    return sent(request, library.reorder(library.playlist(str(playlist)).id, save=ordered.save))


@router.get("/{playlist}/export", summary="A playlist for other programs", response_class=Response)
def export(
    library: Served,
    playlist: PlaylistId,
    form: Annotated[Format, Query(alias="format")] = "m3u",
) -> Response:
    """As a file that most programs read, and `songkin import` too."""
    found = library.playlist(str(playlist))
    return exported(lambda path: library.export.playlist(found.id, path, form), found.name, form)
