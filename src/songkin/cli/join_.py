"""``songkin join``: two songs are one."""

from __future__ import annotations

import click

from songkin.cli.common import emit, note, opened, printable, with_library
from songkin.telling import track_json


@click.command(name="join")
@click.argument("what", metavar="WHAT")
@click.argument("into", metavar="INTO")
@with_library
def command(what: str, into: str, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Let two songs be one, where a table and a file call it differently: what is known of WHAT, its votes and its places
    in playlists go to INTO. Two files stay two songs. `songkin undo` takes it back."""
    with opened(library, qdrant_url=qdrant_url) as music:
        track = music.join(what, into)
    if as_json:
        emit({"track": track_json(track)})
    else:
        note(f"One song now: {printable(track.label)}")
