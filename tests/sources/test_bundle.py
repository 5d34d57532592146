from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from songkin.errors import SourceError
from songkin.sources import arrays, bundle, songs
from songkin.sources.given import Given, Options, expand
from tablefiles import SHARED, Told, dicts, given, payload, refusal, spotify, told


def same(found: Told, space: str, vectors: Any) -> bool:
    """Whether the songs have these vectors, in their order."""
    kept = np.stack([song.vectors[space] for song in found.songs])
    return kept.dtype == np.float32 and np.array_equal(kept, np.asarray(vectors, dtype=np.float32))


def npy(path: Path, array: Any) -> Given:
    np.save(path, array)
    return Given(str(path))


@pytest.mark.parametrize("dimension", [1, 768, 2048])
def test_rows_and_vectors_beside_them_are_joined(tmp_path: Path, dimension: int) -> None:
    vectors = payload(tmp_path / "payload.csv", 50, dimension)
    found = told(bundle, Given(str(tmp_path / "payload.csv")))
    assert same(found, "vectors", vectors)
    song = found.songs[7]
    assert (song.key, song.title, song.artists) == (f"spotify:track:{spotify(7)}", "Song 7", ("Artist 7",))
    assert (song.genres, song.subgenres) == (("funk / soul",), ("funk / soul---disco", "latin---salsa", "reggae"))
    assert found.remarks == [
        f"Its vectors are the rows of vectors.npy (50 × {dimension:,}); their space is called vectors."
    ]
    assert found.bad == []


@pytest.mark.parametrize("low", [0, 1])
def test_the_index_says_which_vector_belongs_to_a_row(tmp_path: Path, low: int) -> None:
    order = np.random.default_rng(3).permutation(40)
    vectors = payload(tmp_path / "payload.csv", 40, 8, order=[int(at) + low for at in order])
    assert same(told(bundle, Given(str(tmp_path / "payload.csv"))), "vectors", vectors[order])


def test_an_index_that_is_none_is_told_and_row_belongs_to_row(tmp_path: Path) -> None:
    vectors = payload(tmp_path / "payload.csv", 40, 8, order=[7 * i + 3 for i in range(40)])
    found = told(bundle, Given(str(tmp_path / "payload.csv")))
    assert same(found, "vectors", vectors)
    assert any("does not number the vectors" in line for line in found.remarks)


def test_a_row_whose_index_is_taken_keeps_its_song_without_a_vector(tmp_path: Path) -> None:
    payload(tmp_path / "payload.csv", 40, 8, order=[*range(39), 3])
    found = told(bundle, Given(str(tmp_path / "payload.csv")))
    assert [song.row for song in found.songs if not song.vectors] == [40]
    assert [(bad.row, "index" in bad.reason) for bad in found.bad] == [(40, True)]


def test_another_count_of_vectors_is_refused_with_both_numbers(tmp_path: Path) -> None:
    payload(tmp_path / "payload.csv", 50, 8)
    table, vectors = Given(str(tmp_path / "payload.csv")), npy(tmp_path / "vectors.npy", np.ones((49, 8), np.float32))
    for error in (refusal(bundle, table), refusal(bundle, table, Options(vectors=vectors))):
        assert "50" in error.message
        assert "49" in error.message
    assert bundle.owns(table)


