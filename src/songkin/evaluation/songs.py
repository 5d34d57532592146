"""Which songs are judged: sound files of some folders, one per song, with what is known of artist and collection.

A table beside the files may know better than the files: columns ``file`` (relative to the table) and ``source_path``
(where the song came from), ``artist`` and ``collection``. Such tables are looked for in each folder and its parents. Of
several files with one ``source_path`` one is taken: rather a whole song than an excerpt (a table with a column
``clip_seconds`` lists excerpts). A file in no table belongs to the source that its own path ends with, if there is one.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

import numpy as np

from songkin import tags
from songkin.errors import SourceError
from songkin.sources.folder import walk
from songkin.sources.found import SoundFile
from songkin.text import fold

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Song:
    """One song. ``key`` tells it from all others, ``artist`` is folded; both labels are empty where unknown."""

    path: str
    key: str
    artist: str
    collection: str


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    artist: str
    collection: str
    excerpt: bool


def collect(folders: Sequence[str], *, limit: int | None = None, seed: int = 0) -> list[Song]:
    """Songs in ``folders``, in the order of their keys; ``limit`` draws that many of them with ``seed``.

    Raises ``SourceError`` if a folder does not exist or holds no sound file.
    """
    files = [found for found in walk(folders) if isinstance(found, SoundFile)]
    listed = _listed(folders)
    sources = {row.key: row for row in listed.values()}
    places = {str(PurePath(row.key).parent): row.collection for row in listed.values()}
    best: dict[str, tuple[bool, str, Song]] = {}
    for file in files:
        song, excerpt = _song(file, listed, sources, places)
        rival = best.get(song.key)
        if rival is None or (excerpt, file.path) < rival[:2]:
            best[song.key] = (excerpt, file.path, song)
    if not best:
        raise SourceError(
            f"There is no sound file in {', '.join(folders)}.", remedy="Name a folder of music with --music DIR."
        )
    songs = [best[key][2] for key in sorted(best)]
    if limit is not None and limit < len(songs):
        chosen = np.random.default_rng(seed).choice(len(songs), limit, replace=False)
        songs = [songs[i] for i in sorted(chosen)]
    return songs


def _song(
    file: SoundFile, listed: Mapping[str, _Row], sources: Mapping[str, _Row], places: Mapping[str, str]
) -> tuple[Song, bool]:
    row = listed.get(os.path.realpath(file.path))
    excerpt = row.excerpt if row else False
    row = row or _ending(file.path, sources)
    if row:
        return Song(file.path, row.key, fold(row.artist) or _artist(file.path), row.collection), excerpt
    collection = _ending(str(PurePath(file.path).parent), places)
    return Song(file.path, file.path, _artist(file.path), collection or _top_folder(file)), False


def _ending(path: str, endings: Mapping[str, Value]) -> Value | None:
    """The value of the longest of ``endings`` that ``path`` ends with."""
    parts = PurePath(path).parts
    for start in range(1, len(parts)):
        found = endings.get("/".join(parts[start:]))
        if found is not None:
            return found
    return None


def _artist(path: str) -> str:
    artists = tags.read_tags(path).artists
    return fold(artists[0]) if artists else ""


def _top_folder(file: SoundFile) -> str:
    """The folder right under the one that was asked for, or that one itself."""
    inside = PurePath(file.path).relative_to(file.root).parts
    return inside[0] if len(inside) > 1 else PurePath(file.root).name


def _listed(folders: Iterable[str]) -> dict[str, _Row]:
    """Rows of all tables about files in ``folders``, by the file's real path."""
    rows: dict[str, _Row] = {}
    for table in sorted({table for folder in folders for table in _tables(Path(folder).resolve())}):
        for path, row in _read(table):
            rows[os.path.realpath(path)] = row
    return rows


def _tables(folder: Path) -> Iterable[Path]:
    for each in (folder, *folder.parents):
        if each.is_dir() and os.access(each, os.R_OK):
            yield from each.glob("*.csv")


def _read(table: Path) -> list[tuple[Path, _Row]]:
    """Rows of a table with our columns; any other file that is called ``.csv`` is none of ours."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            columns = set(reader.fieldnames or ())
            if not {"file", "source_path"} <= columns:
                return []
            return [(table.parent / cells["file"], _row(cells, "clip_seconds" in columns)) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _row(cells: Mapping[str, str], excerpt: bool) -> _Row:
    return _Row(cells["source_path"], cells.get("artist", ""), cells.get("collection", ""), excerpt)
