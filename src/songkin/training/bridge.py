"""``songkin train bridge``: from words to sound by the library's own songs, in closed form.

Songs that were heard and are filed under something (genres, subgenres, playlists) teach a ridge from what MiniLM makes of
those words to the tags that MusiCNN hears. It is judged on songs by artists whom it did not hear: artists are dealt into
parts, a part's songs are hidden, and ranked for each word by the bridge that every library has and by both together. How much
the own one counts is chosen by one half of the words for the other. Unless it gains so (the lower bound of a 95 % interval of
the paired difference above 0), it counts nothing. Then it is asked for words that it did not meet, either, to see
that it does no harm there.
"""

from __future__ import annotations

from collections import Counter
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
MOST_MET: Final = 1_000
"""Words that are kept, to know what was met."""
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
    """Mean average precision of ``words`` questions: by the bridge that every library has, by the own one alone, and by
    both with a share that other words chose, and the 95 % ``interval`` of what is gained. ``share``: what all choose. ``unmet``: the same gain for words that
    were not met, None where too few could be asked. ``own`` is what was learned."""

    own: OwnBridge
    words: int
    common: float
    alone: float
    both: float
    share: float
    interval: tuple[float, float]
    unmet: float | None

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
    trial = _Trial(encoder, names, found, texts, tags, asked, seed)
    told.stage("Judging")
    marks = trial.marks(_by_artist(found, asked, seed))
    if len(marks) < LEAST_WORDS:
        raise NotFound(
            "Too few songs would be left to learn from where those of some artists are hidden.",
            remedy="It takes a library of more artists.",
        )
    told.stage("Judging words that were not met")
    return trial.judged(marks, trial.marks(_by_word(found, asked, seed)), library)


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


Parts = Iterator[tuple[list[str], NDArray[np.bool_]]]
"""Words that are asked, and which songs are hidden for it."""


@dataclass(frozen=True)
class _Trial:
    """All that a judgement needs: ``texts`` and ``tags`` are rows of the songs of ``found``, ``asked`` the right ones by
    word."""

    encoder: TextEncoder
    names: Matrix
    found: Sequence[Lesson]
    texts: Matrix
    tags: Matrix
    asked: Mapping[str, Sequence[int]]
    seed: int

    def marks(self, parts: Parts) -> NDArray[np.float64]:
        """Average precision of every word that could be asked, float64 (words, 1 + shares): first without an own bridge."""
        rows: dict[str, list[list[float]]] = {}
        for words, hidden in parts:
            if hidden.all() or hidden.sum() < 2 * FEW:
                continue
            own = self.fitted(~hidden)
            for word, vector in zip(words, _read(self.encoder, words), strict=True):
                right = np.zeros(len(self.found), bool)
                right[list(self.asked[word])] = True
                if not 0 < right[hidden].sum() < hidden.sum():
                    continue
                common = bridge.tag_weights(vector, self.names)
                weights = [common, *(own.joined(common, vector, share) for share in SHARES)]
                marks = [_precision(self.tags[hidden] @ each, right[hidden]) for each in weights]
                rows.setdefault(word, []).append(marks)
        return np.array([np.mean(rows[word], axis=0) for word in sorted(rows)]).reshape(-1, 1 + len(SHARES))

    def judged(self, met: NDArray[np.float64], unmet: NDArray[np.float64], library: int) -> Judged:
        """Each half of the words chooses the share by which the other is judged; all of them choose the one that counts."""
        side = np.random.default_rng(self.seed).permutation(len(met)) % 2 == 0
        both = np.empty(len(met))
        for judging in (side, ~side):
            both[judging] = met[judging, 1 + int(met[~judging, 1:].mean(axis=0).argmax())]
        bounds = interval(both - met[:, 0], np.arange(len(met)), self.seed)
        best = 1 + int(met[:, 1:].mean(axis=0).argmax())
        return Judged(
            self.fitted(np.ones(len(self.found), bool), library, SHARES[best - 1] if bounds[0] > 0 else 0.0),
            len(met),
            common=float(met[:, 0].mean()),
            alone=float(met[:, len(SHARES)].mean()),
            both=float(both.mean()),
            share=SHARES[best - 1],
            interval=bounds,
            unmet=float((unmet[:, best] - unmet[:, 0]).mean()) if len(unmet) >= LEAST_WORDS else None,
        )

    def fitted(self, chosen: NDArray[np.bool_], library: int = 0, share: float = 0.0) -> OwnBridge:
        """What some of the songs teach."""
        some = [self.found[int(n)] for n in np.flatnonzero(chosen)]
        groups = [lesson.words[0] for lesson in some]
        tags = np.stack([lesson.tags for lesson in some])
        fit = fitted(self.texts[chosen], tags, groups if len(set(groups)) > 1 else None, seed=self.seed)
        middle, slope = (np.asarray(each, np.float32) for each in (fit.middle, fit.map))
        often = Counter(word for lesson in some for word in lesson.words)
        met = _read(self.encoder, [word for word, _ in often.most_common(MOST_MET)])
        return OwnBridge(self.encoder.spec.fingerprint, len(some), library, share, middle, slope, met)


def _by_artist(found: Sequence[Lesson], asked: Mapping[str, Sequence[int]], seed: int) -> Parts:
    """Artists are dealt into parts; songs without one are dealt by their words."""
    groups = [lesson.artists[:1] or lesson.words for lesson in found]
    names = sorted(set(groups))
    part = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % PARTS, strict=True))
    for number in range(PARTS):
        away = {artist for group in names if part[group] == number for artist in group}
        hidden = [part[g] == number or bool(away & set(x.artists)) for g, x in zip(groups, found, strict=True)]
        yield list(asked), np.array(hidden)


def _by_word(found: Sequence[Lesson], asked: Mapping[str, Sequence[int]], seed: int) -> Parts:
    """Words are dealt into parts; their songs are hidden, and all others of the artists of these."""
    words = list(asked)
    dealt = np.random.default_rng(seed).permutation(len(words)) % PARTS
    for part in range(PARTS):
        these = [word for word, number in zip(words, dealt, strict=True) if number == part]
        artists = {artist for word in these for n in asked[word] for artist in found[n].artists}
        hidden = np.array([not artists.isdisjoint(lesson.artists) for lesson in found])
        hidden[[n for word in these for n in asked[word]]] = True
        if these:
            yield these, hidden


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
