from __future__ import annotations

import os
from pathlib import Path

import pytest
from given_files import given, listing, parted, songs, told
from hypothesis import given as given_by_chance
from hypothesis import strategies as st

from songkin.errors import SourceError
from songkin.records import Listing
from songkin.sources import m3u
from songkin.sources.given import Given, Options
from songkin.sources.lists import PART


def test_a_list_has_its_name_and_its_songs_with_what_is_said_of_each(tmp_path: Path) -> None:
    file = given(
        tmp_path / "old name.m3u8",
        "#EXTM3U\n#PLAYLIST:Evening\n#EXTINF:123,Nina Simone - Feeling Good\nnina/good.mp3\n"
        "#EXTINF:61.5,A - B - Live\n#EXTALB:Both\n#EXTGENRE:Jazz\n#EXTGRP:Late\n/music/b.flac\n",
    )
    found = listing(m3u, file)
    assert found.name == "Evening"
    assert found.key == f"m3u:{file.path}"
    first, second = (entry.song for entry in found.entries)
    assert (first.row, first.title, first.artists, first.duration) == (1, "Feeling Good", ("Nina Simone",), 123)
    assert first.path == str(tmp_path / "nina" / "good.mp3")
    assert (first.album, second.album) == ("", "Both")
    assert (second.artists, second.title, second.duration) == (("A",), "B - Live", 61.5)
    assert (second.genres, second.comment, second.path) == (("Jazz",), "Late", "/music/b.flac")


def test_what_is_said_before_the_first_song_is_said_of_all(tmp_path: Path) -> None:
    file = given(
        tmp_path / "a.m3u", "#EXTM3U\n#EXTALB:All\n#EXTART:Band\na.mp3\n#EXTINF:9,Other - T\n#EXTALB:One\nb.mp3\nc.mp3"
    )
    a, b, c = songs(m3u, file)
    assert [one.album for one in (a, b, c)] == ["All", "One", "All"]
    assert (a.artists, b.artists, b.album_artist, c.artists) == (("Band",), ("Other",), "Band", ("Band",))


@pytest.mark.parametrize(
    ("line", "path", "url", "key"),
    [
        ("a/b.mp3", "{}/a/b.mp3", "", ""),
        ("./../c.mp3", "{up}/c.mp3", "", ""),
        ("a\\b c.mp3", "{}/a/b c.mp3", "", ""),
        ("C:\\Music\\a.mp3", "C:\\Music\\a.mp3", "", ""),
        ("\\\\nas\\music\\a.mp3", "\\\\nas\\music\\a.mp3", "", ""),
        ("file:///music/a%20b%23.mp3", "/music/a b#.mp3", "", ""),
        ("file://localhost/music/a.mp3", "/music/a.mp3", "", ""),
        ("FILE:///C:/Music/a.mp3", "C:/Music/a.mp3", "", ""),
        ("file:///music/%E9.mp3", "/music/\u00e9.mp3", "", ""),
        ("https://example.org/a.mp3?x=1#t", "", "https://example.org/a.mp3?x=1#t", ""),
        ("spotify:track:39ncDMVidHOeQgeC5anYZM", "", "", "spotify:track:39ncDMVidHOeQgeC5anYZM"),
        ("songkin:audiomuse%3A12", "", "", "audiomuse:12"),
    ],
)
def test_places_are_resolved_against_the_folder_of_the_list(
    tmp_path: Path, line: str, path: str, url: str, key: str
) -> None:
    (song,) = songs(m3u, given(tmp_path / "x.m3u", f"{line}\n"))
    assert song.path == path.replace("{up}", str(tmp_path.parent)).replace("{}", str(tmp_path))
    assert (song.url, song.key) == (url, key)


def test_a_spotify_url_keeps_both_its_url_and_its_key(tmp_path: Path) -> None:
    (song,) = songs(m3u, given(tmp_path / "x.m3u", "https://open.spotify.com/track/39ncDMVidHOeQgeC5anYZM?si=1"))
    assert song.key == "spotify:track:39ncDMVidHOeQgeC5anYZM"
    assert song.url.endswith("?si=1")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_list_reads_the_same_in_every_encoding_and_with_all_line_ends(
    tmp_path: Path, encoding: str, end: str
) -> None:
    text = end.join(["#EXTM3U", "#EXTINF:200,Café Ñandú - Übermut", "Café/Übermut.mp3", ""])
    (song,) = songs(m3u, given(tmp_path / "x.m3u", text.encode(encoding)))
    assert (song.artists, song.title) == (("Café Ñandú",), "Übermut")
    assert song.path == str(tmp_path / "Café" / "Übermut.mp3")


