"""``songkin set``: correct what is known of a song."""

from __future__ import annotations

import click

from songkin.cli.common import emit, note, opened, printable, with_library
from songkin.errors import QueryError
from songkin.telling import track_json


@click.command(name="set")
@click.argument("what", metavar="WHAT")
@click.argument("fields", nargs=-1, metavar="FIELD=VALUE…")
@click.option("--clear", multiple=True, metavar="FIELD", help="Empty a field.")
@with_library
def command(
    what: str,
    fields: tuple[str, ...],
    clear: tuple[str, ...],
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Correct what is known of a song: title, artists, genres (several stand between `;`), year … The file stays as it
    is. `songkin undo` takes it back."""
    told = dict(_pair(text) for text in fields)
    with opened(library, qdrant_url=qdrant_url) as music:
        track = music.set(what, told, clear=clear)
    if as_json:
        emit({"track": track_json(track)})
    else:
        note(f"{printable(track.label)} was changed.")


def _pair(text: str) -> tuple[str, str]:
    field, sign, value = text.partition("=")
    if not sign:
        raise QueryError(f"{text!r} sets nothing.", remedy="Write FIELD=VALUE, for example genres='jazz; soul'.")
    return field.strip().lower(), value
