"""``songkin radio``: songs without end."""

from __future__ import annotations

from dataclasses import replace

import click

from songkin.cli.common import emit, note, opened, printable, with_library, with_query
from songkin.models import Hit, Query
from songkin.telling import hit_json


@click.command(name="radio")
@click.argument("what", nargs=-1, metavar="WHAT")
@click.option("--like", multiple=True, metavar="WHAT", help="A song that is liked. Again for more.")
@click.option("--dislike", multiple=True, metavar="WHAT", help="A song that is not.")
@click.option("--playlist", "playlists", multiple=True, metavar="NAME|FILE", help="A playlist here, or a file of one.")
@click.option("--user", default="", metavar="NAME", help="A listener, by votes and history.")
@click.option("--adventurous", type=float, default=0.4, show_default=True, metavar="0..1", help="From safe to far.")
@click.option("--endless", is_flag=True, help="Go on: Enter for the next song, s to skip this one, q to end.")
@click.option("--no-history", is_flag=True, help="With --endless: do not note what was heard and skipped.")
@with_query
@with_library
def command(
    what: tuple[str, ...],
    like: tuple[str, ...],
    dislike: tuple[str, ...],
    playlists: tuple[str, ...],
    user: str,
    adventurous: float,
    endless: bool,
    no_history: bool,
    query: Query,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Songs that go with WHAT (a song), one after another: -n of them, or without end. Those that you hate are left out,
    and for a month those that you skipped. What is heard and skipped with --endless becomes your history (that of --user)."""
    from songkin.recommending.asking import Wanted

    liked = (*like, *((" ".join(what),) if what else ()))
    wanted = Wanted(liked, dislike, playlists, user=user, adventurous=adventurous)
    hits: list[Hit] = []
    noted = endless and not no_history
    with opened(library, qdrant_url=qdrant_url) as music, music.radio(wanted, query, noted=noted) as station:
        while endless or len(hits) < query.limit:
            hit = station.next()
            while station.notes:
                note(station.notes.pop(0))
            if hit is None:
                note("There is nothing more that goes with it.")
                break
            hits.append(replace(hit, rank=len(hits) + 1))
            if not as_json:
                click.echo(printable(f"{len(hits):3}  {hit.track.label}"))
                if hit.why:
                    click.secho(printable(f"     {' · '.join(hit.why)}"), dim=True)
            if endless and (said := _said()) != "":
                if said == "q":
                    break
                station.skipped()
        for line in station.notes:
            note(line)
    if as_json:
        emit({"hits": [hit_json(hit) for hit in hits]})


def _said() -> str:
    """What the listener says: nothing, ``s`` or ``q``."""
    try:
        return {"s": "s", "q": "q"}.get(input().strip().lower()[:1], "")
    except EOFError:
        return "q"
