"""Recommendations: what is near to what somebody likes, and what stands together with it.

Five witnesses are heard: content (neighbours in all spaces), crowd (playlists that hold the seeds), names (playlists that
are called alike), words (what ``songkin find`` has for them), artists (more by the same). Their scores are 0-1 and are
averaged with weights over the witnesses that know anything; so songs in no playlist are reachable, and songs without sound
are too. Names and words speak as loudly as what they found is near, so that the least far of nothing says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from songkin.models import Query
from songkin.recommending import content
from songkin.recommending.content import Near, Taste
from songkin.recommending.crowd import Floats
from songkin.recommending.gathered import Gathered
from songkin.recommending.wishes import Wish
from songkin.search.filters import checked
from songkin.search.find import meant
from songkin.search.seeds import fitted
from songkin.store.catalog import Catalog
from songkin.store.vectors import Condition, VectorStore

if TYPE_CHECKING:
    from songkin.recommending.names import Names

WEIGHTS: Final[Mapping[str, float]] = {"content": 0.4, "crowd": 0.4, "names": 0.15, "words": 0.1, "artists": 0.15}
"""How much each witness counts where a library has not learned its own."""
OTHER_SIDE: Final = 0.1
"""What is left of a song's score for each pair of which it is on the other side."""
_SHOWN: Final = 40
BY_CROWD: Final = 300
BY_ARTIST: Final = 200


@dataclass(frozen=True)
class Candidates:
    """Candidates by id: what each witness says of them (0-1), how they are near, and what they were compared with."""

    said: Mapping[str, Mapping[str, float]]
    near: Mapping[str, Near]
    tastes: Sequence[Taste]
    named: Floats
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    meant: Mapping[str, str] = field(default_factory=dict)
    """For which words songs were found, and by what, for people."""
    sides: Mapping[str, tuple[bool, ...]] = field(default_factory=dict)
    """Where pairs were named: whether a song is nearer to the first of each than to the second."""

    def score(self, song: str) -> float:
        """The mean of the witnesses that know anything of what was asked, 0-1."""
        total = sum(self.weights.get(name, 0.0) for name in self.said) or 1.0
        mean = sum(self.weights.get(name, 0.0) * by_id.get(song, 0.0) for name, by_id in self.said.items()) / total
        return float(mean * OTHER_SIDE ** self.sides.get(song, ()).count(False))


