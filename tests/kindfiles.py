"""One whole file of every kind that can be imported, in its exact schema, for the suite that is asked of all of them."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from made_slices import mpd_slice, sync_page
from songkin.exporting import Exporting
from songkin.importing.run import Asked, import_files
from songkin.progress import Quiet
from songkin.records import Album, Correction, Heard, Kept, Listing, Record, Song, Voted
from songkin.sources.catalog_folder import MANIFEST
from songkin.sources.corrections import HEADINGS
from songkin.sources.given import Given
from songkin.store.catalog import Catalog
from tablefiles import A, labels, row_a, spotify

SONGS: Final = 12
"""How many songs, albums or places a file holds; those called ``Song 1`` … ``Song 3`` may be in the library already."""


@dataclass(frozen=True, slots=True)
class Example:
    """``sort`` is what it tells of, ``beside`` other files that belong to it. ``closed``: the format says where it ends,
    so that a file which was cut is known to be cut."""

    kind: str
    name: str
    content: bytes
    sort: type[Record]
    beside: Mapping[str, bytes] = field(default_factory=dict)
    closed: bool = False

    def lay(self, folder: Path, content: bytes | None = None) -> Given:
        """Write it into a folder, with this content instead of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, other in self.beside.items():
            (folder / name).write_bytes(other)
        (folder / self.name).write_bytes(self.content if content is None else content)
        return Given(str(folder / self.name))

    @property
    def is_text(self) -> bool:
        """Whether it may stand in another encoding."""
        return not self.name.endswith((".parquet", ".npz", MANIFEST))


