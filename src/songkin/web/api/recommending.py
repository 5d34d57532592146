"""What to hear next: recommendations, sums of songs, walks, stations, groups."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from songkin.library import Library
from songkin.models import Answer
from songkin.models import Query as Asked
from songkin.recommending.asking import Wanted
from songkin.recommending.clusters import Clustering
from songkin.recommending.grouping import parse
from songkin.web.api.asking import Asking, SongId, filters_of, told
from songkin.web.api.examples import ANSWER
from songkin.web.deps import Me, Served
from songkin.web.sending import sent

router = APIRouter(tags=["recommending"])

Songs = Annotated[list[UUID], Field(max_length=200)]
Names = Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=50)]
Unit = Annotated[float, Field(ge=0, le=1)]
Window = Literal["week", "month", "half-year", "year", "all"]


class Page(BaseModel):
    """How many songs, which, and how many of one artist and album."""

    limit: int = Field(24, ge=1, le=200)
    where: Names = []
    per_artist: int = Field(2, ge=0, le=1000)
    per_album: int = Field(3, ge=0, le=1000)
    hide_duplicates: bool = False

    def asked(self) -> Asked:
        """The same as the library has it. Raises ``QueryError``."""
        caps = (self.per_artist or None, self.per_album or None)
        return Asked(self.limit, filters_of(self.where), *caps, self.hide_duplicates)


class Wish(Page):
    """What to recommend from: songs and playlists by their ids, albums and artists by name, `names` as a playlist could be
    called. `weights` say how much songs count, from -1 to 1; `mine` has my votes and plays count."""

    like: Songs = []
    dislike: Songs = []
    weights: dict[UUID, Annotated[float, Field(ge=-1, le=1)]] = Field({}, max_length=200)
    rather: list[tuple[UUID, UUID]] = Field([], max_length=50)
    playlists: Songs = []
    albums: Names = []
    artists: Names = []
    names: Names = Field([], examples=[["rainy sunday"]])
    mine: bool = False
    new_only: bool = False
    adventurous: Unit = 0.3
    order: Literal["best", "flow"] = "best"
    window: Window = "all"

    def wanted(self, library: Library, me: str) -> Wanted:
        """The same as the library has it. Raises ``NotFound``."""
        return Wanted(
            like=known(library, self.like),
            dislike=known(library, self.dislike),
            weights={str(song): weight for song, weight in self.weights.items()},
            rather=tuple((library.song(str(a)).id, library.song(str(b)).id) for a, b in self.rather),
            playlists=tuple(library.playlist(str(each)).id for each in self.playlists),
            albums=tuple(self.albums),
            artists=tuple(self.artists),
            names=tuple(self.names),
            user=me if self.mine else "",
            new_only=self.new_only,
            adventurous=self.adventurous,
            order=self.order,
            window=self.window,
        )


class Sum(Page):
    """Songs that are added and subtracted."""

    add: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    subtract: Songs = []


class Played(BaseModel):
    """A song that a station played."""

    song: UUID
    skipped: bool = False


class Tuned(Wish):
    """A station: what it begins with, and what it has played so far, the first first."""

    played: list[Played] = Field([], max_length=500)
    limit: int = Field(5, ge=1, le=20)


def known(library: Library, songs: Sequence[UUID]) -> tuple[str, ...]:
    """Ids of songs that are there. Raises ``NotFound``."""
    return tuple(library.song(str(song)).id for song in songs)


@router.post("/recommend", summary="Recommend", responses=told(None, ANSWER))
def recommend(request: Request, library: Served, me: Me, wish: Wish) -> Response:
    """Songs that go with what is liked, and not with what is not. What was asked from never comes back."""
    return sent(request, library.recommend(wish.wanted(library, me), wish.asked()))


@router.post("/alchemy", summary="Add and subtract songs", responses=told(None, ANSWER))
def alchemy(request: Request, library: Served, sums: Sum) -> Response:
    """Songs near to the sum of some songs without others, by sound."""
    return sent(request, library.alchemy(known(library, sums.add), known(library, sums.subtract), sums.asked()))


@router.get("/path", summary="A walk from song to song", responses=told(None, ANSWER))
def path(
    request: Request,
    library: Served,
    asked: Asking,
    first: Annotated[UUID, Query(description="Where it begins.")],
    last: Annotated[UUID, Query(description="Where it ends.")],
) -> Response:
    """In small steps."""
    return sent(request, library.path(library.song(str(first)).id, library.song(str(last)).id, asked))


@router.post("/radio", summary="A station's next songs", responses=told(None, ANSWER))
def radio(request: Request, library: Served, me: Me, tuned: Tuned) -> Response:
    """Songs without end that learn from skips. The station keeps nothing: send what it played with each question."""
    plays = [(library.song(str(each.song)).id, each.skipped) for each in tuned.played]
    with library.radio(tuned.wanted(library, me), tuned.asked()) as station:
        station.heard(plays)
        hits = tuple(islice(iter(station.next, None), tuned.limit))
        return sent(request, Answer("radio", hits, tuple(station.notes)))


@router.get("/fingerprint", summary="A playlist of what I play", responses=told(None, ANSWER))
def fingerprint(
    request: Request,
    library: Served,
    me: Me,
    asked: Asking,
    window: Window = "all",
    new: Annotated[float, Query(ge=0, le=1, description="The share of songs that are new.")] = 0.5,
) -> Response:
    """What is played most, and what goes with it."""
    return sent(request, library.fingerprint(user=me, window=window, new=new, query=asked))


@router.get("/clusters", summary="Songs or playlists in groups")
def clusters(
    request: Request,
    library: Served,
    of: Literal["songs", "playlists"] = "songs",
    k: Annotated[str, Query(max_length=20, description="`auto`, `8` or `4..12`.")] = "auto",
    by: Annotated[str, Query(max_length=100)] = "",
    seed: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Response:
    """Groups that are alike, named by what is typical of them."""
    asked = parse(k)
    found = (
        library.clusters.songs(asked, by=by, seed=seed) if of == "songs" else library.clusters.playlists(asked, by=by)
    )
    return sent(request, _told(found))


@router.get("/clusters/near/{playlist}", summary="Playlists near to one")
def near(
    request: Request, library: Served, playlist: SongId, limit: Annotated[int, Query(ge=1, le=200)] = 10
) -> Response:
    """By the mean of their songs."""
    found = library.clusters.nearest(library.playlist(str(playlist)).id, limit=limit)
    return sent(request, found)


def _told(found: Clustering) -> dict[str, object]:
    names = ("number", "name", "words", "size", "central", "members")
    groups = [{name: getattr(each, name) for name in names} for each in found.clusters]
    choice = {"k": found.choice.k, "why": found.choice.why, "best": found.choice.best, "tried": found.choice.tried}
    about = {"of": found.of, "by": found.scale.space, "covered": found.covered, "total": found.total}
    return {**about, "choice": choice, "clusters": groups, "notes": found.notes}
