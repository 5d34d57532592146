"""``songkin reindex``: write the search index anew."""

from __future__ import annotations

import click

from songkin.cli.common import emit, note, opened, with_library
from songkin.cli.progress import Bar


@click.command(name="reindex")
@click.option("--recreate", is_flag=True, help="Drop the index first (needed when a dimension has changed).")
@with_library
def command(recreate: bool, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Write the search index anew from the catalog. No file is read."""
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        lines = music.reindex(recreate=recreate, progress=bar)
        count = music.catalog.count()
    if as_json:
        emit({"indexed": count, "notes": lines})
        return
    for line in lines:
        note(line)
    click.echo(f"{count} songs are in the search index.")
