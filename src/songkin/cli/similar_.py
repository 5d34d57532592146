"""``songkin similar``: songs that sound like a song or a recording."""

from __future__ import annotations

import click

from songkin.cli.common import opened, show_answer, with_library, with_query, with_tuning
from songkin.models import Query


@click.command(name="similar")
@click.argument("what", nargs=-1, required=True, metavar="WHAT")
@with_query
@with_tuning
@with_library
def command(
    what: tuple[str, ...],
    query: Query,
    timeout: int | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Songs that sound like WHAT: an id, a path, a title, `artist - title`, or any sound file."""
    with opened(library, qdrant_url=qdrant_url, qdrant_timeout=timeout) as music:
        show_answer(music.similar(" ".join(what), query), as_json)
