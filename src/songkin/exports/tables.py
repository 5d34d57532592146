"""CSV: a table of everything known of a list's songs, one in the shape of Exportify, and votes.

Artists stand as Exportify writes them, ``A;B``; names that hold a separator themselves stand as a JSON list instead,
which songkin reads back exactly. A cell that a spreadsheet would run has an apostrophe in front (``text.guarded``).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from songkin.exports.places import file_uri, key, line, url
from songkin.records import FEATURES, OWN_LIST, Entry, Listing, Song, Voted
from songkin.text import guarded

_SEPARATED: Final = re.compile(r"[;|,]|\s/\s|^\s*[\[(]|^array")
_NAMED: Final = {name: name.replace("_", " ").title() for name in FEATURES}
_IN_EXPORTIFY: Final = (
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "time_signature",
)


def pieces(listing: Listing, folder: str) -> Iterator[str]:  # noqa: ARG001 - every writer is asked alike
    """A table with all fields. Its paths are absolute, for a table does not say from where they would be relative."""
    own = f"{OWN_LIST}{listing.key}" if listing.key else ""
    named = {"Playlist Name": line(listing.name), "Playlist ID": own}
    return _table(_all(Entry(Song())) | named, (_all(entry) | named for entry in listing.entries))


def exportify_pieces(listing: Listing, folder: str) -> Iterator[str]:  # noqa: ARG001 - every writer is asked alike
    """A table of Exportify's 24 columns. A song without a key has there what else it is known by: its file's URI, its
    URL, its ISRC or MusicBrainz id."""
    return _table(_exportify(Entry(Song())), map(_exportify, listing.entries))


def votes_pieces(votes: Sequence[Voted]) -> Iterator[str]:
    """A table of votes."""
    return _table(_vote(Voted(Song(), "")), map(_vote, votes))


def _table(headings: Iterable[str], rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(headings)
    for row in rows:
        writer.writerow(map(guarded, row.values()))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _all(entry: Entry) -> dict[str, str]:
    song = entry.song
    return {
        **_song(song),
        "Album Artist Name(s)": line(song.album_artist),
        "Disc Number": str(song.disc_no or ""),
        "Track Number": str(song.track_no or ""),
        "Release Date": song.released or str(song.year or ""),
        "Track Duration (ms)": str(round(song.duration * 1000)) if song.duration else "",
        "Genres": _list(song.genres, ";"),
        "Subgenres": _list(song.subgenres, ";"),
        "Explicit": _flag(song.explicit),
        "Popularity": _number(song.popularity),
        "Record Label": line(song.label),
        "Album Image URL": line(song.image),
        "Comment": line(song.comment),
        "SHA256": song.hash,
        **{heading: _number(song.features.get(name)) for name, heading in _NAMED.items()},
        "Added By": line(entry.added_by),
        "Added At": _date(entry.added_at),
    }


def _song(song: Song) -> dict[str, str]:
    return {
        "Track URI": key(song),
        "Track Name": line(song.title),
        "Artist Name(s)": _list(song.artists, ";"),
        "Album Name": line(song.album),
        "ISRC": song.isrc,
        "MusicBrainz ID": song.musicbrainz_id,
        "Path": song.path if song.path == line(song.path) else file_uri(song.path),
        "URL": url(song),
    }


def _exportify(entry: Entry) -> dict[str, str]:
    song = entry.song
    return {
        "Track URI": key(song)
        or (file_uri(song.path) if song.path else "")
        or (url(song) or song.isrc or song.musicbrainz_id),
        "Track Name": line(song.title),
        "Album Name": line(song.album),
        "Artist Name(s)": _list(song.artists, ";"),
        "Release Date": song.released or str(song.year or ""),
        "Duration (ms)": str(round(song.duration * 1000)) if song.duration else "",
        "Popularity": _number(song.popularity),
        "Explicit": _flag(song.explicit),
        "Added By": line(entry.added_by),
        "Added At": _date(entry.added_at),
        "Genres": _list(song.genres, ","),
        "Record Label": line(song.label),
        **{_NAMED[name]: _number(song.features.get(name)) for name in _IN_EXPORTIFY},
    }


def _vote(voted: Voted) -> dict[str, str]:
    return {"User": line(voted.user), "Vote": line(voted.vote), "Voted At": _date(voted.at), **_song(voted.song)}


def _list(names: Sequence[str], separator: str) -> str:
    kept = [found for name in names if (found := line(name))]
    if any(_SEPARATED.search(name) for name in kept):
        return json.dumps(kept, ensure_ascii=False)
    return separator.join(kept)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _flag(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def _date(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
