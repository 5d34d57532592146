"""``songkin alchemy``: songs added and subtracted."""

from __future__ import annotations

import click

from songkin.cli.common import opened, show_answer, with_library, with_query
from songkin.models import Query


@click.command(name="alchemy")
@click.option("--add", multiple=True, required=True, metavar="WHAT", help="A song that is added. Again for more.")
@click.option("--subtract", multiple=True, metavar="WHAT", help="A song that is taken away.")
@with_query
@with_library
def command(
    add: tuple[str, ...],
    subtract: tuple[str, ...],
    query: Query,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Songs near to the sum of some without others, by how they sound."""
    with opened(library, qdrant_url=qdrant_url) as music:
        show_answer(music.alchemy(add, subtract, query), as_json)
