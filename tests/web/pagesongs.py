"""A dozen short tunes to look at and listen to in a browser, two of them with hostile names."""

from __future__ import annotations

from pathlib import Path

from libraries import index, library_at
from soundfiles import sound_file, tune

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'
LONG = "A Title That Goes On " * 9
SHORT = "Brief"
SONGS = (
    ("Anna Berg", "Winter", "Seasons", "1999", "jazz", "flac", 20.0),
    ("Anna Berg", "Summer", "Seasons", "1999", "jazz; bossa nova", "ogg", 20.0),
    ("Anna Berg", "Spring", "Seasons", "1999", "jazz", "mp3", 20.0),
    ("Anna Berg", "Autumn", "Seasons", "1999", "jazz", "opus", 20.0),
    ("Sigur Rós", "Ágætis", "Byrjun", "2000", "post-rock", "mp3", 8.0),
    ("Sigur Rós", "Svefn", "Byrjun", "2000", "post-rock", "flac", 8.0),
    ("The Beetles", "Yellow Tram", "Revolve", "1966", "rock", "m4a", 8.0),
    ("AC/CD", "Highway to Well", "Highway", "1979", "hard rock", "opus", 8.0),
    ("Nobody", SHORT, "Small", "2020", "rock", "flac", 4.0),
    ("<b>Eve</b>", HOSTILE, '"><svg onload=alert(3)>', "2001", "jazz", "flac", 20.0),
    ("Very " * 30, LONG, LONG, "2002", "rock", "mp3", 8.0),
    ("Plain", "Aiff", "Forms", "2003", "rock", "aiff", 8.0),
)


def make_page_library(folder: Path) -> Path:
    """``folder`` with ``music`` and its ``library``, in which one playlist with a hostile name is kept."""
    for number, (artist, title, album, year, genre, suffix, seconds) in enumerate(SONGS):
        tags = {"artist": artist, "title": title, "album": album, "date": year, "genre": genre}
        sound_file(folder / "music" / f"{number:02}.{suffix}", tune(seconds, seed=number), tags)
    with library_at(folder / "library") as library:
        index(library, folder / "music", encoders=("descriptors", "fingerprint"))
        songs = [track.id for track in library.tracks()]
        library.make_playlist(HOSTILE, songs[:5])
        library.make_playlist("Evening", songs[:3])
    return folder
