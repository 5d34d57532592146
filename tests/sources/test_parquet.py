from __future__ import annotations

import datetime
import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from songkin.errors import SourceError
from songkin.sources import bundle, songs
from songkin.sources.given import Given, Options
from tablefiles import given, npy_beside, refusal, spotify, told

SONG = {"ids": spotify(1), "name": "One", "artist": "A", "subgenres": ["x---y", "z"], "tempo": 120.5, "mode": 1}


def parquet(path: Path, *rows: dict[str, Any], types: dict[str, Any] | None = None) -> Given:
    """A file of parquet; ``types`` are names of pyarrow's functions."""
    pyarrow = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    from pyarrow.parquet import write_table

    table = pyarrow.Table.from_pylist(list(rows))
    for name, kind in (types or {}).items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, table.column(name).cast(kind(pyarrow)))
    write_table(table, path)
    return Given(str(path))


def test_a_table_of_songs_is_read_with_its_lists(tmp_path: Path) -> None:
    found = told(
        songs,
        parquet(tmp_path / "metadata.parquet", SONG, SONG | {"ids": spotify(2), "tempo": float("nan"), "mode": None}),
    )
    first, second = found.songs
    assert (first.key, first.title, first.artists, first.subgenres) == (
        f"spotify:track:{spotify(1)}",
        "One",
        ("A",),
        ("x---y", "z"),
    )
    assert first.features == {"tempo": 120.5, "mode": 1.0}
    assert second.features == {}


def test_dates_and_dictionaries_are_read(tmp_path: Path) -> None:
    row = SONG | {"release_date": datetime.date(1999, 5, 1)}
    what = parquet(
        tmp_path / "t.parquet", row, types={"artist": lambda arrow: arrow.dictionary(arrow.int32(), arrow.string())}
    )
    [song] = told(songs, what).songs
    assert (song.year, song.artists) == (1999, ("A",))


def test_it_is_read_inside_a_gz(tmp_path: Path) -> None:
    parquet(tmp_path / "t.parquet", SONG)
    (tmp_path / "t.parquet.gz").write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    assert [song.title for song in told(songs, Given(str(tmp_path / "t.parquet.gz"))).songs] == ["One"]


@pytest.mark.parametrize("wide", ["float", "double", "fixed"])
def test_a_column_of_vectors_makes_a_bundle(tmp_path: Path, wide: str) -> None:
    vectors = np.random.default_rng(0).standard_normal((300, 12)).astype(np.float32)
    rows = [{"id": spotify(i), "vector": vector.tolist()} for i, vector in enumerate(vectors)]
    kinds: dict[str, Any] = {
        "float": lambda arrow: arrow.list_(arrow.float32()),
        "double": lambda arrow: arrow.list_(arrow.float64()),
        "fixed": lambda arrow: arrow.list_(arrow.float32(), 12),
    }
    found = told(bundle, parquet(tmp_path / "set.parquet", *rows, types={"vector": kinds[wide]}))
    assert np.array_equal(np.stack([song.vectors["set"] for song in found.songs]), vectors)
    assert all(song.placeholder and song.key for song in found.songs)


def test_vectors_of_the_wrong_kind_or_length_are_bad_rows(tmp_path: Path) -> None:
    rows = [
        {"id": spotify(i), "title": "T", "vector": vector}
        for i, vector in enumerate([[1.0, 2.0], [1.0], None, [1.0, None]])
    ]
    found = told(bundle, parquet(tmp_path / "set.parquet", *rows))
    assert [bool(song.vectors) for song in found.songs] == [True, False, False, False]
    assert [bad.row for bad in found.bad] == [2, 3, 4]


def test_a_table_with_an_npy_beside_it_is_a_bundle(tmp_path: Path) -> None:
    what = parquet(tmp_path / "metadata.parquet", SONG, SONG | {"ids": spotify(2)})
    vectors = npy_beside(tmp_path / "embs.npy", 2, 5)
    assert np.array_equal([song.vectors["embs"] for song in told(bundle, what).songs], vectors)


@pytest.mark.parametrize(
    ("name", "value"), [("name", {"a": 1}), ("name", ["a"]), ("artist", b"\xff\xfe"), ("artist", [[1]])]
)
def test_a_column_of_the_wrong_type_is_refused_with_its_name_and_type(tmp_path: Path, name: str, value: Any) -> None:
    error = refusal(songs, parquet(tmp_path / "t.parquet", SONG | {name: value}))
    assert f"“{name}” holds" in error.message
    assert "--map" in error.remedy


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    what = parquet(tmp_path / "t.parquet", *([SONG] * 50))
    whole = Path(what.path).read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], b"PAR1", b"PAR1" + bytes(100) + b"PAR1"):
        damaged = given(tmp_path / "d.parquet", content)
        assert songs.owns(damaged)
        assert "no parquet that can be read" in refusal(songs, damaged).message


def test_bytes_turned_over_give_rows_or_one_error(tmp_path: Path) -> None:
    what = parquet(tmp_path / "t.parquet", *({**SONG, "ids": spotify(i)} for i in range(50)))
    whole, rng = Path(what.path).read_bytes(), np.random.default_rng(0)
    told_of: list[str] = []
    for _ in range(60):
        data = bytearray(whole)
        for place in rng.integers(len(data), size=3):
            data[place] ^= 1 << int(rng.integers(8))
        damaged = given(tmp_path / "d.parquet", bytes(data))
        try:
            assert list(songs.read(damaged, Options()))
        except SourceError as error:
            told_of.append(error.message)
    assert len(told_of) > 5
    assert all("\n" not in message for message in told_of)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    what = given(tmp_path / "t.parquet", b"PAR1....PAR1")
    assert songs.owns(what)
    assert not bundle.owns(what)
    assert "songkin[parquet]" in refusal(songs, what).remedy
