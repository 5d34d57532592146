"""The verbs of the library that show songs and let them be played: sound, covers, waveforms, spectrograms, recordings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from songkin.config import Config
from songkin.errors import NotFound
from songkin.models import Answer, Clip, Medium, Query, Track
from songkin.store.catalog import Catalog

if TYPE_CHECKING:
    from songkin.rendering.studio import Studio


class Presenting:
    """See ``Library``. All take a song by its id, never by a path, and raise ``NotFound`` where there is none, or it has no
    sound here, and ``AudioError`` where what lies there is no sound. Files are made once and kept in the library's
    folder ``rendered``."""

    config: Config

    @property
    def catalog(self) -> Catalog:
        """The catalog that all of this is about."""
        raise NotImplementedError

    def similar(self, what: str, query: Query = Query()) -> Answer:
        """Songs that sound like ``what``."""
        raise NotImplementedError

    def song(self, song: str) -> Track:
        """The song with this id, and nothing else that it could mean. Raises ``NotFound``."""
        track = self.catalog.track(song)
        if track is None:
            raise NotFound("There is no such song.", remedy="It may have been removed: search for it.")
        return track

    def sound(self, song: str, *, made_as: str = "") -> Medium:
        """The sound of a song to be played: its file, or a copy as ``mp3`` or ``opus``, which is made once. What lies elsewhere
        is fetched once. Raises ``SourceError`` where that cannot be."""
        return self._studio.sound(self.song(song), made_as)

    def cover(self, song: str, size: int = 320) -> Medium:
        """A song's picture of at most ``size`` (96, 320 or 640) pixels a side, from its file or folder, else a drawn one."""
        return self._studio.cover(self.song(song), size)

    def peaks(self, song: str) -> Medium:
        """A song's loudness over time as JSON: ``peaks``, 800 numbers from 0 to 100, and ``duration`` in seconds."""
        return self._studio.outlines(self.song(song))[0]

    def spectrogram(self, song: str) -> Medium:
        """A song's spectrogram as PNG: time to the right, pitch upwards (mel)."""
        return self._studio.outlines(self.song(song))[1]

    def waveform(self, song: str) -> Medium:
        """A song's peaks as SVG."""
        return self._studio.waveform(self.song(song))

    def hear_clip(self, blocks: Iterable[bytes], query: Query = Query()) -> Clip:
        """Take in a recording of any form, in pieces of bytes, and find the songs nearest to it. It is kept for a day. Raises
        ``QueryError`` for one that is too large (``upload_mb``)."""
        kept, seconds = self._studio.take_clip(blocks)
        return Clip(kept, seconds, self.like_clip(kept, query))

    def like_clip(self, clip: str, query: Query = Query()) -> Answer:
        """The songs nearest to a recording that was taken in. Raises ``NotFound``."""
        found = self.similar(self._studio.clip_sound(clip).path, query)
        return Answer("your recording", found.hits, found.notes)

    def clip_sound(self, clip: str) -> Medium:
        """A recording that was taken in, as it was understood."""
        return self._studio.clip_sound(clip)

    def clip_spectrogram(self, clip: str) -> Medium:
        """Its spectrogram."""
        return self._studio.clip_spectrogram(clip)

    @cached_property
    def _studio(self) -> Studio:
        from songkin.rendering.studio import Studio

        return Studio(self.catalog, self.config)
