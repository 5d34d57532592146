"""``songkin history``: what was played, skipped and searched for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from click.core import ParameterSource

from songkin.cli.common import (
    clock,
    day,
    emit,
    note,
    opened,
    printable,
    show_table,
    table,
    with_library,
    with_user,
    with_window,
)
from songkin.cli.vote_ import nothing_of
from songkin.errors import QueryError
from songkin.importing.feedback import KINDS, moment
from songkin.library import Library
from songkin.models import ME, Event
from songkin.telling import track_json


@click.group(name="history", invoke_without_command=True)
@click.option("--kind", multiple=True, metavar="KIND", help=f"Only these: {', '.join(KINDS)}.")
@click.option("-n", "--limit", type=int, default=50, show_default=True, metavar="N", help="At most N.")
@with_window
@with_user
@with_library
@click.pass_context
def command(
    context: click.Context,
    kind: tuple[str, ...],
    limit: int,
    window: str,
    user: str | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """What was played, skipped and searched for, newest first. `songkin import` brings it from ListenBrainz and Last.fm."""
    if context.invoked_subcommand is not None:
        if any(context.get_parameter_source(name) == ParameterSource.COMMANDLINE for name in context.params):
            raise click.UsageError("Options go after `add`.")
        return
    with opened(library, qdrant_url=qdrant_url) as music:
        events = music.history(user=user, window=window, kinds=kind or KINDS, limit=limit)
        if as_json:
            emit({"events": [event_json(event) for event in events]})
        elif events:
            _show(events, whose=user is None)
        elif window != "all" or kind:
            note("There is nothing in this window and of these kinds; `songkin history` shows all.")
        else:
            note(nothing_of(music, user, "no plays", _HOW))


_HOW = "`songkin import` takes exports of ListenBrainz and Last.fm, `songkin history add WHAT` notes one."


@command.command(name="add")
@click.argument("what", nargs=-1, required=True, metavar="WHAT")
@click.option("--play/--skip", "played", default=True, help="Whether it was played or skipped (default: played).")
@click.option("--seconds", type=float, metavar="S", help="How much of it was heard.")
@click.option("--at", metavar="WHEN", help="When, like 2024-01-31T20:15 (default: now).")
@click.option("--user", metavar="NAME", default=ME, show_default=True, help="By whom.")
@with_library
def add(
    what: tuple[str, ...],
    played: bool,
    seconds: float | None,
    at: str | None,
    user: str,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Note that a song was played or skipped."""
    when = None if at is None else _moment(at)
    with opened(library, qdrant_url=qdrant_url) as music:
        event = _add(music, played)(" ".join(what), seconds=seconds, user=user, at=when)
    if as_json:
        emit({"event": event_json(event)})
    elif event.track is not None:
        note(f"{event.track.label} was {'played' if played else 'skipped'} by {event.user}, {day(event.at)}.")


def event_json(event: Event) -> dict[str, Any]:
    """An event as JSON shows it."""
    found: dict[str, Any] = {name: getattr(event, name) for name in ("user", "at", "kind", "source")}
    if event.track is None:
        return {**found, "text": event.text}
    return {**found, "seconds": event.seconds, "track": track_json(event.track)}


def _add(music: Library, played: bool) -> Any:
    return music.played if played else music.skipped


def _moment(text: str) -> float:
    """A time as people here write it: theirs, unless they say which."""
    try:
        at = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise QueryError(f"{text[:40]!r} is no time.", remedy="Write it like 2024-01-31T20:15.") from None
    return moment(at, written=text.strip())


def _show(events: list[Event], *, whose: bool) -> None:
    columns = [("when", "left"), ("what", "left"), ("song, or words", "left"), ("heard", "right"), ("from", "left")]
    made = table([*columns, *([("user", "left")] if whose else [])])
    for event in events:
        what = event.track.label if event.track is not None else event.text
        row = (day(event.at), event.kind, what, clock(event.seconds), event.source, *([event.user] if whose else []))
        made.add_row(*map(printable, row))
    show_table(made)
