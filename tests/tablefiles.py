"""Files of the kinds that the real data lack, in their exact schema: Exportify's dialects A and C, B in any language with
all its options, Ludwig's ``labels.json``, tables with vectors in ``.npy``, and the table of dicts of seed 001."""

from __future__ import annotations

import csv
import io
import json
import random
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from songkin.errors import SourceError
from songkin.records import BadRow, Columns, Listing, Record, Remark, Song
from songkin.sources.given import Given, Options

SHARED: Final = Path(__file__).parents[1] / "../shared/data"

FEATURES_A: Final = "Danceability,Energy,Key,Loudness,Mode,Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,Time Signature"
A: Final = (
    "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Explicit,Added By,Added At,Genres,"
    f"Record Label,{FEATURES_A}"
)
B: Final = (
    "Track URI,Track Name,Artist URI(s),Artist Name(s),Album URI,Album Name,Album Artist URI(s),Album Artist Name(s),"
    "Album Release Date,Album Image URL,Disc Number,Track Number,Track Duration (ms),Track Preview URL,Explicit,Popularity,"
    "ISRC,Added By,Added At"
)
C: Final = (
    "Spotify ID,Artist IDs,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Added By,Added At,"
    f"Genres,{FEATURES_A}"
)
NUMBERS: Final = "0.616,0.538,0,-9.165,0,0.17,0.0906,0.00000898,0.192,0.278,127.948,4"
FIELDS_B: Final = (
    "id title artist_ids artists - album - album_artist year image disc_no track_no duration - explicit popularity isrc"
    " added_by added_at"
)


def spotify(number: int) -> str:
    """A bare id of Spotify's form."""
    rng = random.Random(number)
    return "".join(rng.choices(string.ascii_letters + string.digits, k=22))


def row_a(number: int, artists: str = "Emma Stone;Callie Hernandez", genres: str = '"musicals,show tunes"') -> str:
    """One line of dialect A."""
    return (
        f"spotify:track:{spotify(number)},Song {number},La La Land,{artists},2016-12-09,259613,63,false,user1,"
        f"2025-01-08T22:26:53Z,{genres},UMGRI Interscope,{NUMBERS}"
    )


UNDEFINED_A: Final = ",undefined,undefined,,,,,,user1,2025-01-08T22:26:53Z,,undefined,,,,,,,,,,,,"


def row_b(number: int, artists: Sequence[str], options: Sequence[str] = (), *, escaped: bool = True) -> str:
    """One line of dialect B, every cell quoted; a comma inside a name is written with a backslash."""
    names = ", ".join(name.replace(",", "\\,") if escaped else name for name in artists)
    uris = ", ".join(f"spotify:artist:{spotify(900 + i)}" for i in range(len(artists)))
    cells = [
        *(f"spotify:track:{spotify(number)}", f"Song {number}", uris, names, f"spotify:album:{spotify(800)}", "Album"),
        *(uris, names, "2017-02", "https://i.scdn.co/image/ab", "1", str(number), "198093", "", "true", "2"),
        *("UK4UP1300002", "spotify:user:me", "2020-07-19T09:24:39Z", *options),
    ]
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def row_c(number: int, artists: str = "Artist A,Artist B", ids: int = 2) -> str:
    """One line of dialect C: commas between artists are not told from those in their names."""
    own = ",".join(f"id{i}" for i in range(ids))
    return (
        f'{spotify(number)},"{own}","Song","Album","{artists}",2004,222973,70,user1,2020-01-01T00:00:00Z,"rock,indie",'
        "0.5,0.6,1,-5.2,1,0.04,0.1,0,0.1,0.4,120.0,4"
    )


def labels(songs: Mapping[str, Mapping[str, Any]]) -> str:
    """``labels.json`` of songs by id, each with any of ``artist``, ``genre``, ``name``, ``subgenres``, ``otherSubgenres``."""
    tracks = {
        key: {
            name: {"L": [{"S": one} for one in value]} if isinstance(value, list) else {"S": value}
            for name, value in song.items()
        }
        for key, song in songs.items()
    }
    return json.dumps({"tracks": tracks}, ensure_ascii=False)


def numpy_repr(values: Sequence[str]) -> str:
    """As NumPy prints an array of strings: without commas, long ones broken over lines."""
    return str(np.array(values))


def payload(path: Path, count: int, dimension: int, *, order: Sequence[int] | None = None) -> NDArray[np.float32]:
    """``payload.csv`` of the earlier system beside its vectors; the vectors. ``order`` is what its index column says."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["index", "ids", "artist", "genre", "name", "subgenres", "urls", "artist_song", "photos"])
    for i in range(count):
        url = f"https://bucket.example/mp3/funk _ soul/{spotify(i)}.mp3"
        kinds = numpy_repr(["funk / soul---disco", "latin---salsa", "reggae"] * (1 + i % 2))
        at = i if order is None else order[i]
        writer.writerow(
            [at, spotify(i), f"Artist {i}", "funk / soul", f"Song {i}", kinds, url, f"A - S{i}", "https://p.example/1"]
        )
    path.write_text(out.getvalue(), encoding="utf-8")
    return npy_beside(path.with_name("vectors.npy"), count, dimension)


def dicts(path: Path, count: int) -> None:
    """The payload of seed 001: one column, headed 0, of Python dicts."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["0"])
    for i in range(count):
        song = {
            "artist": f"A O'Brien {i}",
            "song": "x y z",
            "url_song": f"{i}.mp3",
            "genre": "Salsa",
            "year": "1999",
            "country": "Peru",
        }
        writer.writerow([repr(song)])
    path.write_text(out.getvalue(), encoding="utf-8")


class Told:
    """What a source told of a file, by kind."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = list(records)
        self.columns = [one for one in records if isinstance(one, Columns)]
        self.songs = [one for one in records if isinstance(one, Song)]
        self.lists = [one for one in records if isinstance(one, Listing)]
        self.bad = [one for one in records if isinstance(one, BadRow)]
        self.remarks = [one.line for one in records if isinstance(one, Remark)]
        self.entries = [entry for one in self.lists for entry in one.entries]


def given(path: Path, content: str | bytes | None = None, encoding: str = "utf-8") -> Given:
    """A file with this content."""
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return Given(str(path))


def told(source: Any, what: Given, options: Options | None = None) -> Told:
    """All that a source tells of a file that is its own."""
    assert source.owns(what)
    return Told(list(source.read(what, options or Options())))


def refusal(source: Any, what: Given, options: Options | None = None) -> SourceError:
    """The error with which a source refuses a file: a line for people and a remedy."""
    with pytest.raises(SourceError) as caught:
        list(source.read(what, options or Options()))
    error = caught.value
    assert error.message
    assert "\n" not in error.message
    assert error.remedy
    return error


def npy_beside(path: Path, count: int, dimension: int) -> NDArray[np.float32]:
    """A file of vectors, and what is in it."""
    vectors = np.random.default_rng(0).standard_normal((count, dimension)).astype(np.float32)
    np.save(path, vectors)
    return vectors
