"""Groups of songs and of playlists that are alike, and playlists near to and far from one.

    found = library.clusters.songs()
    for cluster in found.clusters:
        print(cluster.name, cluster.size, [song.label for song in cluster.central])
    library.clusters.save(found)          # each becomes a playlist
    library.clusters.refill()             # later: with the songs that belong to it now

Groups are fitted on a sample (``scale.SAMPLE`` songs), and then every song is placed, block by block, so that memory does not
grow with the library. A playlist is the mean of its songs. How many songs have no numbers, and so no place, is told.
Playlists that songkin filled itself are none of those that are grouped or compared: they would be found to be alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from songkin.config import Config
from songkin.errors import NotFound, QueryError
from songkin.importing.lists import Filled
from songkin.models import Playlist, Track
from songkin.recommending import grouping, kmeans, naming, saving, scale, scheduled
from songkin.recommending.gathered import OWN
from songkin.recommending.grouping import Asked, Choice
from songkin.recommending.scale import Scale
from songkin.search.seeds import tags_of
from songkin.spaces import Matrix
from songkin.store.catalog import Catalog

Metric = Literal["cityblock", "euclidean", "cosine"]
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
CENTRAL: Final = 5
"""Songs or playlists nearest to the centre of a group, that stand for it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One group: ``members`` are ids, those nearest to its centre first, ``central`` what the first of them are."""

    number: int
    name: str
    words: tuple[str, ...]
    central: tuple[Track, ...] | tuple[Playlist, ...]
    members: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many songs or playlists belong to it."""
        return len(self.members)


@dataclass(frozen=True, slots=True)
class Clustering:
    """All groups, the largest first. ``covered`` of ``total`` songs or playlists have numbers in the space ``scale.space``;
    ``centres`` are on that scale, in the order of the groups."""

    of: Literal["songs", "playlists"]
    clusters: tuple[Cluster, ...]
    choice: Choice
    covered: int
    total: int
    scale: Scale
    centres: Matrix
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """A playlist and how far it is; ``known`` is the share of its songs that have numbers."""

    playlist: Playlist
    distance: float
    known: float


