"""A song with all that is known of it, its neighbours, two songs side by side, votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from songkin.errors import NotFound
from songkin.library import Library
from songkin.models import TABLE_FIELDS, Filter, Hit, Query, Track
from songkin.records import VOTES
from songkin.web.deps import Me, Served
from songkin.web.pages.remembering import remember
from songkin.web.pages.rendering import PageRoute, back, is_part, page, tenth

router = APIRouter(route_class=PageRoute)

_NEAR: Final = 12
_TAGS: Final = 12
_BRIGHTEST: Final = 8000.0
"""Hz at which a bar of brightness is full."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something measured of a song: its name, what to say, and how full its bar is (0-1), where it has one."""

    name: str
    told: str
    share: float | None = None


@router.get("/songs/{song}")
def song(request: Request, music: Served, me: Me, song: str) -> Response:
    """One song."""
    shown = music.show(music.song(song).id)
    track = shown.track
    return page(
        request,
        "song.html",
        shown=shown,
        track=track,
        tags=list(shown.heard.items())[:_TAGS],
        measures=measures(track),
        album=_album(request, music, track),
        given=shown.votes.get(me, ""),
    )


@router.get("/songs/{song}/near")
def near(request: Request, music: Served, me: Me, song: str) -> Response:
    """The songs nearest to one."""
    track = music.song(song)
    answer = remember(request, music, ("near", track.id), lambda: music.similar(track.id, Query(limit=_NEAR)))
    votes = music.catalog.votes_of(me)
    return page(request, "near.html", part=is_part(request), track=track, answer=answer, votes=votes)


@router.get("/songs/{song}/album")
def album_of(request: Request, music: Served, song: str) -> Response:
    """To the album that a song is on."""
    track = music.song(song)
    found = _album(request, music, track)
    if not found:
        raise NotFound(f"{track.title} is on no album.", remedy="Its tags name none.")
    return RedirectResponse(f"/albums/{found}", 303)


@router.post("/songs/{song}/vote")
def vote(
    request: Request, music: Served, me: Me, song: str, vote: Annotated[str, Form()], shown: Annotated[str, Form()] = ""
) -> Response:
    """What a listener thinks of a song; only the buttons are shown anew."""
    track = music.vote(music.song(song).id, vote, user=me)
    if "hx-request" not in request.headers:
        return RedirectResponse(back(request, f"/songs/{track.id}"), 303)
    words = [word for word in shown.split() if word in VOTES] or list(VOTES)
    return page(request, "votes.html", track=track, given="" if vote == "none" else vote, words=words)


@router.get("/compare")
def compare(request: Request, music: Served, me: Me, a: str = "", b: str = "") -> Response:
    """Two songs side by side."""
    typed = [request.query_params.get(f"{name}-name", "").strip() for name in ("a", "b")]
    pair = [
        music.song(each) if each else next(iter(music.lookup(name[:100], 1)), None) if name else None
        for each, name in zip((a, b), typed, strict=True)
    ]
    known: dict[str, Any] = {"pair": pair, "likeness": None, "votes": music.catalog.votes_of(me)}
    if pair[0] and pair[1]:
        shown = [music.show(track.id) for track in pair if track]
        tags = dict.fromkeys(tag for each in shown for tag in list(each.heard)[:8])
        rows = [(tag, *(each.heard.get(tag, 0.0) for each in shown)) for tag in tags]
        known |= {"shown": shown, "rows": rows, "likeness": _likeness(music, pair[0], pair[1])}
        known["measures"] = list(zip(measures(pair[0]), measures(pair[1]), strict=True))
    return page(request, "compare.html", **known)


def measures(track: Track) -> list[Measure]:
    """What was measured of a song; empty words where it was not."""
    found = [
        Measure("Tempo", f"{track.bpm:.0f} bpm" if track.bpm else "", _share(track.bpm, 40, 200)),
        Measure("Key", track.key),
        Measure(
            "Loudness",
            f"{tenth(track.loudness)} LUFS" if track.loudness is not None else "",
            _share(track.loudness, -40, -5),
        ),
        Measure(
            "Brightness",
            f"{track.brightness:.0f} Hz" if track.brightness else "",
            _share(track.brightness, 0, _BRIGHTEST),
        ),
        Measure("Onsets", _each(track, "onset_rate", "a second"), _share(track.features.get("onset_rate"), 0, 10)),
        Measure("Range", _each(track, "dynamic_range", "dB"), _share(track.features.get("dynamic_range"), 0, 40)),
    ]
    for name in TABLE_FIELDS:
        value = track.table_features.get(name)
        found.append(Measure(name.capitalize(), f"{value:.2f}" if value is not None else "", value))
    return found


def _each(track: Track, name: str, unit: str) -> str:
    value = track.features.get(name)
    return f"{value:.1f} {unit}" if value is not None else ""


def _share(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else min(1.0, max(0.02, (value - low) / (high - low)))


def _likeness(music: Library, one: Track, other: Track) -> Hit | None:
    """How alike two songs are; None where they cannot be compared, or are the same."""
    only = (Filter("id", "is", (other.id,)),)
    return next(iter(music.similar(one.id, Query(limit=1, filters=only)).hits), None)


def _album(request: Request, music: Library, track: Track) -> str:
    """The id of the album that a song is on; empty where it is on none."""
    if not track.album:
        return ""
    by_song = remember(
        request, music, "albums by song", lambda: {i: a.id for a in music.all_albums() for i in a.tracks}
    )
    return by_song.get(track.id, "")
