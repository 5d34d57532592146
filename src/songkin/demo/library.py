"""The small library on disk: every piece a file with tags, in the formats and the disorder of real collections."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from songkin.audio import write
from songkin.demo.pieces import Piece, make_pieces
from songkin.demo.synth import RATE

_FORMATS: Final = (".mp3", ".flac", ".ogg", ".wav", ".opus", ".flac", ".m4a")
_UNTAGGED: Final = ("Half Past Never", "World 1-2")
"""These two come without tags, as files that were downloaded somewhere do."""
_TWICE: Final = "Umspannwerk"
"""This recording is there once more, in another format, on a sampler."""
_SAMPLER: Final = "Cellar Mix"


class Progress(Protocol):
    """Told how the making goes."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def step(self, done: int, note: str = "") -> None: ...


def make_library(folder: Path, progress: Progress | None = None, pieces: Sequence[Piece] | None = None) -> list[Path]:
    """Write the library under ``folder`` as ``Artist/Album/NN Title.suffix``; what is there already stays as it is.

    ``pieces`` are ``make_pieces()`` unless given. Returns the paths of all files, one per piece and one more for the
    recording that is there twice. All of it takes about twenty seconds on one core the first time. Raises
    ``AudioError`` or ``OSError`` if a file cannot be written.
    """
    files = _files(folder, make_pieces() if pieces is None else pieces)
    if progress is not None:
        progress.stage("Making music", len(files))
    for done, (path, piece) in enumerate(files.items(), start=1):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _save(path, piece)
        if progress is not None:
            progress.step(done, piece.title)
    return list(files)


def _files(folder: Path, pieces: Sequence[Piece]) -> dict[Path, Piece]:
    files: dict[Path, Piece] = {}
    albums: dict[str, int] = {}
    for piece in pieces:
        albums.setdefault(piece.album, 0)
        albums[piece.album] += 1
        suffix = _FORMATS[(len(albums) - 1) % len(_FORMATS)]
        name = f"{albums[piece.album]:02d} {_plain(piece.title)}"
        if piece.title in _UNTAGGED:
            files[folder / "Unsorted" / f"{_plain(piece.title)}{suffix}"] = piece
        else:
            files[folder / _plain(piece.artist) / _plain(piece.album) / f"{name}{suffix}"] = piece
        if piece.title == _TWICE:
            again = ".wav" if suffix == ".flac" else ".flac"
            files[folder / "Various Artists" / _SAMPLER / f"03 {_plain(piece.title)}{again}"] = piece
    return files


def _plain(name: str) -> str:
    """A name that every file system takes."""
    return "".join("_" if letter in '<>:"/\\|?*' else letter for letter in name).rstrip(". ")


def _save(path: Path, piece: Piece) -> None:
    """Under another name first, so that an interrupted run leaves no half file."""
    tags = {
        "title": piece.title,
        "artist": piece.artist,
        "album": _SAMPLER if path.parent.name == _SAMPLER else piece.album,
        "date": str(piece.year),
        "genre": piece.genres[0],
        "track": path.name.split(" ")[0].lstrip("0"),
    }
    making = path.with_name(f".making-{path.name}")
    try:
        write(str(making), piece.render(), RATE, {} if path.parent.name == "Unsorted" else tags, 96_000)
        os.replace(making, path)
    finally:
        making.unlink(missing_ok=True)
