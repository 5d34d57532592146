"""``songkin undo``: take an import back."""

from __future__ import annotations

import click

from songkin.cli.common import emit, opened, with_library
from songkin.cli.progress import Bar


@click.command(name="undo")
@click.argument("run", type=int, metavar="RUN")
@with_library
def command(run: int, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Take back what an import added or changed; `songkin runs` tells its number. What others brought stays."""
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        done = music.undo(run, progress=bar)
    if as_json:
        emit({"run": run, **done})
        return
    click.echo(
        f"Run {run} was taken back: {done['removed']} songs, {done['playlists']} playlists and {done['albums']} albums "
        f"went; {done['updated']} songs and {done['returned']} playlists or albums are as they were before."
    )
