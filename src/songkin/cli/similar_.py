"""``songkin similar``: songs that sound like a song or a recording."""

from __future__ import annotations

import click

from songkin.cli.common import opened, query_of, show_answer, with_library, with_query


@click.command(name="similar")
@click.argument("what", nargs=-1, required=True, metavar="WHAT")
@with_query
@with_library
def command(
    what: tuple[str, ...],
    limit: int,
    where: tuple[str, ...],
    year: str | None,
    bpm: str | None,
    per_artist: int,
    per_album: int,
    hide_duplicates: bool,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Songs that sound like WHAT: an id, a path, a title, `artist - title`, or any sound file."""
    query = query_of(limit, where, year, bpm, per_artist, per_album, hide_duplicates)
    with opened(library, qdrant_url=qdrant_url) as music:
        show_answer(music.similar(" ".join(what), query), as_json)
