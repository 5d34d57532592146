"""What an import of any kind does to a library that has songs already: once, twice, broken, and taken back."""

from __future__ import annotations

import gzip
import pickle
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kindfiles import EXAMPLES, Example, garbage, mbid
from libraries import counts, library_at
from songkin.library import Library
from songkin.models import Query
from songkin.store import catalog_file, shard

every = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.kind}-{example.name}")
STORED = {
    "tracks": "updated_at, rev, indexed_rev",
    "aliases": "",
    "claims": "id",
    "playlists": "",
    "entries": "",
    "albums": "",
    "own_spaces": "",
    "vectors": "",
    "changes": "id",
    "links": "",
    "votes": "",
    "listens": "",
    "searches": "",
}
"""Tables, and columns of them that say when something was written."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a few songs of a table, which the examples name too, and a playlist that names none of them."""
    folder = tmp_path_factory.mktemp("begun")
    rows = "".join(f"Song {n},Artist {n},200{n},own-{n}.mp3,{mbid(n)}\n" for n in range(1, 4))
    (folder / "mine.csv").write_text(f"title,artist,year,path,mbid\n{rows}")
    (folder / "Drive.m3u8").write_text("".join(f"#EXTINF:-1,Nobody - Nothing {n}\nx/{n}.mp3\n" for n in range(3)))
    with library_at(folder / "library", cache=str(folder / "no models")) as made:
        assert counts(made.import_([folder / "mine.csv", folder / "Drive.m3u8"])) == (3, 0, 0, 0)
    return folder


@pytest.fixture
def library(begun: Path, tmp_path: Path) -> Iterator[Library]:
    shard.copy(begun / "library", tmp_path / "library")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as made:
        yield made


def stored(library: Library) -> dict[str, list[Any]]:
    """All rows that the catalog holds of songs, playlists and albums."""
    found = {}
    connection = sqlite3.connect(catalog_file(library.config.library))
    for table, passing in STORED.items():
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        kept = [place for place, name in enumerate(names) if name not in passing.split(", ")]
        found[table] = sorted(repr([row[place] for place in kept]) for row in cursor)
    connection.close()
    return found


@every
def test_the_second_import_changes_nothing_and_undo_leaves_all_as_it_was(
    example: Example, library: Library, tmp_path: Path
) -> None:
    before = stored(library)
    given = example.lay(tmp_path / "in")
    first = library.import_([given.path])
    assert counts(first)[3] == 0
    assert [file.kind for file in first.files] == [example.kind]
    then = stored(library)
    assert then != before
    second = library.import_([given.path])
    assert counts(second) == (0, 0, first.found, 0)
    assert stored(library) == then
    library.undo(second.run)
    assert stored(library) == then
    library.undo(first.run)
    assert stored(library) == before


def test_what_was_imported_of_all_kinds_is_found_and_after_undo_it_is_not(library: Library, tmp_path: Path) -> None:
    for number, example in enumerate(EXAMPLES):
        example.lay(tmp_path / "in" / str(number))
    report = library.import_([tmp_path / "in"])
    assert counts(report)[3] == 0
    assert {file.kind for file in report.files} == {example.kind for example in EXAMPLES}
    everyone = Query(limit=1000, per_artist=None, per_album=None)
    for word in ("Song 7", "Title 7", "7.ogg"):
        assert library.find(word, everyone).hits, word
    assert counts(library.import_([tmp_path / "in"]))[:2] == (0, 0)
    library.undo(report.run)
    assert {hit.track.id for hit in library.find("song", everyone).hits} == {t.id for t in library.tracks()}
    assert len(library.tracks()) == 3


@every
def test_a_file_that_was_cut_in_the_middle_is_whole_or_not_at_all(
    example: Example, library: Library, tmp_path: Path
) -> None:
    before = stored(library)
    given = example.lay(tmp_path / "in", example.content[: len(example.content) // 2])
    report = library.import_([given.path])
    counts(report)
    if example.closed or example.beside:
        assert len(report.refused) == 1
        assert stored(library) == before
    library.undo(report.run)
    assert stored(library) == before


def test_a_folder_of_broken_files_says_of_each_what_is_wrong(library: Library, tmp_path: Path) -> None:
    before = stored(library)
    folder = tmp_path / "in"
    folder.mkdir()
    bomb(folder / "bomb.csv.gz", b"title,artist\nA,B\nC,")
    bomb(folder / "bomb.json.gz", b'{"playlists": [{"pid": 0, "name": "')
    (folder / "cut.gz").write_bytes(gzip.compress(garbage(1))[:100])
    (folder / "table.parquet").write_bytes(b"PAR1" + garbage(2))
    (folder / "no.zip").write_bytes(b"PK\3\4" + garbage(3))
    np.save(folder / "evil.npy", np.array([Evil(str(tmp_path / "ran"))], dtype=object), allow_pickle=True)
    np.savez(folder / "evil.npz", id=np.array(["a"]), vectors=np.array([[Evil(str(tmp_path / "ran"))]], dtype=object))
    (folder / "evil.pkl").write_bytes(pickle.dumps(Evil(str(tmp_path / "ran"))))
    with zipfile.ZipFile(folder / "out.zip", "w") as archive:
        archive.writestr("../../out.csv", "title,artist\nA,B\n")
    report = library.import_([folder])
    assert counts(report)[:3] == (0, 0, 0)
    named = " ".join(f"{refusal.path} {refusal.reason}" for refusal in report.refused)
    for name in ("bomb.csv.gz", "bomb.json.gz", "table.parquet", "no.zip", "evil.npy", "evil.npz", "out.csv"):
        assert name in named, report
    assert all(refusal.remedy for refusal in report.refused)
    assert stored(library) == before
    assert not (tmp_path / "ran").exists()
    assert not list(tmp_path.rglob("out.csv"))


class Evil:
    """Makes a file where it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return (open, (self.path, "w"))


def bomb(path: Path, start: bytes) -> None:
    """300 MB of zeros after a good beginning, packed."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(start)
        for _ in range(300):
            file.write(bytes(1 << 20))


@pytest.mark.parametrize(
    "columns",
    [
        {"title": [{"a": 1}], "artist": ["A"]},
        {"title": [[["x"]]], "artist": ["A"]},
        {"title": [b"\0\1"], "artist": ["A"]},
        {"title": ["A"], "artist": [{"b": 2}], "id": [1]},
        {"id": [float("nan")], "title": [None]},
        {"title": ["A"], "artist": ["B"], "vector": ["x"]},
        {"title": ["A"], "artist": ["B"], "vector": [[[1.0]]]},
        {"title": ["A"], "artist": ["B"], "vector": [{"a": 1.0}]},
        {"tempo": [["x"]], "title": ["A"], "artist": ["B"]},
        {"tempo": ["fast"], "title": [17], "artist": [True]},
    ],
)
def test_parquet_of_wrong_types_is_refused_or_its_rows_are(
    columns: dict[str, list[Any]], library: Library, tmp_path: Path
) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    report = library.import_([tmp_path / "t.parquet"])
    counts(report)
    assert report.refused or columns["title"] == [17]
    library.undo(report.run)
    assert len(library.tracks()) == 3
