"""``songkin export``: what the library knows, for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from songkin.cli.common import emit, note, opened, with_filters, with_library
from songkin.errors import ExportError
from songkin.exporting import Exporting
from songkin.exports import FORMATS
from songkin.library import Library
from songkin.models import Exported, Filter

MOST_RESULTS: Final = 64 << 20
"""Bytes of an answer that are read."""


@click.command(name="export")
@click.option("--playlist", metavar="NAME", help="One playlist, by its name or id.")
@click.option("--all-playlists", is_flag=True, help="Every playlist, into a folder.")
@click.option("--songs", is_flag=True, help="All songs as one list, or those that filters let through.")
@click.option(
    "--results", metavar="FILE", help="What `find`, `similar` or `list` said with --json (-: standard input)."
)
@click.option("--votes", is_flag=True, help="Votes, as CSV.")
@click.option("--catalog", is_flag=True, help="Everything, into a folder of tables and vectors.")
@click.option("-o", "--output", metavar="FILE", required=True, help="The file or folder to write.")
@click.option("--format", "kind", type=click.Choice(list(FORMATS)), help="The format (default: by the file's suffix).")
@click.option("--relative", is_flag=True, help="Write paths from the file's folder on.")
@click.option("--user", metavar="NAME", help="Only the votes of this user.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@with_filters
@with_library
def command(
    *,
    filters: tuple[Filter, ...],
    playlist: str | None,
    all_playlists: bool,
    songs: bool,
    results: str | None,
    votes: bool,
    catalog: bool,
    output: str,
    kind: str | None,
    relative: bool,
    user: str | None,
    force: bool,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Write songs, playlists, results, votes or the whole catalog. What is written, `songkin import` reads back."""
    asked = [playlist is not None, all_playlists, songs, results is not None, votes, catalog]
    if sum(asked) != 1:
        raise click.UsageError(
            "Say what to export, one of: --playlist NAME, --all-playlists, --songs, --results FILE, --votes, --catalog."
        )
    if (votes or catalog) and (kind or relative):
        raise click.UsageError("--format and --relative are for lists of songs.")
    if user is not None and not votes:
        raise click.UsageError("--user goes with --votes.")
    if filters and not songs:
        raise click.UsageError("Filters go with --songs.")
    answer = _read(results) if results is not None else b""
    with opened(library, qdrant_url=qdrant_url) as music:
        write: Exporting = music.export
        if playlist is not None:
            done = write.playlist(playlist, output, kind or "", relative=relative, force=force)
        elif all_playlists:
            done = write.all_playlists(output, kind or "m3u", relative=relative, force=force)
        elif songs:
            ids = _passing(music, filters) if filters else None
            done = write.songs(output, kind or "", ids=ids, relative=relative, force=force)
        elif votes:
            done = write.votes(output, user, force=force)
        elif catalog:
            done = write.whole(output, force=force)
        else:
            done = write.results(answer, output, kind or "", relative=relative, force=force)
    _tell(done, output, as_json)


def _passing(music: Library, filters: tuple[Filter, ...]) -> list[str]:
    found, notes = music.passing(filters)
    for line in notes:
        note(line)
    return [track.id for track in found]


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MOST_RESULTS)
        with Path(name).open("rb") as file:
            return file.read(MOST_RESULTS)
    except OSError as error:
        raise ExportError(
            f"{name} cannot be read: {(error.strerror or str(error)).lower()}.", remedy="Name the file of an answer."
        ) from error


def _tell(done: Exported, output: str, as_json: bool) -> None:
    counts = {"songs": done.songs, "playlists": done.playlists, "votes": done.votes}
    if as_json:
        emit({"files": list(done.files), **counts, "notes": list(done.notes)})
        return
    for line in done.notes:
        note(line)
    told = ", ".join(f"{count} {name if count != 1 else name[:-1]}" for name, count in counts.items() if count)
    where = done.files[0] if len(done.files) == 1 else f"{output} ({len(done.files)} files)"
    note(f"{told or 'No songs'}: {where}")
