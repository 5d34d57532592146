"""``songkin show``: one song with all that is known of it, in blocks: what it is, how it sounds, what tables and reviews
say, where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

import click

from songkin.cli.common import called, clock, day, emit, opened, printable, show_table, with_library
from songkin.models import TABLE_FIELDS, AlbumNote, Track
from songkin.search.shown import Shown
from songkin.telling import track_json

_BAR: Final = 20
_REVIEW: Final = 400
"""Characters of a review that are shown; ``--json`` has all."""
_ALSO: Final = ("isrc", "musicbrainz_id", "comment", "url", "image", "explicit", "popularity", "added_at")

Row = tuple[str, str]


@click.command(name="show")
@click.argument("what", nargs=-1, required=True, metavar="WHAT")
@with_library
def command(what: tuple[str, ...], library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """One song with all that is known: names, tags heard with their strength, tempo, key, loudness, what tables, lists
    and reviews say of it."""
    with opened(library, qdrant_url=qdrant_url) as music:
        shown = music.show(" ".join(what))
    if as_json:
        emit(_json(shown))
    else:
        _print(shown)


def _json(shown: Shown) -> dict[str, object]:
    track = shown.track
    more = {
        **{name: getattr(track, name) for name in _ALSO},
        "subgenres": list(track.subgenres),
        "label": track.record_label,
        "features": dict(track.features),
        "table_features": dict(track.table_features),
        "description": {
            "text": track.description,
            "by": track.described_by,
            "at": track.described_at,
            "generated": True,
        }
        if track.description
        else None,
    }
    return {
        "track": {**track_json(track), **more},
        "keys": list(shown.keys),
        "playlists": [{"id": each.id, "name": each.name} for each in shown.playlists],
        "albums": [{**asdict(note), "tracks": []} for note in shown.albums],
        "predicted": {label: round(p, 4) for label, p in shown.predicted.items()},
        "heard": {tag: round(p, 4) for tag, p in shown.heard.items()},
        "duplicates": [{"track": track_json(twin), "evidence": why} for twin, why in shown.duplicates],
        "vectors": dict(shown.vectors),
        "votes": dict(shown.votes),
    }


def _print(shown: Shown) -> None:
    from rich.table import Table
    from rich.text import Text

    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(justify="right", style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    made.add_row("", Text(printable(called(shown.track)), style="bold"))
    for block in (_names(shown), _sound(shown), _table(shown.track), _reviews(shown), _places(shown)):
        rows = [(name, value) for name, value in block if value]
        if rows:
            made.add_row("", "")
        for name, value in rows:
            made.add_row(name, printable(value))
    show_table(made)


def _names(shown: Shown) -> Iterator[Row]:
    track = shown.track
    of = [f"disc {track.disc_no}" if track.disc_no else "", f"track {track.track_no}" if track.track_no else ""]
    by = f"by {track.album_artist}" if track.album_artist and track.album_artist not in track.artists else ""
    yield "title", track.title
    yield "artists", track.artist
    yield "album", " · ".join(filter(None, [track.album, by, *of]))
    yield "year", str(track.year or "")
    yield "label", track.record_label
    yield "genres", ", ".join((*track.genres, *(each for each in track.subgenres if each not in track.genres)))
    yield "time", clock(track.duration)
    yield "explicit", "" if track.explicit is None else "yes" if track.explicit else "no"
    yield "comment", track.comment
    yield "generated", _generated(track)


def _generated(what: Track | AlbumNote) -> str:
    """What a language model wrote, and which, and when."""
    if not what.description:
        return ""
    return f"{what.description} ({what.described_by}, {day(what.described_at or 0)})"


def _sound(shown: Shown) -> Iterator[Row]:
    track = shown.track
    octave = track.features.get("bpm_alternative")
    yield "tempo", f"{track.bpm:.1f} bpm" + (f" (or {octave:.1f})" if octave else "") if track.bpm else ""
    yield "key", track.key
    yield "loudness", f"{track.loudness:.1f} LUFS" if track.loudness is not None else ""
    yield "brightness", f"{track.brightness:.0f} Hz" if track.brightness is not None else ""
    yield "heard", ", ".join(f"{tag} {p:.2f}" for tag, p in list(shown.heard.items())[:15])
    guessed = ", ".join(f"{label} {p:.2f}" for label, p in list(shown.predicted.items())[:3])
    yield "predicted", f"{guessed} (a guess of `songkin train genres`)" if guessed else ""


def _table(track: Track) -> Iterator[Row]:
    """What tables say of how it sounds."""
    said: Mapping[str, float] = track.table_features
    for name in TABLE_FIELDS:
        if name in said:
            full = round(_BAR * min(1.0, max(0.0, said[name])))
            yield name, f"{'━' * full}{'─' * (_BAR - full)} {said[name]:.2f}"
    yield "loudness", f"{said['loudness']:.1f} dB" if "loudness" in said and track.loudness is None else ""
    yield "time signature", f"{said['time_signature']:g} beats" if "time_signature" in said else ""
    yield "popularity", f"{track.popularity:g} of 100" if track.popularity is not None else ""


def _reviews(shown: Shown) -> Iterator[Row]:
    for note in shown.albums:
        yield "album review", _review(note)
        yield "generated", _generated(note)


def _review(note: AlbumNote) -> str:
    rating = f"rated {note.rating:g}" if note.rating is not None else ""
    text = note.review if len(note.review) <= _REVIEW else f"{note.review[:_REVIEW].rsplit(' ', 1)[0]} …"
    about = [rating, "liked" if note.liked else "", ", ".join(note.genres), f"({note.source})"]
    return " · ".join(filter(None, about)) + (f"\n{' '.join(text.split())}" if text else "")


def _places(shown: Shown) -> Iterator[Row]:
    track = shown.track
    yield "playlists", ", ".join(each.name for each in shown.playlists)
    yield "votes", ", ".join(f"{user}: {vote}" for user, vote in shown.votes.items())
    yield "file", track.path + (" (missing)" if track.missing else "")
    yield "also", ", ".join(f"{twin.path or twin.label} ({why})" for twin, why in shown.duplicates)
    yield "url", track.url if track.url != track.path else ""
    yield "ISRC", track.isrc
    yield "MusicBrainz", track.musicbrainz_id
    yield "known as", ", ".join(shown.keys)
    yield "source", track.source
    yield "id", track.id
