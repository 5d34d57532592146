"""``songkin refresh``: playlists that fill themselves, for people and for timers."""

from __future__ import annotations

from dataclasses import asdict

import click

from songkin.cli.clusters_ import filled_json, show_filled
from songkin.cli.common import day, emit, note, opened, printable, show_table, table, with_library
from songkin.library import Library

_HOW = "`songkin top --save NAME --every week` and `songkin clusters --save --every month` make some."


@click.command(name="refresh")
@click.argument("names", nargs=-1, metavar="[PLAYLIST]...")
@click.option("--all", "every", is_flag=True, help="All that can be filled, due or not.")
@click.option("--list", "listed", is_flag=True, help="Show which lists fill themselves, how often, when they did.")
@with_library
def command(
    names: tuple[str, ...], every: bool, listed: bool, library: str | None, qdrant_url: str | None, as_json: bool
) -> None:
    """Fill the top lists and saved clusters that are due: a new day, week or month has begun. PLAYLISTs that are named
    are filled due or not. Each time is a run that `songkin undo` takes back."""
    if sum((bool(names), every, listed)) > 1:
        raise click.UsageError("Name playlists, or use --all or --list.")
    with opened(library, qdrant_url=qdrant_url) as music:
        if listed:
            _list(music, as_json)
            return
        done = music.refresh(names, every=every)
        if as_json:
            emit(filled_json(done))
        elif done.run:
            show_filled(done, False)
        else:
            note(_nothing(music))


def _nothing(music: Library) -> str:
    there = music.self_filling()
    scheduled = sum(bool(each.every) for each in there)
    if scheduled:
        return (
            f"Nothing is due: {scheduled} {'playlist fills itself' if scheduled == 1 else 'playlists fill themselves'}."
        )
    return f"No playlist fills itself yet: {_HOW}"


def _list(music: Library, as_json: bool) -> None:
    found = music.self_filling()
    if as_json:
        emit({"playlists": [asdict(each) for each in found]})
        return
    if not found:
        note(f"No playlist fills itself yet: {_HOW}")
        return
    made = table([("playlist", "left"), ("of", "left"), ("every", "left"), ("filled", "left"), ("due", "left")])
    for each in found:
        last = day(each.filled_at) if each.filled_at is not None else ""
        row = (each.playlist.name, each.about, each.every or "when asked", last, "yes" if each.due else "")
        made.add_row(*map(printable, row))
    show_table(made)
