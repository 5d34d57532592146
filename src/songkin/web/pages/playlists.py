"""Playlists: all of them, one with its songs; kept, grown, put in order, written for other programs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from songkin.errors import QueryError
from songkin.exports.names import file_name
from songkin.library import Library
from songkin.models import Exported, Hit, Playlist
from songkin.web.deps import Me, Served
from songkin.web.pages.rendering import PageRoute, page

router = APIRouter(route_class=PageRoute)

FORMS: Final = {"m3u": ".m3u8", "xspf": ".xspf", "jspf": ".jspf", "csv": ".csv"}
"""What a list can be written as, and how such files end."""
_MOST: Final = 100
_LONGEST: Final = 5_000
"""Songs of one list that a form may send."""


@router.get("/playlists")
def playlists(request: Request, music: Served) -> Response:
    """All playlists, with the covers of their first songs."""
    found = music.playlists()
    covers = {each.id: _covers(music, each) for each in found[:_MOST]}
    return page(request, "playlists.html", playlists=found, covers=covers)


@router.post("/playlists")
def keep(music: Served, name: Annotated[str, Form()], songs: Annotated[str, Form()]) -> Response:
    """Keep songs as a playlist."""
    kept = music.make_playlist(name, songs.split()[:_LONGEST])
    return RedirectResponse(f"/playlists/{kept.id}", 303)


@router.get("/playlists/{playlist}")
def playlist(request: Request, music: Served, me: Me, playlist: str) -> Response:
    """One playlist."""
    found = music.playlist(playlist)
    entries = music.entries(found.id)
    hits = [Hit(entry.pos + 1, 0.0, entry.track) for entry in entries if entry.track]
    lost = [entry for entry in entries if not entry.track]
    known: dict[str, Any] = {
        "playlist": found,
        "hits": hits,
        "lost": lost,
        "forms": FORMS,
        "votes": music.catalog.votes_of(me),
    }
    return page(request, "playlist.html", seconds=sum(hit.track.duration or 0 for hit in hits), **known)


@router.post("/playlists/{playlist}/extend")
def extend(
    music: Served,
    playlist: str,
    count: Annotated[int, Form()] = 10,
    adventurous: Annotated[float, Form()] = 0.3,
    save: Annotated[str, Form()] = "",
) -> Response:
    """Let a playlist grow, or a copy of it under another name."""
    if not 1 <= count <= _MOST:
        raise QueryError(f"{count} songs cannot be added.", remedy=f"Add 1 to {_MOST}.")
    kept, _ = music.extend(music.playlist(playlist).id, count, adventurous=adventurous, save=save.strip())
    return RedirectResponse(f"/playlists/{kept.id}", 303)


@router.post("/playlists/{playlist}/order")
def order(music: Served, playlist: str) -> Response:
    """Put a playlist in an order that flows."""
    return RedirectResponse(f"/playlists/{music.reorder(music.playlist(playlist).id).id}", 303)


@router.get("/playlists/{playlist}/export")
def export(music: Served, playlist: str, form: str = "m3u") -> Response:
    """A playlist as a file for other programs."""
    found = music.playlist(playlist)
    return _written(found.name, form, lambda path: music.export.playlist(found.id, path, form))


@router.get("/export")
def export_songs(music: Served, songs: str = "", name: str = "songs", form: str = "m3u") -> Response:
    """Songs, by their ids, as a file for other programs."""
    ids = [music.song(each).id for each in songs.split()[:_LONGEST]]
    return _written(name, form, lambda path: music.export.songs(path, form, ids=ids))


# Inside -----------------------------------------------------------------------------------------------------------


def _covers(music: Library, each: Playlist) -> list[str]:
    """Ids of up to four songs, whose covers stand for the playlist."""
    songs = [song for _, song in zip(range(4), music.catalog.playlists.contents(each.id), strict=False)]
    return [song for _, song in songs]


def _written(name: str, form: str, write: Callable[[str], Exported]) -> Response:
    if form not in FORMS:
        raise QueryError(f"There is no form {form[:40]!r}.", remedy=f"Use one of: {', '.join(FORMS)}.")
    folder = tempfile.TemporaryDirectory(prefix="songkin-")
    called = file_name(name, FORMS[form], set())
    path = Path(folder.name) / f"list{FORMS[form]}"
    try:
        write(str(path))
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(path, filename=called, background=BackgroundTask(folder.cleanup))
