"""A small library of songs that a table describes, three kinds of them, and some playlists."""

from __future__ import annotations

import json
import random
from pathlib import Path

from libraries import library_at
from songkin.models import Answer, Query

KINDS = {"piano": (0.1, 0.2, 0.95, 70), "metal": (0.95, 0.4, 0.02, 150), "disco": (0.8, 0.95, 0.1, 118)}
EACH = 30
ANY = Query(per_artist=None, per_album=None)


def write_songs(path: Path) -> None:
    """A table of three kinds of songs, ten artists each."""
    chance = random.Random(5)
    rows = ["track_id,title,artist,genre,energy,danceability,acousticness,tempo,valence,key,mode"]
    for place, (kind, (energy, dance, acoustic, tempo)) in enumerate(KINDS.items()):
        for n in range(EACH):
            number = place * EACH + n
            near = [
                round(min(0.99, max(0.0, value + chance.uniform(-0.05, 0.05))), 3)
                for value in (energy, dance, acoustic)
            ]
            row = [
                f"{number:022d}",
                f"{kind} {n}",
                f"{kind} artist {n % 10}",
                kind,
                *near,
                tempo + n / 10,
                0.5,
                n % 12,
                1,
            ]
            rows.append(",".join(map(str, row)))
    path.write_text("\n".join(rows) + "\n")


def jspf(path: Path, name: str, songs: list[tuple[str, str]]) -> Path:
    tracks = [{"title": title, "creator": artist} for artist, title in songs]
    path.write_text(json.dumps({"playlist": {"title": name, "track": tracks}}))
    return path


def named(kind: str, *numbers: int) -> list[tuple[str, str]]:
    return [(f"{kind} artist {n % 10}", f"{kind} {n}") for n in numbers]


def kinds(answer: Answer) -> list[str]:
    return [hit.track.title.split()[0] for hit in answer.hits]


def titles(answer: Answer) -> list[str]:
    return [hit.track.title for hit in answer.hits]


def make_kinds(folder: Path) -> Path:
    """``folder`` with ``songs.csv``, ``lists`` and a ``library`` of both that has no weights."""
    write_songs(folder / "songs.csv")
    lists = folder / "lists"
    lists.mkdir()
    for kind in KINDS:
        for n in range(4):
            jspf(lists / f"{kind}{n}.jspf", f"{kind} evening {n}", named(kind, *range(n, n + 8)))
    jspf(lists / "rain.jspf", "Rainy Sunday", named("piano", 20, 21, 22, 23))
    with library_at(folder / "library", cache=str(folder / "no weights")) as library:
        assert library.import_([folder / "songs.csv"]).added == 3 * EACH
        report = library.import_([lists])
        assert (report.playlists, len(report.unmatched)) == (13, 0)
    return folder
