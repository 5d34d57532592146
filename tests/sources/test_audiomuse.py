from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from given_files import given, told
from hypothesis import given as given_by_chance
from hypothesis import strategies as st

from made_slices import sync_page, vector
from songkin.errors import SourceError
from songkin.records import BadRow, Remark, Song
from songkin.sources import audiomuse
from songkin.sources.given import Given, Options


def only_songs(found: list[Any]) -> list[Song]:
    assert all(isinstance(one, Song) for one in found), found
    return found


def test_a_page_is_read_with_both_vectors_as_spaces_of_their_own(tmp_path: Path) -> None:
    found = only_songs(told(audiomuse, given(tmp_path / "sync.json", json.dumps(sync_page(0, 4, 4)))))
    assert [song.key for song in found] == [f"audiomuse:id{number}" for number in range(4)]
    first, second = found[:2]
    assert (first.title, first.artists, first.album, first.album_artist) == (
        "Title 0",
        ("Artist 0",),
        "Disc",
        "Various",
    )
    assert (first.year, first.comment) == (1999, "jazz, folk, rock")
    assert first.features == {"tempo": 125.0, "key": 6.0, "mode": 0.0}
    assert set(first.vectors) == {"audiomuse"}
    assert {name: one.shape for name, one in second.vectors.items()} == {"audiomuse": (200,), "audiomuse_clap": (512,)}
    wanted = np.frombuffer(base64.b64decode(vector(200, 1)), "<f4")
    assert second.vectors["audiomuse"].dtype == np.float32
    assert np.array_equal(second.vectors["audiomuse"], wanted)


def test_pages_may_follow_one_another_in_one_file(tmp_path: Path) -> None:
    pages = "\n".join(json.dumps(sync_page(first, 3, 6)) for first in (0, 3))
    found = only_songs(told(audiomuse, given(tmp_path / "sync.jsonl", pages)))
    assert [song.row for song in found] == list(range(1, 7))


def test_what_stands_on_further_pages_is_told(tmp_path: Path) -> None:
    *_, last = told(audiomuse, given(tmp_path / "p1.json", json.dumps(sync_page(0, 2, 1200))))
    assert isinstance(last, Remark)
    assert "2 of 1,200" in last.line


@pytest.mark.parametrize(
    ("key", "scale", "wanted"),
    [
        ("C", "major", {"key": 0, "mode": 1}),
        ("Bb", "MINOR", {"key": 10, "mode": 0}),
        ("Cb", None, {"key": 11}),
        ("H", "x", {}),
    ],
)
def test_keys_are_numbers_from_c_on(tmp_path: Path, key: str, scale: str | None, wanted: dict[str, float]) -> None:
    page = sync_page(0, 1, 1)
    page["tracks"][0] |= {"key": key, "scale": scale, "tempo": float("nan"), "path": "/m/a.mp3"}
    (song,) = only_songs(told(audiomuse, given(tmp_path / "a.json", json.dumps(page))))
    assert song.features == wanted
    assert song.path == "/m/a.mp3"


@pytest.mark.parametrize(
    "broken",
    [
        vector(199, 1),
        vector(512, 1),
        "!!!",
        "AAA",
        7,
        base64.b64encode(b"\0\0\xc0\x7f" * 200).decode(),
        base64.b64encode(bytes(800)).decode(),
    ],
)
def test_a_broken_vector_costs_itself_alone(tmp_path: Path, broken: object) -> None:
    page = sync_page(0, 3, 3)
    page["tracks"][1]["embedding"] = broken
    page["tracks"][1]["clap_embedding"] = vector(512, 3)
    *songs, remark = told(audiomuse, given(tmp_path / "a.json", json.dumps(page)))
    assert [len(song.vectors) for song in songs if isinstance(song, Song)] == [1, 1, 1]
    assert isinstance(songs[1], Song)
    assert set(songs[1].vectors) == {audiomuse.SPACES["clap_embedding"][0]}
    assert isinstance(remark, Remark)
    assert remark.line.startswith("Taken without a vector that cannot be used: row 2 (embedding ")


def test_songs_without_vectors_or_names_are_told_or_taken(tmp_path: Path) -> None:
    page = sync_page(0, 0, 3)
    page["tracks"] = [{"title": "t"}, {"artist": "a"}, 5, {"id": 3, "title": None}]
    found = told(audiomuse, given(tmp_path / "a.json", json.dumps(page)))
    assert [type(one) for one in found] == [Song, BadRow, BadRow, Song]
    assert isinstance(found[3], Song)
    assert found[3].key == "audiomuse:3"


def test_a_list_of_ids_alone_is_refused(tmp_path: Path) -> None:
    page = sync_page(0, 0, 2)
    page["tracks"] = [{"id": "a", "fp": "b"}] * 50
    with pytest.raises(SourceError, match="ids alone"):
        told(audiomuse, given(tmp_path / "a.json", json.dumps(page)))


@pytest.mark.parametrize("cut", [40, 200, 3000])
def test_a_cut_page_is_refused(tmp_path: Path, cut: int) -> None:
    text = json.dumps(sync_page(0, 3, 3))
    with pytest.raises(SourceError, match="too early"):
        list(audiomuse.read(given(tmp_path / "a.json", text[:cut]), Options()))


@given_by_chance(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                ["id", "title", "artist", "embedding", "clap_embedding", "tempo", "key", "scale", "mood_vector", "path"]
            ),
            st.none()
            | st.floats()
            | st.text(max_size=12)
            | st.lists(st.integers(), max_size=2)
            | st.just("a:1,b:x,:,c:nan"),
        )
        | st.none(),
        max_size=6,
    )
)
def test_no_track_is_too_odd_to_be_read(tmp_path_factory: pytest.TempPathFactory, tracks: list[Any]) -> None:
    path = tmp_path_factory.mktemp("odd") / "x.json"
    path.write_text(json.dumps({"total_tracks": 1, "tracks": tracks}))
    try:
        found = list(audiomuse.read(Given(str(path)), Options()))
    except SourceError as error:
        assert "ids alone" in error.message  # noqa: PT017 - chance may make such a list
        return
    assert sum(isinstance(one, Song | BadRow) for one in found) == len(tracks)
