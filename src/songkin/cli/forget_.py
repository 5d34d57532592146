"""``songkin forget``: remove a song from the library."""

from __future__ import annotations

import click

from songkin.cli.common import emit, opened, printable, with_library
from songkin.telling import track_json


@click.command(name="forget")
@click.argument("what", nargs=-1, required=True, metavar="WHAT")
@with_library
def command(what: tuple[str, ...], library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Remove one song, its vectors, its votes and its history from the library. The file stays."""
    with opened(library, qdrant_url=qdrant_url) as music:
        track = music.forget(" ".join(what))
    if as_json:
        emit({"forgotten": track_json(track)})
    else:
        click.echo(printable(f"Forgotten: {track.label}"))