def test_one_western_line_does_not_spoil_the_others(tmp_path: Path) -> None:
    raw = "#EXTINF:1,Ä - Ü\na.mp3\n".encode() + "#EXTINF:1,Ö - ß\nb.mp3\n".encode("latin-1")
    assert [song.title for song in songs(m3u, given(tmp_path / "x.m3u", raw))] == ["Ü", "ß"]


def test_a_file_whose_name_is_no_text_is_found_by_its_bytes(tmp_path: Path) -> None:
    name = b"caf\xe9.mp3"
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    (song,) = songs(m3u, given(tmp_path / "x.m3u", name + b"\n"))
    assert os.fsencode(song.path).endswith(name)


def test_pairs_before_the_comma_are_no_title(tmp_path: Path) -> None:
    file = given(tmp_path / "x.m3u", '#EXTINF:-1 tvg-id="a,b" group-title="Jazz, late",A - B\nhttp://x.example/s\n')
    (song,) = songs(m3u, file)
    assert (song.artists, song.title, song.duration) == (("A",), "B", None)


def test_a_dash_stays_in_a_title_and_an_artist_where_the_artist_is_said(tmp_path: Path) -> None:
    file = given(
        tmp_path / "x.m3u",
        "#EXTINF:1,A - B - C\n#EXTART:A - B\na.mp3\n#EXTINF:1,A - B\n#EXTART:\nb.mp3\n"
        "#EXTINF:1,A, B - C\n#EXTART:A\n#EXTART:B\nc.mp3\n#EXTINF:1,C\n#EXTART:A\nd.mp3\n",
    )
    assert [(song.artists, song.title) for song in songs(m3u, file)] == [
        (("A - B",), "C"),
        ((), "A - B"),
        (("A", "B"), "C"),
        (("A",), "C"),
    ]


def test_lines_that_name_nothing_are_told_and_the_others_are_kept(tmp_path: Path) -> None:
    file = given(tmp_path / "x.m3u", "a.mp3\nfile:///%00\n" + "x" * 10_000_000 + "\nb.mp3\n")
    (found,), bad = parted(told(m3u, file))
    assert [entry.song.row for entry in found.entries] == [1, 4]
    assert [one.row for one in bad] == [2, 3]
    assert all(one.reason and one.remedy for one in bad)


def test_an_endless_list_comes_in_parts(tmp_path: Path) -> None:
    count = 2 * PART + 7
    file = given(tmp_path / "x.m3u", "#PLAYLIST:L\n" + "".join(f"{number}.mp3\n" for number in range(count)))
    parts, _ = parted(told(m3u, file))
    assert [len(part.entries) for part in parts] == [PART, PART, 7]
    assert {(part.key, part.name, part.whole) for part in parts} == {(f"m3u:{file.path}", "L", False)}
    assert [entry.song.row for part in parts for entry in part.entries] == list(range(1, count + 1))


@pytest.mark.parametrize("content", ["", "\n \n\0\n", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nseg1.ts\n"])
def test_an_empty_file_and_a_stream_in_pieces_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceError) as caught:
        told(m3u, given(tmp_path / "x.m3u8", content))
    assert "x.m3u8" in caught.value.message
    assert caught.value.remedy


def test_a_list_is_known_by_its_first_line_too(tmp_path: Path) -> None:
    assert m3u.owns(given(tmp_path / "list.txt", "\ufeff#EXTM3U\na.mp3\n"))
    assert not m3u.owns(given(tmp_path / "list2.txt", "a.mp3\n"))


@given_by_chance(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_are_too_odd_to_be_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("odd") / "x.m3u"
    path.write_bytes(b"#EXTM3U\n" + content)
    try:
        found = list(m3u.read(Given(str(path)), Options()))
    except SourceError as error:
        assert "HLS" in error.message  # noqa: PT017 - chance may write a stream in pieces
        return
    lists, _ = parted(found)
    for entry in lists[0].entries:
        assert "\0" not in entry.song.path
        assert entry.song.title.isprintable()
        assert entry.song.duration is None or 0 < entry.song.duration < float("inf")
    assert isinstance(lists[0], Listing)
