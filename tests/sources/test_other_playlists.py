"""PLS, JSPF, and plain text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from given_files import given, listing, parted, songs, told
from hypothesis import given as given_by_chance
from hypothesis import strategies as st

from songkin.errors import SourceError
from songkin.sources import jspf, pls, text_list
from songkin.sources.given import Given, Options

URI = "spotify:track:39ncDMVidHOeQgeC5anYZM"


def test_a_pls_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    file = given(
        tmp_path / "radio.pls",
        "[playlist]\r\nNumberOfEntries=9\r\nfile10=http://x.example/s\r\nTITLE2=A - B\r\nFile2=b.mp3\r\nLength2=61\r\n"
        "File1=C:\\a.mp3\r\nLength1=-1\r\nVersion=2\r\n",
    )
    found = listing(pls, file)
    assert (found.name, found.key) == ("radio", f"pls:{file.path}")
    first, second, third = (entry.song for entry in found.entries)
    assert (first.path, first.duration, first.row) == ("C:\\a.mp3", None, 1)
    assert (second.path, second.artists, second.title) == (str(tmp_path / "b.mp3"), ("A",), "B")
    assert (second.duration, third.url, third.row) == (61, "http://x.example/s", 3)


def test_a_pls_tells_of_numbers_without_a_file(tmp_path: Path) -> None:
    (found,), bad = parted(told(pls, given(tmp_path / "x.pls", "[Playlist]\nFile1=\nLength1=3\nFile2=a.mp3\n")))
    assert len(found.entries) == 1
    assert [one.row for one in bad] == [1]


def test_what_is_no_pls_is_refused(tmp_path: Path) -> None:
    for content in ("", "hello", "\0" * 100):
        with pytest.raises(SourceError, match=r"x\.pls"):
            told(pls, given(tmp_path / "x.pls", content))


def as_jspf(*tracks: Any, **more: Any) -> str:
    return json.dumps({"playlist": {"title": "Weekly", "creator": "me", **more, "track": list(tracks)}})


RECORDING = "4c1e1e08-1c0a-4b6b-8d3a-0d1f1d8f5a11"
LISTENBRAINZ = {
    "title": "Song",
    "creator": "A & B",
    "album": "Disc",
    "duration": 215_000,
    "identifier": [f"https://musicbrainz.org/recording/{RECORDING}"],
    "extension": {
        "https://musicbrainz.org/doc/jspf#track": {
            "added_at": "2024-05-01T00:00:00+00:00",
            "added_by": "troi",
            "additional_metadata": {"artists": [{"artist_credit_name": "A"}, {"artist_credit_name": "B"}]},
        }
    },
}


def test_a_listenbrainz_playlist_keeps_recordings_artists_and_who_added_what(tmp_path: Path) -> None:
    more = {
        "identifier": "https://listenbrainz.org/playlist/1",
        "date": "2024-05-02T10:00:00Z",
        "extension": {"https://musicbrainz.org/doc/jspf#playlist": {"creator": "lb", "collaborators": ["x"]}},
    }
    found = listing(jspf, given(tmp_path / "x.jspf", as_jspf(LISTENBRAINZ, **more)))
    assert (found.key, found.name, found.owner) == ("jspf:https://listenbrainz.org/playlist/1", "Weekly", "lb")
    assert (found.collaborative, found.modified_at) == (True, 1714644000)
    (entry,) = found.entries
    assert (entry.added_at, entry.added_by) == (1714521600, "troi")
    song = entry.song
    assert (song.title, song.artists, song.album, song.duration) == ("Song", ("A", "B"), "Disc", 215)
    assert (song.musicbrainz_id, song.key) == (RECORDING, "")


def test_a_jspf_may_name_things_alone_or_in_lists_and_its_title_last(tmp_path: Path) -> None:
    tracks = [
        {"location": "a%20b.mp3", "identifier": f"https://open.spotify.com/track/{URI[14:]}", "trackNum": 3},
        {"location": ["https://x.example/1", "file:///m/c.mp3"], "identifier": ["isrc:gb-um7-10-00001"]},
        {"title": 7, "meta": [{"songkin:artist": "X"}, {"songkin:artist": "Y"}]},
    ]
    text = json.dumps({"playlist": {"track": tracks, "title": ["Last"]}})
    found = listing(jspf, given(tmp_path / "x.json", text))
    assert found.name == "Last"
    a, b, c = (entry.song for entry in found.entries)
    assert (a.path, a.key, a.track_no) == (str(tmp_path / "a b.mp3"), URI, 3)
    assert (b.url, b.path, b.isrc) == ("https://x.example/1", "/m/c.mp3", "GBUM71000001")
    assert (c.title, c.artists) == ("7", ("X", "Y"))


def test_odd_tracks_of_a_jspf_are_told_and_the_others_are_kept(tmp_path: Path) -> None:
    odd = [None, 3, {}, {"creator": "only"}, {"title": {"a": 1}}, {"location": [["x"]]}]
    good = {"title": "ok", "duration": float("nan"), "extension": [1, {"a": []}], "meta": {"x": None}}
    (found,), bad = parted(told(jspf, given(tmp_path / "x.jspf", as_jspf(*odd, good))))
    assert [entry.song.title for entry in found.entries] == ["ok"]
    assert [one.row for one in bad] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"playlist": {}}', '{"playlist": {"track": [{"title": "a"}', '{"playlist": {"track": 3}}', "x"],
)
def test_a_jspf_that_is_cut_or_none_is_refused_whole(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceError, match=r"x\.jspf"):
        told(jspf, given(tmp_path / "x.jspf", content))


def test_plain_text_has_songs_of_every_form_and_comments(tmp_path: Path) -> None:
    file = given(
        tmp_path / "My list.txt",
        f"# mine\n\nNina Simone - Feeling Good\n2. A – B\n{URI}\nhttps://open.spotify.com/intl-de/track/{URI[14:]}?si=x\n"
        f"{URI[14:]}\n// no song\nA-ha — Take on Me - 12\nJust a Title\n/music/a.mp3\n",
    )
    found = listing(text_list, file)
    assert found.name == "My list"
    told_of = [entry.song for entry in found.entries]
    assert [(song.artists, song.title) for song in told_of[:2]] == [(("Nina Simone",), "Feeling Good"), (("A",), "B")]
    assert [song.key for song in told_of[2:5]] == [URI] * 3
    assert (told_of[5].artists, told_of[5].title) == (("A-ha",), "Take on Me - 12")
    assert (told_of[6].title, told_of[7].path) == ("Just a Title", "/music/a.mp3")
    assert [song.row for song in told_of] == list(range(1, 9))


def test_numbers_stay_where_they_belong_to_the_name(tmp_path: Path) -> None:
    file = given(tmp_path / "x.txt", "99 Problems - X\n3. Liga - Y\n3) 7 Seconds - Z\n")
    assert [song.artists[0] for song in songs(text_list, file)] == ["99 Problems", "3. Liga", "7 Seconds"]


def test_a_link_to_an_album_is_told(tmp_path: Path) -> None:
    file = given(tmp_path / "x.txt", f"A - B\nspotify:album:{URI[14:]}\n")
    (found,), bad = parted(told(text_list, file))
    assert len(found.entries) == 1
    assert "is no song" in bad[0].reason


@pytest.mark.parametrize("content", ["", "Dear reader,\nthis is prose.\n", "https://x.example/a.mp3\n", "MZ\0\1\2"])
def test_prose_and_lists_of_urls_are_no_song_lists(tmp_path: Path, content: str) -> None:
    assert not text_list.owns(given(tmp_path / "x.txt", content))


@given_by_chance(
    st.lists(
        st.sampled_from(["File1=", "Title1=", "Length1=", "[playlist]", "\n", "=", "-", "\x00", "9", "é", "http://"]),
        max_size=30,
    )
)
def test_no_lines_are_too_odd_for_a_pls_or_a_text(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    path = tmp_path_factory.mktemp("odd") / "x"
    path.write_text("[playlist]\nx - y\n" + " ".join(words))
    for source in (pls, text_list):
        lists, bad = parted(list(source.read(Given(str(path)), Options())))
        rows = [entry.song.row for entry in lists[0].entries] + [one.row for one in bad]
        assert sorted(rows) == list(range(1, len(rows) + 1))
        assert all(entry.song.title or entry.song.path or entry.song.url for entry in lists[0].entries)