def candidates(
    catalog: Catalog,
    store: VectorStore,
    gathered: Gathered,
    names: Names,
    wish: Wish,
    query: Query,
    weights: Mapping[str, float] = WEIGHTS,
) -> Candidates:
    """All songs that any witness names and the filters let pass, with what is said of them."""
    where = checked(catalog, query.filters)
    liked = content.tastes(store, wish.liked)
    pairs = content.pairs_of(store, wish.rather) if wish.rather else ()
    wanted = max(min(content.WANTED, content.TOGETHER // max(1, len(liked))), 3 * query.limit)
    near = content.neighbours(catalog, store, liked, where, wish.without, wanted, pairs)
    seeds = {gathered.number[song]: weight for song, weight in wish.liked.items() if song in gathered.number}
    named = names.near(wish.names) if wish.names else np.zeros(gathered.crowd.lists)
    votes = {"crowd": gathered.votes(seeds)} if gathered.crowd.lists and seeds else {}
    if named.any():
        votes["names"] = gathered.crowd.votes(named) * np.float32(named.max())
    votes = {witness: of_all for witness, of_all in votes.items() if of_all.any()}
    said: dict[str, dict[str, float]] = {}
    if near:
        said["content"] = {song: each.score for song, each in near.items()}
    for witness, of_all in votes.items():
        said[witness] = _best(gathered, of_all)
    if by_words := _by_words(catalog, store, names, wish, where):
        said["words"] = {song: score for song, (score, _) in by_words.items()}
    if artists := _by_artists(gathered, seeds):
        said["artists"] = artists
    _let_pass(store, said, where, wish.without)
    _complete(gathered, said, votes)
    _push_away(catalog, store, wish, said)
    sides = _one_side(store, pairs, said, query.limit) if pairs else {}
    how = {song: by for song, (_, by) in by_words.items()}
    return Candidates(said, near, liked, named, weights, how, sides)


def _by_words(
    catalog: Catalog, store: VectorStore, names: Names, wish: Wish, where: tuple[Condition, ...]
) -> dict[str, tuple[float, str]]:
    """What ``songkin find`` has for the words, by id: a score, and by what each was found."""
    statistics = fitted(catalog) if wish.names else {}
    found: dict[str, tuple[float, str]] = {}
    for text in wish.names:
        for song, (score, how) in meant(catalog, store, names.encoder, text, where, statistics).items():
            if song not in wish.without and score > found.get(song, (0.0, ""))[0]:
                found[song] = (score, f"found for “{first_words(text)}” by {how or 'words'}")
    return found


def first_words(text: str) -> str:
    """A name without the description that follows it, for people."""
    name = text.split(". ", maxsplit=1)[0]
    return name if len(name) <= _SHOWN else name[: _SHOWN - 2] + " …"


def _best(gathered: Gathered, votes: NDArray[np.float32]) -> dict[str, float]:
    count = min(BY_CROWD, len(votes))
    top = np.argpartition(-votes, count - 1)[:count] if count else np.zeros(0, int)
    return {gathered.tracks[int(n)]: float(votes[n]) for n in top if votes[n] > 0}


def _by_artists(gathered: Gathered, seeds: Mapping[int, float]) -> dict[str, float]:
    """Songs by the artists of the seeds: by the share of the seeds that the artist has."""
    weights: dict[int, float] = {}
    for song, weight in seeds.items():
        artist = int(gathered.crowd.artist[song])
        weights[artist] = weights.get(artist, 0.0) + weight
    total = sum(weights.values())
    found: dict[str, float] = {}
    for artist in sorted(weights, key=lambda each: (-weights[each], each)):
        songs = gathered.crowd.by_artist(artist)
        common = sorted(songs, key=lambda song: (-gathered.crowd.count[song], song))
        share = weights[artist] / total
        found.update({gathered.tracks[n]: share for n in common[: max(1, BY_ARTIST - len(found))]})
        if len(found) >= BY_ARTIST:
            break
    return found


def _let_pass(
    store: VectorStore, said: dict[str, dict[str, float]], where: tuple[Condition, ...], without: set[str]
) -> None:
    """Leave only songs that may be shown."""
    others = {song for name, by_id in said.items() if name != "content" for song in by_id} - without
    passing = others
    if where and others:
        passing = set(store.ids((*where, Condition("ids", values=tuple(sorted(others))))))
    for name, by_id in said.items():
        if name != "content":
            said[name] = {song: score for song, score in by_id.items() if song in passing}


def _complete(gathered: Gathered, said: dict[str, dict[str, float]], votes: Mapping[str, NDArray[np.float32]]) -> None:
    """Have the crowd speak of all candidates, also of those that others named."""
    union = {song for by_id in said.values() for song in by_id}
    known = {song: gathered.number[song] for song in union if song in gathered.number}
    for witness, of_all in votes.items():
        said[witness] = {song: float(of_all[n]) for song, n in known.items() if of_all[n] > 0}


def _one_side(
    store: VectorStore, pairs: content.Pairs, said: dict[str, dict[str, float]], limit: int
) -> dict[str, tuple[bool, ...]]:
    """Leave only songs on the right side of as many pairs as any; others where these are fewer than are asked for."""
    union = sorted({song for by_id in said.values() for song in by_id})
    sides = content.sides(store, pairs, union)
    wrong = {song: of_pairs.count(False) for song, of_pairs in sides.items()}
    most = sorted(wrong.values())[min(limit, len(wrong)) - 1] if wrong else 0
    for name, by_id in said.items():
        said[name] = {song: score for song, score in by_id.items() if wrong[song] <= most}
    return sides


def _push_away(catalog: Catalog, store: VectorStore, wish: Wish, said: dict[str, dict[str, float]]) -> None:
    """Take from every candidate what it shares with what is disliked."""
    if not wish.disliked:
        return
    union = sorted({song for by_id in said.values() for song in by_id})
    disliked = content.tastes(store, wish.disliked)
    loss = content.likeness(catalog, store, disliked, union)
    for by_id in said.values():
        for song in by_id:
            by_id[song] *= max(0.0, 1.0 - content.PUSH * loss.get(song, 0.0)) ** 2
