"""Questions for names: what people type who know what they want, cut from a table of real songs.

The table is read as it is published: a CSV (maybe gzipped) with the columns ``ids``, ``artist``, ``name``, ``genre`` and
``subgenres`` ("['blues---electric blues']"). All questions are drawn by a seed and every song that fits is right.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from songkin.errors import SourceError
from songkin.evaluation.words_shelves import song
from songkin.models import Track
from songkin.text import fold

TABLE: Final = Path("songs") / "ludwig_payload.csv.gz"
"""Where the table lies in a folder of data."""
COLUMNS: Final = ("ids", "artist", "name", "genre", "subgenres")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_SUBGENRE: Final = re.compile(r"---([^'\"\]]+)")
_SMALL: Final[frozenset[str]] = frozenset().union(
    ("the", "and", "for", "you", "your", "with", "from", "all", "but", "out", "off", "not", "when", "what", "where"),
    ("why", "how", "who", "this", "that", "before", "are"),
    ("feat", "remix", "version", "remastered", "live", "mix", "edit"),
)
"""Words that nobody remembers of a title."""
_LEAST_OF_GENRE: Final = 10
_LEAST_LETTERS: Final = 6

Draw = Callable[[Track], "NameTopic | None"]


@dataclass(frozen=True, slots=True)
class NameTopic:
    """A question and the ids of all songs that it can mean."""

    text: str
    group: str
    right: frozenset[str]


def read(path: Path) -> list[Track]:
    """The songs of a table. Raises ``SourceError`` if it cannot be read or lacks a column."""
    try:
        data = path.read_bytes()
        plain = gzip.decompress(data) if path.suffix == ".gz" else data
        rows = csv.DictReader(io.StringIO(plain.decode("utf-8")))
        lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if lacking:
            raise SourceError(f"{path} has no column {', '.join(lacking)}.", remedy="Name the table of songs itself.")
        return [
            song(row["ids"], row["artist"], row["name"], [row["genre"], *_SUBGENRE.findall(row["subgenres"])])
            for row in rows
            if row["name"]
        ]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read: {error}.", remedy="Check the file.") from error


def questions(tracks: Sequence[Track], seed: int, each: int = 80) -> list[NameTopic]:
    """Up to ``each`` questions of every group, no song asked for twice."""
    rng = np.random.default_rng(seed)
    cut = _Cutter(tracks, rng)
    order: Iterator[Track] = (tracks[i] for i in rng.permutation(len(tracks)))
    found: list[NameTopic] = []
    for draw in (cut.title, cut.artist, cut.misspelt_artist, cut.artist_and_word, cut.two_words):
        made: list[NameTopic] = []
        while len(made) < each and (track := next(order, None)) is not None:
            if topic := draw(track):
                made.append(topic)
        found += made
    return [*found, *cut.genres(each)]


class _Cutter:
    def __init__(self, tracks: Sequence[Track], rng: np.random.Generator) -> None:
        self.rng = rng
        self.words = {track.id: frozenset(fold(track.title).split()) for track in tracks}
        self.by_title: dict[str, set[str]] = {}
        self.by_artist: dict[str, set[str]] = {}
        self.by_genre: dict[str, set[str]] = {}
        for track in tracks:
            self.by_title.setdefault(fold(track.title), set()).add(track.id)
            self.by_artist.setdefault(fold(track.artist), set()).add(track.id)
            for genre in track.genres:
                self.by_genre.setdefault(genre, set()).add(track.id)

    def title(self, track: Track) -> NameTopic:
        return NameTopic(track.title, "title", frozenset(self.by_title[fold(track.title)]))

    def artist(self, track: Track) -> NameTopic:
        return NameTopic(track.artist, "artist", frozenset(self.by_artist[fold(track.artist)]))

    def misspelt_artist(self, track: Track) -> NameTopic | None:
        if len(fold(track.artist)) < _LEAST_LETTERS:
            return None
        right = frozenset(self.by_artist[fold(track.artist)])
        return NameTopic(misspelt(track.artist.casefold(), self.rng), "misspelt artist", right)

    def artist_and_word(self, track: Track) -> NameTopic | None:
        content = self._content(track)
        if len(content) < 2:
            return None
        word = str(self.rng.choice(content))
        right = {i for i in self.by_artist[fold(track.artist)] if word in self.words[i]}
        return NameTopic(f"{track.artist} {word}", "artist and a word", frozenset(right))

    def two_words(self, track: Track) -> NameTopic | None:
        content = self._content(track)
        if len(content) < 3:
            return None
        pair = [str(word) for word in self.rng.choice(content, 2, replace=False)]
        return NameTopic(
            " ".join(pair),
            "two words of a title",
            frozenset(i for i, there in self.words.items() if there.issuperset(pair)),
        )

    def genres(self, most: int) -> list[NameTopic]:
        known = sorted(genre for genre, ids in self.by_genre.items() if len(ids) >= _LEAST_OF_GENRE)
        drawn = self.rng.permutation(len(known))[:most]
        return [NameTopic(known[i], "genre", frozenset(self.by_genre[known[i]])) for i in drawn]

    def _content(self, track: Track) -> list[str]:
        return [word for word in fold(track.title).split() if len(word) > 2 and word not in _SMALL and word.isalpha()]


def misspelt(name: str, rng: np.random.Generator) -> str:
    """The name with one or two slips: a letter too many, too few, wrong, or two swapped."""
    made = name
    while made == name:
        made = _slipped(name, int(rng.integers(1, 3)), rng)
    return made


def _slipped(name: str, slips: int, rng: np.random.Generator) -> str:
    letters = list(name)
    for _ in range(slips):
        place = int(rng.integers(len(letters) - 1))
        slip, letter = int(rng.integers(4)), str(rng.choice(list(_LETTERS)))
        if slip == 0:
            letters.insert(place, letter)
        elif slip == 1:
            del letters[place]
        elif slip == 2:
            letters[place] = letter
        else:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)
