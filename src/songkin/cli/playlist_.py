"""``songkin playlist``: playlists that grow, and that flow."""

from __future__ import annotations

import click

from songkin.cli.common import clock, emit, note, opened, printable, show_answer, show_table, table, with_library
from songkin.errors import QueryError
from songkin.telling import hit_json


@click.group(name="playlist")
def command() -> None:
    """Grow a playlist, or put it in an order that flows; `songkin list --playlists` shows them all."""


@command.command(name="extend")
@click.argument("name", metavar="PLAYLIST")
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many songs.")
@click.option("--include", multiple=True, metavar="WHAT[=W]", help="A song to go towards, by a weight from -1 to 1.")
@click.option("--exclude", multiple=True, metavar="WHAT", help="A song to go away from.")
@click.option("--adventurous", type=float, default=0.3, show_default=True, metavar="0..1", help="From safe to far.")
@click.option("--save", default="", metavar="NAME", help="Keep the grown list as another playlist.")
@with_library
def extend(
    name: str,
    count: int,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    adventurous: float,
    save: str,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Add songs that go with a playlist to its end, or with --save to a copy of it. `songkin undo` takes it back."""
    weights = dict(map(_weighed, include)) | dict.fromkeys(exclude, -1.0)
    with opened(library, qdrant_url=qdrant_url) as music:
        kept, answer = music.extend(name, count, include=weights, adventurous=adventurous, save=save)
    if as_json:
        emit(
            {"playlist": kept.name, "id": kept.id, "songs": kept.songs, "hits": [hit_json(hit) for hit in answer.hits]}
        )
        return
    show_answer(answer, as_json=False)
    note(f"{kept.name}: {kept.songs} song{'' if kept.songs == 1 else 's'} now.")


@command.command(name="order")
@click.argument("name", metavar="PLAYLIST")
@click.option("--save", default="", metavar="NAME", help="Keep the ordered list as another playlist.")
@with_library
def order(name: str, save: str, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Put a playlist in an order in which tempo, key and energy change gently. `songkin undo` takes it back."""
    with opened(library, qdrant_url=qdrant_url) as music:
        kept = music.reorder(name, save=save)
        tracks = [entry.track for entry in music.entries(kept.id) if entry.track]
    if as_json:
        emit({"playlist": kept.name, "id": kept.id, "tracks": [track.id for track in tracks]})
        return
    made = table([("#", "right"), ("song", "left"), ("bpm", "right"), ("key", "left"), ("time", "right")])
    for place, track in enumerate(tracks, 1):
        bpm = f"{track.bpm:.0f}" if track.bpm else ""
        made.add_row(str(place), printable(track.label), bpm, track.key, clock(track.duration))
    show_table(made)


def _weighed(text: str) -> tuple[str, float]:
    """``WHAT=0.5``; a name that holds = and no number after it is a name."""
    what, sign, weight = text.rpartition("=")
    try:
        value = float(weight) if sign else 1.0
    except ValueError:
        return text, 1.0
    if not -1.0 <= value <= 1.0:
        raise QueryError(f"The weight {weight} is out of bounds.", remedy="Give one from -1, away from it, to 1.")
    return (what, value) if sign else (text, 1.0)
