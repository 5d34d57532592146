"""How songs and answers are told as JSON: alike by the terminal (``--json``) and over HTTP."""

from __future__ import annotations

from typing import Any

from songkin.models import Hit, Track


def track_json(track: Track) -> dict[str, Any]:
    """A track as JSON shows it."""
    names = ("id", "title", "album", "album_artist", "track_no", "disc_no", "year", "duration", "source", "bpm", "key")
    found: dict[str, Any] = {name: getattr(track, name) for name in names}
    found.update(artists=list(track.artists), genres=list(track.genres), path=track.path, missing=track.missing)
    found.update(loudness=track.loudness, brightness=track.brightness, placeholder=track.placeholder)
    return found


def hit_json(hit: Hit) -> dict[str, Any]:
    """A hit as JSON shows it."""
    found: dict[str, Any] = {"rank": hit.rank, "score": hit.score, "track": track_json(hit.track), "why": list(hit.why)}
    if hit.duplicate_of:
        found["duplicate_of"] = hit.duplicate_of
    return found
