"""Where files for eyes and ears are made of songs: sound, covers, waveforms, spectrograms, recordings."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from songkin import audio
from songkin.config import Config
from songkin.confined import Helper
from songkin.errors import AudioError, NotFound, QueryError
from songkin.indexing import places
from songkin.models import Medium, Track
from songkin.rendering import clips, covers, drawn, outlines
from songkin.rendering.kept import Kept
from songkin.store.catalog import Catalog

_PICTURE_SECONDS: Final = 20.0
_KINDS: Final = {
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mov": "audio/mp4",
    "wav": "audio/wav",
    "w64": "audio/wav",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "asf": "audio/x-ms-wma",
    "caf": "audio/x-caf",
    "au": "audio/basic",
}
"""MIME types by how FFmpeg says a file is packed."""


class Studio:
    """Of one library. All take a song by its id, never by a path, and raise ``NotFound`` where there is none, or it has no
    sound here, and ``AudioError`` where what lies there is no sound. May be used by several threads."""

    def __init__(self, catalog: Catalog, config: Config) -> None:
        self.catalog = catalog
        self.config = config
        self._kept = Kept(config.library / "rendered")
        self._clips = clips.Clips(config.library / "rendered" / "clips")
        self._quick = Helper(config.worker_memory_mb)
        self._slow = Helper(config.worker_memory_mb)
        self._known_kinds: dict[str, str] = {}

    def close(self) -> None:
        """End the processes that read."""
        self._quick.close()
        self._slow.close()

    def sound(self, track: Track, made_as: str) -> Medium:
        """The sound of a song to be played: its file, or a copy as one of ``audio.PLAYABLE``, which is made once. What lies
        elsewhere is fetched once."""
        if made_as and made_as not in audio.PLAYABLE:
            raise QueryError(f"No copy is made as {made_as!r}.", remedy=f"Use one of: {', '.join(audio.PLAYABLE)}.")
        path, state = self._file(track)
        kind = self._remembered_kind(path, state)
        if not made_as:
            return Medium(path, kind)
        limits = self._limits()
        seconds = self._seconds(track)

        def make(target: str) -> None:
            self._slow.do(audio.transcode, path, target, made_as, limits, seconds=seconds)

        made = self._kept.file("copies", f"{state} {made_as}", f".{made_as}", make)
        return Medium(str(made), audio.PLAYABLE[made_as][2])

    def cover(self, track: Track, size: int) -> Medium:
        """A song's picture of at most ``size`` pixels a side (one of ``covers.SIZES``), from its file or folder, else a drawn
        one."""
        if size not in covers.SIZES:
            raise QueryError(
                f"No cover is {size} pixels wide.", remedy=f"Use one of: {', '.join(map(str, covers.SIZES))}."
            )
        try:
            path, state = self._file(track, fetched=False)
            beside = os.stat(os.path.dirname(path)).st_mtime_ns  # pictures may come to the folder later
            of = f"{state} {beside} {size}"
            made = self._kept.file("covers", of, ".webp", lambda target: self._small(path, target, size))
        except (NotFound, AudioError):
            made = None
        if made is not None and made.stat().st_size:
            return Medium(str(made), "image/webp")
        names = (track.title, track.artist, track.album)
        of = f"{drawn.VERSION} {size} {names!r}"
        made = self._kept.file("drawn", of, ".svg", lambda target: _write(target, drawn.cover(*names, size=size)))
        return Medium(str(made), "image/svg+xml")

    def outlines(self, track: Track) -> tuple[Medium, Medium]:
        """A song's peaks as JSON, and its spectrogram as PNG."""
        path, state = self._file(track)
        return self._outlines(path, state, self._seconds(track))

    def waveform(self, track: Track) -> Medium:
        """A song's peaks as SVG."""
        peaks = Path(self.outlines(track)[0].path)

        def make(target: str) -> None:
            _write(target, outlines.waveform(json.loads(peaks.read_text("utf-8"))["peaks"]))

        return Medium(str(self._kept.file("waveforms", peaks.name, ".svg", make)), "image/svg+xml")

    def clip_spectrogram(self, clip: str) -> Medium:
        """The spectrogram of a recording."""
        path = str(self._clips.path(clip))
        return self._outlines(path, path, self._seconds(None))[1]

    def clip_sound(self, clip: str) -> Medium:
        """A recording as it was understood."""
        return Medium(str(self._clips.path(clip)), "audio/wav")

    def take_clip(self, blocks: Iterable[bytes]) -> tuple[str, float]:
        """Take in a recording of any form; its id and its seconds. Raises ``QueryError`` for one that is too large."""
        upload = self._clips.spool(blocks, self.config.upload_mb << 20)
        limits = replace(self._limits(), max_seconds=clips.MOST_SECONDS)
        kept = self._clips.new()
        try:
            seconds = self._slow.do(clips.to_wave, str(upload), str(kept), limits, seconds=self._seconds(None))
        except AudioError as error:
            kept.unlink(missing_ok=True)
            raise AudioError(
                "What was uploaded is no sound that can be heard.", remedy="Record again, or send another file."
            ) from error
        finally:
            upload.unlink(missing_ok=True)
        return kept.stem, seconds

    # Inside ----------------------------------------------------------------------------------------------------

    def _limits(self) -> audio.Limits:
        return audio.Limits(max_seconds=self.config.max_hours * 3600)

    def _seconds(self, track: Track | None) -> float:
        """How long reading a song's sound may take."""
        length = track.duration if track is not None and track.duration else clips.MOST_SECONDS
        return self.config.file_seconds + 0.2 * length

    def _file(self, track: Track, *, fetched: bool = True) -> tuple[str, str]:
        """The file of a song on this machine, and what tells its state from others."""
        path = track.path
        if places.elsewhere(path):
            if not fetched:
                raise NotFound(f"{track.label} lies elsewhere.")
            path = str(
                self._kept.file("fetched", path, Path(path).suffix[:8], lambda target: self._fetch(path, target))
            )
        if os.path.splitext(path)[1].lower() not in audio.EXTENSIONS:
            raise NotFound(f"{track.label} has no sound here.", remedy="Index the file, and it can be played.")
        try:
            about = os.stat(path)
        except (OSError, ValueError):
            raise NotFound(
                f"The file of {track.label} is not where it was.", remedy="Is its disk there? `songkin index` finds it."
            ) from None
        return path, f"{path} {about.st_mtime_ns} {about.st_size}"

    def _fetch(self, path: str, target: str) -> None:
        with places.at_hand(path, "", "", places.rules(self.config)) as local:
            shutil.copyfile(local, target)

    def _remembered_kind(self, path: str, state: str) -> str:
        """The MIME type of a sound file. Raises ``AudioError`` for anything else, whatever it is called: a list of songs may
        name any file."""
        if state not in self._known_kinds:
            packed, codec = self._quick.do(audio.kind_of, path, seconds=_PICTURE_SECONDS)
            found = _KINDS.get(packed, "application/octet-stream")
            if packed == "matroska":
                found = "audio/webm" if codec in {"opus", "vorbis"} else "audio/x-matroska"
            if len(self._known_kinds) > 50_000:
                self._known_kinds.clear()
            self._known_kinds[state] = found
        return self._known_kinds[state]

    def _small(self, path: str, target: str, size: int) -> None:
        """Where there is no picture the file stays empty, so that it is not looked for again."""
        self._quick.do(covers.make_small, path, target, size, seconds=_PICTURE_SECONDS)

    def _outlines(self, path: str, state: str, seconds: float) -> tuple[Medium, Medium]:
        limits, told = self._limits(), ""

        def draw(target: str) -> None:
            nonlocal told
            told = outlines.as_json(self._slow.do(outlines.outline, path, target, limits, seconds=seconds))

        def tell(target: str) -> None:
            if not told:  # the picture is older than the numbers
                draw(target)
            _write(target, told)

        picture = self._kept.file("spectrograms", state, ".png", draw)
        numbers = self._kept.file("peaks", state, ".json", tell)
        return Medium(str(numbers), "application/json"), Medium(str(picture), "image/png")


def _write(target: str, text: str) -> None:
    Path(target).write_text(text, "utf-8")
