"""A catalog that is cut, changed, emptied or no catalog at all: one clear line with a remedy, never a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from libraries import library_at, make_library
from songkin.cli import run
from songkin.store import catalog_file, shard

COMMANDS = (
    ("find", "song 2"),
    ("similar", "Song 1"),
    ("list",),
    ("show", "Song 1"),
    ("stats",),
    ("runs",),
    ("doctor",),
    ("reindex",),
    ("forget", "Song 3"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("catalogs"), 8)


def told(library: Path, words: tuple[str, ...]) -> tuple[int, str]:
    """Exit code and all that a command said. What is no error of songkin's passes through, and the test fails."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run([*words, "-L", str(library)])
    return code, said.getvalue()


def one_clear_line(said: str) -> bool:
    if said.startswith("{"):
        return set(json.loads(said)["error"]) == {"message", "remedy"}
    return said.count("\n") == 1 and len(said) < 500 and "Traceback" not in said


def zero_length(file: Path, rng: random.Random) -> None:
    os.truncate(file, 0)


def cut_in_the_header(file: Path, rng: random.Random) -> None:
    os.truncate(file, 60)


def cut_in_half(file: Path, rng: random.Random) -> None:
    os.truncate(file, file.stat().st_size // 2 // 4096 * 4096)


def cut_by_a_few_bytes(file: Path, rng: random.Random) -> None:
    os.truncate(file, file.stat().st_size - 100)


def text(file: Path, rng: random.Random) -> None:
    file.write_text("This is not a database, but a text of some length. " * 200)


def another_database(file: Path, rng: random.Random) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE meta (name TEXT)")
        connection.execute("CREATE TABLE tracks (id INTEGER PRIMARY KEY, url TEXT)")
        connection.commit()


def no_tables(file: Path, rng: random.Random) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE tracks")


def no_version(file: Path, rng: random.Random) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE meta SET value = 'one' WHERE key = 'schema'")
        connection.commit()


def broken_header(file: Path, rng: random.Random) -> None:
    with file.open("r+b") as opened:
        opened.write(rng.randbytes(100))


def a_folder(file: Path, rng: random.Random) -> None:
    file.unlink()
    file.mkdir()


HARMS: tuple[Callable[[Path, random.Random], None], ...] = (
    zero_length,
    cut_in_the_header,
    cut_in_half,
    cut_by_a_few_bytes,
    text,
    another_database,
    no_tables,
    no_version,
    broken_header,
    a_folder,
)


@pytest.mark.parametrize("harm", HARMS)
def test_a_broken_catalog_is_one_clear_line_with_a_remedy(
    harm: Callable[[Path, random.Random], None], whole: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shard.copy(whole / "library", library)
    harm(catalog_file(library), random.Random(1))
    others = {path: path.read_bytes() for path in (library / "index").rglob("*.json")}
    for words in (*COMMANDS, ("index", str(whole / "music"), "--encoder", "descriptors", "--no-pull")):
        code, said = told(library, words)
        if words == ("doctor",):
            assert "catalog" in said
            continue
        if code == 0 and harm in (cut_by_a_few_bytes, no_tables):
            continue  # what this command asks for is still there
        assert code == 1, (words, said)
        assert one_clear_line(said), (words, said)
        assert "backup" in said or "doctor" in said, (words, said)
    if harm not in (cut_by_a_few_bytes, no_tables):
        assert {path: path.read_bytes() for path in (library / "index").rglob("*.json")} == others
    assert len(list((whole / "music").iterdir())) == 8


def test_changed_bytes_anywhere_never_end_in_a_traceback(
    whole: Path, tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    rng = random.Random(5)
    outcomes: Counter[str] = Counter()
    library = tmp_path / "library"
    for case in range(1200 if long else 60):
        shutil.rmtree(library, ignore_errors=True)
        library.mkdir()
        shutil.copy2(catalog_file(whole / "library"), catalog_file(library))
        flips = rng.choice((1, 16, 256))
        with catalog_file(library).open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            for _ in range(flips):
                file.seek(rng.randrange(size))
                file.write(rng.randbytes(1))
        words = rng.choice(
            (
                ("list",),
                ("show", "Song 1"),
                ("stats",),
                ("runs",),
                ("list", "--refused"),
                ("list", "--duplicates"),
                ("doctor",),
                ("list", "--json"),
            )
        )
        code, said = told(library, words)
        assert code in (0, 1), (case, words, said)
        assert "Traceback" not in said
        if code and words != ("doctor",):
            assert one_clear_line(said), (case, words, said)
        found = "noticed and told" if code or "damaged" in said else "not seen by this command"
        outcomes[f"| {flips} | {found} |"] += 1
    rows = "\n".join(f"{row} {times} |" for row, times in sorted(outcomes.items()))
    report(f"bytes changed in a catalog\n\n| bytes | outcome | times |\n|---|---|---|\n{rows}")


def test_searching_a_catalog_with_changed_bytes_never_ends_in_a_traceback(
    whole: Path, tmp_path: Path, long: bool
) -> None:
    rng = random.Random(6)
    for case in range(150 if long else 8):
        library = tmp_path / f"{case}"
        shard.copy(whole / "library", library)
        with catalog_file(library).open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            for _ in range(rng.choice((1, 16, 256))):
                file.seek(rng.randrange(100, size))
                file.write(rng.randbytes(1))
        code, said = told(library, rng.choice(COMMANDS[:2]))
        assert code in (0, 1), (case, said)
        assert code == 0 or one_clear_line(said), (case, said)
        shutil.rmtree(library)


def test_without_its_log_a_catalog_is_an_older_one_and_whole(whole: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    shard.copy(whole / "library", library)
    with library_at(library) as opened:
        opened.vote("Song 1", "love")
        for end in ("", "-wal"):  # as a kill leaves them
            shutil.copy2(f"{catalog_file(library)}{end}", f"{tmp_path}/catalog.db{end}")
    assert (tmp_path / "catalog.db-wal").stat().st_size > 0
    shutil.copy2(tmp_path / "catalog.db", catalog_file(library))
    code, said = told(library, ("similar", "Song 1"))
    assert code == 0, said
    with library_at(library) as opened:
        assert opened.catalog.db.check() == "ok"
        assert opened.show("Song 1").votes == {}


def test_an_empty_catalog_file_of_a_killed_start_is_begun_anew(whole: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    catalog_file(library).touch()
    code, said = told(library, ("index", str(whole / "music"), "--encoder", "descriptors", "--no-pull"))
    assert code == 0, said
    assert "8 added" in said
