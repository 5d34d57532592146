"""Histories and feedback of ListenBrainz, scrobbles of Last.fm."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from given_files import given, told
from hypothesis import given as given_by_chance
from hypothesis import strategies as st

from songkin.errors import QueryError, SourceError
from songkin.records import BadRow, Heard, Record, Song, Voted
from songkin.sources import kinds, lastfm, listenbrainz
from songkin.sources.given import Given, Options, expand
from songkin.sources.plays import artists, moment

MBID = "0f9d2c1e-0000-4000-8000-000000000001"
OTHER = "0f9d2c1e-0000-4000-8000-000000000002"
AT = 1_704_067_200
"""The first moment of 2024."""


def listen(at: Any = AT, **about: Any) -> dict[str, Any]:
    return {"listened_at": at, "track_metadata": {"artist_name": "A", "track_name": "T", **about}}


def as_lines(*items: Any) -> str:
    return "".join(f"{json.dumps(item)}\n" for item in items)


def heard(found: list[Record]) -> list[Heard]:
    return [one for one in found if isinstance(one, Heard)]


def bad(found: list[Record]) -> list[BadRow]:
    return [one for one in found if isinstance(one, BadRow)]


# ListenBrainz -------------------------------------------------------------------------------------------------------


def test_a_listen_tells_its_song_and_when(tmp_path: Path) -> None:
    more = {"recording_mbid": MBID.upper(), "duration_ms": 181_500, "isrc": "gb-um7-10-00001"}
    mapping = {"recording_mbid": OTHER, "artists": [{"artist_credit_name": "A"}, {"artist_credit_name": "B"}]}
    line = listen(artist_name="A & B", release_name="R", additional_info=more, mbid_mapping=mapping)
    assert told(listenbrainz, given(tmp_path / "1.jsonl", as_lines(line))) == [
        Heard(
            Song(
                row=1,
                title="T",
                artists=("A & B", "A", "B"),
                album="R",
                duration=181.5,
                isrc="GBUM71000001",
                musicbrainz_id=MBID,
            ),
            AT,
            "me",
        )
    ]


def test_what_listenbrainz_found_is_believed_where_the_player_said_nothing(tmp_path: Path) -> None:
    lines = as_lines(
        listen(mbid_mapping={"recording_mbid": OTHER}, additional_info={"recording_mbid": "no id"}),
        listen(mbid_mapping=None, additional_info=None),
        listen(
            additional_info={"spotify_id": "https://open.spotify.com/track/39ncDMVidHOeQgeC5anYZM", "duration": "61"}
        ),
    )
    songs = [one.song for one in heard(told(listenbrainz, given(tmp_path / "1.jsonl", lines)))]
    assert [song.musicbrainz_id for song in songs] == [OTHER, "", ""]
    assert (songs[2].key, songs[2].duration) == ("spotify:track:39ncDMVidHOeQgeC5anYZM", 61.0)


def test_feedback_is_love_and_hate_and_what_was_taken_back_is_nothing(tmp_path: Path) -> None:
    lines = as_lines(*({"recording_mbid": MBID, "score": score, "created": AT} for score in (1, -1, 0, 7, None)))
    found = told(listenbrainz, given(tmp_path / "feedback.jsonl", lines))
    assert [(one.vote, one.song.musicbrainz_id) for one in found if isinstance(one, Voted)] == [
        ("love", MBID),
        ("hate", MBID),
    ]
    assert [one.row for one in bad(found)] == [4, 5]


@pytest.mark.parametrize("form", ["lines", "array", "payload"])
def test_listens_are_read_in_each_form(form: str, tmp_path: Path) -> None:
    items = [listen(AT + n) for n in range(3)]
    text = {
        "lines": as_lines(*items),
        "array": json.dumps(items),
        "payload": json.dumps({"payload": {"listens": items}}),
    }
    file = given(tmp_path / "listens.json", text[form])
    assert kinds.recognise(file) is listenbrainz
    assert [one.at for one in heard(told(listenbrainz, file))] == [AT, AT + 1, AT + 2]


def test_an_export_is_read_in_its_zip_and_what_else_is_in_it_is_nobodys(tmp_path: Path) -> None:
    pinned = {"recording_msid": MBID, "recording_mbid": MBID, "blurb_content": "x", "created": AT}
    with zipfile.ZipFile(tmp_path / "listenbrainz_me.zip", "w") as archive:
        archive.writestr("user.json", '{"user_id": 1, "username": "me"}\n')
        archive.writestr("listens/2024/1.jsonl", as_lines(listen()))
        archive.writestr("feedback.jsonl", as_lines({"recording_mbid": MBID, "score": 1, "created": AT}))
        archive.writestr("pinned_recording.jsonl", as_lines(pinned))
    members = [one for one in expand([str(tmp_path / "listenbrainz_me.zip")]) if isinstance(one, Given)]
    found = {one.member: kinds.recognise(one) for one in members}
    assert {name: source is listenbrainz for name, source in found.items() if source} == {
        "listens/2024/1.jsonl": True,
        "feedback.jsonl": True,
    }


def test_a_bad_line_is_refused_alone(tmp_path: Path) -> None:
    future = 4_102_444_800
    lines = [
        *(json.dumps(listen(at)) for at in (AT, None, 0, -5, "x", float("nan"), float("inf"), 10**400, True, future)),
        json.dumps(listen(track_name="")),
        json.dumps(listen(track_name={"a": 1})),
        "[" * 5_000,
        '{"listened_at": 1',
        json.dumps({"listened_at": AT, "track_metadata": []}),
        "",
        "\0",
        json.dumps(listen(AT + 1, track_name="\ud800T\0\n", additional_info=[[]], mbid_mapping=7)),
        json.dumps(listen(AT + 2, track_name="x" * 10_000_000)),
    ]
    found = told(listenbrainz, given(tmp_path / "1.jsonl", "\n".join(lines)))
    assert [(one.song.row, one.song.title) for one in heard(found)] == [(1, "T"), (18, "T")]
    assert [one.row for one in bad(found)] == [*range(2, 16), 19]
    assert all(one.remedy and one.reason.isprintable() for one in bad(found))


def test_what_is_no_history_is_refused_whole(tmp_path: Path) -> None:
    for text in ("", "{}", "[]", "null", '{"tracks": []}', '"listened_at" "track_metadata"'):
        with pytest.raises(SourceError, match="no export of ListenBrainz"):
            list(listenbrainz.read(given(tmp_path / "1.jsonl", text), Options()))
    with pytest.raises(SourceError, match="no table of scrobbles"):
        list(lastfm.read(given(tmp_path / "plays.csv", "title,artist\nT,A\n"), Options()))


def test_a_long_history_is_streamed(tmp_path: Path) -> None:
    file = given(tmp_path / "1.jsonl", as_lines(*(listen(AT + n) for n in range(30_000))))
    tracemalloc.start()
    assert sum(1 for _ in listenbrainz.read(file, Options())) == 30_000
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_whose_history_it_is_is_said_by_who_imports_it(tmp_path: Path) -> None:
    file = given(tmp_path / "1.jsonl", as_lines(listen()))
    assert [one.user for one in heard(list(listenbrainz.read(file, Options(user="Anna"))))] == ["Anna"]
    for name in ("", "a\0b", "x" * 10_000):
        with pytest.raises(QueryError) as caught:
            list(listenbrainz.read(file, Options(user=name)))
        assert len(caught.value.message) < 80
        assert caught.value.remedy


# Last.fm ------------------------------------------------------------------------------------------------------------


def test_scrobbles_without_headings_begin_with_the_first_line(tmp_path: Path) -> None:
    text = '"A, B",Album,"T, ü",01 Jan 2024 12:34\nC,,D,31 Dec 2023 23:59\nC,,D,no time\n'
    file = given(tmp_path / "me.csv", text)
    assert kinds.recognise(file) is lastfm
    found = told(lastfm, file)
    assert found[:2] == [
        Heard(Song(row=1, title="T, ü", artists=("A, B", "A", "B"), album="Album"), AT + 45_240, "me"),
        Heard(Song(row=2, title="D", artists=("C",)), AT - 60, "me"),
    ]
    assert [one.row for one in bad(found)] == [3]


def test_scrobbles_are_read_by_their_headings(tmp_path: Path) -> None:
    head = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
    rows = [
        f'{AT},"01 Jan 2024, 00:00",A,,B,,T,{MBID}',
        ',"01 Jan 2024, 00:01",A,,B,,U,',
        '0,"01 Jan 1970, 00:00",A,,B,,V,',
        '"",,A,,B,,W,',
    ]
    found = told(lastfm, given(tmp_path / "recenttracks.csv", "\r\n".join([head, *rows, ""])))
    assert [(one.at, one.song.title, one.song.musicbrainz_id) for one in heard(found)] == [
        (AT, "T", MBID),
        (AT + 60, "U", ""),
    ]
    assert [(one.row, one.reason) for one in bad(found)] == [(3, "has a time that cannot be: 0"), (4, "has no time")]


@pytest.mark.parametrize(
    "text",
    [
        "artist\ttrack\talbum\tscrobbled_at\nA\tT\tB\t2024-01-01T00:00:00Z\n",
        "Track;Artist;Album;Timestamp\nT;A;B;1704067200000\n",
        "artist,album,track,date\nA,B,T,01 Jan 2024 00:00\n",
        "artist,track,unixtime\nA,T,1704067200\n",
    ],
)
def test_other_forms_are_scrobbles_too(text: str, tmp_path: Path) -> None:
    file = given(tmp_path / "plays.csv", text)
    assert kinds.recognise(file) is lastfm
    assert [(one.at, one.song.title, one.song.artists) for one in heard(told(lastfm, file))] == [(AT, "T", ("A",))]


@pytest.mark.parametrize(
    "text",
    [
        "artist,album,track,date\nA,B,T,2019-05-01\nA,B,U,2020\n",
        "track_id,artist,track,timestamp\n39ncDMVidHOeQgeC5anYZM,A,T,1704067200\n",
        "artist,track,added at,timestamp\nA,T,2024-01-01,1704067200\n",
        "title,artist,energy,time\nT,A,0.5,3:45\n",
    ],
)
def test_a_table_of_songs_is_no_history(text: str, tmp_path: Path) -> None:
    assert not lastfm.owns(given(tmp_path / "songs.csv", text))


def test_broken_scrobbles_cost_no_others(tmp_path: Path) -> None:
    text = f"uts,artist,track\n{AT},A,T\n{AT},A\n{AT},A,{'x' * 200_000}\nnan,A,T\n9e99,A,T\n{AT + 1},A,U\n{AT},A,"
    found = told(lastfm, given(tmp_path / "plays.csv", text))
    assert [one.song.title for one in heard(found)] == ["T", "U"]
    assert [one.row for one in bad(found)] == [2, 3, 4, 5, 7]


# Both ---------------------------------------------------------------------------------------------------------------


def test_a_song_may_be_by_each_who_is_named() -> None:
    assert artists("A feat. B & C") == ("A feat. B & C", "A", "B", "C")
    assert artists("AC/DC") == ("AC/DC",)
    assert artists("", ("X", "")) == ("X",)


@pytest.mark.parametrize("cell", ["2024-01-01", "01 Jan 1970, 00:00", "31 Feb 2024 10:00", "5 Foo 2020 1:00", "", None])
def test_a_day_alone_and_what_was_before_is_no_moment(cell: str | None) -> None:
    assert moment(cell) is None


@given_by_chance(st.binary(max_size=300), st.sampled_from(["1.jsonl", "plays.csv"]))
def test_any_bytes_are_a_history_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    file = given(tmp_path_factory.mktemp("any") / name, data)
    for source in (listenbrainz, lastfm):
        found: list[Record] = []
        with suppress(SourceError):
            found = list(source.read(file, Options()))
        assert all(one.user == "me" for one in found if isinstance(one, Heard | Voted))


@given_by_chance(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["listened_at", "track_metadata", "artist_name", "track_name", "additional_info", "mbid_mapping"]),
)
def test_whatever_stands_in_a_field_a_listen_is_sane_or_refused(
    tmp_path_factory: pytest.TempPathFactory, value: Any, name: str
) -> None:
    line = listen(additional_info={}, mbid_mapping={})
    (line if name in line else line["track_metadata"])[name] = value
    file = given(tmp_path_factory.mktemp("any") / "1.jsonl", as_lines(line))
    (one,) = listenbrainz.read(file, Options())
    if isinstance(one, Heard):
        assert 1e8 < one.at < 1e11
        for text in (one.song.title, *one.song.artists, one.song.album):
            assert text.isprintable() or "\u200d" in text
            text.encode()
    else:
        assert isinstance(one, BadRow)
