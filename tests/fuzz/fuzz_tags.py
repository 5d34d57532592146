"""What files say about themselves: tinytag's parsing and ours, names of files, embedded pictures."""

from __future__ import annotations

import os
from pathlib import Path

from fuzz import scratch
from songkin.models import Tags
from songkin.tags import clean, cover, guess_from_path, merge, read_tags
from soundfiles import apev2, apic, id3v1, id3v2, id3v2_text, sound_file, tone, with_vorbis_comments

SUFFIXES = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wma", ".wv", ".ape")


def one(data: bytes) -> None:
    """The first byte chooses the suffix; the rest is the file, and its beginning the file's name."""
    place = scratch("tags/song" + SUFFIXES[data[0] % len(SUFFIXES)] if data else "tags/empty.mp3")
    place.write_bytes(data[1:])
    tags = read_tags(str(place))
    picture = cover(str(place))
    assert picture is None or (tags.has_cover and picture[1].startswith("image/"))
    name = os.fsdecode(data[1:200]).replace("\0", "")
    guessed = guess_from_path(f"/music/{name}", "/music")
    assert guessed.title
    for each in (tags, guessed, merge(tags, guessed)):
        sensible(each)


def sensible(tags: Tags) -> None:
    """What the rest of songkin trusts in."""
    for text in (tags.title, *tags.artists, tags.album, tags.album_artist, *tags.genres, tags.key, tags.comment):
        assert len(text) <= clean.COMMENT
        assert text == clean.text(text, clean.COMMENT), repr(text)
        text.encode()
    assert len(tags.artists) <= 50
    assert len(tags.genres) <= 50
    assert tags.year is None or 1000 <= tags.year <= 2999
    assert tags.bpm is None or 20 <= tags.bpm <= 400
    assert tags.track_no is None or 0 < tags.track_no <= 9999
    assert tags.disc_no is None or 0 < tags.disc_no <= 999


def seeds() -> list[bytes]:
    """One small file of each kind."""
    words = {"title": "Tune", "artist": "A", "album": "B", "date": "1999", "genre": "Rock", "track": "3/12"}
    made = []
    for number, suffix in enumerate(SUFFIXES[:9]):
        path = Path(sound_file(scratch("tags/seeds") / f"a{suffix}", tone(0.05), words))
        made.append(bytes((number,)) + path.read_bytes()[:6000])
    flac = made[1][1:]
    frames = {"TIT2": "T", "TPE1": "One\0Two", "TCON": "(17)", "TRCK": "2/10", "TDRC": "1997"}
    made += [
        b"\0" + id3v2_text(frames, version) + id3v1("Title", "Artist", "Album", "1980", 7, 9) for version in (3, 4)
    ]
    made.append(b"\0" + id3v2([apic(), ("TT2", b"\0Title"), ("COMM", b"\1eng\xff\xfe\0\0c\0"), ("UFID", b"x\0y")]))
    made.append(b"\1" + with_vorbis_comments(flac, [("ARTIST", "A;B"), ("BPM", "127.5"), ("DATE", "1-1-1999")], b"png"))
    made.append(b"\x09" + apev2({"Title": "T", "Artist": "A\0B", "Year": "1990", "Track": "1"}))
    return made
