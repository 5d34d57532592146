"""``songkin vote``: what a listener thinks of songs."""

from __future__ import annotations

import click

from songkin.cli.common import day, emit, note, opened, printable, show_table, table, with_library, with_user
from songkin.importing.feedback import NO_VOTE
from songkin.library import Library
from songkin.records import VOTES
from songkin.telling import track_json


@click.command(name="vote")
@click.argument("words", nargs=-1, metavar=f"[WHAT {'|'.join((*VOTES, NO_VOTE))}]")
@click.option("--list", "listed", is_flag=True, help="Show the votes there are, newest first.")
@with_user
@with_library
def command(
    words: tuple[str, ...],
    listed: bool,
    user: str | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Say what you think of a song. There is one vote for each user and song, and a later one replaces it; `none` takes
    it back."""
    if listed == bool(words):
        raise click.UsageError("Name a song and a vote, or use --list.")
    if len(words) == 1:
        raise click.UsageError(f"Name a song, and then one of: {', '.join((*VOTES, NO_VOTE))}.")
    if words and user is None:
        raise click.UsageError("--all-users goes with --list.")
    with opened(library, qdrant_url=qdrant_url) as music:
        if listed:
            _list(music, user, as_json)
        elif user is not None:
            _vote(music, " ".join(words[:-1]), words[-1].lower(), user, as_json)


def _vote(music: Library, what: str, word: str, user: str, as_json: bool) -> None:
    track = music.vote(what, word, user=user)
    if as_json:
        emit({"user": user, "vote": word, "track": track_json(track)})
        return
    done = "has no vote any more" if word == NO_VOTE else f"is voted {word}"
    note(f"{track.label} {done} by {user}.")


def _list(music: Library, user: str | None, as_json: bool) -> None:
    found = music.votes(user=user)
    if as_json:
        rows = [{"user": b.user, "vote": b.vote, "at": b.at, "track": track_json(b.track)} for b in found]
        emit({"votes": rows})
        return
    if not found:
        note(
            nothing_of(
                music, user, "no votes", "`songkin vote WHAT love` makes one, `songkin import` brings those of a file."
            )
        )
        return
    made = table([("vote", "left"), ("song", "left"), ("when", "left"), *([("user", "left")] if user is None else [])])
    for ballot in found:
        more = [printable(ballot.user)] if user is None else []
        made.add_row(ballot.vote, printable(ballot.track.label), day(ballot.at), *more)
    show_table(made)


def nothing_of(music: Library, user: str | None, what: str, how: str) -> str:
    """What is said where a user has nothing: how that changes, or who has something."""
    others = [name for name in music.listeners() if name != user]
    if user is None or not others:
        return f"There are {what} yet: {how}"
    shown = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")
    return f"There are {what} of {user}. Others who voted or listened here: {shown}."
