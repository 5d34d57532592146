"""The verbs of the library that recommend: songs that go with others, walks, stations, playlists that grow, flow and
fill themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from songkin.config import Config
from songkin.errors import QueryError, WeightsMissing
from songkin.models import ME, Answer, Hit, Playlist, Query, Track, user_name
from songkin.remembering import Remembering
from songkin.store.catalog import Catalog
from songkin.upkeep import Upkeep

if TYPE_CHECKING:
    from songkin.encoders.base import TextEncoder
    from songkin.importing.lists import Filled
    from songkin.progress import Progress
    from songkin.recommending.asking import Wanted
    from songkin.recommending.gathered import Gathered
    from songkin.recommending.names import Names
    from songkin.recommending.reading import ReadList
    from songkin.recommending.scheduled import SelfFilling
    from songkin.recommending.station import Station
    from songkin.recommending.wishes import Wish
    from songkin.search.described import Described
    from songkin.spaces import Statistics
    from songkin.store.playlistbook import Place
    from songkin.training.bridge import Judged

_STANDING_IN: Final = 8
"""Songs that stand for a sound file that is not in the library."""
_PATIENCE: Final = 1.0
"""Seconds that a station may be held up for what is heard to be noted."""


class Suggesting:
    """Recommendations of one library; see ``Library``."""

    config: Config

    @property
    def catalog(self) -> Catalog:
        """The catalog that all of this is about."""
        raise NotImplementedError

    def track(self, what: str) -> Track:
        """The song that ``what`` names."""
        raise NotImplementedError

    def similar(self, what: str, query: Query = Query()) -> Answer:
        """Songs that sound like one of the library or like any sound file."""
        raise NotImplementedError

    def recommend(self, wanted: Wanted, query: Query = Query()) -> Answer:
        """Songs that go with what is liked, and not with what is not; what was asked from never comes back. Raises
        ``NotFound``, ``Ambiguous``, ``QueryError``, ``SourceError``."""
        from songkin.recommending.answering import recommend
        from songkin.recommending.learning import kept

        before = self._upkeep.current()
        wish, statistics, weights = self._wish(wanted), self._statistics(), kept(self.catalog)
        crowd, names = self._crowd(wanted.crowd)
        (hits, told), notes = self._upkeep.ask(
            lambda vectors: recommend(self.catalog, vectors, crowd, names, wish, query, statistics, wanted, weights)
        )
        return Answer(", ".join(wish.label), hits, tuple(dict.fromkeys((*before, *notes, *told))))

    def path(self, first: str, last: str, query: Query = Query()) -> Answer:
        """A walk from one song to another in small steps. Raises ``NotFound``, ``Ambiguous``, ``QueryError``."""
        from songkin.recommending.walking import path

        ends = (self.track(first), self.track(last))
        hits, notes = self._upkeep.ask(lambda vectors: path(self.catalog, vectors, *ends, query))
        return Answer(f"{ends[0].label} … {ends[1].label}", hits, notes)

    def alchemy(self, add: Sequence[str], subtract: Sequence[str] = (), query: Query = Query()) -> Answer:
        """Songs near to the sum of some songs without others, by sound. Raises ``NotFound``, ``Ambiguous``,
        ``QueryError``."""
        from songkin.recommending.walking import alchemy

        plus, minus = ([self.track(what) for what in names] for names in (add, subtract))
        hits, notes = self._upkeep.ask(lambda vectors: alchemy(self.catalog, vectors, plus, minus, query))
        label = " + ".join(track.label for track in plus) + "".join(f" - {track.label}" for track in minus)
        return Answer(label, hits, notes)

    @contextmanager
    def radio(self, wanted: Wanted, query: Query = Query(), *, noted: bool = False) -> Iterator[Station]:
        """Songs without end that go with what is wanted, and learn from skips. What the listener (``wanted.user``, or
        ``ME``) hates or skipped lately is left out; if ``noted``, what is heard and skipped becomes their history. Holds
        the search index. Raises as ``recommend``."""
        from songkin.recommending.answering import recommend
        from songkin.recommending.learning import kept
        from songkin.recommending.station import Station, past_of
        from songkin.store.listeningbook import Listen

        listener = user_name(wanted.user or ME)
        wish, statistics, weights = self._wish(wanted), self._statistics(), kept(self.catalog)
        crowd, names = self._crowd(wanted.crowd)
        with self._upkeep.open_index() as (vectors, _):

            def ask(wish: Wish, query: Query) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
                return recommend(self.catalog, vectors, crowd, names, wish, query, statistics, wanted, weights)

            def note(song: str, kind: str) -> None:
                self.catalog.listening.note(Listen(listener, time.time(), song, kind), patience=_PATIENCE)

            yield Station(ask, wish, query, past_of(self.catalog, listener), note if noted else None)

    def extend(
        self,
        playlist: str,
        count: int = 10,
        *,
        include: Mapping[str, float] | None = None,
        adventurous: float = 0.3,
        save: str = "",
        query: Query = Query(),
    ) -> tuple[Playlist, Answer]:
        """Let a playlist grow by songs that go with it. ``include`` weighs further songs from -1, away from them, to 1.
        With ``save`` the grown list is a new playlist of that name. Raises ``NotFound``, ``Ambiguous``, ``QueryError``."""
        from songkin.importing import lists
        from songkin.recommending.asking import Wanted
        from songkin.store.playlistbook import Place

        old = self._growing(playlist, save)
        weights = include or {}
        liked, away = ([what for what, weight in weights.items() if (weight > 0) == side] for side in (True, False))
        wanted = Wanted(tuple(liked), tuple(away), (old.id,), weights=weights, adventurous=adventurous)
        answer = self.recommend(wanted, replace(query, limit=count))
        places = lists.place_of(self.catalog, old)
        fresh = [Place(hit.track.id, "id", None, None, "songkin") for hit in answer.hits]
        return self._keep_list(old, [*places, *fresh], save, f"extended by {len(fresh)}"), answer

    def reorder(self, playlist: str, *, save: str = "") -> Playlist:
        """Put a playlist in an order that flows: tempo, key and energy change gently, from its first song on; places
        without a song of the library go to the end. Raises ``NotFound``, ``Ambiguous``, ``QueryError``."""
        from songkin.importing import lists
        from songkin.recommending.choosing import flowing

        old = self._growing(playlist, save)
        entries, places = self.catalog.playlists.entries(old.id), lists.place_of(self.catalog, old)
        here = [(entry.track, place) for entry, place in zip(entries, places, strict=True) if entry.track]
        gone = [place for entry, place in zip(entries, places, strict=True) if not entry.track]
        order = flowing([track for track, _ in here])
        return self._keep_list(old, [*(here[n][1] for n in order), *gone], save, "put in order")

    def read_list(self, what: str, called: str = "") -> ReadList:
        """The songs of the library that stand in a playlist from elsewhere, a file or a link; nothing is imported. ``called``
        is how a file is spoken of. Raises ``SourceError``, ``Unreachable``."""
        from songkin.recommending.reading import read_list

        return read_list(self.catalog, self.config, what, called)

    def _growing(self, playlist: str, save: str) -> Playlist:
        """A playlist that may be changed, or kept under another name. Raises ``QueryError`` for one that fills itself."""
        found = self.catalog.playlists.one(playlist)
        kept = self.catalog.schedules.of(found.id)
        if kept is not None and kept.every and not save:
            raise QueryError(
                f"The playlist {found.name!r} fills itself every {kept.every}, so no change would stay.",
                remedy="Keep the result as another one with --save NAME.",
            )
        return found

    def _keep_list(self, old: Playlist, places: Sequence[Place], save: str, about: str) -> Playlist:
        from songkin.importing import lists
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        with run_lock(self.config):
            if save:
                songs = [place.track for place in places if place.track]
                kept = lists.write(self.catalog, save, songs, "recommend", f"{old.name}, {about}")
            else:
                kept = lists.rewrite(self.catalog, old, places, about)
            refresh.refresh(self.catalog, self.config, Quiet())
        return kept

    def save_top(
        self,
        name: str,
        by: str = "played",
        *,
        window: str = "all",
        user: str | None = ME,
        limit: int = 20,
        every: str | None = None,
        now: float | None = None,
    ) -> Playlist:
        """Keep a top list as a playlist of this name, or refresh the one that is kept; the rest as in ``top``. ``every``
        says how often it fills itself from now on (``day``, ``week``, ``month``, ``never``; None: as often as before). It
        is a run that can be taken back. Raises ``QueryError``, ``LibraryBusy``."""
        from songkin.importing.toplists import Rule
        from songkin.recommending.scheduled import save_top

        return save_top(self.catalog, self.config, name, Rule(by, window, user, limit), every, now)

    def refresh(self, names: Sequence[str] = (), *, every: bool = False, now: float | None = None) -> Filled:
        """Fill the playlists that fill themselves and are due: top lists and clusters that were saved to be filled
        ``every`` so often. Those of these names or ids, or with ``every`` all that can be, are filled due or not. Raises
        ``NotFound`` for one that does not fill itself, ``Ambiguous``, ``LibraryBusy``."""
        from songkin.recommending import scheduled

        return scheduled.refresh(self.catalog, self.config, names, every=every, now=now)

    def self_filling(self, *, now: float | None = None) -> list[SelfFilling]:
        """The playlists that fill themselves: of what, how often, when they did last, whether they are due."""
        from songkin.recommending import scheduled

        return scheduled.self_filling(self.catalog, now)

    def learn_blend(self) -> tuple[Mapping[str, float], int]:
        """Learn from the library's own playlists how much content, crowd, names and artists count in recommendations;
        the weights, and from how many playlists. Raises ``NotFound`` where there are too few."""
        from songkin.recommending.learning import keep, train
        from songkin.store.lock import run_lock

        crowd, names = self._crowd()
        found, _ = self._upkeep.ask(lambda vectors: train(self.catalog, vectors, crowd, names))
        with run_lock(self.config):
            keep(self.catalog, *found)
        return found

    def learn_features(self, progress: Progress | None = None) -> Described:
        """Learn from the library's own songs which audio features words promise; ``find`` answers with it from now on.
        Raises ``NotFound`` where too few songs have features of a table and genres or playlists, ``WeightsMissing``,
        ``LibraryBusy``."""
        from songkin.search.described import keep
        from songkin.store.lock import run_lock
        from songkin.training.features import learn

        found = learn(self.catalog, self._text_encoder, progress)
        with run_lock(self.config):
            keep(self.catalog, found)
        return found

    def learn_bridge(self, progress: Progress | None = None) -> Judged:
        """Learn from the library's own songs how what is asked in words sounds; where that finds hidden songs better than
        the bridge that every library has, ``find`` and ``find_albums`` answer with it from now on. Raises ``NotFound``
        where too few songs have words and sound, ``WeightsMissing``, ``LibraryBusy``."""
        from songkin.search.ownbridge import keep
        from songkin.store.lock import run_lock
        from songkin.training.bridge import learn

        found = learn(self.catalog, self._text_encoder, progress)
        with run_lock(self.config):
            keep(self.catalog, found.own)
        return found

    def fingerprint(
        self, *, user: str = ME, window: str = "all", new: float = 0.5, query: Query = Query(), now: float | None = None
    ) -> Answer:
        """A playlist from what a listener plays most in a window: their own songs, and ``new`` (a share of 1) of others
        that go with them, in an order that flows. Raises ``NotFound`` where nothing was played, ``QueryError``."""
        from songkin.recommending.asking import Wanted
        from songkin.recommending.fingerprint import mixed, most_played

        own = most_played(self.catalog, user, window, query.limit, now)
        weights = {each.track: each.weight for each in own}
        wanted = Wanted(like=tuple(weights), weights=weights, order="best")
        others = self.recommend(wanted, query) if new > 0 else Answer("", ())
        hits = mixed(self.catalog, own, others.hits, query.limit, new)
        return Answer("what you play" if user == ME else f"what {user} plays", hits, others.notes)

    # Inside ----------------------------------------------------------------------------------------------------

    def _wish(self, wanted: Wanted) -> Wish:
        from songkin.indexing import places
        from songkin.recommending.asking import wish_of

        def sounding(path: str) -> list[tuple[str, float]]:
            return [(hit.track.id, hit.score) for hit in self.similar(path, Query(limit=_STANDING_IN)).hits]

        return wish_of(self.catalog, wanted, rules=places.rules(self.config), sounding=sounding)

    @cached_property
    def _upkeep(self) -> Upkeep:
        return Upkeep(self.catalog, self.config)

    @cached_property
    def _text_encoder(self) -> TextEncoder:
        from songkin.encoders import text_encoder

        return text_encoder(self.config.text_encoder, self.config.cache, offline=self.config.offline)

    def _asking(self) -> TextEncoder:
        """What reads questions: the text encoder, if it is the one that read the songs. Else one that reads nothing, so that
        vectors of two are never compared."""
        from songkin.encoders.base import Unread
        from songkin.store import text_read_by

        before = text_read_by(self.catalog)[1]
        encoder, why = self._reading
        if encoder is None:
            return Unread(why)
        if before != encoder.spec.fingerprint and (before or self.config.text_encoder != "minilm"):
            return Unread(
                f"the songs were read by {before or 'minilm'}; `songkin reindex` has {encoder.spec.name} do it"
            )
        return encoder

    @property
    def _reading(self) -> tuple[TextEncoder | None, str]:
        from songkin.encoders import weights

        try:
            found = self._text_encoder
            there = weights.installed(found.spec, self.config.cache)
        except WeightsMissing as error:
            return None, error.brief
        return (found, "") if there else (None, "minilm has no weights here (`songkin models pull` fetches them)")

    def _freshen(self, playlists: Sequence[str] = ()) -> None:
        """Fill those of these playlists (ids), or of all, that are due."""
        from songkin.recommending import scheduled

        scheduled.freshen(self.catalog, self.config, playlists)

    def _crowd(self, model: str = "knn") -> tuple[Gathered, Names]:
        from songkin.recommending import factors
        from songkin.recommending.gathered import gathered
        from songkin.recommending.names import Names

        crowd = gathered(self.catalog, self.config.library)
        if model != factors.KNN:
            crowd = replace(crowd, model=factors.fitted(crowd.crowd, model, folder=self.config.library))
        return crowd, Names(crowd.names, self._reader(), self.config.library)

    def _reader(self) -> TextEncoder | None:
        """The text encoder, where its weights are here."""
        return self._reading[0]

    @cached_property
    def _remembered(self) -> Remembering:
        return Remembering(self.catalog.content)

    def _statistics(self) -> dict[str, Statistics]:
        from songkin.search.seeds import fitted

        return self._remembered.get("statistics", lambda: fitted(self.catalog))
