"""``songkin train``: what a library learns from what it holds."""

from __future__ import annotations

import click

from songkin.cli.common import emit, opened, show_table, table, with_library


@click.group(name="train")
def command() -> None:
    """Learn from the library itself."""


@command.command(name="blend")
@with_library
def blend(library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """How much sound, playlists, names and artists count in recommendations: learned by hiding songs of the library's own
    playlists. Whoever has no playlists gets the weights that songkin brings."""
    with opened(library, qdrant_url=qdrant_url) as music:
        weights, playlists = music.learn_blend()
    if as_json:
        emit({"weights": dict(weights), "playlists": playlists})
        return
    made = table([("witness", "left"), ("weight", "right")])
    for witness, weight in sorted(weights.items(), key=lambda item: -item[1]):
        made.add_row(witness, f"{weight:.2f}")
    click.echo(f"Learned from {playlists} playlists of which half was hidden:")
    show_table(made)
