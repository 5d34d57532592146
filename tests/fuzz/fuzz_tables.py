"""Tables: CSV as any source of them reads it, Ludwig's labels, and heads of NumPy's files."""

from __future__ import annotations

import io

import numpy as np

from fuzz import scratch
from songkin.errors import SourceError
from songkin.records import Album, BadRow, Entry, Listing, Song
from songkin.sources import arrays, bundle, catalog_folder, exportify, labels, songs, votes
from songkin.sources.given import Given, Options

_NAMES = ("any.csv", "any.json", "any.npy", "any.npz", "beside.csv", "songkin-catalog.json")


def one(data: bytes) -> None:
    """The first byte says what the rest is."""
    name = _NAMES[data[0] % len(_NAMES)] if data else _NAMES[0]
    path = scratch(f"tables/{name.split('.')[0]}/{name}")
    path.write_bytes(data[1:])
    if name == "beside.csv":
        np.save(path.with_name("vectors.npy"), np.ones((2, 3), np.float32))
    given = Given(str(path))
    for source in (catalog_folder, votes, exportify, songs, bundle, labels):
        if not source.owns(given):
            continue
        try:
            for record in source.read(given, Options()):
                sensible(record)
        except SourceError as error:
            assert error.message
            assert error.remedy
    assert isinstance(arrays.shape(given), tuple)


def sensible(record: object) -> None:
    """What the rest of songkin trusts in."""
    assert not isinstance(record, Album)
    if isinstance(record, BadRow):
        assert record.row >= 1
        assert record.reason
    elif isinstance(record, Listing):
        assert record.key
        for entry in record.entries:
            assert isinstance(entry, Entry)
            sensible(entry.song)
    elif isinstance(record, Song):
        assert record.row >= 1
        assert record.title
        for text in (record.title, *record.artists, *record.genres, record.album, record.key):
            text.encode()
            assert not set(text) & set("\0\n\r")
        assert all(np.isfinite(value) for value in record.features.values())
        assert all(vector.dtype == np.float32 and np.isfinite(vector).all() for vector in record.vectors.values())
        assert record.duration is None or 0 < record.duration < float("inf")


def seeds() -> list[bytes]:
    """Each kind, whole."""
    table = (
        "Track URI,Track Name,Artist URI(s),Artist Name(s),Album Name,Added At,Genres,Energy,Tempo\r\n"
        'spotify:track:0123456789abcdefABCDEF,"One ""x""","spotify:artist:1, spotify:artist:2","A\\, B, C",D,2020-01-01T00:00:00Z,"r,s",0.5,120\r\n'
    )
    rows = "index;id;title;artist;subgenres;playlist_name;duration\n0;a.mp3;A;B, C;['x' 'y\n'];P;3:45\n1;7;D;B;\"['z']\";P;1e5\n"
    dicts = "0\n\"{'artist': 'A', 'song': \"\"B's\"\", 'year': '1999'}\"\n\"{'artist': 'C'}\"\n"
    typed = '{"tracks": {"0123456789abcdefABCDEF": {"name": {"S": " A"}, "subgenres": {"L": [{"S": "b---c"}]}}}}'
    vectors = 'id,title,embedding\n1,A,"[0.5, 1]"\n2,B,[1 2]\n'
    npy, npz = io.BytesIO(), io.BytesIO()
    np.save(npy, np.ones((2, 3), np.float32))
    np.savez(npz, id=np.array(["a", "b"]), vectors=np.ones((2, 3)))
    voted = "User,Vote,Voted At,Track URI,Track Name\nme,love,2024-05-01T00:00:00Z,songkin:a,A\n,hate,,,B\n"
    catalog = '{"what": "songkin catalog", "format": 1, "tables": {"runs": {"file": "runs.csv", "rows": 1, "columns": {"id": "integer"}}}, "vectors": []}'
    texts = (
        (0, table),
        (0, rows),
        (0, dicts),
        (0, vectors),
        (1, typed),
        (4, rows),
        (4, dicts),
        (0, voted),
        (5, catalog),
    )
    return [
        *(bytes([kind]) + text.encode() for kind, text in texts),
        b"\0" + rows.encode("utf-16"),
        b"\2" + npy.getvalue(),
        b"\3" + npz.getvalue(),
    ]
