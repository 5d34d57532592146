"""Slices of the Million Playlist Dataset and pages of AudioMuse-AI, made up in their exact schemas."""

from __future__ import annotations

import base64
import random
from typing import Any

import numpy as np

_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def track(chance: random.Random, pos: int) -> dict[str, Any]:
    """One song of a playlist."""

    def name() -> str:
        return "".join(chance.choices("abcdefghij  ABCé’&", k=chance.randint(3, 30))).strip() or "x"

    def uri(kind: str) -> str:
        return f"spotify:{kind}:{''.join(chance.choices(_SIGNS, k=22))}"

    return {
        "pos": pos,
        "artist_name": name(),
        "track_uri": uri("track"),
        "artist_uri": uri("artist"),
        "track_name": name(),
        "album_uri": uri("album"),
        "duration_ms": chance.randint(60_000, 600_000),
        "album_name": name(),
    }


def mpd_slice(playlists: int, songs: int = 66, first: int = 0) -> dict[str, Any]:
    """A slice with ``songs`` tracks in a playlist on average; every third has a description."""
    chance = random.Random(first)
    made = []
    for pid in range(first, first + playlists):
        count = min(250, max(5, round(chance.expovariate(1 / songs))))
        playlist = {
            "name": f"list {pid} ",
            "collaborative": "true" if pid % 7 == 0 else "false",
            "pid": pid,
            "modified_at": 1493424000 + pid,
            "num_tracks": count,
            "num_albums": count,
            "num_followers": 1 + pid % 3,
            "num_edits": 6,
            "duration_ms": 11_532_414,
            "num_artists": 37,
            "tracks": [track(chance, pos) for pos in range(count)],
        }
        if pid % 3 == 0:
            playlist["description"] = "for the road"
        made.append(playlist)
    last = first + playlists - 1
    return {
        "info": {"generated_on": "2017-12-03 08:41:42.057563", "slice": f"{first}-{last}", "version": "v1"},
        "playlists": made,
    }


def challenge_set(playlists: int) -> dict[str, Any]:
    """Playlists with holdouts; every second has no name."""
    found = mpd_slice(playlists, 20, 1_000_000)
    for number, playlist in enumerate(found["playlists"]):
        for gone in ("collaborative", "modified_at", "num_albums", "num_followers", "num_edits", "num_artists"):
            del playlist[gone]
        playlist["num_samples"] = len(playlist["tracks"])
        playlist["num_holdouts"] = 12
        if number % 2:
            del playlist["name"]
    return {"date": "2018-01-16 08:47:28.198015", "version": "v1", "playlists": found["playlists"]}


def vector(size: int, seed: int) -> str:
    """A vector as AudioMuse-AI writes it."""
    return base64.b64encode(np.random.default_rng(seed).normal(size=size).astype("<f4").tobytes()).decode()


def sync_page(first: int, count: int, total: int) -> dict[str, Any]:
    """One page of ``/api/sync``, its keys in the order in which they are sent."""
    tracks = [
        {
            "album": "Disc",
            "album_artist": "Various",
            "artist": f"Artist {number}",
            "clap_embedding": vector(512, number) if number % 2 else None,
            "embedding": vector(200, number),
            "energy": 0.12,
            "fp": "0123456789abcdef",
            "id": f"id{number}",
            "key": "F#",
            "mood_vector": "folk:0.529,jazz:0.561,rock:0.527",
            "other_features": "danceable:0.5,sad:0.2",
            "rating": None,
            "scale": "minor",
            "tempo": 125.0,
            "title": f"Title {number}",
            "umap_x": 0.1,
            "umap_y": None,
            "year": 1999,
        }
        for number in range(first, first + count)
    ]
    more = first + count < total
    return {
        "has_more": more,
        "next_page": 2 if more else None,
        "provider_type": "navidrome",
        "total_tracks": total,
        "tracks": tracks,
    }
