"""Imports: tables with vectors, slices of a million playlists, tables of audio features; all made up, in their schemas.

**import** A table of 11,294 songs with 2048 numbers each, until it can be searched (reading, matching, storing, writing the
search index) and until its names are read, too, and then whether every one of them finds others and never itself. Slices of 1,000
playlists of 66 songs, some songs in very many of them: playlists a minute, and what memory does from one slice to many.
A table of 100,000 songs with audio features: rows a second of reading alone and with all that is stored. Names read by
the text encoder a second. Names found while they are typed, in the library that this makes.
"""

from __future__ import annotations

import csv
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from songkin import config as settings
from songkin.benchmark import synthetic
from songkin.benchmark.figures import Figure, Target, median
from songkin.benchmark.processes import cpu_and_wall, crowd, songkin, task
from songkin.benchmark.setup import Setup
from songkin.encoders import text_encoder, weights
from songkin.errors import SongkinError
from songkin.models import Query, Track
from songkin.records import CONTINUOUS, Song
from songkin.search.lookup import lookup
from songkin.search.seeds import fitted, seed_of
from songkin.search.similar import similar
from songkin.sources import songs
from songkin.sources.given import Given, Options
from songkin.store import catalog_file, open_vectors
from songkin.store.catalog import Catalog
from songkin.text import describe

