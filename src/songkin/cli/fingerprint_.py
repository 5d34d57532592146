"""``songkin fingerprint``: a playlist from what a listener plays most."""

from __future__ import annotations

import click

from songkin.cli.common import opened, show_answer, with_library, with_query
from songkin.models import ME, WINDOWS, Query


@click.command(name="fingerprint")
@click.option("--user", default=ME, show_default=True, metavar="NAME", help="Whose plays and votes.")
@click.option("--window", default="all", show_default=True, type=click.Choice(list(WINDOWS)), help="Of what time.")
@click.option("--new", default=0.5, show_default=True, type=float, metavar="0..1", help="The share of other songs.")
@with_query
@with_library
def command(
    user: str, window: str, new: float, query: Query, library: str | None, qdrant_url: str | None, as_json: bool
) -> None:
    """What a listener plays and loves most, with songs that go with it, in an order that flows."""
    with opened(library, qdrant_url=qdrant_url) as music:
        show_answer(music.fingerprint(user=user, window=window, new=new, query=query), as_json)
