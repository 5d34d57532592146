"""``songkin list``: songs, playlists, refused files, duplicates."""

from __future__ import annotations

from dataclasses import asdict

import click

from songkin.cli.common import emit, note, opened, printable, show_table, show_tracks, table, with_filters, with_library
from songkin.library import Library
from songkin.models import Filter
from songkin.telling import track_json


@click.command(name="list")
@click.option("--refused", is_flag=True, help="Files that were found and not taken, with the reason.")
@click.option("--duplicates", is_flag=True, help="Songs that are likely the same recording.")
@click.option("--playlists", is_flag=True, help="Playlists.")
@click.option(
    "--albums", is_flag=True, help="Albums that reviews and lists tell of, and how many songs of them are here."
)
@click.option("--playlist", metavar="NAME", help="The songs of one playlist.")
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="At most N.")
@click.option("--offset", type=click.IntRange(min=0), default=0, metavar="N", help="Leave out the first N.")
@with_filters
@with_library
def command(
    *,
    filters: tuple[Filter, ...],
    refused: bool,
    duplicates: bool,
    playlists: bool,
    albums: bool,
    playlist: str | None,
    limit: int | None,
    offset: int,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """What is in the library. Filters say which songs: `songkin list --where playlist=NAME --year 1960..1970`."""
    if filters and (refused or duplicates or playlists or albums or playlist is not None):
        raise click.UsageError("Filters are for songs; those of a playlist are --where playlist=NAME.")
    with opened(library, qdrant_url=qdrant_url) as music:
        if refused:
            _refused(music, as_json)
        elif duplicates:
            _duplicates(music, as_json)
        elif playlists:
            _playlists(music, limit, offset, as_json)
        elif albums:
            _albums(music, limit, offset, as_json)
        elif playlist is not None:
            _entries(music, playlist, as_json)
        else:
            _tracks(music, filters, limit, offset, as_json)


def _tracks(music: Library, filters: tuple[Filter, ...], limit: int | None, offset: int, as_json: bool) -> None:
    tracks, notes = music.passing(filters, limit=limit, offset=offset)
    for line in notes:
        note(line)
    if as_json:
        emit({"tracks": [track_json(track) for track in tracks]})
        return
    if filters and not tracks:
        note("No song passes the filters.")
        return
    show_tracks(tracks)


def _refused(music: Library, as_json: bool) -> None:
    refusals = music.refused()
    if as_json:
        emit({"refused": [{"path": r.path, "reason": r.reason, "remedy": r.remedy} for r in refusals]})
        return
    if not refusals:
        note("No file was refused.")
        return
    made = table([("file", "left"), ("why", "left"), ("what to do", "left")])
    for refusal in refusals:
        made.add_row(printable(refusal.path), printable(refusal.reason), printable(refusal.remedy))
    show_table(made)


def _duplicates(music: Library, as_json: bool) -> None:
    pairs = music.duplicates()
    if as_json:
        emit({"duplicates": [{"a": track_json(a), "b": track_json(b), "evidence": why} for a, b, why in pairs]})
        return
    if not pairs:
        note("No two files seem to be the same recording.")
        return
    made = table([("song", "left"), ("file", "left"), ("other file", "left"), ("evidence", "left")])
    for a, b, why in pairs:
        made.add_row(printable(a.label), printable(a.path), printable(b.path), why)
    show_table(made)


def _playlists(music: Library, limit: int | None, offset: int, as_json: bool) -> None:
    every = music.playlists()
    found = every[offset:][:limit]
    if as_json:
        emit({"playlists": [asdict(playlist) for playlist in found]})
        return
    if not every:
        note("There are no playlists yet: `songkin import FILE` brings them.")
        return
    made = table([("playlist", "left"), ("songs", "right"), ("here", "right"), ("from", "left"), ("id", "left")])
    for each in found:
        made.add_row(printable(each.name), str(each.songs), str(each.matched), each.source, each.id[:8])
    show_table(made)


def _albums(music: Library, limit: int | None, offset: int, as_json: bool) -> None:
    found = music.albums()[offset:][:limit]
    if as_json:
        emit({"albums": [asdict(album) for album in found]})
        return
    if not found:
        note("No reviews or lists of albums were imported yet: `songkin import FILE` brings them.")
        return
    made = table([("album", "left"), ("by", "left"), ("year", "right"), ("rating", "right"), ("songs here", "right")])
    for each in found:
        rating = f"{each.rating:g}" if each.rating is not None else ""
        by = printable(", ".join(each.artists))
        made.add_row(printable(each.title), by, str(each.year or ""), rating, str(len(each.tracks) or ""))
    show_table(made)


def _entries(music: Library, playlist: str, as_json: bool) -> None:
    entries = music.entries(playlist)
    if as_json:
        rows = [
            {
                "pos": entry.pos,
                "track": track_json(entry.track) if entry.track else None,
                "how": entry.how,
                "given": dict(entry.given),
                "added_at": entry.added_at,
            }
            for entry in entries
        ]
        emit({"playlist": playlist, "entries": rows})
        return
    made = table([("#", "right"), ("song", "left"), ("known by", "left")])
    for entry in entries:
        given = f"{entry.given.get('artist', '')} - {entry.given.get('title') or entry.given.get('path', '')}".strip(
            " -"
        )
        name = entry.track.label if entry.track else given
        made.add_row(str(entry.pos + 1), printable(name), entry.how if entry.track else "(not here)")
    show_table(made)
