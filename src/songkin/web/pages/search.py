"""The search page: words, filters, more like this and less like that; what to touch on a first visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from songkin.browsing import paged
from songkin.errors import Ambiguous, NotFound
from songkin.fetching import is_link
from songkin.library import Library
from songkin.models import Facets, Hit, Page, Query
from songkin.recommending.asking import Wanted
from songkin.web.deps import Me, Served
from songkin.web.pages.asking import FACETS, PAGE, SORTS, Asked
from songkin.web.pages.remembering import remember
from songkin.web.pages.rendering import PageRoute, is_part, link, page

router = APIRouter(route_class=PageRoute)

_NAMES: Final = 5
"""Rows of each kind that are offered while a name is being typed."""
_ALBUMS: Final = 6


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A facet as the page shows it: its words, how many songs, its address, whether it is on."""

    words: str
    songs: int
    address: str
    chosen: bool


@router.get("/")
def search(request: Request, music: Served, me: Me) -> Response:
    """Songs by words, filters and likeness; without any, where to begin."""
    asked = Asked.read(request.query_params, request.cookies.get("view", ""))
    if is_link(asked.text):
        return _linked(music, asked.text)
    if asked.empty:
        return page(request, "start.html", asked=asked, tries=_tries(request, music), songs=music.catalog.count())
    found = _answer(music, asked)
    more = link("/", [*asked.pairs(), ("page", str(asked.page + 1))]) if found.after else ""
    known: dict[str, Any] = {"asked": asked, "hits": found.hits, "more": more, "votes": music.catalog.votes_of(me)}
    if "part" in request.query_params:
        return page(request, "hits.html", steer=_steer(asked), **known)
    facets = music.facets(asked.text, asked.conditions())
    return page(
        request,
        "search.html",
        found=found,
        total=facets.total,
        narrowings=_narrowings(asked, facets),
        liked=music.catalog.tracks([*asked.like, *asked.unlike]),
        sorts=SORTS,
        steer=_steer(asked),
        **known,
    )


@router.get("/suggest")
def suggest(request: Request, music: Served, q: str = "", pick: str = "") -> Response:
    """Names while they are being typed: songs, artists, albums, playlists. With ``pick`` only songs, to be picked."""
    text = " ".join(q.split())[:100]
    if pick:
        return page(request, "picks.html", songs=music.lookup(text, 8), pick=pick)
    return page(request, "suggest.html", names=music.names(text, _NAMES))


@router.get("/found")
def found(request: Request, music: Served, q: str = "") -> Response:
    """Albums and playlists for words, below which their songs stand."""
    text = " ".join(q.split())
    if not text:
        return page(request, "found.html", part=is_part(request), albums=(), lists=())
    answer = remember(request, music, ("albums", text), lambda: music.find_albums(text, limit=_ALBUMS))
    albums = [hit for hit in answer.hits if hit.album.tracks]
    lists = music.names(text, _ALBUMS).playlists
    return page(request, "found.html", part=is_part(request), albums=albums, lists=lists)


@router.get("/begin")
def begin(request: Request, music: Served, me: Me) -> Response:
    """What to hear first: recommendations for this listener, and what is new here."""
    query = Query(limit=12)
    answer = remember(request, music, ("mine", music.catalog.heard()), lambda: music.recommend(Wanted(user=me), query))
    newest = [standing.track for standing in music.top("newest", user=me, limit=12)]
    fresh = [Hit(rank, 0.0, track) for rank, track in enumerate(newest, 1)]
    votes = music.catalog.votes_of(me)
    return page(
        request, "begin.html", part=is_part(request), answer=answer, newest=fresh, votes=votes, known=bool(votes)
    )


# Inside -----------------------------------------------------------------------------------------------------------


def _answer(music: Library, asked: Asked) -> Page:
    query, offset = Query(limit=PAGE, filters=asked.conditions()), (asked.page - 1) * PAGE
    if not asked.steered:
        return music.browse(asked.text, query, offset=offset, sort=asked.sort)
    like, unlike = (tuple(music.song(song).id for song in songs) for songs in (asked.like, asked.unlike))
    wanted = Wanted(like=like, dislike=unlike, names=(asked.text,) if asked.text else ())
    return paged(lambda deep: music.recommend(wanted, deep), query, offset, asked.sort)


def _linked(music: Library, text: str) -> Response:
    """A pasted link: the song that it names, else what can be recommended from it."""
    try:
        return RedirectResponse(f"/songs/{music.track(text).id}", 303)
    except (NotFound, Ambiguous):
        return RedirectResponse(link("/recommend", {"mode": "playlist", "link": text}), 303)


def _steer(asked: Asked) -> str:
    """The address to which ``like=ID`` and ``unlike=ID`` are put."""
    address = link("/", asked.pairs())
    return f"{address}&" if "?" in address else f"{address}?"


def _narrowings(asked: Asked, facets: Facets) -> dict[str, list[Narrowing]]:
    """By field, in the order of the page. A field with one value that all songs have narrows nothing."""
    made: dict[str, list[Narrowing]] = {}
    for facet in sorted(facets.fields, key=lambda each: FACETS.index(each.field)):
        rows = []
        for value in facet.values:
            pair = (facet.field, value.filter.partition("=")[2])
            address = link("/", asked.with_filter(*pair).pairs())
            rows.append(Narrowing(value.label, value.count, address, pair in asked.filters))
        if len(rows) > 1 or any(row.chosen for row in rows):
            made[facet.field] = rows
    return made


def _tries(request: Request, music: Library) -> list[str]:
    """Words that this library has an answer to."""
    from songkin.web.pages.trying import tries

    return remember(request, music, "tries", lambda: tries(music))
