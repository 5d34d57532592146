"""What the tests of sources share: a file as ``import`` hands it over, and what a source says of it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from songkin.records import BadRow, Listing, Record, Song
from songkin.sources.given import Given, Options
from soundfiles import SHARED

DATA = SHARED / "data"


def given(path: Path, content: str | bytes) -> Given:
    """A file with this content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
    return Given(str(path))


def told(source: ModuleType, file: Given) -> list[Record]:
    """All that a source says of a file, which must be its own."""
    assert source.owns(file)
    return list(source.read(file, Options()))


def listing(source: ModuleType, file: Given) -> Listing:
    """The one list in a file that is good throughout."""
    (found,) = told(source, file)
    assert isinstance(found, Listing)
    assert found.whole
    return found


def songs(source: ModuleType, file: Given) -> list[Song]:
    """The songs of the one list in a file that is good throughout."""
    return [entry.song for entry in listing(source, file).entries]


def parted(records: list[Record]) -> tuple[list[Listing], list[BadRow]]:
    """The lists and the bad rows; there must be nothing else."""
    lists = [one for one in records if isinstance(one, Listing)]
    bad = [one for one in records if isinstance(one, BadRow)]
    assert len(lists) + len(bad) == len(records)
    return lists, bad


def shared(*parts: str) -> Path:
    """A file of the data that lies beside the repository, or a skipped test."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not here")
    return path