def _table(rows: list[list[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _million() -> bytes:
    made = mpd_slice(3, 6)
    made["playlists"][0]["tracks"][0] |= {"track_name": "Song 1", "artist_name": "Artist 1"}
    return json.dumps(made).encode()


def _audiomuse() -> bytes:
    page = sync_page(0, SONGS, SONGS)
    page["tracks"][1] |= {"title": "Song 1", "artist": "Artist 1", "album": None}
    return json.dumps(page).encode()


def _labels() -> bytes:
    songs = {
        spotify(n): {"artist": f"Artist {n}", "name": f" Song {n}", "genre": "latin", "subgenres": ["latin---salsa"]}
        for n in range(SONGS)
    }
    return labels(songs).encode()


def _jspf() -> bytes:
    tracks = [{"title": f"Song {n}", "creator": f"Artist {n}", "duration": 61_000 + n} for n in range(SONGS)]
    return json.dumps({"playlist": {"title": "Weekly", "creator": "me", "track": tracks}}, indent=1).encode()


def _xspf() -> bytes:
    tracks = "\n".join(
        f"<track><location>music/{n}.mp3</location><title>Song {n} é</title><creator>Artist {n}</creator></track>"
        for n in range(SONGS)
    )
    head = '<?xml version="1.0"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>Late</title>'
    return f"{head}\n<trackList>\n{tracks}\n</trackList></playlist>\n".encode()


def _pls() -> bytes:
    fields = [f"File{n}=music/{n}.mp3\nTitle{n}=Artist {n} - Söng {n}\nLength{n}={60 + n}" for n in range(1, SONGS + 1)]
    return "\n".join(["[playlist]", *fields, f"NumberOfEntries={SONGS}", "Version=2", ""]).encode()


def _m3u() -> bytes:
    lines = [f"#EXTINF:{60 + n},Artist {n} - Song {n}\nmüsic/{n}.mp3" for n in range(SONGS)]
    return "\n".join(["#EXTM3U", "#PLAYLIST:Drive home", *lines, ""]).encode()


def _corrections() -> bytes:
    rows: list[list[object]] = [
        ["Drive", n + 1, "Nobody", f"Nothing {n}", "", f"Artist {n} - Song {n}"] for n in (1, 2)
    ]
    return _table([list(HEADINGS), *rows])


def _votes() -> bytes:
    head: list[object] = ["User", "Vote", "Voted At", "Track Name", "Artist Name(s)"]
    rows: list[list[object]] = [
        ["me", vote, f"2024-05-0{n}T10:00:00Z", f"Song {n}", f"Artist {n}"]
        for n, vote in enumerate(("love", "hate", "okay"), 1)
    ]
    return _table([head, *rows])


def _listens() -> bytes:
    def listen(n: int) -> dict[str, object]:
        about = {"artist_name": f"Artist {n}", "track_name": f"Song {n}", "release_name": f"Album {n}"}
        more = {"duration_ms": None, "submission_client": "a player", "recording_mbid": mbid(n)}
        return {"listened_at": 1_704_067_200 + 240 * n, "track_metadata": {**about, "additional_info": more}}

    return "".join(f"{json.dumps(listen(n))}\n" for n in range(SONGS)).encode()


def _feedback() -> bytes:
    said = ({"recording_mbid": mbid(n), "score": 1 - 2 * (n % 2), "created": 1_704_067_200} for n in range(SONGS))
    return "".join(f"{json.dumps(one)}\n" for one in said).encode()


def mbid(n: int) -> str:
    """The MusicBrainz id of a song, where a file tells it."""
    return f"0f9d2c1e-0000-4000-8000-{n:012}"


def _scrobbles() -> bytes:
    head: list[object] = ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"]
    rows: list[list[object]] = [
        [1_704_067_200 + 240 * n, f"01 Jan 2024, 00:{4 * n:02}", f"Artist {n}", "", f"Älbum {n}", "", f"Song {n}", ""]
        for n in range(SONGS)
    ]
    return _table([head, *rows])


def _bare_scrobbles() -> bytes:
    return _table([[f"Artist {n}", f"Älbum {n}", f"Song {n}", f"01 Jan 2024 10:{n:02}"] for n in range(SONGS)])


def _catalog() -> Example:
    """A whole catalog of the songs of ``_songs``, as songkin writes it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "features.csv").write_bytes(_songs())
        catalog = Catalog(folder / "catalog.db")
        import_files(catalog, [str(folder / "features.csv")], Asked(), Quiet())
        Exporting(catalog).whole(folder / "whole")
        catalog.close()
        files = {file.name: file.read_bytes() for file in (folder / "whole").iterdir()}
    return Example("catalog_folder", MANIFEST, files.pop(MANIFEST), Kept, files, closed=True)


def _albums() -> bytes:
    head: list[object] = ["artist", "title", "year_released", "rating", "review", "genre", "query", "album_id"]
    rows = [
        [f"Artist {n}", f"Album {n}", 1990 + n, 7.5, "warm, hazy ü", "Folk / Jazz", "dreamy", n] for n in range(SONGS)
    ]
    return _table([head, *rows])


def _songs() -> bytes:
    features = ["danceability", "energy", "loudness", "valence", "tempo", "key", "mode"]
    head: list[object] = ["track_id", "track_name", "artists", "album_name", "playlist_name", *features]
    rows = [
        [spotify(n), f"Song {n}", f"Artist {n}", f"Album {n}", "Mörning", 0.5, 0.4, -7.5, 0.3, 120.5, n % 12, n % 2]
        for n in range(SONGS)
    ]
    return _table([head, *rows])


def _bundle() -> Example:
    rng = np.random.default_rng(0)
    vectors = io.BytesIO()
    np.save(vectors, rng.standard_normal((SONGS, 8)).astype(np.float32))
    head: list[object] = ["index", "ids", "artist", "genre", "name", "subgenres"]
    rows = [[n, spotify(n), f"Artist {n}", "funk / soul", f"Song {n}", "['a---b' 'c']"] for n in range(SONGS)]
    return Example("bundle", "payload.csv", _table([head, *rows]), Song, {"sound.npy": vectors.getvalue()})


def _npz() -> bytes:
    made = io.BytesIO()
    ids = np.array([spotify(n) for n in range(SONGS)])
    np.savez(made, id=ids, title=np.array([f"Song {n}" for n in range(SONGS)]), vectors=np.eye(SONGS, 8) + 1)
    return made.getvalue()


def _parquet() -> bytes:
    import pyarrow
    from pyarrow import parquet

    made = io.BytesIO()
    columns = {
        "title": [f"Song {n}" for n in range(SONGS)],
        "artist": [f"Artist {n}" for n in range(SONGS)],
        "genres": [["folk", "jazz"]] * SONGS,
        "tempo": [100.0 + n for n in range(SONGS)],
    }
    parquet.write_table(pyarrow.table(columns), made)
    return made.getvalue()


_HOST: Final = "https://music.example.org"

EXAMPLES: Final = (
    _catalog(),
    Example("million", "mpd.slice.0-2.json", _million(), Listing, closed=True),
    Example("audiomuse", "sync.json", _audiomuse(), Song, closed=True),
    Example("labels", "labels.json", _labels(), Song, closed=True),
    Example("listenbrainz", "1.jsonl", _listens(), Heard),
    Example("listenbrainz", "feedback.jsonl", _feedback(), Voted),
    Example("jspf", "weekly.jspf", _jspf(), Listing, closed=True),
    Example("xspf", "late.xspf", _xspf(), Listing, closed=True),
    Example("pls", "radio.pls", _pls(), Listing),
    Example("m3u", "drive.m3u8", _m3u(), Listing),
    Example("corrections", "by hand.csv", _corrections(), Correction),
    Example("votes", "votes.csv", _votes(), Voted),
    Example("lastfm", "recenttracks.csv", _scrobbles(), Heard),
    Example("lastfm", "me.csv", _bare_scrobbles(), Heard),
    Example("albums", "albums.csv", _albums(), Album),
    Example("exportify", "Evening.csv", "\n".join([A, *map(row_a, range(SONGS)), ""]).encode(), Listing),
    _bundle(),
    Example("bundle", "vectors.npz", _npz(), Song, closed=True),
    Example("songs", "features.csv", _songs(), Song),
    Example("songs", "songs.parquet", _parquet(), Song, closed=True),
    Example("urls", "addresses.txt", "".join(f"{_HOST}/{n}.mp3\n" for n in range(SONGS)).encode(), Song),
    Example("urls", "addresses.csv", _table([["url", "title"], *([f"{_HOST}/{n}.ogg", n] for n in range(9))]), Song),
    Example("text_list", "songs.txt", "".join(f"Artist {n} – Söng {n}\n" for n in range(SONGS)).encode(), Listing),
)
ADDRESSES: Final = {
    "streaming": ("spotify:track:39ncDMVidHOeQgeC5anYZM", "https://open.spotify.com/playlist/37i9dQZF1DX0XUsuxWHRQd"),
    "bucket": ("s3://my-music/rock",),
    "urls": (f"{_HOST}/a.mp3",),
}
"""Addresses by the kind that they are of."""


def garbage(seed: int, size: int = 3000) -> bytes:
    """Bytes without sense."""
    return random.Random(seed).randbytes(size)
