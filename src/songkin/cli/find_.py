"""``songkin find``: songs by words."""

from __future__ import annotations

import click

from songkin.cli.common import emit, opened, show_answer, show_tracks, with_library, with_query, with_tuning
from songkin.models import Query
from songkin.telling import track_json


@click.command(name="find")
@click.argument("text", nargs=-1, required=True)
@click.option("--names", is_flag=True, help="Only names: songs whose title or artist begins so, or nearly.")
@click.option("--rerank", is_flag=True, help="Have a language model put the best in order (SONGKIN_LLM_URL).")
@click.option("--rewrite", is_flag=True, help="Have a language model say TEXT in other words first.")
@with_query
@with_tuning
@with_library
def command(
    text: tuple[str, ...],
    names: bool,
    rerank: bool,
    rewrite: bool,
    query: Query,
    timeout: int | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Songs by words: how they sound, what is known of them, which words stand there. `songkin history` keeps the words."""
    words = " ".join(text)
    with opened(library, qdrant_url=qdrant_url, qdrant_timeout=timeout) as music:
        if names:
            tracks = music.lookup(words, query.limit)
            if as_json:
                emit({"query": words, "tracks": [track_json(track) for track in tracks]})
            else:
                show_tracks(tracks)
        else:
            show_answer(music.find(words, query, rerank=rerank, rewrite=rewrite), as_json)
        music.searched(words)  # once it is answered, so that nobody waits for it
