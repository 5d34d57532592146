"""Albums, one album with its songs and those that are alike, one artist."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from songkin.errors import NotFound
from songkin.library import Library
from songkin.models import AlbumNote, Hit, Query, Track
from songkin.recommending.asking import Wanted
from songkin.web.deps import Me, Served
from songkin.web.pages.remembering import remember
from songkin.web.pages.rendering import PageRoute, is_part, link, page

router = APIRouter(route_class=PageRoute)

_PAGE: Final = 60
_ALIKE: Final = 6
_SEEDS: Final = 20
"""Songs of an album or an artist from which others are recommended."""
_HITS: Final = 60


@router.get("/albums")
def albums(request: Request, music: Served) -> Response:
    """All albums, or those that answer words."""
    number = int(request.query_params.get("page", "1")) if request.query_params.get("page", "1").isdecimal() else 1
    number = max(1, min(number, 100_000))
    text = " ".join(request.query_params.get("of", "").split())
    if text:
        hits = remember(request, music, ("of", text), lambda: music.find_albums(text, limit=_PAGE)).hits
        found, why = [hit.album for hit in hits], {hit.album.id: hit.why for hit in hits}
    else:
        found, why = _shelf(request, music), {}
    shown = found[(number - 1) * _PAGE : number * _PAGE]
    more = link("/albums", {"of": text, "page": number + 1}) if len(found) > number * _PAGE else ""
    return page(request, "albums.html", albums=shown, why=why, total=len(found), more=more, text=text)


@router.get("/albums/{album}")
def album(request: Request, music: Served, me: Me, album: str) -> Response:
    """One album: what is said of it, its songs."""
    note = _one(request, music, album)
    hits = _ordered(music, note)
    seconds = sum(hit.track.duration or 0 for hit in hits)
    return page(request, "album.html", album=note, hits=hits, seconds=seconds, votes=music.catalog.votes_of(me))


@router.get("/albums/{album}/near")
def near(request: Request, music: Served, album: str) -> Response:
    """Albums whose songs go with those of one."""
    note = _one(request, music, album)
    found = remember(request, music, ("albums near", note.id), lambda: _alike(request, music, note))
    return page(request, "albums-near.html", part=is_part(request), album=note, albums=found)


@router.get("/artist")
def artist(request: Request, music: Served, me: Me, name: str = "") -> Response:
    """One artist: albums, songs, and others that go with them."""
    songs = music.catalog.named(artist=name)
    if not songs:
        raise NotFound(f"There is no artist {name[:80]!r} here.", remedy="Search for a part of the name.")
    ids = {track.id for track in songs}
    records = [each for each in _shelf(request, music) if ids.intersection(each.tracks)]
    hits = [Hit(rank, 0.0, track) for rank, track in enumerate(songs, 1)]
    shown = next((each for track in songs for each in track.artists if each.casefold() == name.casefold()), name)
    return page(request, "artist.html", name=shown, hits=hits, albums=records, votes=music.catalog.votes_of(me))


@router.get("/artist/near")
def artists_near(request: Request, music: Served, name: str = "") -> Response:
    """Artists whose songs go with those of one."""
    songs = music.catalog.named(artist=name)
    if not songs:
        raise NotFound(f"There is no artist {name[:80]!r} here.", remedy="Search for a part of the name.")
    wanted = Wanted(like=tuple(track.id for track in songs[:_SEEDS]))
    hits = remember(request, music, ("artists near", name), lambda: music.recommend(wanted, Query(limit=_HITS)).hits)
    found: dict[str, Track] = {}
    for hit in hits:
        if hit.track.artists and name not in hit.track.artists:
            found.setdefault(hit.track.artists[0], hit.track)
    near = list(found.items())[:_ALIKE]
    return page(request, "artists-near.html", part=is_part(request), name=name, artists=near)


def _shelf(request: Request, music: Library) -> list[AlbumNote]:
    return remember(request, music, "shelf", music.all_albums)


def _one(request: Request, music: Library, album: str) -> AlbumNote:
    found = remember(request, music, "shelf by id", lambda: {each.id: each for each in music.all_albums()}).get(album)
    if found is None:
        raise NotFound("There is no such album here.", remedy="Search for it by its name.")
    return found


def _ordered(music: Library, note: AlbumNote) -> list[Hit]:
    songs = list(music.catalog.tracks(note.tracks).values())
    songs.sort(key=lambda track: (track.disc_no or 0, track.track_no or 0, track.title))
    return [Hit(track.track_no or rank, 0.0, track) for rank, track in enumerate(songs, 1)]


def _alike(request: Request, music: Library, note: AlbumNote) -> list[AlbumNote]:
    """The albums of the songs that go with those of one, most of them first."""
    if not note.tracks:
        return []
    wanted = Wanted(like=note.tracks[:_SEEDS])
    hits = music.recommend(wanted, Query(limit=_HITS, per_artist=None, per_album=None)).hits
    by_song = {song: each for each in _shelf(request, music) for song in each.tracks}
    points: dict[str, float] = {}
    for hit in hits:
        if found := by_song.get(hit.track.id):
            points[found.id] = points.get(found.id, 0.0) + hit.score
    known = {each.id: each for each in by_song.values()}
    best = sorted(points, key=lambda album: -points[album])
    return [known[each] for each in best if each != note.id][:_ALIKE]