TABLE: Final = 11_294
DIM: Final = 2048
FEATURED: Final = 100_000
SLICES: Final = 6
LISTS: Final = 1_000
SONGS: Final = 66
_IDS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def import_(setup: Setup) -> list[Figure]:
    """What imports take."""
    share = 50 if setup.quick else 1
    return [
        *_with_vectors(setup, TABLE // share),
        *_slices(setup, 2 if setup.quick else SLICES, LISTS // share),
        *_features(setup, FEATURED // share),
    ]


def _made(n: int) -> Iterator[Track]:
    return (track for block in synthetic.blocks(n) for track in block.tracks)


# A table with vectors ------------------------------------------------------------------------------------------------


def _with_vectors(setup: Setup, n: int) -> list[Figure]:
    setup.say(f"import: {n:,} songs with {DIM} numbers each")
    folder = setup.scratch / "vectors"
    folder.mkdir()
    _payload(folder / "payload.csv", n)
    np.save(folder / "vectors.npy", np.random.default_rng(1).standard_normal((n, DIM), dtype=np.float32))
    library = setup.scratch / "with-vectors"
    words = ("import", "--json", "--no-pull", str(folder / "payload.csv"), "--vectors", str(folder / "vectors.npy"))
    read = weights.installed(text_encoder("minilm", setup.cache).spec, setup.cache)
    started, began = songkin(library, setup.cache, *words), cpu_and_wall()[1]
    while started.runs() and not _searchable(library, n):
        time.sleep(0.25)
    searchable = cpu_and_wall()[1] - began
    ended = started.end()
    found = json.loads(ended.output)
    names = "names read, too" if read else "names not read: no weights here"
    figures = [
        Figure(
            "import",
            f"{n:,} rows with {DIM} numbers: until they can be searched",
            "s",
            searchable,
            target=Target(most=30.0, of="ours"),
            note=f"{found['added']:,} added; by words, by song and by vectors; {crowd()}",
        ),
        Figure(
            "import",
            f"{n:,} rows with {DIM} numbers: to the end of the command",
            "s",
            ended.wall,
            note=f"CPU {ended.cpu:.1f} s; {names}",
        ),
    ]
    return [*figures, _each(setup, library, n), *([_names_read(setup, library)] if read else [])]


def _searchable(library: Path, n: int) -> bool:
    """Whether the search index of a library that another process fills holds ``n`` songs."""
    if not catalog_file(library).exists():
        return False
    try:
        with Catalog(catalog_file(library), readonly=True) as catalog:
            return catalog.indexed_count() == n
    except SongkinError:  # it is just being made
        return False


def _each(setup: Setup, library: Path, n: int) -> Figure:
    """Ask for the neighbours of every song."""

    wrong, spent = 0, []
    config = settings.load({"library": str(library), "cache": str(setup.cache)}, environ={})
    with Catalog(catalog_file(library)) as catalog, open_vectors(catalog, config) as vectors:
        statistics = fitted(catalog)
        for track in catalog.all_tracks():
            began = cpu_and_wall()[0]
            seed = seed_of(catalog, config, track, statistics)
            hits = similar(catalog, vectors, seed, Query(limit=10), statistics)
            spent.append(1000 * (cpu_and_wall()[0] - began))
            wrong += len(hits) != 10 or any(hit.track.id == track.id for hit in hits)
    return Figure(
        "import",
        f"similar of each of {n:,} songs: answers that are too short or hold the song itself",
        ours=float(wrong),
        target=Target(most=0.0, of="ours"),
        note=f"CPU {median(spent):.0f} ms a question",
    )


def _names_read(setup: Setup, library: Path) -> Figure:
    with Catalog(catalog_file(library)) as catalog:
        texts = [describe(track) for track in catalog.all_tracks(limit=1000)]
    encoder = text_encoder("minilm", setup.cache)
    encoder.encode(texts[:1])
    before = cpu_and_wall()
    encoder.encode(texts)
    cpu, wall = (now - then for now, then in zip(cpu_and_wall(), before, strict=True))
    return Figure(
        "import",
        "names read by the text encoder",
        "/s",
        len(texts) / wall,
        target=Target(least=200.0, of="ours"),
        note=f"{len(texts) / cpu:.0f} a CPU second; {sum(map(len, texts)) / len(texts):.0f} characters each; {crowd()}",
    )


# Slices of a million playlists ---------------------------------------------------------------------------------------


def _slices(setup: Setup, slices: int, lists: int) -> list[Figure]:
    setup.say(f"import: {slices} slices of {lists:,} playlists")
    folder = setup.scratch / "slices"
    folder.mkdir()
    pool = [_mpd_song(track) for track in _made(20_000)]
    for number in range(slices):
        _slice(folder / f"mpd.slice.{number * lists}-{(number + 1) * lists - 1}.json", pool, number * lists, lists)
    files = sorted(str(path) for path in folder.iterdir())
    one, many = (_import(setup, files[:count], f"slices-{count}") for count in (1, slices))
    minute = 60 * (slices - 1) * lists / max(many["cpu"] - one["cpu"], 1e-3)
    return [
        Figure(
            "import",
            "playlists a minute",
            "/min",
            minute,
            target=Target(least=10_000.0, of="ours"),
            note=f"by CPU seconds; the slices after the first, {SONGS} songs a list, before names are read; {crowd()}",
        ),
        Figure(
            "import",
            f"peak memory of {slices} slices / of one",
            "MB",
            many["peak"],
            one["peak"],
            many["peak"] / one["peak"],
            Target(most=1.2),
            f"{slices * lists:,} playlists",
        ),
    ]


def _import(setup: Setup, files: list[str], name: str) -> dict[str, float]:
    given = {"files": files, "library": str(setup.scratch / name)}
    found: dict[str, float] = json.loads(task("importing_peak", given).end().output)
    return found


def _mpd_song(track: Track) -> dict[str, Any]:
    seed = random.Random(track.id)  # noqa: S311 - nothing secret
    return {
        "artist_name": track.artists[0],
        "track_uri": f"spotify:track:{''.join(seed.choices(_IDS, k=22))}",
        "track_name": track.title,
        "duration_ms": 200_000,
        "album_name": track.album,
    }


def _slice(path: Path, pool: list[dict[str, Any]], first: int, lists: int) -> None:
    chance = np.random.default_rng(first)
    made = []
    for pid in range(first, first + lists):
        chosen = np.minimum(len(pool) - 1, (len(pool) * chance.random(SONGS) ** 3).astype(int))
        tracks = [{"pos": pos, **pool[place]} for pos, place in enumerate(chosen)]
        made.append({"name": f"list {pid}", "pid": pid, "num_tracks": SONGS, "num_followers": 1, "tracks": tracks})
    path.write_text(json.dumps({"info": {"slice": f"{first}-{first + lists - 1}"}, "playlists": made}))


# A table of audio features -------------------------------------------------------------------------------------------


def _features(setup: Setup, n: int) -> list[Figure]:
    setup.say(f"import: a table of {n:,} songs")
    path = setup.scratch / "features.csv"
    _feature_table(path, n)
    cpu = cpu_and_wall()[0]
    read = sum(isinstance(record, Song) for record in songs.read(Given(str(path)), Options()))
    cpu = cpu_and_wall()[0] - cpu
    stored = _import(setup, [str(path)], "features")
    return [
        Figure("import", f"{read:,} rows with features, read", "/s", read / cpu, note=f"by CPU seconds; {crowd()}"),
        Figure(
            "import",
            f"{n:,} rows with features, read, matched and stored",
            "/s",
            n / stored["cpu"],
            target=Target(least=20_000.0, of="ours"),
            note=f"by CPU seconds, before names are read; {crowd()}",
        ),
        _typed(setup.scratch / "features", n),
    ]


def _typed(library: Path, n: int) -> Figure:
    spent = []
    with Catalog(catalog_file(library)) as catalog:
        tracks = catalog.all_tracks(limit=500)[::10]
        lookup(catalog, "warm up")
        for track in tracks:
            for text in (track.title[:3], track.title[1:], f"{track.artist} {track.title[:2]}"):
                began = cpu_and_wall()[1]
                lookup(catalog, text)
                spent.append(1000 * (cpu_and_wall()[1] - began))
    return Figure(
        "import",
        f"a name being typed, among {n:,} songs",
        "ms",
        median(spent),
        target=Target(most=100.0, of="ours"),
        note=f"p50; worst {max(spent):.0f} ms; beginnings, first letters missing, artist and title; {crowd()}",
    )


def _feature_table(path: Path, n: int) -> None:
    chance = random.Random(1)  # noqa: S311 - nothing secret
    columns = (
        "track_id",
        "track_name",
        "track_artist",
        "track_album_name",
        "playlist_genre",
        "duration_ms",
        "mode",
        "key",
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([*columns, *CONTINUOUS])
        for number, track in enumerate(_made(n)):
            identity = "".join(chance.choices(_IDS, k=22))
            told = [identity, track.title, track.artists[0], track.album, track.genres[0], 200_000 + number]
            table.writerow([*told, number % 2, number % 12, *(f"{chance.random():.4f}" for _ in CONTINUOUS)])


def _payload(path: Path, n: int) -> None:
    chance = random.Random(2)  # noqa: S311 - nothing secret
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["index", "ids", "artist", "genre", "name", "subgenres", "urls", "artist_song", "photos"])
        for number, track in enumerate(_made(n)):
            identity = "".join(chance.choices(_IDS, k=22))
            artist, genre = track.artists[0], track.genres[0]
            about = (f"['{genre}---a' '{genre}---b']", "", f"{artist} - {track.title}", "")
            table.writerow([number, identity, artist, genre, track.title, *about])
