"""``songkin train bridge``: from words to sound by the library's own songs, in closed form.

Songs that were heard and are filed under something (genres, subgenres, playlists) teach a ridge from what MiniLM makes of
those words to the tags that MusiCNN hears. It is judged as it will be used: on words that it did not meet, by artists whom
it did not hear. Words are dealt into parts; a part's songs, and all others of their artists, are hidden; each of its words
is asked, and the hidden songs are ranked by the bridge that every library has and by both together. How much the own one
counts is chosen on one half of the words. Unless the other half says that it gains (the lower bound of a 95 % interval of
the paired difference above 0), it counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin import spaces
from songkin.encoders.base import TextEncoder
from songkin.errors import NotFound
from songkin.models import Track
from songkin.progress import Progress, Quiet
from songkin.search import bridge
from songkin.search.described import text_of
from songkin.search.ownbridge import OwnBridge
from songkin.search.seeds import fitted as statistics_of
from songkin.search.seeds import tags_of
from songkin.spaces import Matrix, Statistics
from songkin.store.catalog import Catalog
from songkin.text import fold
from songkin.training.features import listed_in
from songkin.training.heard import interval
from songkin.training.ridge import fitted

LEAST_SONGS: Final = 50
LEAST_WORDS: Final = 10
"""Words that are asked, without which nothing can be judged."""
MOST: Final = 20_000
"""Songs that are learned from."""
FEW: Final = 3
"""Songs from which on a word is asked."""
PARTS: Final = 5
SHARES: Final = (0.25, 0.5, 0.75, 1.0)
_CLIPPED: Final = 4.0
"""Deviations beyond which a tag is not heard more strongly."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A song to learn from: the words that it is filed under, its artists, and how strongly each tag is heard, in z-scores."""

    words: tuple[str, ...]
    artists: tuple[str, ...]
    tags: Matrix


@dataclass(frozen=True, slots=True)
class Judged:
    """Mean average precision of ``words`` questions that did not choose ``share``: by the bridge that every library has,
    by the own one alone and by both, and the 95 % ``interval`` of what is gained. ``own`` is what was learned."""

    own: OwnBridge
    words: int
    chosen_on: int
    common: float
    alone: float
    both: float
    share: float
    interval: tuple[float, float]

    @property
    def wins(self) -> bool:
        """Whether the library answers with it."""
        return self.interval[0] > 0


def learn(catalog: Catalog, encoder: TextEncoder, told: Progress | None = None, *, seed: int = 0) -> Judged:
    """What a library learns, and how it was judged. Raises ``NotFound`` where too few songs have words and sound,
    ``WeightsMissing``."""
    statistics = statistics_of(catalog).get("heard")
    found = lessons(catalog, statistics) if statistics is not None else []
    if statistics is None or len(found) < LEAST_SONGS:
        raise NotFound(
            f"Only {len(found)} songs were heard and have a genre or a playlist; it takes {LEAST_SONGS}.",
            remedy="Add sound with `songkin index`, and genres or playlists with `songkin import`.",
        )
    if len(found) > MOST:
        drawn = np.random.default_rng(seed).choice(len(found), MOST, replace=False)
        found = [found[int(n)] for n in sorted(drawn)]
    stretch = statistics.arrays["std"] ** np.float32(1 - bridge.SPREAD)
    names = bridge.tag_names(encoder, catalog)
    return judge(encoder, names, found, stretch, catalog.count(), told or Quiet(), seed=seed)


def judge(
    encoder: TextEncoder,
    names: Matrix,
    found: Sequence[Lesson],
    stretch: Matrix,
    library: int,
    told: Progress,
    *,
    seed: int = 0,
) -> Judged:
    """What is learned of these songs, and whether it gains. ``names``: the vectors of the tags' names, float32 (100, dim);
    ``stretch``: how much ``find`` weighs each tag's z-score, float32 (100,). Raises ``NotFound``."""
    asked = questions(found)
    if len(asked) < LEAST_WORDS:
        raise NotFound(
            f"Only {len(asked)} genres or playlists have {FEW} songs that were heard; it takes {LEAST_WORDS}.",
            remedy="Tell songkin more of them: playlists, or genres in tags and tables.",
        )
    told.stage("Reading texts")
    texts = _read(encoder, [text_of(lesson.words, (), ()) for lesson in found])
    tags = np.stack([lesson.tags for lesson in found]) * stretch
    marks = _marks(encoder, names, found, texts, tags, asked, seed, told)
    return _judged(encoder, found, texts, marks, library, seed)


def lessons(catalog: Catalog, statistics: Statistics) -> list[Lesson]:
    """The songs of a library that were heard and are filed under something, by id."""
    listed = listed_in(catalog)
    tracks = {track.id: track for track in catalog.all_tracks()}
    heard = catalog.vectors.of(sorted(tracks), ("mtt_tags", "msd_tags"))
    made = (_lesson(tracks[i], listed.get(i, ()), tags_of(heard[i]), statistics) for i in sorted(heard))
    return [lesson for lesson in made if lesson is not None]


