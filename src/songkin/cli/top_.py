"""``songkin top``: top lists of a time, to look at or to keep as playlists."""

from __future__ import annotations

from collections.abc import Sequence

import click

from songkin.cli.common import (
    day,
    emit,
    note,
    opened,
    printable,
    show_table,
    table,
    with_every,
    with_library,
    with_user,
    with_window,
)
from songkin.cli.vote_ import nothing_of
from songkin.models import CHARTS, Standing
from songkin.telling import track_json

_HOW = {
    "played": "`songkin import` takes exports of ListenBrainz and Last.fm, `songkin history add WHAT` notes one.",
    "loved": "`songkin vote WHAT love` makes one.",
    "liked": "`songkin vote WHAT like` makes one.",
    "newest": "`songkin index FOLDER` brings some.",
}
_WHAT = {"played": "no plays", "loved": "no loved songs", "liked": "no liked songs", "newest": "no songs"}
_WHEN = {"played": "last played", "loved": "voted", "liked": "voted", "newest": "added"}


@click.command(name="top")
@click.argument("by", default="played", metavar=f"[{'|'.join(CHARTS)}]")
@click.option("-n", "--limit", type=int, default=20, show_default=True, metavar="N", help="At most N.")
@click.option("--save", metavar="NAME", help="Keep it as this playlist; the next --save NAME refreshes it in place.")
@with_every
@with_window
@with_user
@with_library
def command(
    by: str,
    limit: int,
    save: str | None,
    every: str | None,
    window: str,
    user: str | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """The most played, most loved, most liked (or loved) or newest songs, of all time or of a window up to now."""
    if every is not None and save is None:
        raise click.UsageError("--every goes with --save NAME.")
    with opened(library, qdrant_url=qdrant_url) as music:
        kept, often = None, ""
        if save is not None:
            kept = music.save_top(save, by, window=window, user=user, limit=limit, every=every)
            often = next(each.every for each in music.self_filling() if each.playlist.id == kept.id)
        found = music.top(by, window=window, user=user, limit=limit)
        if as_json:
            rows = [{"rank": s.rank, "count": s.count, "at": s.at, "track": track_json(s.track)} for s in found]
            emit(
                {
                    "top": rows,
                    "by": by,
                    "window": window,
                    "user": user,
                    "playlist": kept.id if kept else None,
                    "every": often or None,
                }
            )
        elif found:
            _show(by, found)
        elif window != "all":
            note(f"There are {_WHAT[by]} in this window; without --window it is all time.")
        else:
            note(nothing_of(music, user if by != "newest" else None, _WHAT[by], _HOW[by]))
    if kept is not None and not as_json:
        songs = "1 song" if kept.songs == 1 else f"{kept.songs} songs"
        how = f"it fills itself every {often}" if often else "the same command refreshes it"
        note(f"Kept as the playlist {kept.name} ({songs}); {how}.")


def _show(by: str, found: Sequence[Standing]) -> None:
    counted = {"played": [("times", "right")], "newest": []}.get(by, [("users", "right")])
    made = table([("#", "right"), *counted, ("song", "left"), (_WHEN[by], "left")])
    for each in found:
        count = [f"{each.count:,}"] if counted else []
        made.add_row(str(each.rank), *count, printable(each.track.label), day(each.at))
    show_table(made)
