"""The demo's library on disk."""

from __future__ import annotations

from pathlib import Path

from tinytag import TinyTag

from songkin import audio
from songkin.demo.library import make_library
from songkin.demo.pieces import make_pieces

TITLES = (
    "Half Past Never",
    "Grandmother's Drawer",
    "World 1-2",
    "Boss Has Wings",
    "Umspannwerk",
    "Sunday, Seven O'Clock",
)


class Watch:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done: list[int] = []

    def stage(self, name: str, total: int | None = None) -> None:
        self.total = total

    def step(self, done: int, note: str = "") -> None:
        self.done.append(done)


def test_pieces_become_tagged_files_and_what_is_there_stays(tmp_path: Path) -> None:
    pieces = [piece for piece in make_pieces() if piece.title in TITLES]
    watch = Watch()
    paths = make_library(tmp_path, watch, pieces)
    assert watch.total == len(pieces) + 1
    assert watch.done == list(range(1, len(pieces) + 2))
    assert sorted(paths) == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    by_title = {path.stem.split(" ", 1)[1]: path for path in paths if path.stem[0].isdigit()}
    tags = TinyTag.get(str(by_title["Grandmother's Drawer"]))
    assert (tags.title, tags.artist, tags.album, tags.year) == (
        *("Grandmother's Drawer", "Mira Halloway"),
        *("Letters to Nobody", "2016"),
    )
    untagged = [path for path in paths if path.parent.name == "Unsorted"]
    assert len(untagged) == 2
    assert all(not TinyTag.get(str(path)).title for path in untagged)
    twice = [path for path in paths if path.stem.endswith("Umspannwerk")]
    assert len({path.suffix for path in twice}) == 2
    assert all(len(audio.samples(str(path), 16_000)) > 15 * 16_000 for path in paths)

    before = {path: path.stat().st_mtime_ns for path in paths}
    paths[0].unlink()
    assert make_library(tmp_path, None, pieces) == paths
    assert {path for path in paths if path.stat().st_mtime_ns != before[path]} == {paths[0]}
