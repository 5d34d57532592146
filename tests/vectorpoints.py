"""Points for the tests of the search index: small spaces of every kind, songs that lack some of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songkin.models import track_id
from songkin.store.vectors import Condition, Layout, Match, Point, Space, Sparse

LAYOUT = Layout(
    collection="songkin_test",
    spaces=(Space("sound", 8), Space("heard", 6, "dot"), Space("long", 128), Space("words", 0)),
    fields={"genre": "keyword", "artist": "keyword", "year": "integer", "duplicate": "integer", "bpm": "float"},
)
GENRES = ("jazz", "rock", "blues", "dub", "Техно")


def some_points(n: int, seed: int = 0) -> list[Point]:
    """``n`` points; each space is there for most of them, each payload field too."""
    rng = np.random.default_rng(seed)
    return [_point(rng, number) for number in range(n)]


def _point(rng: np.random.Generator, number: int) -> Point:
    dense = {
        space.name: rng.normal(size=space.dim).astype(np.float32) * np.float32(3)
        for space in LAYOUT.spaces
        if not space.sparse and rng.random() < 0.85
    }
    sparse = {"words": some_words(rng)} if rng.random() < 0.9 else {}
    payload: dict[str, object] = {"number": number, "duplicate": int(rng.random() < 0.2)}
    if rng.random() < 0.9:
        payload["genre"] = [str(g) for g in rng.choice(GENRES, size=rng.integers(1, 4), replace=False)]
    if rng.random() < 0.9:
        payload["artist"] = f"Artist {rng.integers(20)}"
    if rng.random() < 0.8:
        payload["year"] = int(rng.integers(1950, 2025))
    if rng.random() < 0.8:
        payload["bpm"] = round(float(rng.uniform(60, 200)), 3)  # the engine may lose the 17th digit
    return Point(track_id(f"song {number}"), dense, sparse, payload)


def some_words(rng: np.random.Generator, size: int = 6) -> Sparse:
    """Random terms with random weights, so that scores hardly ever tie."""
    terms = np.sort(rng.choice(60, size=size, replace=False))
    return Sparse(tuple(int(t) for t in terms), tuple(float(w) for w in rng.uniform(0.5, 2, size=size)))


def some_where(rng: np.random.Generator) -> tuple[Condition, ...]:
    """None to three random conditions of any kind."""
    return tuple(_condition(rng) for _ in range(rng.integers(0, 4)))


def _condition(rng: np.random.Generator) -> Condition:
    negate = bool(rng.random() < 0.4)
    low, high = sorted(float(x) for x in rng.uniform(1950, 2025, size=2))
    choices = (
        Condition("match", "genre", tuple(str(g) for g in rng.choice(GENRES, size=2)), negate=negate),
        Condition("match", "artist", tuple(f"Artist {a}" for a in rng.integers(0, 20, size=8)), negate=negate),
        Condition("match", "duplicate", (0,), negate=negate),
        Condition("match", "year", tuple(int(y) for y in rng.integers(1950, 2025, size=25)), negate=negate),
        Condition("range", "year", low=low, high=high if rng.random() < 0.5 else None, negate=negate),
        Condition("range", "bpm", high=float(rng.uniform(80, 190)), negate=negate),
        Condition("ids", values=tuple(track_id(f"song {n}") for n in rng.integers(0, 300, size=120)), negate=negate),
        Condition("has", str(rng.choice(["sound", "heard", "long", "words"])), negate=negate),
    )
    return choices[rng.integers(len(choices))]


def assert_same(ours: Sequence[Match], theirs: Sequence[Match]) -> None:
    """The same scores in the same order, and the same points wherever scores do not tie (the last may be cut)."""
    np.testing.assert_allclose([m.score for m in ours], [m.score for m in theirs], rtol=1e-4, atol=1e-6)
    for one, two in zip(_groups(ours)[:-1], _groups(theirs)[:-1], strict=True):
        assert one == two


def _groups(found: Sequence[Match]) -> list[set[str]]:
    groups: list[set[str]] = [set()]
    for before, match in zip([None, *found], found, strict=False):
        if before is not None and before.score - match.score > 1e-6 * max(1.0, abs(before.score)):
            groups.append(set())
        groups[-1].add(match.id)
    return groups
