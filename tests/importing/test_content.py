"""Files known by their content: by the SHA-256 that other programs know, and by the hashes of older libraries."""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path

import sqlalchemy as sa

from libraries import counts, index, library_at
from songkin.library import Library
from songkin.store.schema import tracks
from soundfiles import sound_file, tune


def made(folder: Path, name: str = "a.flac", seed: int = 1) -> Path:
    return Path(sound_file(folder / "music" / name, tune(2, seed=seed), {"title": "Blank"}))


def with_old_hash(library: Library, file: Path) -> None:
    """As songkin knew a file before it took SHA-256."""
    old = hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest()
    with library.catalog.db.writing() as connection:
        connection.execute(sa.update(tracks).where(tracks.c.path == os.fsencode(file)).values(file_hash=old))


def test_a_table_of_another_program_is_matched_by_the_sha256_of_the_file(tmp_path: Path) -> None:
    file = made(tmp_path)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    table = tmp_path / "songs.csv"
    table.write_text(f"title,artist,sha256,energy\nAnother Name,Someone,{digest.upper()},.7\n")
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        assert counts(library.import_([str(table)]))[:2] == (0, 1)
        (track,) = library.tracks()
        assert track.table_features == {"energy": 0.7}
        library.export.songs(tmp_path / "out.csv")
        (row,) = csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines())
        assert row["SHA256"] == digest


def test_a_file_with_a_hash_of_before_is_known_touched_and_moved(tmp_path: Path) -> None:
    file = made(tmp_path)
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        identity = library.tracks()[0].id
        with_old_hash(library, file)
        os.utime(file, ns=(1, 1))
        assert index(library, tmp_path / "music").unchanged == 1
        file.rename(tmp_path / "music" / "b.flac")
        assert index(library, tmp_path / "music").updated == 1
        assert [track.id for track in library.tracks()] == [identity]
        library.export.songs(tmp_path / "out.csv")
        (row,) = csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines())
        assert row["SHA256"] == ""  # what it holds is no SHA-256


def test_a_file_with_a_hash_of_before_learns_its_sha256_when_it_is_heard_and_keeps_what_was_heard(
    tmp_path: Path,
) -> None:
    file = made(tmp_path)
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music", encoders=("descriptors",))
        before = library.catalog.vectors.origins(library.tracks()[0].id)
        with_old_hash(library, file)
        index(library, tmp_path / "music", encoders=("fingerprint",))
        (stored,) = library.catalog.stored()
        assert stored.file_hash == hashlib.sha256(file.read_bytes()).hexdigest()
        assert len(stored.heard_by) == 2
        assert before.items() <= library.catalog.vectors.origins(stored.id).items()