def _lesson(track: Track, playlists: Sequence[str], tags: Matrix | None, statistics: Statistics) -> Lesson | None:
    words = tuple(dict.fromkeys(word for word in (*track.genres, *track.subgenres, *playlists) if fold(word)))
    if not words or tags is None:
        return None
    z = (spaces.logits(tags) - statistics.arrays["mean"]) / statistics.arrays["std"]
    return Lesson(words, tuple(map(fold, track.artists)), np.clip(z, -_CLIPPED, _CLIPPED).astype(np.float32))


def questions(found: Sequence[Lesson]) -> dict[str, list[int]]:
    """Words that at least ``FEW`` songs, and at most half of all, are filed under: word -> those songs."""
    told: dict[str, list[int]] = {}
    for n, lesson in enumerate(found):
        for word in {fold(word): word for word in lesson.words}.values():
            told.setdefault(word, []).append(n)
    return {word: songs for word, songs in sorted(told.items()) if FEW <= len(songs) <= len(found) // 2}


def _marks(
    encoder: TextEncoder,
    names: Matrix,
    found: Sequence[Lesson],
    texts: Matrix,
    tags: Matrix,
    asked: Mapping[str, Sequence[int]],
    seed: int,
    told: Progress,
) -> NDArray[np.float64]:
    """Average precision of every word that could be asked, float64 (words, 1 + shares): first without an own bridge.
    ``tags`` are z-scores as ``find`` weighs them."""
    rows: list[list[float]] = []
    for done, (words, hidden) in enumerate(_parts(found, asked, seed), 1):
        told.stage("Judging", PARTS)
        told.step(done)
        if hidden.all() or hidden.sum() < 2 * FEW:
            continue
        own = _fitted(encoder, [found[int(n)] for n in np.flatnonzero(~hidden)], texts[~hidden], len(found), seed)
        for word, vector in zip(words, _read(encoder, words), strict=True):
            right = np.zeros(len(found), bool)
            right[list(asked[word])] = True
            common = bridge.tag_weights(vector, names)
            weights = [common, *(own.joined(common, vector, share) for share in SHARES)]
            rows.append([_precision(tags[hidden] @ each, right[hidden]) for each in weights])
    if len(rows) < LEAST_WORDS:
        raise NotFound(
            "Too few songs would be left to learn from where those of some words and their artists are hidden.",
            remedy="It takes a library of more artists and more genres.",
        )
    return np.array(rows)


def _parts(
    found: Sequence[Lesson], asked: Mapping[str, Sequence[int]], seed: int
) -> Iterator[tuple[list[str], NDArray[np.bool_]]]:
    """The words of each part, and which songs are hidden for it."""
    words = list(asked)
    dealt = np.random.default_rng(seed).permutation(len(words)) % PARTS
    for part in range(PARTS):
        these = [word for word, number in zip(words, dealt, strict=True) if number == part]
        artists = {artist for word in these for n in asked[word] for artist in found[n].artists}
        hidden = np.array([not artists.isdisjoint(lesson.artists) for lesson in found])
        hidden[[n for word in these for n in asked[word]]] = True
        if these:
            yield these, hidden


def _judged(
    encoder: TextEncoder,
    found: Sequence[Lesson],
    texts: Matrix,
    marks: NDArray[np.float64],
    library: int,
    seed: int,
) -> Judged:
    choosing = np.random.default_rng(seed).permutation(len(marks)) % 2 == 0
    best = 1 + int(marks[choosing, 1:].mean(axis=0).argmax())
    judging = marks[~choosing]
    gained = judging[:, best] - judging[:, 0]
    bounds = interval(gained, np.arange(len(gained)), seed)
    own = _fitted(encoder, found, texts, library, seed, SHARES[best - 1] if bounds[0] > 0 else 0.0)
    return Judged(
        own,
        len(judging),
        int(choosing.sum()),
        common=float(judging[:, 0].mean()),
        alone=float(judging[:, len(SHARES)].mean()),
        both=float(judging[:, best].mean()),
        share=SHARES[best - 1],
        interval=bounds,
    )


def _fitted(
    encoder: TextEncoder, found: Sequence[Lesson], texts: Matrix, library: int, seed: int, share: float = 0.0
) -> OwnBridge:
    groups = [lesson.words[0] for lesson in found]
    fit = fitted(
        texts, np.stack([lesson.tags for lesson in found]), groups if len(set(groups)) > 1 else None, seed=seed
    )
    middle, slope = (np.asarray(each, np.float32) for each in (fit.middle, fit.map))
    return OwnBridge(encoder.spec.fingerprint, len(found), library, share, middle, slope)


def _read(encoder: TextEncoder, texts: Sequence[str]) -> Matrix:
    """Vectors of texts as questions are read, each text once."""
    different = list(dict.fromkeys(texts))
    place = {text: n for n, text in enumerate(different)}
    return np.stack(bridge.read(encoder, different))[[place[text] for text in texts]]


def _precision(scores: Matrix, right: NDArray[np.bool_]) -> float:
    """Average precision of a ranking."""
    hits = right[np.argsort(-scores, kind="stable")]
    places = np.flatnonzero(hits) + 1
    return float((np.arange(1, len(places) + 1) / places).mean()) if len(places) else 0.0
