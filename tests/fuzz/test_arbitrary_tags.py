"""Whatever stands in tags and names of files: what comes of it is what the rest of songkin trusts in."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuzz import scratch
from fuzz_tags import sensible
from songkin.audio import EXTENSIONS
from songkin.models import Tags, track_id
from songkin.sources.folder import walk
from songkin.sources.found import SoundFile
from songkin.tags import clean, guess_from_path, merge, read_tags
from soundfiles import apev2, id3v2, sound_file, tone, with_vorbis_comments

KEYS = ("TITLE", "ARTIST", "ALBUM", "ALBUMARTIST", "GENRE", "DATE", "TRACKNUMBER", "DISCNUMBER", "BPM", "KEY", "ISRC")
FRAMES = (
    "TIT2",
    "TPE1",
    "TALB",
    "TCON",
    "TDRC",
    "TRCK",
    "TPOS",
    "TBPM",
    "TKEY",
    "COMM",
    "USLT",
    "UFID",
    "TXXX",
    "APIC",
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.from_regex(r"[-0-9./:()eE ]{0,12}")
names = st.binary(min_size=1, max_size=200).filter(lambda name: not set(name) & {0, ord("/")} and name[0] != ord("."))


@cache
def flac() -> bytes:
    return Path(sound_file(scratch("arbitrary/a.flac"), tone(0.05))).read_bytes()


def tags_of(data: bytes, suffix: str) -> Tags:
    place = scratch(f"arbitrary/song{suffix}")
    place.write_bytes(data)
    return read_tags(str(place))


@given(st.lists(st.tuples(st.sampled_from(KEYS), texts), max_size=8))
def test_any_text_in_a_comment_becomes_sensible_tags(comments: list[tuple[str, str]]) -> None:
    tags = tags_of(with_vorbis_comments(flac(), comments), ".flac")
    sensible(tags)
    titles = [value for key, value in comments if key == "TITLE"]
    assert tags.title == clean.first(titles)
    if not any(key in {"ARTIST", "ALBUMARTIST"} for key, _ in comments):
        assert not tags.artists


@given(st.lists(st.tuples(st.sampled_from(FRAMES), st.binary(max_size=60)), max_size=6), st.sampled_from([2, 3, 4]))
def test_any_bytes_in_a_frame_become_sensible_tags(frames: list[tuple[str, bytes]], version: int) -> None:
    named = [(name[:3] if version == 2 else name, payload) for name, payload in frames]
    sensible(tags_of(id3v2(named, version), ".mp3"))


@given(st.dictionaries(st.sampled_from(["Title", "Artist", "Album", "Year", "Track", "Genre"]), texts, max_size=4))
def test_any_text_in_an_ape_tag_becomes_sensible_tags(fields: dict[str, str]) -> None:
    sensible(tags_of(bytes(100) + apev2(fields), ".wv"))


@given(st.lists(names, min_size=1, max_size=4))
@example([b"!", b"_", b"\x01"])
def test_a_file_is_found_under_whatever_name_it_has_and_a_title_is_guessed(parts: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(os.fsencode(folder), *parts)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        song = place + b".flac"
        Path(os.fsdecode(song)).write_bytes(b"x")
        (found,) = walk([folder])
        assert isinstance(found, SoundFile)
        assert os.fsencode(found.path) == song
        guessed = guess_from_path(found.path, folder)
        assert guessed.title
        sensible(guessed)
        sensible(merge(Tags(), guessed))
        assert merge(guessed, Tags(title="x")).title == guessed.title
        assert len(track_id(f"folder:{found.path}")) == 36


@given(names, names)
def test_two_names_are_two_ids(one: bytes, other: bytes) -> None:
    ids = {track_id(f"folder:/music/{os.fsdecode(name)}") for name in (one, other)}
    assert (len(ids) == 1) == (one == other)


@given(st.text(max_size=20))
@settings(max_examples=30)
def test_a_suffix_is_what_the_walk_says_it_is(stem: str) -> None:
    title = guess_from_path(f"/music/{stem}x.flac", "/music").title
    assert title
    assert not any(title.endswith(f"x{suffix}") for suffix in EXTENSIONS)
