"""Recommendations: playlist-kNN of 100,000 made-up playlists, and songs that go with 50 others.

**recommend** Playlists of some fifty songs drawn from 680,000, few of them in very many lists (5 million places): to fit
is to count, and to ask is for lists near to 25 songs and what these say of every song. Then the neighbours of 50 songs of
a made-up library, several tastes of them, as ``songkin recommend`` asks for them: candidates and scores, without reading
the wish and writing the reasons; those of 10,000 likewise; and the memory of the whole command.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from songkin import config as settings
from songkin.benchmark import synthetic
from songkin.benchmark.figures import Figure, Target, median, percentile
from songkin.benchmark.processes import cpu_and_wall, crowd, songkin
from songkin.benchmark.setup import Setup
from songkin.models import Query
from songkin.recommending.crowd import Crowd
from songkin.recommending.gathered import Gathered
from songkin.recommending.names import Names
from songkin.recommending.recommend import candidates
from songkin.recommending.wishes import Wish
from songkin.store import catalog_file, open_vectors
from songkin.store.catalog import Catalog

LISTS: Final = 100_000
SONGS: Final = 680_000
PLACES: Final = 50
SEEDS: Final = 50
MANY: Final = 10_000
ASKED: Final = 25
QUESTIONS: Final = 40


def recommend(setup: Setup) -> list[Figure]:
    """What recommendations take."""
    return [*_crowd(setup, LISTS // (50 if setup.quick else 1)), *_content(setup, 300 if setup.quick else setup.tracks)]


def made(lists: int, songs: int) -> Crowd:
    """Made-up playlists."""
    rng = np.random.default_rng(0)
    drawn = np.sort((songs * rng.random((lists, PLACES)) ** 3).astype(np.int32), axis=1)
    first = np.ones_like(drawn, bool)
    first[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
    starts = np.concatenate([[0], np.cumsum(first.sum(axis=1))]).astype(np.int64)
    return Crowd(starts, drawn[first], (np.arange(songs) // 10).astype(np.int32))


def _crowd(setup: Setup, lists: int) -> list[Figure]:
    setup.say(f"recommend: {lists:,} playlists")
    crowd_ = made(lists, SONGS * lists // LISTS)
    before = cpu_and_wall()[0]
    crowd_.fit()
    fit = cpu_and_wall()[0] - before
    rng, spent = np.random.default_rng(1), []
    for number in range(QUESTIONS):
        seeds = rng.permutation(crowd_.songs_of(number))[:ASKED]
        before = cpu_and_wall()[0]
        crowd_.votes(crowd_.near({int(song): 1.0 for song in seeds}))
        spent.append(1000 * (cpu_and_wall()[0] - before))
    held = sum(array.nbytes for array in (crowd_.songs, crowd_.starts, crowd_.artist, crowd_.count, crowd_.idf))
    note = f"{len(crowd_.songs):,} places, {len(crowd_.artist):,} songs; {(2 * held) / 1e6:.0f} MB of arrays; {crowd()}"
    return [
        Figure("recommend", f"{lists:,} playlists: fit, CPU", "s", fit, target=Target(most=1.0, of="ours"), note=note),
        Figure(
            "recommend",
            f"{lists:,} playlists: a question of {ASKED} songs, CPU",
            "ms",
            median(spent),
            target=Target(most=25.0, of="ours"),
            note=f"p50 of {QUESTIONS}; p99 {percentile(spent, 99):.0f} ms",
        ),
    ]


def _content(setup: Setup, n: int) -> list[Figure]:
    setup.say(f"recommend: {n:,} songs")
    folder = setup.scratch / "recommend"
    folder.mkdir(parents=True)
    config = settings.load({"library": str(folder), "cache": str(setup.cache)}, environ={})
    with Catalog(catalog_file(folder)) as catalog:
        synthetic.fill_catalog(catalog, config, n)
        synthetic.fill_index(catalog, config, n)
        ids = catalog.ids()
        nobody = Gathered(
            Crowd(np.zeros(1, np.int64), np.zeros(0, np.int32), np.arange(len(ids), dtype=np.int32)), ids, [], []
        )
        with open_vectors(catalog, config, exclusive=True) as store:
            store.optimize()

            def asked(seeds: int, times: int) -> tuple[list[float], list[float]]:
                """Milliseconds of CPU and of the clock."""
                rng, spent = np.random.default_rng(2), []
                for _ in range(times):
                    chosen = rng.choice(len(ids), min(seeds, len(ids) // 2), replace=False)
                    liked = dict.fromkeys((ids[int(place)] for place in chosen), 1.0)
                    before = cpu_and_wall()
                    candidates(catalog, store, nobody, Names((), None), Wish(liked, without=set(liked)), Query())
                    spent.append([1000 * (now - then) for now, then in zip(cpu_and_wall(), before, strict=True)])
                cpu, wall = ([each[place] for each in spent] for place in (0, 1))
                return cpu, wall

            figures = [_asked(n, SEEDS, asked(SEEDS, QUESTIONS // 2), 50.0), _asked(n, MANY, asked(MANY, 3), 3000.0)]
    return [*figures, _memory(setup, folder, n, ids[:SEEDS])]


def _asked(n: int, seeds: int, spent: tuple[list[float], list[float]], most: float) -> Figure:
    cpu, wall = spent
    return Figure(
        "recommend",
        f"{n:,} songs: neighbours of {seeds:,} songs",
        "ms",
        median(wall),
        target=Target(most=most, of="ours"),
        note=f"p50; p99 {percentile(wall, 99):.0f} ms, CPU {median(cpu):.0f} ms; {crowd()}",
    )


def _memory(setup: Setup, folder: Path, n: int, liked: Sequence[str]) -> Figure:
    words = [word for song in liked for word in ("--like", song)]
    ended = songkin(folder, setup.cache, "recommend", *words, "--json").end()
    what = f"{n:,} songs: peak memory of `songkin recommend`"
    note = f"{len(liked)} songs liked, pages of the search index that are read included; {ended.cpu:.1f} s of CPU"
    return Figure("recommend", what, "MB", ended.peak, note=note)
