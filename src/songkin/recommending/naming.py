"""What groups are called: by what is told of them oftener than of the rest.

Of each song or playlist some things are known: tags that were heard, what a table's features say ("calm", "acoustic"), genres,
words of the playlists it stands in, words of titles. A word is typical of a group where the log of its odds there, over
those elsewhere, is sure to be above chance (Monroe, Colaresi and Quinn, "Fightin' Words", 2008, with half a thing added to
each count); the surest come first. Tags and features are typical where their mean in the group is well above the library's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from songkin import spaces
from songkin.encoders.musicnn import TAGS
from songkin.models import Track
from songkin.recommending.kmeans import Labels
from songkin.records import CONTINUOUS
from songkin.spaces import Matrix
from songkin.text import fold

WORDS: Final = 6
"""Words that are told of a group at most; its name is made of the first ``NAMED`` of them."""
NAMED: Final = 3
SURE: Final = 1.96
_KINDS: Final = {"genre": (3, 0.04), "list": (2, 0.04), "title": (2, 0.03)}
"""How many words of each kind at most, and the share of a group that must have one."""
_TAGS: Final = 3
_HEARD: Final = 0.1
_ABOVE: Final = {"tag": 0.4, "feature": 0.6}
"""How many deviations above the library's mean a group's is, for it to be said."""
_FEATURES: Final = 3
SAID: Final[Mapping[str, tuple[str, str]]] = {
    "danceability": ("danceable", "not danceable"),
    "energy": ("energetic", "calm"),
    "loudness": ("loud", "quiet"),
    "speechiness": ("spoken", ""),
    "acousticness": ("acoustic", "electric"),
    "instrumentalness": ("instrumental", ""),
    "liveness": ("live", ""),
    "valence": ("cheerful", "gloomy"),
    "tempo": ("fast", "slow"),
}
"""What is said of much and of little of a feature; nothing where little is the rule."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a song or a playlist: ``words`` by kind, ``tags`` float32 (100,) and ``features`` by name."""

    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tags: Matrix | None = None
    features: Mapping[str, float] = field(default_factory=dict)


def of_track(track: Track, tags: Matrix | None, lists: Iterable[str]) -> Told:
    """What is known of a song. ``lists`` are the names of playlists that it is in."""
    words = {
        "genre": frozenset(name.lower() for name in (*track.genres, *track.subgenres) if name.strip()),
        "list": frozenset(word for name in lists for word in _worded(name)),
        "title": frozenset(_worded(track.title)),
    }
    return Told(words, tags, track.table_features)


def of_songs(name: str, songs: Sequence[Told]) -> Told:
    """What is known of a playlist: its name, what a fifth of its songs have, and means of the rest."""
    least = max(1, math.ceil(len(songs) / 5))
    genres = Counter(word for song in songs for word in song.words.get("genre", ()))
    heard = [song.tags for song in songs if song.tags is not None]
    features = {}
    for feature in CONTINUOUS:
        values = [song.features[feature] for song in songs if feature in song.features]
        if values:
            features[feature] = float(np.mean(values))
    words = {
        "genre": frozenset(word for word, count in genres.items() if count >= least),
        "list": frozenset(_worded(name)),
    }
    return Told(words, np.mean(heard, axis=0).astype(np.float32) if heard else None, features)


def _worded(text: str) -> Iterable[str]:
    return (word for word in fold(text).split() if len(word) > 2 and not word.isdigit())


def typical(told: Sequence[Told], labels: Labels, k: int, *, features_first: bool = False) -> list[tuple[str, ...]]:
    """For each of ``k`` groups at most ``WORDS`` words, the most telling first. ``labels`` are those of ``told``."""
    tags = _tags(told, labels, k)
    features = _features(told, labels, k)
    first, second = (features, tags) if features_first else (tags, features)
    kinds = {kind: _words(told, labels, k, kind) for kind in _KINDS}
    found = []
    for number in range(k):
        picked = [*first[number], *kinds["genre"][number]]
        if len(picked) < NAMED:
            picked += kinds["list"][number]
        if len(picked) < NAMED:
            picked += second[number]
        if len(picked) < 2:
            picked += kinds["title"][number]
        found.append(tuple(dict.fromkeys(picked))[:WORDS])
    return found


