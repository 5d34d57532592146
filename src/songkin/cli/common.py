"""What all commands share: options, how answers are printed, how errors are told.

Data goes to stdout, progress and notes to stderr. ``--json`` prints one JSON object.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from songkin.models import ME, WINDOWS, Answer, Filter, Query, Track
from songkin.telling import hit_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from songkin.config import Config
    from songkin.library import Library

Command = TypeVar("Command", bound=Callable[..., Any])


def with_library(command: Command) -> Command:
    """``-L/--library DIR``, before and after the verb, ``--qdrant-url`` and ``--json``."""
    options = (
        click.option("-L", "--library", metavar="DIR", help="The library's folder."),
        click.option("--qdrant-url", metavar="URL", help="A Qdrant server instead of the engine inside songkin."),
        with_json,
    )
    for option in reversed(options):
        command = option(command)
    return command


def with_json(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def with_user(command: Command) -> Command:
    """``--user NAME`` and ``--all-users``; the command gets one ``user``, None for all."""

    @functools.wraps(command)
    def asking(*args: Any, user: str, all_users: bool, **options: Any) -> Any:
        return command(*args, user=None if all_users else user, **options)

    named = click.option("--user", metavar="NAME", default=ME, show_default=True, help="Whose.")
    everyone = click.option("--all-users", is_flag=True, help="Of all users together.")
    return cast(Command, named(everyone(asking)))


def with_window(command: Command) -> Command:
    """``--window``."""
    told = f"How far back: {', '.join(WINDOWS)}."
    return click.option("--window", metavar="WINDOW", default="all", show_default=True, help=told)(command)


def with_every(command: Command) -> Command:
    """``--every``."""
    told = "With --save: fill it anew every day, week or month from now on, or never."
    return click.option("--every", metavar="day|week|month|never", help=told)(command)


_FILTERS: Final = (
    click.option("--bpm", metavar="LOW..HIGH", help="Only songs of this tempo."),
    click.option("--year", metavar="LOW..HIGH", help="Only songs of these years."),
    click.option(
        "--where", "-w", multiple=True, metavar="FIELD=VALUE", help="Filter; also !=, and LOW..HIGH for numbers."
    ),
)


def with_filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--where``, ``--year`` and ``--bpm``; the command gets them as one tuple, ``filters``."""

    @functools.wraps(command)
    def asking(*args: Any, where: Sequence[str], year: str | None, bpm: str | None, **options: Any) -> Any:
        return command(*args, filters=_filters(where, year, bpm), **options)

    for option in _FILTERS:
        asking = option(asking)
    return asking


def with_query(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of commands that answer with hits; the command gets them as one ``query``."""

    @functools.wraps(command)
    def asking(*args: Any, **options: Any) -> Any:
        names = ("limit", "where", "year", "bpm", "per_artist", "per_album", "hide_duplicates")
        query = _query(**{name: options.pop(name) for name in names})
        return command(*args, query=query, **options)

    for option in (
        click.option("--hide-duplicates", is_flag=True, help="Show one of several files of the same recording."),
        click.option(
            "--per-album", default=3, show_default=True, metavar="M", help="At most M songs of one album (0: no cap)."
        ),
        click.option(
            "--per-artist", default=2, show_default=True, metavar="M", help="At most M songs of one artist (0: no cap)."
        ),
        *_FILTERS,
        click.option("-n", "--limit", default=10, show_default=True, metavar="N", help="How many results."),
    ):
        asking = option(asking)
    return asking


def with_tuning(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--exact`` and ``--ef`` go into the ``query``, which ``with_query`` above this makes; the command gets the seconds
    of ``--timeout`` as ``timeout``. ``-v`` tells on stderr what is done."""

    @functools.wraps(command)
    def asking(*args: Any, query: Query, exact: bool, ef: int | None, verbose: bool, **options: Any) -> Any:
        if verbose:
            tell_all()
        return command(*args, query=replace(query, exact=exact, ef=ef), **options)

    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Tell on stderr what is asked, and how long it takes."),
        click.option("--timeout", type=click.IntRange(min=1), metavar="S", help="Seconds to wait for a Qdrant server."),
        click.option("--ef", type=int, metavar="N", help="How widely the graph of a large index is walked."),
        click.option("--exact", is_flag=True, help="Compare with every song, without the graph of a large index."),
    ):
        asking = option(asking)
    return asking


