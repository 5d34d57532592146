"""``songkin find``: songs by words."""

from __future__ import annotations

import click

from songkin.cli.common import opened, query_of, show_answer, with_library, with_query


@click.command(name="find")
@click.argument("text", nargs=-1, required=True)
@with_query
@with_library
def command(
    text: tuple[str, ...],
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
    """Songs by words: how they sound, what is known of them, which words stand there."""
    query = query_of(limit, where, year, bpm, per_artist, per_album, hide_duplicates)
    with opened(library, qdrant_url=qdrant_url) as music:
        show_answer(music.find(" ".join(text), query), as_json)
