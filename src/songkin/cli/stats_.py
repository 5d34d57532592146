"""``songkin stats``: numbers about the library."""

from __future__ import annotations

import click

from songkin.cli.common import clock, emit, opened, printable, show_table, table, with_library


@click.command(name="stats")
@with_library
def command(library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Numbers about the library."""
    with opened(library, qdrant_url=qdrant_url) as music:
        stats = music.stats()
    if as_json:
        emit(stats)
        return
    made = table([("", "left"), ("", "right")])
    made.show_header = False
    for name in ("tracks", "artists", "albums", "missing", "silent", "refused", "duplicates", "votes", "plays"):
        made.add_row(name, f"{stats[name]:,}")
    made.add_row("length", clock(stats["seconds"]))
    if stats["first_year"]:
        made.add_row("years", f"{stats['first_year']}–{stats['last_year']}")
    show_table(made)
    if stats["genres"]:
        genres = table([("genre", "left"), ("songs", "right")])
        for genre, count in list(stats["genres"].items())[:15]:
            genres.add_row(printable(genre), f"{count:,}")
        show_table(genres)
