from __future__ import annotations

import gzip
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from given_files import given, parted, shared, told
from hypothesis import given as given_by_chance
from hypothesis import strategies as st

from made_slices import challenge_set, mpd_slice
from songkin.errors import SourceError
from songkin.records import BadRow, Listing, Song
from songkin.sources import million
from songkin.sources.given import Given, Options, expand


def test_a_slice_keeps_all_that_it_says(tmp_path: Path) -> None:
    made = mpd_slice(30)
    lists, bad = parted(told(million, given(tmp_path / "mpd.slice.0-29.json", json.dumps(made))))
    assert not bad
    assert [one.key for one in lists] == [f"mpd:{pid}" for pid in range(30)]
    for found, wanted in zip(lists, made["playlists"], strict=True):
        assert (found.name, found.row) == (wanted["name"].strip(), wanted["pid"] + 1)
        assert found.collaborative == (wanted["collaborative"] == "true")
        assert (found.modified_at, found.description) == (wanted["modified_at"], wanted.get("description", ""))
        assert found.facts == {
            "followers": wanted["num_followers"],
            "edits": 6,
            "tracks": len(wanted["tracks"]),
            "albums": len(wanted["tracks"]),
            "artists": 37,
            "duration": 11_532.414,
        }
        for entry, track in zip(found.entries, wanted["tracks"], strict=True):
            assert entry.song == Song(
                row=track["pos"] + 1,
                key=track["track_uri"],
                title=" ".join(track["track_name"].split()),
                artists=(" ".join(track["artist_name"].split()),),
                album=" ".join(track["album_name"].split()),
                duration=track["duration_ms"] / 1000,
            )


def test_the_challenge_set_has_holdouts_and_lists_without_a_name(tmp_path: Path) -> None:
    lists, _ = parted(told(million, given(tmp_path / "challenge_set.json", json.dumps(challenge_set(4)))))
    assert [bool(one.name) for one in lists] == [True, False, True, False]
    assert all(one.facts["holdouts"] == 12 and one.facts["samples"] == len(one.entries) for one in lists)
    assert {one.collaborative for one in lists} == {None}


def test_every_key_may_be_missing_and_a_song_may_stand_twice(tmp_path: Path) -> None:
    tracks = [{"track_name": "b", "pos": 1}, {"track_name": "a", "pos": 0}, {"track_name": "b", "pos": 2}]
    content: dict[str, Any] = {"playlists": [{}, {"tracks": None, "pid": "x"}, {"pid": 3, "tracks": tracks}]}
    lists, bad = parted(told(million, given(tmp_path / "mpd.slice.a.json", json.dumps(content))))
    assert not bad
    assert [one.key for one in lists] == ["mpd:mpd.slice.a.json#1", "mpd:x", "mpd:3"]
    assert [entry.song.title for entry in lists[2].entries] == ["a", "b", "b"]


def test_odd_playlists_and_songs_are_told_and_the_others_are_kept(tmp_path: Path) -> None:
    odd: list[Any] = [None, 3, {"track_name": None}, {"track_uri": "", "track_name": "\0"}, {"track_name": 7}]
    content: dict[str, Any] = {
        "playlists": [None, [], {"pid": 1, "tracks": odd, "num_edits": float("inf"), "collaborative": "maybe"}]
    }
    lists, bad = parted(told(million, given(tmp_path / "mpd.slice.0.json", json.dumps(content))))
    assert [one.row for one in bad] == [1, 2, 3, 3, 3, 3]
    assert [entry.song.title for entry in lists[0].entries] == ["7"]
    assert lists[0].facts == {}
    assert lists[0].collaborative is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_slice_reads_alike_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    text = json.dumps({"playlists": [{"pid": 1, "name": "Café"}]}, ensure_ascii=False)
    lists, _ = parted(told(million, given(tmp_path / "a.json", text.encode(encoding))))
    assert lists[0].name == "Café"


WHOLE = json.dumps(mpd_slice(3, 5))


@pytest.mark.parametrize("kept", [0, 1, 20, 99, 200, len(WHOLE) // 2, len(WHOLE) - 3, len(WHOLE) - 1])
def test_a_cut_slice_is_refused_whole(tmp_path: Path, kept: int) -> None:
    with pytest.raises(SourceError, match=r"mpd\.slice\.0-2\.json") as caught:
        told(million, given(tmp_path / "mpd.slice.0-2.json", WHOLE[:kept]))
    assert caught.value.remedy


@pytest.mark.parametrize(
    "content",
    [
        WHOLE + "x",
        WHOLE + WHOLE,
        "[]",
        "{}",
        '{"playlists": {}}',
        '{"playlists": [' + "[" * 200_000,
        '{"playlists": [' + "9" * 10_000 + "]}",
        '{"a": nope, "playlists": []}',
        "\0" * 1000,
    ],
)
def test_what_is_no_slice_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceError):
        told(million, given(tmp_path / "mpd.slice.0-2.json", content))


def test_slices_are_read_out_of_a_zip_by_number_and_a_cut_one_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "mpd.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for first in (1000, 0, 500):
            text = json.dumps(mpd_slice(2, 5, first))
            archive.writestr(f"data/mpd.slice.{first}-{first + 1}.json", text[:700] if first == 500 else text)
    keys: list[str] = []
    refused = 0
    for file in expand([str(path)]):
        assert isinstance(file, Given)
        try:
            keys += [one.key for one in told(million, file) if isinstance(one, Listing)]
        except SourceError:
            refused += 1
    assert keys == ["mpd:0", "mpd:1", "mpd:1000", "mpd:1001"]
    assert refused == 1


def test_other_json_with_playlists_is_not_ours(tmp_path: Path) -> None:
    assert not million.owns(given(tmp_path / "Playlist1.json", '{"playlists": [{"name": "a", "items": []}]}'))
    assert not million.owns(given(tmp_path / "a.json", '{"playlist": {"track": []}}'))
    assert not million.owns(given(tmp_path / "a.json", ""))


def test_the_real_playlists_in_the_format_are_all_read() -> None:
    path = shared("playlists", "mpd_format.slice.json.gz")
    lists, bad = parted(told(million, Given(str(path))))
    wanted = json.loads(gzip.decompress(path.read_bytes()))["playlists"]
    assert not bad
    assert len(lists) == len(wanted) == 219
    assert [len(one.entries) for one in lists] == [len(one["tracks"]) for one in wanted]
    assert all(entry.song.key and entry.song.title and entry.song.artists for one in lists for entry in one.entries)


def test_memory_stays_flat(tmp_path: Path) -> None:
    made = json.dumps(mpd_slice(150))[:-2].partition('"playlists": [')[2]

    def peak(times: int) -> int:
        file = given(tmp_path / "mpd.slice.x.json", '{"playlists": [' + ", ".join([made] * times) + "]}")
        tracemalloc.start()
        count = sum(1 for one in million.read(file, Options()) if not isinstance(one, BadRow))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == 150 * times
        return most

    assert peak(6) < 1.3 * peak(2)


KEYS = ["pid", "name", "tracks", "pos", "track_uri", "track_name", "artist_name", "duration_ms", "modified_at"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@given_by_chance(ANY_JSON)
def test_no_json_is_too_odd_to_be_read(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.mktemp("odd") / "x.json"
    path.write_text(json.dumps({"info": value, "playlists": [value, {"tracks": [value]}]}))
    lists, bad = parted(list(million.read(Given(str(path)), Options())))
    assert len(lists) + sum(one.reason == "is no playlist" for one in bad) == 2
    for one in lists:
        assert one.key.startswith("mpd:")
        assert all(entry.song.key or entry.song.title for entry in one.entries)
