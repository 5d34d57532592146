"""The search page: words, filters, more like this and less like that; what to touch on a first visit."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from songkin.errors import Ambiguous, NotFound
from songkin.fetching import is_link
from songkin.library import Library
from songkin.models import Answer, Filter, Hit, Query, Track
from songkin.search.facets import Facet
from songkin.web.deps import Me, Served
from songkin.web.pages.asking import FACETS, MOST, PAGE, SORTS, Asked
from songkin.web.pages.asking import in_order as sorted_by
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
    answer = remember(request, music, _key(music, asked), lambda: _answer(music, asked, me))
    hits = sorted_by(answer.hits, asked.sort)
    shown = hits[(asked.page - 1) * PAGE : asked.page * PAGE]
    more = link("/", [*asked.pairs(), ("page", str(asked.page + 1))]) if len(hits) > asked.page * PAGE else ""
    known = {"asked": asked, "hits": shown, "more": more, "votes": music.catalog.votes_of(me), "steer": _steer(asked)}
    if "part" in request.query_params:
        return page(request, "hits.html", **known)
    if asked.text and asked.page == 1:
        music.searched(asked.text, user=me)
    narrowings = remember(request, music, ("facets", asked), lambda: _narrowings(music, asked, hits))
    liked = music.catalog.tracks([*asked.like, *asked.unlike])
    return page(
        request,
        "search.html",
        answer=answer,
        total=len(hits),
        whole=len(hits) < MOST or not (asked.text or asked.steered),
        narrowings=narrowings,
        liked=liked,
        sorts=SORTS,
        **known,
    )


@router.get("/suggest")
def suggest(request: Request, music: Served, q: str = "", pick: str = "") -> Response:
    """Names while they are being typed: songs, artists, albums, playlists. With ``pick`` only songs, to be picked."""
    text = " ".join(q.split())[:100]
    songs = music.lookup(text, 8 if pick else _NAMES) if len(text) > 1 else []
    if pick:
        return page(request, "picks.html", songs=songs, pick=pick)
    folded = text.casefold()
    artists = dict.fromkeys(name for song in songs for name in song.artists if folded in name.casefold())
    albums = {song.album: song for song in songs if song.album and folded in song.album.casefold()}
    lists = [each for each in music.playlists() if folded in each.name.casefold()] if len(text) > 1 else []
    found = {"songs": songs, "artists": list(artists)[:3], "albums": list(albums.values())[:3], "lists": lists[:3]}
    return page(request, "suggest.html", **found)


@router.get("/found")
def found(request: Request, music: Served, q: str = "") -> Response:
    """Albums and playlists for words, below which their songs stand."""
    text = " ".join(q.split())
    if not text:
        return page(request, "found.html", part=is_part(request), albums=(), lists=())
    answer = remember(request, music, ("albums", text), lambda: music.find_albums(text, limit=_ALBUMS))
    albums = [hit for hit in answer.hits if hit.album.tracks]
    lists = [each for each in music.playlists() if text.casefold() in each.name.casefold()][:_ALBUMS]
    return page(request, "found.html", part=is_part(request), albums=albums, lists=lists)


@router.get("/begin")
def begin(request: Request, music: Served, me: Me) -> Response:
    """What to hear first: recommendations for this listener, and what is new here."""
    from songkin.recommending.asking import Wanted

    query = Query(limit=12)
    answer = remember(request, music, ("mine", music.catalog.heard()), lambda: music.recommend(Wanted(user=me), query))
    newest = [standing.track for standing in music.top("newest", user=me, limit=12)]
    fresh = [Hit(rank, 0.0, track) for rank, track in enumerate(newest, 1)]
    votes = music.catalog.votes_of(me)
    return page(request, "begin.html", part=is_part(request), answer=answer, newest=fresh, votes=votes, known=bool(votes))


# Inside -----------------------------------------------------------------------------------------------------------


def _key(music: Library, asked: Asked) -> Hashable:
    """What an answer depends on: all but how it is shown, and votes where they count."""
    return replace(asked, sort="", view="", page=1), music.catalog.heard() if asked.steered else None


def _answer(music: Library, asked: Asked, me: str) -> Answer:
    filters = asked.conditions()
    if asked.steered:
        from songkin.recommending.asking import Wanted

        like, unlike = (tuple(music.track(_known(music, song)).id for song in ids) for ids in (asked.like, asked.unlike))
        names = (asked.text,) if asked.text else ()
        return music.recommend(Wanted(like=like, dislike=unlike, names=names), Query(limit=MOST, filters=filters))
    if asked.text:
        return music.find(asked.text, Query(limit=MOST, filters=filters))
    tracks, notes = music.passing(filters)
    return Answer("", tuple(Hit(rank, 0.0, track) for rank, track in enumerate(tracks, 1)), notes)


def _known(music: Library, song: str) -> str:
    """The id of a song; never a path or a name. Raises ``NotFound``."""
    if music.catalog.track(song) is None:
        raise NotFound("There is no such song here.", remedy="It may have been removed. Search for it by its name.")
    return song


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


def _narrowings(music: Library, asked: Asked, hits: tuple[Hit, ...]) -> dict[str, list[Narrowing]]:
    among: tuple[Filter, ...] = asked.conditions()
    if asked.text or asked.steered:
        if not hits:
            return {}
        among = (Filter("id", "is", tuple(hit.track.id for hit in hits)),)
    written = _written([hit.track for hit in hits])
    made: dict[str, list[Narrowing]] = {field: [] for field in FACETS}
    for facet in music.facets(among):
        value = written.get((facet.field, facet.value), facet.value)
        chosen = (facet.field, value) in asked.filters
        address = link("/", asked.with_filter(facet.field, value).pairs())
        made[facet.field].append(Narrowing(_words(facet, value), facet.songs, address, chosen))
    return {field: rows for field, rows in made.items() if len(rows) > 1 or any(row.chosen for row in rows)}


def _written(tracks: list[Track]) -> dict[tuple[str, str], str]:
    """Values of fields as songs write them, by how the search index has them."""
    from songkin.text import fold

    found = {("genre", fold(name)): name for track in tracks for name in track.genres}
    return found | {("key", track.key.casefold()): track.key for track in tracks if track.key}


def _words(facet: Facet, value: str) -> str:
    if facet.field == "year":
        return f"{value.partition('..')[0]}s"
    if facet.field == "bpm":
        low, _, high = value.partition("..")
        return f"{low}–{high} bpm" if low and high else f"over {low} bpm" if low else f"under {high} bpm"
    return value


def _tries(request: Request, music: Library) -> list[str]:
    """Words that this library has an answer to."""
    from songkin.web.pages.trying import tries

    return remember(request, music, "tries", lambda: tries(music))
