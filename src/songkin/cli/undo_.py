"""``songkin undo``: take an import back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import click

from songkin.cli.common import emit, opened, with_library
from songkin.cli.progress import Bar


@click.command(name="undo")
@click.argument("run", type=int, metavar="RUN")
@with_library
def command(run: int, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Take back what an import added or changed; `songkin runs` tells its number. What others brought stays."""
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        done = music.undo(run, progress=bar)
    if as_json:
        emit({"run": run, **done})
        return
    click.echo(f"Run {run} was taken back{_told(done)}")


_GONE: Final = (("removed", "song"), ("playlists", "playlist"), ("albums", "album"), ("listens", "listen"))


def _told(done: Mapping[str, int]) -> str:
    gone = [_many(done[name], what) for name, what in _GONE]
    back = [_many(done[name], what) for name, what in (("updated", "song"), ("returned", "playlist or album"))]
    verbs = {True: " is as it was before", False: " are as they were before"}
    one = done["updated"] + done["returned"] == 1
    stayed = done["stayed"]
    parts = [
        f"{_and(gone)} went" if any(gone) else "",
        f"{_many(stayed, 'song')} {'stays' if stayed == 1 else 'stay'}, which others know too" if stayed else "",
        f"{_and(back)}{verbs[one]}" if any(back) else "",
    ]
    return f": {'; '.join(filter(None, parts))}." if any(parts) else "; it had changed nothing."


def _many(count: int, what: str) -> str:
    if count == 1:
        return f"1 {what}"
    return f"{count:,} {' or '.join(f'{word}s' for word in what.split(' or '))}" if count else ""


def _and(parts: Sequence[str]) -> str:
    said = [part for part in parts if part]
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))
