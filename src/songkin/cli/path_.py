"""``songkin path``: a walk from one song to another."""

from __future__ import annotations

import click

from songkin.cli.common import opened, show_answer, with_library, with_query
from songkin.models import Query


@click.command(name="path")
@click.argument("first", metavar="FROM")
@click.argument("last", metavar="TO")
@with_query
@with_library
def command(first: str, last: str, query: Query, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Songs that lead FROM one song TO another in small steps; -n says how many, the two among them."""
    with opened(library, qdrant_url=qdrant_url) as music:
        show_answer(music.path(first, last, query), as_json)
