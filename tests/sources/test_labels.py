from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from songkin.sources import labels
from tablefiles import given, refusal, spotify, told
from tablefiles import labels as written

SONG = {
    "artist": " The Artist",
    "genre": "latin",
    "name": "A Song ",
    "subgenres": ["latin---salsa"],
    "otherSubgenres": [" world"],
}


def test_types_are_unwrapped_and_blanks_dropped(tmp_path: Path) -> None:
    [song] = told(labels, given(tmp_path / "labels.json", written({spotify(1): SONG}))).songs
    assert (song.key, song.title, song.artists) == (f"spotify:track:{spotify(1)}", "A Song", ("The Artist",))
    assert (song.genres, song.subgenres) == (("latin",), ("latin---salsa", "world"))


@pytest.mark.parametrize("missing", ["artist", "genre", "subgenres", "otherSubgenres"])
def test_any_key_but_the_name_may_be_missing(tmp_path: Path, missing: str) -> None:
    rest = {name: value for name, value in SONG.items() if name != missing}
    assert [song.title for song in told(labels, given(tmp_path / "l.json", written({spotify(1): rest}))).songs] == [
        "A Song"
    ]


def test_bad_songs_cost_no_others(tmp_path: Path) -> None:
    text = written({spotify(1): SONG, spotify(2): {"artist": "X"}, "no id": SONG, spotify(3): SONG | {"subgenres": []}})
    text = text.replace('"no id"', f'"{spotify(9)}": 5, "no id"')
    found = told(labels, given(tmp_path / "l.json", text))
    assert [song.row for song in found.songs] == [1, 5]
    assert [bad.row for bad in found.bad] == [2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_tells_the_same(tmp_path: Path, encoding: str) -> None:
    what = given(tmp_path / "l.json", written({spotify(1): SONG | {"name": "Señorita 🎵"}}), encoding)
    assert [song.title for song in labels.read(what, None)] == ["Señorita 🎵"]  # type: ignore[union-attr, arg-type]


def test_a_file_that_is_cut_off_or_of_another_form_is_refused_whole(tmp_path: Path) -> None:
    whole = written({spotify(i): SONG for i in range(50)})
    for text in (
        whole[:-1],
        whole[: len(whole) // 2],
        "",
        "[]",
        '{"tracks": []}',
        '{"other": {}}',
        "[" * 100_000,
        "\0",
    ):
        assert "labels.json" in refusal(labels, given(tmp_path / "l.json", text)).message


def test_other_json_is_not_its_own(tmp_path: Path) -> None:
    for text in ('{"info": {}, "playlists": []}', '{"tracks": []}', '{"tracks": {"items": [1]}}', "", "[]"):
        assert not labels.owns(given(tmp_path / "l.json", text))
    assert not labels.owns(given(tmp_path / "l.csv", written({spotify(1): SONG})))


TYPED = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["S", "L", "M", "N", "name", "x"]), inner, max_size=3)
    ),
)


@drawn(st.dictionaries(st.sampled_from(["artist", "genre", "name", "subgenres"]), TYPED))
def test_any_values_give_a_song_or_a_bad_row(tmp_path_factory: pytest.TempPathFactory, song: dict[str, object]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    found = list(labels.read(given(path, json.dumps({"tracks": {spotify(1): song}})), None))  # type: ignore[arg-type]
    assert len(found) == 1
