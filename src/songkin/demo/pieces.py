"""Songkin's own music: some forty short pieces of many kinds, played by programs, and any number more on demand.

Every piece is made from its kind, tempo, key and a seed; the same arguments give the same samples. Titles and artists
are made up. ``make_pieces`` is the fixed small library of the demo and the tests, with two pieces of most kinds, so that
"similar to this" has a right answer. ``make_piece`` makes others, for measuring with a known truth.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin.demo.acoustic import ACOUSTIC
from songkin.demo.electric import ELECTRIC
from songkin.demo.score import Score
from songkin.demo.synth import Sound
from songkin.records import PITCH_CLASSES

ARRANGEMENTS: Final[dict[str, Callable[[Score], Sound]]] = {**ACOUSTIC, **ELECTRIC}


@dataclass(frozen=True, slots=True)
class Kind:
    """What pieces of one kind have in common. ``bpm`` is the range they are played at (None: no pulse to find);
    ``key`` says whether one can be heard; ``register`` and ``density`` (notes a second, 0–1) are words for people."""

    genres: tuple[str, ...]
    instruments: tuple[str, ...]
    bpm: tuple[float, float]
    pulse: bool = True
    keyed: bool = True
    modes: tuple[str, ...] = ("major", "minor")
    register: str = "middle"
    density: str = "medium"


KINDS: Final[dict[str, Kind]] = {
    "piano_ballad": Kind(("classical", "ballad"), ("piano",), (58, 76), density="low"),
    "ragtime": Kind(("ragtime",), ("piano",), (92, 120), modes=("major",), density="high"),
    "drum_solo": Kind(("drum solo",), ("drums",), (100, 140), keyed=False, density="high"),
    "war_drums": Kind(("soundtrack",), ("drums",), (96, 126), keyed=False, register="low"),
    "string_ensemble": Kind(("classical",), ("strings",), (56, 72), density="low"),
    "string_quartet": Kind(("classical", "chamber music"), ("violin", "viola", "cello"), (112, 140), density="high"),
    "cello": Kind(("classical",), ("cello",), (56, 76), register="low", density="low"),
    "guitar": Kind(("acoustic", "folk"), ("guitar",), (80, 112)),
    "harp": Kind(("classical", "new age"), ("harp",), (66, 88)),
    "banjo": Kind(("bluegrass", "country"), ("banjo", "bass", "guitar"), (112, 144), modes=("major",), density="high"),
    "choir": Kind(("choral",), ("choir",), (56, 72), density="low"),
    "flute": Kind(("classical",), ("flute", "harp"), (60, 84), register="high", density="low"),
    "organ": Kind(("classical", "church"), ("organ",), (72, 92)),
    "fanfare": Kind(("brass band",), ("trumpet", "trombone", "timpani"), (96, 116), modes=("major",)),
    "music_box": Kind(("children",), ("music box",), (84, 112), modes=("major",), register="high"),
    "church_bells": Kind(("field recording",), ("bells",), (54, 72), modes=("major",), density="low"),
    "sitar": Kind(("indian classical",), ("sitar", "tanpura", "tabla"), (84, 112)),
    "waltz": Kind(("classical", "waltz"), ("strings",), (138, 176)),
    "marching_snare": Kind(("marching band",), ("drums", "flute"), (108, 120), modes=("major",), density="high"),
    "lullaby": Kind(("lullaby",), ("choir", "music box"), (84, 100), modes=("major",), register="high", density="low"),
    "walking_jazz": Kind(("jazz",), ("bass", "drums", "piano"), (126, 176), density="high"),
    "harpsichord": Kind(("baroque", "classical"), ("harpsichord",), (84, 108), density="high"),
    "aria": Kind(("opera",), ("voice", "strings"), (60, 76), register="high", density="low"),
    "techno": Kind(("techno",), ("synthesizer", "drum machine"), (126, 138), modes=("minor",), density="high"),
    "house": Kind(("house",), ("piano", "synthesizer", "drum machine"), (118, 126)),
    "ambient": Kind(("ambient",), ("synthesizer",), (60, 72), pulse=False, density="low"),
    "drone": Kind(("drone", "ambient"), ("synthesizer",), (60, 60), pulse=False, register="low", density="low"),
    "chiptune": Kind(("chiptune",), ("synthesizer",), (126, 160), register="high", density="high"),
    "dub": Kind(("dub", "reggae"), ("bass", "drums", "electric piano"), (132, 148), modes=("minor",), register="low"),
    "metal": Kind(("metal",), ("electric guitar", "drums"), (140, 172), modes=("minor",), density="high"),
    "rock": Kind(("rock",), ("electric guitar", "bass", "drums"), (108, 132)),
    "electro_pop": Kind(("pop", "synthpop"), ("synthesizer", "drum machine"), (104, 124)),
    "hip_hop": Kind(
        ("hip hop",), ("electric piano", "bass", "drum machine"), (82, 96), modes=("minor",), register="low"
    ),
    "drum_and_bass": Kind(("drum and bass",), ("synthesizer", "drums"), (168, 176), modes=("minor",), density="high"),
    "experiment": Kind(("experimental", "noise"), ("synthesizer",), (90, 90), pulse=False, keyed=False),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece. ``bpm`` and ``key`` are None where there is none to hear; ``render`` gives float32 (2, n)."""

    title: str
    artist: str
    album: str
    year: int
    genres: tuple[str, ...]
    kind: str
    instruments: tuple[str, ...]
    bpm: float | None
    key: str | None
    register: str
    density: str
    seconds: float
    render: Callable[[], Sound]


