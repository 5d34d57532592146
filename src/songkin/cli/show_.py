"""``songkin show``: one song with all that is known of it."""

from __future__ import annotations

import click

from songkin.cli.common import clock, emit, opened, printable, show_table, table, track_json, with_library
from songkin.library import Shown


@click.command(name="show")
@click.argument("what", nargs=-1, required=True, metavar="WHAT")
@with_library
def command(what: tuple[str, ...], library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """One song with all that is known: names, tags heard with their strength, tempo, key, loudness."""
    with opened(library, qdrant_url=qdrant_url) as music:
        shown = music.show(" ".join(what))
    if as_json:
        emit(_json(shown))
    else:
        _print(shown)


def _json(shown: Shown) -> dict[str, object]:
    return {
        "track": {**track_json(shown.track), "features": dict(shown.track.features)},
        "heard": {tag: round(p, 4) for tag, p in shown.heard.items()},
        "duplicates": [{"track": track_json(twin), "evidence": why} for twin, why in shown.duplicates],
        "vectors": dict(shown.vectors),
        "votes": dict(shown.votes),
    }


def _print(shown: Shown) -> None:
    track = shown.track
    octave = track.features.get("bpm_alternative")
    facts = [
        ("title", track.title),
        ("artists", track.artist),
        ("album", track.album),
        ("year", str(track.year or "")),
        ("genres", ", ".join(track.genres)),
        ("time", clock(track.duration)),
        ("tempo", f"{track.bpm:.1f} bpm" + (f" (or {octave:.1f})" if octave else "") if track.bpm else ""),
        ("key", track.key),
        ("loudness", f"{track.loudness:.1f} LUFS" if track.loudness is not None else ""),
        ("brightness", f"{track.brightness:.0f} Hz" if track.brightness is not None else ""),
        ("heard", ", ".join(f"{tag} {p:.2f}" for tag, p in list(shown.heard.items())[:15])),
        ("file", track.path + (" (missing)" if track.missing else "")),
        ("also", ", ".join(f"{twin.path} ({why})" for twin, why in shown.duplicates)),
        ("votes", ", ".join(f"{user}: {vote}" for user, vote in shown.votes.items())),
        ("id", track.id),
    ]
    made = table([("", "left"), ("", "left")])
    made.show_header = False
    for name, value in facts:
        if value:
            made.add_row(name, printable(value))
    show_table(made)