def names(words: Sequence[Sequence[str]], what: str) -> list[str]:
    """A name for each group, no two alike: its first words, more of them where that is needed, else a number too."""
    made: list[str] = []
    for number, mine in enumerate(words, start=1):
        some = [" · ".join(mine[:count]) for count in range(min(NAMED, len(mine)), len(mine) + 1)] if mine else []
        fallback = f"{some[0]} ({number})" if some else f"{what} {number}"
        made.append(next((name for name in some if name not in made), fallback))
    return made


def _words(told: Sequence[Told], labels: Labels, k: int, kind: str) -> list[list[str]]:
    most, share = _KINDS[kind]
    inside: list[Counter[str]] = [Counter() for _ in range(k)]
    for each, label in zip(told, labels, strict=True):
        inside[label].update(each.words.get(kind, ()))
    everywhere: Counter[str] = Counter()
    for counted in inside:
        everywhere.update(counted)
    sizes, n = np.bincount(labels, minlength=k), len(told)
    found = []
    for number, counted in enumerate(inside):
        least = max(2, share * sizes[number])
        surety = {
            word: _surety(count, int(sizes[number]), everywhere[word] - count, n - int(sizes[number]))
            for word, count in counted.items()
            if count >= least
        }
        order = sorted((word for word in surety if surety[word] >= SURE), key=lambda word: (-surety[word], word))
        found.append(order[:most])
    return found


def _surety(inside: int, size: int, outside: int, rest: int) -> float:
    """How many deviations the log odds of a word in a group lie above those elsewhere; its count where there is no
    elsewhere."""
    if not rest:
        return float(inside)
    counts = np.array([inside, size - inside, outside, rest - outside]) + 0.5
    odds = math.log(counts[0] / counts[1]) - math.log(counts[2] / counts[3])
    return odds / math.sqrt(float((1 / counts).sum()))


def _tags(told: Sequence[Told], labels: Labels, k: int) -> list[list[str]]:
    having = [number for number, each in enumerate(told) if each.tags is not None]
    found: list[list[str]] = [[] for _ in range(k)]
    if not having:
        return found
    heard = np.stack([told[number].tags for number in having])  # type: ignore[misc]
    above, means = _above(spaces.logits(heard), labels[having], k), _means(heard, labels[having], k)
    for number in range(k):
        order = np.argsort(-above[number] if k > 1 else -means[number], kind="stable")
        enough = [t for t in order if means[number, t] >= _HEARD and (k == 1 or above[number, t] >= _ABOVE["tag"])]
        found[number] = list(dict.fromkeys(TAGS[t].lower() for t in enough))[:_TAGS]
    return found


def _features(told: Sequence[Told], labels: Labels, k: int) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(k)]
    said: list[list[tuple[float, str]]] = [[] for _ in range(k)]
    for name, (much, little) in SAID.items():
        having = [n for n, each in enumerate(told) if math.isfinite(each.features.get(name, math.nan))]
        if not having:
            continue
        values = np.array([[told[n].features[name]] for n in having], np.float32)
        for number, (above,) in enumerate(_above(values, labels[having], k)):
            word = much if above > 0 else little
            if word and abs(above) >= _ABOVE["feature"]:
                said[number].append((abs(float(above)), word))
    for number, pairs in enumerate(said):
        found[number] = [word for _, word in sorted(pairs, key=lambda pair: (-pair[0], pair[1]))][:_FEATURES]
    return found


def _above(values: Matrix, labels: Labels, k: int) -> Matrix:
    """How many deviations each group's mean lies above that of all, (k, d); 0 where the group has none."""
    spread = values.std(axis=0, dtype=np.float64)
    means = _means(values, labels, k)
    counts = np.bincount(labels, minlength=k)[:, None]
    return np.where(counts > 0, (means - values.mean(axis=0, dtype=np.float64)) / np.maximum(spread, 1e-6), 0)


def _means(values: Matrix, labels: Labels, k: int) -> Matrix:
    from songkin.recommending.kmeans import means

    return means(values, labels, k)[0]