def test_vectors_may_be_named_and_their_space_too(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    vectors = payload(tmp_path / "a/payload.csv", 5, 4)
    (tmp_path / "a/vectors.npy").rename(tmp_path / "Music Embs (v2).npy")
    named = Options(vectors=Given(str(tmp_path / "Music Embs (v2).npy")))
    table = Given(str(tmp_path / "a/payload.csv"))
    assert same(Told(list(bundle.read(table, named))), "music_embs_v2", vectors)
    assert same(Told(list(bundle.read(table, replace(named, space="CLAP")))), "clap", vectors)


def test_vectors_that_are_called_like_a_table_belong_to_that_alone(tmp_path: Path) -> None:
    vectors = payload(tmp_path / "payload.csv", 5, 4)
    (tmp_path / "other.csv").write_bytes((tmp_path / "payload.csv").read_bytes())
    table, other = Given(str(tmp_path / "payload.csv")), Given(str(tmp_path / "other.csv"))
    assert bundle.owns(table)
    assert bundle.owns(other)  # nothing says whose these are: rows of both may be theirs
    for name in ("payload.npy", "Payload_CLAP.npy"):
        next(tmp_path.glob("*.npy")).rename(tmp_path / name)
        assert same(told(bundle, table), arrays.space_name("", Given(name)), vectors)
        assert not bundle.owns(other)
        assert "--vectors" in refusal(bundle, other).remedy
    npy(tmp_path / "more.npy", vectors * 2)
    assert same(told(bundle, table), "payload_clap", vectors)
    assert same(told(bundle, other), "more", vectors * 2)


def test_vectors_that_are_not_finite_or_zero_are_left_out_and_their_songs_kept(tmp_path: Path) -> None:
    vectors = payload(tmp_path / "payload.csv", 6, 4).astype(np.float64)
    vectors[1, 2], vectors[2, 0], vectors[4], vectors[5, 1] = np.nan, -np.inf, 0, 1e300
    npy(tmp_path / "vectors.npy", vectors)
    found = told(bundle, Given(str(tmp_path / "payload.csv")))
    assert [bool(song.vectors) for song in found.songs] == [True, False, False, True, False, False]
    assert [bad.row for bad in found.bad] == [2, 3, 5, 6]
    assert all(bad.reason and bad.remedy for bad in found.bad)


def test_a_repeated_id_is_left_out_and_told(tmp_path: Path) -> None:
    payload(tmp_path / "payload.csv", 3, 4)
    path = tmp_path / "payload.csv"
    path.write_text(path.read_text().replace(spotify(2), spotify(0)))
    found = told(bundle, Given(str(path)))
    assert [song.row for song in found.songs] == [1, 2]
    assert [(bad.row, "id of an earlier row" in bad.reason) for bad in found.bad] == [(3, True)]


def test_a_column_of_dicts_is_read_as_the_table_it_should_be(tmp_path: Path) -> None:
    dicts(tmp_path / "payload.csv", 200)
    vectors = np.random.default_rng(1).standard_normal((200, 768)).astype(np.float32)
    npy(tmp_path / "music_embs.npy", vectors)
    found = told(bundle, Given(str(tmp_path / "payload.csv")))
    assert same(found, "music_embs", vectors)
    song = found.songs[199]
    assert (song.title, song.artists, song.genres, song.year, song.url) == (
        "x y z",
        ("A O'Brien 199",),
        ("Salsa",),
        1999,
        "199.mp3",
    )
    assert not song.placeholder
    assert found.columns[0].ignored == ("country", "0")


def test_a_table_without_names_gets_made_up_ones_that_are_marked(tmp_path: Path) -> None:
    given(tmp_path / "labels.csv", "index,genre\n" + "".join(f"{i},Salsa\n" for i in range(20)))
    npy(tmp_path / "e.npy", np.ones((20, 3), np.float32))
    found = told(bundle, Given(str(tmp_path / "labels.csv")))
    assert [song.title for song in found.songs[:2]] == ["labels 1", "labels 2"]
    assert all(song.placeholder and song.artists == ("Unknown artist",) for song in found.songs)
    assert len({song.key for song in found.songs}) == 20
    assert all(song.genres == ("Salsa",) for song in found.songs)


def test_a_bundle_in_a_zip_is_read_in_place(tmp_path: Path) -> None:
    vectors = payload(tmp_path / "payload.csv", 30, 16)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("payload.csv", "vectors.npy"):
            archive.write(tmp_path / name, f"data/{name}")
    table, array = [one for one in expand([str(tmp_path / "b.zip")]) if isinstance(one, Given)]
    assert same(told(bundle, table), "vectors", vectors)
    assert told(bundle, array).remarks == ["Its vectors are read together with payload.csv."]


def test_vectors_alone_are_refused_with_a_remedy(tmp_path: Path) -> None:
    what = npy(tmp_path / "v.npy", np.ones((3, 3), np.float32))
    assert bundle.owns(what)
    assert "--vectors" in refusal(bundle, what).remedy


@pytest.mark.parametrize(
    "array",
    [
        np.ones(3, np.float32),
        np.ones((3, 3), np.int64),
        np.ones((3, 0), np.float32),
        np.ones((3, 3, 3)),
        np.array([["a", "b"]] * 3),
    ],
)
def test_what_is_no_table_of_floats_is_refused(tmp_path: Path, array: Any) -> None:
    table = given(tmp_path / "t.csv", "title,artist\nA,B\nC,D\nE,F\n")
    error = refusal(bundle, table, Options(vectors=npy(tmp_path / "v.npy", array)))
    assert "vectors are floats in two" in error.message


def test_pickles_are_never_read(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path(tmp_path / "ran").touch, ())

    table = given(tmp_path / "t.csv", "title,artist\nA,B\n")
    np.save(tmp_path / "v.npy", np.array([[Bomb()]], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "v.npz", id=np.array([Bomb()], dtype=object), vectors=np.ones((1, 3), np.float32))
    assert "pickled" in refusal(bundle, table, Options(vectors=Given(str(tmp_path / "v.npy")))).message
    assert "pickled" in refusal(bundle, Given(str(tmp_path / "v.npz"))).message
    assert not (tmp_path / "ran").exists()


def test_vectors_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    payload(tmp_path / "payload.csv", 50, 8)
    whole = (tmp_path / "vectors.npy").read_bytes()
    for size in (0, 5, 9, 60, 200, len(whole) - 1):
        (tmp_path / "vectors.npy").write_bytes(whole[:size])
        refusal(bundle, Given(str(tmp_path / "payload.csv")), Options(vectors=Given(str(tmp_path / "vectors.npy"))))


@drawn(st.binary(max_size=300))
def test_no_bytes_after_the_magic_raise_more_than_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.npy"
    path.write_bytes(b"\x93NUMPY" + data)
    assert isinstance(arrays.shape(Given(str(path))), tuple)
    with pytest.raises(SourceError, match=r"\A[^\n]+\Z"):
        arrays.load(Given(str(path)))


def test_a_column_of_vectors_in_a_csv_is_read(tmp_path: Path) -> None:
    cells = ["[0.5, 1.5]", "[0.25 -1e-3]", "(1,2)", "", "[1 ... 2]", "[1, 2, 3]", "[nan, 1]", "[0, 0]"]
    out = io.StringIO()
    csv.writer(out).writerows(
        [("id", "title", "artist", "embedding"), *((spotify(i), f"T{i}", "A", cell) for i, cell in enumerate(cells))]
    )
    found = told(bundle, given(tmp_path / "My Set.csv", out.getvalue()))
    kept = {song.title: song.vectors["my_set"].tolist() for song in found.songs if song.vectors}
    assert kept == {"T0": [0.5, 1.5], "T1": [0.25, np.float32(-1e-3)], "T2": [1.0, 2.0]}
    assert len(found.songs) == len(cells)
    assert [bad.row for bad in found.bad] == [4, 5, 6, 7, 8]


def test_an_npz_of_ids_and_vectors_is_a_bundle(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((4, 6))
    ids = np.array([spotify(i) for i in range(4)])
    np.savez(
        tmp_path / "set.npz", ids=ids, name=np.array(["A", "B", "C", "D"]), embeddings=vectors, other=np.ones((9, 9))
    )
    found = told(bundle, Given(str(tmp_path / "set.npz")))
    assert same(found, "set", vectors)
    assert [(song.key, song.title) for song in found.songs][:1] == [(f"spotify:track:{spotify(0)}", "A")]


def test_an_npz_without_ids_or_vectors_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", vectors=np.ones((3, 3)))
    np.savez(tmp_path / "b.npz", ids=np.arange(3))
    (tmp_path / "c.npz").write_bytes(b"PK\x03\x04 no zip at all")
    np.savez_compressed(tmp_path / "d.npz", vectors=np.zeros((9 << 20, 2)), id=np.zeros(9 << 20))
    messages = [refusal(bundle, Given(str(tmp_path / f"{name}.npz"))).message for name in "abcd"]
    assert [
        "ids" in messages[0],
        "no vectors" in messages[1],
        "cannot be read" in messages[2],
        "grow" in messages[3],
    ] == [True] * 4


def test_a_table_without_vectors_beside_it_is_left_to_others(tmp_path: Path) -> None:
    table = given(tmp_path / "t.csv", "title,artist\nA,B\n")
    assert not bundle.owns(table)
    assert songs.owns(table)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_reviewed_albums_with_embeddings_are_no_songs() -> None:
    folder = SHARED / "no_licence_stated/albums"
    assert not bundle.owns(Given(str(folder / "spotisearch_embeddings_metadata.csv.gz")))
