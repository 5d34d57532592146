"""Small libraries for tests: a few tunes in several formats, indexed with what this machine has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from songkin import config as settings
from songkin.library import Library
from songkin.models import ImportReport, IndexReport
from soundfiles import noise, sound_file, tune

SONGS = (
    ("Anna Berg", "Winter", "Seasons", "1999", "jazz", "flac"),
    ("Anna Berg", "Summer", "Seasons", "1999", "jazz; bossa nova", "ogg"),
    ("Anna Berg", "Spring", "Seasons", "1999", "jazz", "mp3"),
    ("Sigur Rós", "Ágætis", "Byrjun", "2000", "post-rock", "mp3"),
    ("The Beetles", "Yellow Tram", "Revolve", "1966", "rock", "m4a"),
    ("AC/CD", "Highway to Well", "Highway", "1979", "hard rock", "opus"),
)


def make_music(folder: Path, seconds: float = 6.0) -> list[str]:
    """Write the songs as tagged files, and one of noise without tags."""
    made = []
    for number, (artist, title, album, year, genre, suffix) in enumerate(SONGS):
        tags = {"artist": artist, "title": title, "album": album, "date": year, "genre": genre}
        name = f"{number:02} {title.replace('/', '-')}.{suffix}"
        made.append(sound_file(folder / name, tune(seconds, seed=number), tags))
    made.append(sound_file(folder / "Some Band - Static.wav", noise(seconds, seed=99)))
    return made


def library_at(folder: Path, **flags: object) -> Library:
    """A library with quick settings for tests."""
    return Library(config=settings.load({"library": str(folder), "workers": 2, "lock_seconds": 1, **flags}))


def make_numbered(folder: Path, numbers: Iterable[int]) -> None:
    """Write two seconds of music for each number: ``0.flac`` is called Song 0, and so on."""
    for n in numbers:
        sound_file(folder / f"{n}.flac", tune(2, seed=n), {"title": f"Song {n}", "genre": "jazz"})


def make_library(folder: Path, songs: int) -> Path:
    """``folder`` with numbered ``music`` and its ``library``, heard by all that needs no weights."""
    make_numbered(folder / "music", range(songs))
    with library_at(folder / "library") as library:
        index(library, folder / "music", encoders=("descriptors", "fingerprint"))
    return folder


def index(
    library: Library, *paths: Path | str, encoders: Sequence[str] = ("descriptors",), **options: object
) -> IndexReport:
    """Index with the encoder that needs no weights, and check that the report reconciles."""
    report = library.index([str(path) for path in paths], encoders=encoders, **options)  # type: ignore[arg-type]
    assert report.found == report.added + report.updated + report.unchanged + len(report.refused)
    return report


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """What an import added, updated, found unchanged and refused, which must be all that it found."""
    assert report.found == report.added + report.updated + report.unchanged + len(report.refused)
    return report.added, report.updated, report.unchanged, len(report.refused)


def snapshot(library: Library) -> dict[str, Any]:
    """All that the catalog shows, but when it was written."""
    return {
        "tracks": {track.id: track for track in library.tracks()},
        "lists": {each.id: library.catalog.playlists.entries(each.id) for each in library.playlists()},
        "albums": library.albums(),
        "vectors": {track.id: library.catalog.vectors.origins(track.id) for track in library.tracks()},
    }
