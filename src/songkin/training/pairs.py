"""Questions and the albums they mean, to train a text encoder on.

Albums are dealt into ``train``, ``dev`` and ``test`` by their names alone, so that no later import moves one. A question is
the one that came with an album, now and then without a word or two, or words drawn from its review, rare ones oftener:
people remember an album by what is said of it alone.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from songkin.models import AlbumNote
from songkin.shelves import Judged
from songkin.text import describe_album

SHARES: Final[Mapping[str, float]] = {"train": 0.7, "dev": 0.1, "test": 0.2}
_WORD: Final = re.compile(r"[^\W\d_][\w'-]{2,}")
_GIVEN: Final = 0.5
"""How often an album is asked for by the question that came with it."""
_GENRE: Final = 0.4
_WORDS: Final = (3, 7)
_SMOOTH: Final = 5


def part_of(album: AlbumNote, seed: int = 0) -> str:
    """``train``, ``dev`` or ``test``."""
    name = f"{seed}|{'; '.join(album.artists).casefold()}|{album.title.casefold()}"
    drawn = int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()) / 2**64
    for part, share in SHARES.items():
        if drawn < share:
            return part
        drawn -= share
    return "test"


class Questions:
    """Draws questions for albums. ``seed`` decides which."""

    def __init__(self, albums: Sequence[Judged], seed: int = 0) -> None:
        self.albums = albums
        self._random = random.Random(seed)  # noqa: S311 - it draws words and guards nothing
        self._words = [sorted(set(_WORD.findall(each.album.review.lower()))) for each in albums]
        often = Counter(word for words in self._words for word in words)
        self._weights = [[1.0 / (_SMOOTH + often[word]) for word in words] for words in self._words]

    def usable(self, n: int) -> bool:
        """Whether anything can be asked for this album."""
        return bool(self.albums[n].query or len(self._words[n]) >= _WORDS[0])

    def draw(self, n: int) -> str:
        """A question that means album ``n``."""
        given = self.albums[n].query.split()
        if given and (self._random.random() < _GIVEN or len(self._words[n]) < _WORDS[0]):
            self._random.shuffle(given)
            return " ".join(given[: max(2, len(given) - self._random.randint(0, 2))])
        chosen = set(self._random.choices(self._words[n], self._weights[n], k=self._random.randint(*_WORDS)))
        genres = self.albums[n].album.genres
        if genres and self._random.random() < _GENRE:
            chosen.add(self._random.choice(genres).lower())
        words = sorted(chosen)
        self._random.shuffle(words)
        return " ".join(words)

    def shuffled(self, which: Sequence[int]) -> list[int]:
        """Albums in another order."""
        order = list(which)
        self._random.shuffle(order)
        return order


def documents(albums: Sequence[Judged]) -> list[str]:
    """What an encoder reads of each album: as it is indexed."""
    return [describe_album(each.album) for each in albums]


def hardest(order: Sequence[int], own: int, genres: Sequence[frozenset[str]]) -> int:
    """The album that stands first for a question and is not the one meant, of one of its genres if there is one."""
    others = [n for n in order if n != own]
    return next((n for n in others if genres[n] & genres[own]), others[0])
