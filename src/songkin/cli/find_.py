"""``songkin find``: songs by words."""

from __future__ import annotations

import click

from songkin.cli.common import emit, opened, show_answer, show_tracks, track_json, with_library, with_query
from songkin.models import Query


@click.command(name="find")
@click.argument("text", nargs=-1, required=True)
@click.option("--names", is_flag=True, help="Only names: songs whose title or artist begins so, or nearly.")
@with_query
@with_library
def command(
    text: tuple[str, ...], names: bool, query: Query, library: str | None, qdrant_url: str | None, as_json: bool
) -> None:
    """Songs by words: how they sound, what is known of them, which words stand there."""
    with opened(library, qdrant_url=qdrant_url) as music:
        if not names:
            show_answer(music.find(" ".join(text), query), as_json)
            return
        tracks = music.lookup(" ".join(text), query.limit)
    if as_json:
        emit({"query": " ".join(text), "tracks": [track_json(track) for track in tracks]})
        return
    show_tracks(tracks)
