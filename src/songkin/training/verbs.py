"""The verbs of the library that train networks on its songs; see ``Library``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from songkin.config import Config
from songkin.models import IndexReport
from songkin.store.catalog import Catalog

if TYPE_CHECKING:
    from songkin.progress import Progress
    from songkin.training.albums import Trained
    from songkin.training.autoencoder import Coded
    from songkin.training.genres import Genres

T = TypeVar("T")


class Teaching:
    """Networks of one library; see ``Library``."""

    config: Config

    @property
    def catalog(self) -> Catalog:
        """The catalog that all of this is about."""
        raise NotImplementedError

    def index(self, paths: Sequence[str | os.PathLike[str]], *, progress: Progress | None = None) -> IndexReport:
        """Add or refresh sound."""
        raise NotImplementedError

    def train_albums(
        self, *, steps: int = 0, base: str = "", seed: int = 0, progress: Progress | None = None
    ) -> Trained:
        """Train an own encoder on what reviews say of the albums here; from then on it reads albums. ``steps`` 0 is the
        usual length. Raises ``NotFound`` where there is too little to learn from, ``ConfigError`` where the extra ``train``
        is not installed, ``EncoderError``."""
        from songkin.indexing.albums import own_encoder
        from songkin.progress import Quiet
        from songkin.shelves import asked_for
        from songkin.store.lock import run_lock
        from songkin.training.albums import Plan, quick, train

        plan = replace(quick(Plan(), steps) if steps else Plan(), seed=seed)
        plan = replace(plan, name=base) if base else plan
        with run_lock(self.config):
            return train(asked_for(self.catalog), own_encoder(self.config), plan, progress or Quiet())

    def train_genres(
        self,
        folders: Sequence[str | os.PathLike[str]] = (),
        *,
        labels: str = "",
        encoder: str = "",
        size: int = 0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Genres:
        """Train a network that tells labels apart by sound: the ``folder`` right under one of ``folders`` (indexed first)
        in which a song lies, or its first ``genre``. What it makes of songs is a space of the library. A run that can be
        taken back. Raises ``NotFound`` where there is too little to learn from, ``QueryError``, ``EncoderError``."""
        from songkin.training import genres

        if folders:
            self.index(folders, progress=progress)

        def train(told: Progress) -> Genres:
            ids = self.catalog.ids()
            by_folder = (labels or ("folder" if folders else "genre")) == "folder"
            named = (
                genres.by_folder(self.catalog, ids, [Path(folder).absolute() for folder in folders])
                if by_folder
                else genres.by_genre(self.catalog, ids)
            )
            return genres.train(self.catalog, named, told, encoder=encoder, size=size or genres.SIZE, seed=seed)

        return self._trained(train, progress)

    def train_autoencoder(
        self,
        folders: Sequence[str | os.PathLike[str]] = (),
        *,
        encoder: str = "",
        size: int = 0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Coded:
        """Train a network that gives back what was heard of songs through few numbers, which are a space of the library;
        ``folders`` are indexed first. A run that can be taken back. Raises ``NotFound`` where too little was heard,
        ``QueryError``, ``EncoderError``."""
        from songkin.training import autoencoder

        if folders:
            self.index(folders, progress=progress)
        length = size or autoencoder.SIZE
        return self._trained(
            lambda told: autoencoder.train(self.catalog, told, encoder=encoder, size=length, seed=seed), progress
        )

    def _trained(self, train: Callable[[Progress], T], progress: Progress | None) -> T:
        """What comes of a training, with the search index brought up to it."""
        from songkin.indexing import refresh
        from songkin.progress import Quiet
        from songkin.store.lock import run_lock

        told = progress or Quiet()
        with run_lock(self.config):
            refresh.check_room(self.catalog, self.config)
            found = train(told)
            refresh.refresh(self.catalog, self.config, told)
        return found