def make_piece(
    kind: str,
    seed: int,
    seconds: float = 20.0,
    bpm: float | None = None,
    key: str | None = None,
    *,
    title: str = "",
    artist: str = "songkin",
    album: str = "Etudes",
    year: int = 2024,
) -> Piece:
    """A piece of one of ``KINDS``; tempo and key are drawn from the seed unless given. Raises ``KeyError``."""
    about = KINDS[kind]
    rng = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    drawn_bpm = float(round(rng.uniform(*about.bpm)))
    drawn_key = f"{rng.choice(PITCH_CLASSES)} {rng.choice(about.modes)}"
    tempo, tonality = bpm or drawn_bpm, key or drawn_key

    def render() -> Sound:
        fresh = np.random.default_rng([zlib.crc32(kind.encode()), seed, 1])
        return ARRANGEMENTS[kind](Score(fresh, seconds, tempo, tonality))

    return Piece(
        title=title or f"{kind.replace('_', ' ').capitalize()} {seed}",
        artist=artist,
        album=album,
        year=year,
        genres=about.genres,
        kind=kind,
        instruments=about.instruments,
        bpm=tempo if about.pulse else None,
        key=tonality if about.keyed else None,
        register=about.register,
        density=about.density,
        seconds=seconds,
        render=render,
    )


