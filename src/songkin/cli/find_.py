"""``songkin find``: songs by words."""

from __future__ import annotations

import click

from songkin.cli.common import opened, show_answer, with_library, with_query
from songkin.models import Query


@click.command(name="find")
@click.argument("text", nargs=-1, required=True)
@with_query
@with_library
def command(text: tuple[str, ...], query: Query, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Songs by words: how they sound, what is known of them, which words stand there."""
    with opened(library, qdrant_url=qdrant_url) as music:
        show_answer(music.find(" ".join(text), query), as_json)
