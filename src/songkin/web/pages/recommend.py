"""Recommendations: from votes, from songs, from a playlist; sums of songs; a path between two."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from starlette.datastructures import QueryParams

from songkin.errors import NotFound, QueryError, SourceError
from songkin.fetching import is_link
from songkin.library import Library
from songkin.models import Answer, Query, Track
from songkin.recommending.asking import ORDERS, SAFE, Wanted
from songkin.recommending.reading import ReadList
from songkin.web.deps import Me, Served
from songkin.web.pages.rendering import PageRoute, link, page

router = APIRouter(route_class=PageRoute)

MODES: Final[Mapping[str, str]] = {
    "votes": "My votes",
    "songs": "Songs",
    "playlist": "A playlist",
    "mix": "Alchemy",
    "path": "A path",
}
_LONGEST: Final = 60
"""Songs that an address may name."""
_PATH: Final = 12


@dataclass(frozen=True, slots=True)
class Wish:
    """What the page was asked, as its address has it."""

    mode: str = "votes"
    like: tuple[str, ...] = ()
    dislike: tuple[str, ...] = ()
    weights: tuple[tuple[str, float], ...] = ()
    playlist: str = ""
    link: str = ""
    adventurous: float = SAFE
    order: str = "best"
    new_only: bool = False
    limit: int = 24

    @classmethod
    def read(cls, params: QueryParams) -> Self:
        """What an address asks. Raises ``QueryError``."""
        wish = cls(
            mode=params.get("mode", "votes"),
            like=tuple(dict.fromkeys(params.getlist("like")))[:_LONGEST],
            dislike=tuple(dict.fromkeys(params.getlist("dislike")))[:_LONGEST],
            weights=tuple((name[2:], _number(name, text)) for name, text in params.items() if name.startswith("w.")),
            playlist=params.get("playlist", ""),
            link=params.get("link", "").strip(),
            adventurous=_number("adventurous", params.get("adventurous", str(SAFE))),
            order=params.get("order", "best"),
            new_only="new" in params,
        )
        if wish.mode not in MODES:
            raise QueryError(
                f"There is no way {wish.mode[:40]!r} to recommend.", remedy=f"Use one of: {', '.join(MODES)}."
            )
        if wish.order not in ORDERS:
            raise QueryError(f"There is no order {wish.order[:40]!r}.", remedy=f"Use one of: {', '.join(ORDERS)}.")
        return wish

    @property
    def asked(self) -> bool:
        """Whether there is something to recommend from."""
        if self.mode == "votes":
            return True
        if self.mode == "playlist":
            return bool(self.playlist)
        return len(self.like) > 1 if self.mode == "path" else bool(self.like or (self.mode == "songs" and self.dislike))


@router.get("/recommend")
def recommend(request: Request, music: Served, me: Me) -> Response:
    """What was asked for, and where to ask."""
    wish = _with_names(music, Wish.read(request.query_params), request.query_params)
    if is_link(wish.link):
        return _from_list(music.read_list(wish.link))
    picked = {song: music.song(song) for song in (*wish.like, *wish.dislike)}
    answer = _answer(music, wish, me) if wish.asked else None
    return page(
        request,
        "recommend.html",
        wish=wish,
        modes=MODES,
        picked=picked,
        weights=dict(wish.weights),
        answer=answer,
        playlists=music.playlists() if wish.mode == "playlist" else [],
        notes=request.query_params.getlist("note")[:5],
        votes=music.catalog.votes_of(me),
    )


@router.post("/recommend")
def from_file(music: Served, file: UploadFile) -> Response:
    """From a playlist that is sent: its songs are looked up, nothing is kept of it."""
    return _from_list(_read(music, file))


# Inside -----------------------------------------------------------------------------------------------------------


def _answer(music: Library, wish: Wish, me: str) -> Answer:
    query = Query(limit=wish.limit)
    if wish.mode == "path":
        return music.path(wish.like[0], wish.like[1], replace(query, limit=_PATH))
    if wish.mode == "mix":
        weights = dict(wish.weights)
        if any(weights.get(song, 1.0) != 1.0 for song in (*wish.like, *wish.dislike)):
            return music.recommend(_wanted(wish, me), query)
        return music.alchemy(wish.like, wish.dislike, query)
    return music.recommend(_wanted(wish, me), query)


def _wanted(wish: Wish, me: str) -> Wanted:
    sign = {**dict.fromkeys(wish.like, 1.0), **dict.fromkeys(wish.dislike, -1.0)}
    how = {"adventurous": wish.adventurous, "order": wish.order, "new_only": wish.new_only}
    weights = {song: sign[song] * min(1.0, max(0.0, weight)) for song, weight in wish.weights if song in sign}
    if wish.mode == "votes":
        return Wanted(user=me, **how)  # type: ignore[arg-type]
    lists = (wish.playlist,) if wish.mode == "playlist" else ()
    return Wanted(like=wish.like, dislike=wish.dislike, playlists=lists, weights=weights, **how)  # type: ignore[arg-type]


def _with_names(music: Library, wish: Wish, params: QueryParams) -> Wish:
    """Songs that were typed rather than picked, as without scripts, and the playlist by its id: never a file of this
    machine."""
    typed = {
        name: tuple(_named(music, text) for text in params.getlist(f"{name}-name") if text.strip())
        for name in ("like", "dislike")
    }
    if wish.playlist:
        music.playlist(wish.playlist)
    return replace(wish, like=(*wish.like, *typed["like"]), dislike=(*wish.dislike, *typed["dislike"]))


def _named(music: Library, text: str) -> str:
    found: list[Track] = music.lookup(text[:100], 1)
    if not found:
        raise NotFound(f"No song is called {text[:80]!r}.", remedy="Type the beginning of its title.")
    return found[0].id


def _read(music: Library, file: UploadFile) -> ReadList:
    """A list that was sent. Only its suffix is taken from its name."""
    name = file.filename or ""
    suffix = "".join(Path(name.replace("\\", "/")).suffixes[-2:]).lower()
    safe = suffix if suffix.replace(".", "").isalnum() and len(suffix) < 20 else ".txt"
    with tempfile.TemporaryDirectory(prefix="songkin-") as folder:
        path = Path(folder) / f"list{safe}"
        with path.open("wb") as written:
            shutil.copyfileobj(file.file, written)
        return music.read_list(str(path), Path(name).name[:80] or "The file")


def _from_list(found: ReadList) -> Response:
    """To a page of which the address names the songs of a list."""
    if not found.songs:
        note = " ".join(found.notes) or "None of its songs is in the library."
        raise SourceError(
            f"Nothing of {found.name[:80]!r} is here. {note}", remedy="Send a list of songs that you have."
        )
    pairs = [
        ("mode", "songs"),
        *(("like", song) for song in found.songs[:_LONGEST]),
        *(("note", note) for note in found.notes),
    ]
    return RedirectResponse(link("/recommend", pairs), 303)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 <= value <= 1.0:
        raise QueryError(f"{text[:20]!r} is no value of {name[:40]}.", remedy="Use a number from 0 to 1.")
    return value