@dataclass(frozen=True, slots=True)
class Nearby:
    """Playlists by their distance to one."""

    of: Playlist
    space: str
    metric: Metric
    found: tuple[Near, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Means:
    """Playlists that have a mean, and these, float32 (n, d); the share of songs that have numbers; playlists that have
    none; the songs of each, by the playlist's id."""

    lists: list[Playlist]
    rows: Matrix
    known: list[float]
    unknown: list[Playlist]
    songs: dict[str, list[str]]


class Clusters:
    """What a library's ``clusters`` are asked."""

    def __init__(self, catalog: Catalog, config: Config) -> None:
        self.catalog = catalog
        self.config = config

    def songs(self, k: Asked = None, *, by: str = "", seed: int = 0) -> Clustering:
        """Songs in groups: ``k`` of them, as many of a range as is best, or as many as is best. ``by`` is the space that
        they are compared in, else the one that most songs have. Raises ``QueryError``, ``NotFound``."""
        grouping.check(k)
        space, encoder = scale.space_of(self.catalog, by)
        on = scale.scale_of(self.catalog, space, encoder, seed)
        ids, total = scale.having(self.catalog, space, encoder), self.catalog.count()
        wanted = max(k) if isinstance(k, tuple) else k or grouping.HIGHEST
        sample = scale.sample_of(ids, max(scale.SAMPLE, kmeans.PER_CENTRE * wanted), seed)
        some, rows = scale.all_rows(self.catalog, on, sample)
        choice, grouped = grouping.chosen(rows, k, seed)
        order, centres = _by_size(grouped)
        members = saving.members(self.catalog, on, centres, ids)
        told = list(self._told(scale.sample_of(some, scale.SAMPLE, seed)).items())
        labels = dict(zip(some, order[grouped.labels], strict=True))
        words = naming.typical(
            [each for _, each in told],
            np.array([labels[i] for i, _ in told], np.intp),
            len(centres),
            features_first=space == "table",
        )
        central = self.catalog.tracks([i for mine in members for i in mine[:CENTRAL]])
        clusters = tuple(
            Cluster(number + 1, name, words[number], tuple(central[i] for i in mine[:CENTRAL]), tuple(mine))
            for number, (name, mine) in enumerate(zip(naming.names(words, "Cluster"), members, strict=True))
        )
        covered = sum(len(mine) for mine in members)
        left = (
            f"{total - covered:,} of {total:,} songs have no numbers in the space {space!r}, and stand in no cluster."
        )
        return Clustering("songs", clusters, choice, covered, total, on, centres, (left,) if covered < total else ())

    def playlists(self, k: Asked = None, *, by: str = "", seed: int = 0) -> Clustering:
        """Playlists in groups, each as the mean of its songs; otherwise as ``songs``."""
        grouping.check(k)
        on, means = self._means(by, seed)
        choice, grouped = grouping.chosen(means.rows, k, seed)
        order, centres = _by_size(grouped)
        labels = order[grouped.labels]
        told = self._told(sorted({i for each in means.lists for i in means.songs[each.id]}))
        of_lists = [naming.of_songs(each.name, [told[i] for i in means.songs[each.id]]) for each in means.lists]
        words = naming.typical(of_lists, labels, len(centres), features_first=on.space == "table")
        clusters = []
        for number, name in enumerate(naming.names(words, "Cluster")):
            mine = np.flatnonzero(labels == number)
            mine = mine[np.argsort(grouped.squares[mine], kind="stable")]
            lists = [means.lists[place] for place in mine]
            ids = tuple(each.id for each in lists)
            clusters.append(Cluster(number + 1, name, words[number], tuple(lists[:CENTRAL]), ids))
        total = len(means.lists) + len(means.unknown)
        return Clustering(
            "playlists", tuple(clusters), choice, len(means.lists), total, on, centres, _told_of(means, on.space)
        )

    def nearest(
        self,
        name: str,
        *,
        metric: Metric = "euclidean",
        farthest: bool = False,
        by: str = "",
        limit: int = 10,
    ) -> Nearby:
        """The playlists whose mean is nearest to that of the playlist with this name or id, or ``farthest`` from it.

        Raises ``NotFound``, ``Ambiguous``, ``QueryError``.
        """
        if metric not in METRICS:
            raise QueryError(f"There is no metric {metric!r}.", remedy=f"Use one of: {', '.join(METRICS)}.")
        of = self.catalog.playlists.one(name)
        on, means = self._means(by, 0, also=of.id)
        places = {each.id: place for place, each in enumerate(means.lists)}
        if of.id not in places:
            raise NotFound(
                f"No song of the playlist {of.name!r} has numbers in the space {on.space!r}.",
                remedy="Name another space with --by, or `songkin index` its songs.",
            )
        away = distances(means.rows[places[of.id]], means.rows, metric)
        others = [place for place, each in enumerate(means.lists) if each.id != of.id]
        others.sort(key=lambda place: (-away[place] if farthest else away[place], means.lists[place].name))
        found = tuple(Near(means.lists[n], float(away[n]), means.known[n]) for n in others[:limit])
        return Nearby(of, on.space, metric, found, _told_of(means, on.space))

    def save(self, found: Clustering, *, every: str | None = None) -> Filled:
        """Make a playlist of each group of songs; groups that were saved before are filled anew. ``every`` says how often
        that is to be done from now on (``day``, ``week``, ``month``, ``never``; None: as often as before). Raises
        ``QueryError`` for groups of playlists, ``LibraryBusy``."""
        scheduled.check_every(every)
        if found.of != "songs":
            raise QueryError(
                "Only clusters of songs can be saved as playlists.", remedy="Ask for `songkin clusters songs --save`."
            )
        groups = [(cluster.name, cluster.words, cluster.members) for cluster in found.clusters]
        saved = saving.save(self.catalog, self.config, found.scale, found.centres, groups)
        scheduled.put(self.catalog, [each.playlist.id for each in saved.changes], {}, every)
        return saved

    def refill(self) -> Filled:
        """Fill every playlist that was made of a group with the songs that belong to it now. Raises ``NotFound`` where
        none was saved, ``LibraryBusy``."""
        return scheduled.refill(self.catalog, self.config)

    # Inside ----------------------------------------------------------------------------------------------------------

    def _told(self, ids: Sequence[str]) -> dict[str, naming.Told]:
        """What is known of songs, to name groups by."""
        wanted, names = (
            set(ids),
            {each.id: each.name for each in self.catalog.playlists.all() if each.source not in OWN},
        )
        lists: dict[str, set[str]] = {}
        for playlist, track in self.catalog.playlists.contents():
            if track in wanted and playlist in names:
                lists.setdefault(track, set()).add(names[playlist])
        tracks = self.catalog.tracks(ids)
        raw = self.catalog.vectors.of(ids, ("mtt_tags", "msd_tags"))
        return {
            i: naming.of_track(tracks[i], tags_of(raw.get(i, {})), sorted(lists.get(i, ()))) for i in ids if i in tracks
        }

    def _means(self, by: str, seed: int, also: str = "") -> tuple[Scale, _Means]:
        """All playlists that songkin did not fill itself (but ``also``), as means of their songs."""
        lists = [each for each in self.catalog.playlists.all() if each.source not in OWN or each.id == also]
        if not lists:
            raise NotFound("There are no playlists yet.", remedy="`songkin import FILE` brings them.")
        space, encoder = scale.space_of(self.catalog, by)
        on = scale.scale_of(self.catalog, space, encoder, seed)
        inside = _inside(self.catalog.playlists.contents(), {each.id for each in lists})
        wanted = {i for songs in inside.values() for i in songs} & set(scale.having(self.catalog, space, encoder))
        there, rows = scale.all_rows(self.catalog, on, sorted(wanted))
        place = {i: number for number, i in enumerate(there)}
        found = _Means([], np.zeros((0, 0), np.float32), [], [], {})
        means = []
        for each in lists:
            songs = [i for i in inside.get(each.id, ()) if i in place]
            if not songs:
                found.unknown.append(each)
                continue
            found.lists.append(each)
            found.songs[each.id] = songs
            found.known.append(len(songs) / max(len(songs), each.songs))
            means.append(rows[[place[i] for i in songs]].mean(axis=0))
        if not means:
            raise NotFound(
                f"No song of any playlist has numbers in the space {space!r}.",
                remedy="Name another space with --by, or `songkin index` their songs.",
            )
        return on, _Means(found.lists, np.stack(means), found.known, found.unknown, found.songs)


def distances(one: Matrix, rows: Matrix, metric: Metric) -> Matrix:
    """How far rows float32 (n, d) are from one (d,). A row without a direction is 1 away by cosine."""
    if metric == "cityblock":
        return np.asarray(np.abs(rows - one).sum(axis=1))
    if metric == "euclidean":
        return np.asarray(np.linalg.norm(rows - one, axis=1))
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(one)
    return np.asarray(1 - np.where(norms > 0, rows @ one / np.maximum(norms, 1e-12), 0))


def _inside(contents: Iterable[tuple[str, str]], wanted: set[str]) -> dict[str, list[str]]:
    """The songs of each playlist, each once."""
    inside: dict[str, dict[str, None]] = {}
    for playlist, track in contents:
        if playlist in wanted:
            inside.setdefault(playlist, {})[track] = None
    return {playlist: list(songs) for playlist, songs in inside.items()}


def _by_size(grouped: kmeans.Grouped) -> tuple[kmeans.Labels, Matrix]:
    """The new number of each group, the largest first, and the centres in that order."""
    sizes = np.bincount(grouped.labels, minlength=len(grouped.centres))
    first = np.argsort(-sizes, kind="stable")
    order = np.empty_like(first)
    order[first] = np.arange(len(first))
    return order, grouped.centres[first]


def _told_of(means: _Means, space: str) -> tuple[str, ...]:
    lists = len(means.lists) + len(means.unknown)
    notes = []
    if means.unknown:
        have = "has" if len(means.unknown) == 1 else "have"
        notes.append(f"{len(means.unknown)} of {lists} playlists {have} no song with numbers in the space {space!r}.")
    partly = [known for known in means.known if known < 1]
    if partly:
        one, shares = len(partly) == 1, list(dict.fromkeys(f"{share:.0%}" for share in (min(partly), max(partly))))
        notes.append(
            f"{len(partly)} of {lists} playlists {'is' if one else 'are'} known in part, by {' to '.join(shares)} of"
            f" {'its' if one else 'their'} songs."
        )
    return tuple(notes)
