"""Playlists, slices of a million playlists, another program's analysis, tables of albums and of corrections, histories."""

from __future__ import annotations

import json
import math
from typing import Final

import numpy as np

from fuzz import scratch
from songkin.errors import SourceError
from songkin.records import Album, BadRow, Correction, Heard, Listing, Song, Voted
from songkin.sources import (
    albums,
    audiomuse,
    corrections,
    jspf,
    lastfm,
    listenbrainz,
    m3u,
    million,
    pls,
    text_list,
    xspf,
)
from songkin.sources.given import Given, Options

SOURCES: Final = (
    (m3u, ".m3u"),
    (pls, ".pls"),
    (xspf, ".xspf"),
    (jspf, ".jspf"),
    (text_list, ".txt"),
    (million, ".json"),
    (audiomuse, ".jsonl"),
    (albums, ".csv"),
    (corrections, ".csv"),
    (listenbrainz, ".jsonl"),
    (lastfm, ".csv"),
)


def one(data: bytes) -> None:
    """The first byte chooses the source; the rest is the file."""
    source, suffix = SOURCES[data[0] % len(SOURCES)] if data else SOURCES[0]
    place = scratch(f"lists/list{suffix}")
    place.write_bytes(data[1:])
    given = Given(str(place))
    source.owns(given)
    try:
        found = list(source.read(given, Options()))
    except SourceError as error:
        assert error.message
        assert error.remedy
        return
    for record in found:
        if isinstance(record, BadRow):
            assert record.row > 0
            assert record.reason.isprintable()
        elif isinstance(record, Listing):
            assert record.key
            for entry in record.entries:
                sensible(entry.song)
        elif isinstance(record, Album):
            assert record.row > 0
            assert record.title
            assert record.artists
            assert record.rating is None or math.isfinite(record.rating)
        elif isinstance(record, Correction):
            assert record.row > 0
            assert record.pos >= 0
            assert record.song
        elif isinstance(record, Heard | Voted):
            assert record.user
            assert record.at is not None
            assert 1e8 < record.at < 1e11
            sensible(record.song)
        elif isinstance(record, Song):
            sensible(record)


def sensible(song: Song) -> None:
    """What the rest of songkin trusts in."""
    assert song.row > 0
    assert song.title or song.key or song.path or song.url or song.musicbrainz_id or song.isrc
    assert "\0" not in song.path
    for text in (song.title, *song.artists, song.album, song.key, song.comment):
        assert len(text) <= 2000
        text.encode()
        assert all(c.isprintable() or c == "\u200d" for c in text), repr(text)
    assert song.duration is None or (song.duration > 0 and math.isfinite(song.duration))
    assert all(math.isfinite(value) for value in song.features.values())
    assert all(np.isfinite(vector).all() for vector in song.vectors.values())


def seeds() -> list[bytes]:
    """One small file of each kind, in each encoding that matters."""
    m3u_text = "#EXTM3U\n#PLAYLIST:é\n#EXTINF:12,A - B\n#EXTART:A\na/b.mp3\nfile:///m/c%20d.mp3\nspotify:track:x\n"
    xspf_text = (
        '<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><title>é</title><trackList><track>'
        "<location>a%20b.mp3</location><title>T&amp;</title><duration>1000</duration></track></trackList></playlist>"
    )
    song = {"title": "T", "identifier": ["isrc:GBUM71000001"], "meta": [{"songkin:artist": "A"}], "duration": 1}
    playlist = {"pid": 1, "name": "n", "tracks": [{"pos": 0, "track_name": "t", "duration_ms": 1, "track_uri": "u"}]}
    muse = {
        "id": "1",
        "title": "t",
        "key": "C#",
        "scale": "major",
        "tempo": 1.5,
        "mood_vector": "a:1",
        "embedding": "AAAA",
    }
    more = {"duration_ms": 1000, "artist_names": ["A", "B"], "isrc": "GBUM71000001", "spotify_id": "x"}
    about = {"artist_name": "A feat. B", "track_name": "T", "additional_info": more, "mbid_mapping": None}
    listens = [json.dumps({"listened_at": 1704067200 + n, "track_metadata": about}) for n in range(3)]
    feedback = json.dumps(
        {"recording_mbid": "0f9d2c1e-0000-4000-8000-000000000000", "score": -1, "created": 1704067200}
    )
    texts = (
        m3u_text,
        "[playlist]\nFile1=a.mp3\nTitle1=A - B\nLength1=5\nFile3=http://x.example/s\n",
        xspf_text,
        json.dumps({"playlist": {"title": "L", "track": [song, song]}}),
        "# c\nA - B\n1. C - D\nspotify:track:39ncDMVidHOeQgeC5anYZM\n",
        json.dumps({"info": {"version": "v1"}, "playlists": [playlist, playlist]}),
        json.dumps({"total_tracks": 1, "tracks": [muse, muse]}),
        'artist,title,year_released,rating,review,genre,query,album_id\nA,"B, ü",2019,7.4,"warm\nhazy",Pop / Rock,q,43\n',
        "playlist,pos,artist,title,path,song\nDrive,2,A,'=B,x.mp3,A - B\nDrive,x,,,,C\nDrive,3,,,,\n",
        "\n".join([*listens, feedback]),
        'uts,utc_time,artist,album,track\n1704067200,"01 Jan 2024, 00:00",A,"B, ü",C\n,"02 Jan 2024, 00:00",A,,D\n',
    )
    made = [bytes((number,)) + text.encode() for number, text in enumerate(texts)]
    made += [bytes((number,)) + texts[number].encode("utf-16") for number in (0, 2, 3, 4, 9, 10)]
    made += [b"\x09[" + ",".join(listens).encode() + b"]", b"\x0aA,B,C,01 Jan 2024 12:34\nA,,D,02 Jan 2024 12:35\n"]
    return [*made, b"\0" + m3u_text.encode("latin-1")]