# Kind, seed, tempo, key, title. What is None is drawn from the seed.
_Row = tuple[str, int, float | None, str | None, str]
_CATALOGUE: Final[tuple[tuple[str, str, int, tuple[_Row, ...]], ...]] = (
    (
        "Mira Halloway",
        "Letters to Nobody",
        2016,
        (
            ("piano_ballad", 11, 62, "D minor", "The Last Ferry"),
            ("piano_ballad", 12, 70, "F major", "Half Past Never"),
            ("music_box", 11, 92, "G major", "Grandmother's Drawer"),
        ),
    ),
    (
        "Thaddeus Crump",
        "Upright Citizen",
        1927,
        (
            ("ragtime", 11, 96, "C major", "Pickle Barrel Strut"),
            ("ragtime", 12, 112, "Eb major", "Two Left Shoes"),
            ("walking_jazz", 11, 138, "Bb major", "After Closing"),
        ),
    ),
    (
        "Nine Fingers Trio",
        "Smoke and Mirrors",
        1961,
        (
            ("walking_jazz", 12, 164, "F minor", "Elevator to the Moon"),
            ("drum_solo", 11, 112, None, "Bartholomew's Breakfast"),
        ),
    ),
    (
        "Kofi Adane",
        "Hands",
        1988,
        (
            ("drum_solo", 12, 126, None, "Conversation at the Well"),
            ("war_drums", 11, 104, None, "The Hill Before Dawn"),
        ),
    ),
    (
        "Ironvale",
        "Siege of the Seven Gates",
        2012,
        (
            ("war_drums", 12, 122, None, "Hold the Bridge"),
            ("fanfare", 11, 104, "Bb major", "Coronation Day"),
            ("fanfare", 12, 112, "F major", "The Regent Rides Out"),
        ),
    ),
    (
        "Lindqvist Players",
        "Northern Light",
        1994,
        (
            ("string_ensemble", 11, 60, "A minor", "Snow on the Pier"),
            ("string_ensemble", 12, 66, "Eb major", "A Slow Goodbye"),
            ("waltz", 11, 156, "D major", "Turning, Turning"),
            ("waltz", 12, 168, "G minor", "The Count Has Lost His Hat"),
        ),
    ),
    (
        "Quatuor Mirabelle",
        "Opus Something",
        2003,
        (
            ("string_quartet", 11, 116, "G major", "Allegro, More or Less"),
            ("string_quartet", 12, 132, "C minor", "Chase"),
            ("cello", 11, 62, "G major", "Sarabande for an Empty Hall"),
        ),
    ),
    (
        "Elena Duarte",
        "Courtyard",
        1979,
        (
            ("guitar", 11, 88, "E minor", "Orange Blossom"),
            ("guitar", 12, 104, "A major", "The Well and the Swallow"),
        ),
    ),
    (
        "Isolde Fenn",
        "Tidewater",
        2009,
        (
            ("harp", 11, 72, "D major", "Where the River Bends"),
            ("flute", 11, 66, "G major", "Heron"),
            ("flute", 12, 76, "D minor", "A Lamp in the Reeds"),
        ),
    ),
    (
        "The Possum Creek Boys",
        "Porch Light",
        1958,
        (
            ("banjo", 11, 116, "G major", "Chicken on the Roof"),
            ("banjo", 12, 132, "C major", "Cousin Earl Ran Off"),
        ),
    ),
    (
        "St. Brannoc Voices",
        "Vespers",
        1985,
        (
            ("choir", 11, 60, "F major", "Lux in Silva"),
            ("choir", 12, 68, "D minor", "Evening Comes Down"),
            ("organ", 11, 78, "C major", "Voluntary for a Cold Morning"),
            ("church_bells", 11, 60, "C major", "Sunday, Seven O'Clock"),
        ),
    ),
    (
        "Clara Weissenborn",
        "The Glass Theatre",
        1971,
        (
            ("aria", 11, 64, "F major", "O Distant Shore"),
            ("aria", 12, 72, "C major", "He Will Not Write"),
            ("harpsichord", 11, 92, "D major", "Toccata for Miss Pym"),
            ("harpsichord", 12, 104, "G minor", "The Clockmaker's Quarrel"),
        ),
    ),
    (
        "Arvind Salke",
        "Monsoon Evening",
        1974,
        (
            ("sitar", 11, 92, "C major", "First Rain"),
            ("sitar", 12, 104, "D minor", "The Ferryman's Reply"),
        ),
    ),
    (
        "Voltkeller",
        "Stromnetz",
        2018,
        (
            ("techno", 11, 130, "A minor", "Umspannwerk"),
            ("techno", 12, 136, "F minor", "Nachtschicht"),
            ("house", 11, 122, "C minor", "Saturday Came Early"),
        ),
    ),
    (
        "Pale Harbour",
        "Slow Weather",
        2014,
        (
            ("ambient", 11, None, "Eb major", "Fog Signal"),
            ("ambient", 12, None, "A minor", "Everything Is Far Away"),
            ("drone", 11, None, "D minor", "Transformer Hum"),
        ),
    ),
    (
        "BITSPROUT",
        "Game Over, Insert Coin",
        1990,
        (
            ("chiptune", 11, 140, "C major", "World 1-2"),
            ("chiptune", 12, 154, "E minor", "Boss Has Wings"),
        ),
    ),
    (
        "Papa Cutlass",
        "Version Excursion",
        1977,
        (
            ("dub", 11, 140, "A minor", "Echo Lane"),
            ("hip_hop", 11, 88, "D minor", "Corner Store Philosophy"),
        ),
    ),
    (
        "Gravemill",
        "Rust Cathedral",
        2007,
        (
            ("metal", 11, 148, "E minor", "Anvil Sermon"),
            ("metal", 12, 164, "D minor", "Teeth of the Furnace"),
            ("rock", 11, 124, "A major", "Highway Without Signs"),
        ),
    ),
    (
        "Lullay",
        "Goodnight, Small Bear",
        2011,
        (
            ("lullaby", 11, 90, "F major", "The Moon Has Shoes On"),
            ("music_box", 12, 104, "C major", "Snowglobe"),
        ),
    ),
)
_SECONDS: Final = 16.0


def make_pieces() -> tuple[Piece, ...]:
    """The fixed library: some fifty pieces of 16 seconds, always the same, in the order of their albums."""
    return tuple(
        make_piece(kind, seed, _SECONDS, bpm, key, title=title, artist=artist, album=album, year=year)
        for artist, album, year, rows in _CATALOGUE
        for kind, seed, bpm, key, title in rows
    )