def tell_all() -> None:
    """Let this command tell on stderr what it does. Only songkin's own words: those of other programs may hold keys."""
    import logging

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note(f"{record.name.removeprefix('songkin.')}: {record.getMessage()}")

    logger, handler, before = logging.getLogger("songkin"), Told(), logging.getLogger("songkin").level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)

    def back() -> None:
        logger.removeHandler(handler)
        logger.setLevel(before)

    click.get_current_context().call_on_close(back)


def _query(
    limit: int,
    where: Sequence[str],
    year: str | None,
    bpm: str | None,
    per_artist: int,
    per_album: int,
    hide_duplicates: bool,
) -> Query:
    return Query(limit, _filters(where, year, bpm), per_artist or None, per_album or None, hide_duplicates)


def _filters(where: Sequence[str], year: str | None, bpm: str | None) -> tuple[Filter, ...]:
    from songkin.search.filters import parse_filter, parse_range

    filters: list[Filter] = [parse_filter(text) for text in where]
    filters += [parse_range(field, text) for field, text in (("year", year), ("bpm", bpm)) if text is not None]
    return tuple(filters)


def configured(library: str | None = None, **flags: Any) -> Config:
    """The settings, with the flags of this command on top."""
    from songkin import config

    context = click.get_current_context(silent=True)
    before = (context.find_root().params.get("library") if context else None) or None
    return config.load({"library": library or before, **flags})


def opened(library: str | None = None, **flags: Any) -> Library:
    """The library that the options name."""
    from songkin.library import Library

    return Library(config=configured(library, **flags))


# Printing ------------------------------------------------------------------------------------------------------


def console(*, stderr: bool = False) -> Console:
    """Where people read; markup in titles is text, never markup."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False, markup=False)


def emit(data: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout."""
    click.echo(json.dumps(data, ensure_ascii=True, indent=2, default=str))


def note(line: str) -> None:
    """One line for people, on stderr."""
    click.echo(printable(line), err=True)


def table(columns: Iterable[tuple[str, str]], title: str | None = None) -> Table:
    """An empty table; ``columns`` are (heading, justify)."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for heading, justify in columns:
        right = justify == "right"
        made.add_column(
            heading, justify="right" if right else "left", overflow="ellipsis" if right else "fold", no_wrap=right
        )
    return made


def show_table(made: Table) -> None:
    """Print a table: as wide as the terminal, and wide enough for whole lines where there is none."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 140
    from rich.console import Console

    Console(highlight=False, markup=False, width=width).print(made)


def printable(text: str) -> str:
    """Text from files without control characters and undecodable bytes."""
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in clean)


def clock(seconds: float | None) -> str:
    """``3:07``, ``1:02:03``."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def day(at: float) -> str:
    """A time (seconds since 1970) as people here read it: ``2024-01-31 20:15``."""
    from datetime import datetime

    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")


def called(track: Track) -> str:
    """``artist - title`` for people, who are told where a name is only a placeholder."""
    return f"{track.label} (placeholder name)" if track.placeholder else track.label


def show_answer(answer: Answer, as_json: bool) -> None:
    """Print an answer; notes go to stderr."""
    for line in answer.notes:
        note(line)
    if as_json:
        emit({"query": answer.query, "hits": [hit_json(hit) for hit in answer.hits], "notes": list(answer.notes)})
        return
    if not answer.hits:
        note("Nothing was found. With fewer filters, or other words, there may be more.")
        return
    made = table([("#", "right"), ("score", "right"), ("song, and why", "left"), ("time", "right")])
    for hit in answer.hits:
        track = hit.track
        album = f" ({track.album})" if track.album else ""
        song = with_reasons(called(track) + album, hit.why)
        made.add_row(str(hit.rank), f"{hit.score:.2f}", song, clock(track.duration))
    show_table(made)


def show_tracks(tracks: Sequence[Track]) -> None:
    """Print songs, one a line, with what tells them apart."""
    made = table(
        [
            ("song", "left"),
            ("album", "left"),
            ("year", "right"),
            ("time", "right"),
            ("bpm", "right"),
            ("key", "left"),
            ("id", "left"),
        ]
    )
    for track in tracks:
        bpm = f"{track.bpm:.0f}" if track.bpm else ""
        row = (called(track), track.album, str(track.year or ""), clock(track.duration), bpm, track.key, track.id[:8])
        made.add_row(*(printable(cell) for cell in row))
    show_table(made)


def with_reasons(label: str, why: Sequence[str]) -> Text:
    """A name, and below it, dimly, what is said of it."""
    from rich.text import Text

    return Text.assemble(printable(label), ("\n" + printable(" · ".join(why)) if why else "", "dim"))
