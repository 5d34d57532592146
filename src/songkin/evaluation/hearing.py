"""Hears pieces of songs once and remembers it: worker processes listen, a folder keeps what they heard.

What is kept is named by the song's bytes, the piece, the profile and the encoders with their weights, so that nothing
stale is ever read and a second run costs seconds; what was damaged since is heard anew. A song is decoded once for all
its pieces.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing as mp
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin import audio, encoders
from songkin.confined import one_thread_each
from songkin.encoders.base import AudioEncoder
from songkin.errors import AudioError, EncoderError, SongkinError, SourceError, WeightsMissing
from songkin.evaluation import pieces
from songkin.evaluation.baselines import LogMel, bliss
from songkin.evaluation.pieces import Piece
from songkin.evaluation.songs import Song
from songkin.indexing.worker import hash_file
from songkin.listening import listen
from songkin.models import Profile
from songkin.search.recognise import clip_codes

if TYPE_CHECKING:
    from songkin.progress import Progress

Array = NDArray[Any]

EARS: Final = ("musicnn", "descriptors", "fingerprint", "logmel")
_VERSION: Final = "4"
"""Part of every kept name; raised when ``pieces`` cuts otherwise, or a profile hears otherwise."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One piece of one song: vectors by output and facts, or why there are none."""

    vectors: Mapping[str, Array]
    facts: Mapping[str, Any]
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Kit:
    """How pieces are heard: where models lie, where results are kept, which encoders listen, and the Python that has
    bliss-audio (empty: bliss is left out)."""

    models: Path
    kept: Path
    profile: Profile
    ears: tuple[str, ...]
    bliss: str = ""

    def encoders(self) -> list[AudioEncoder]:
        return [encoder_named(name, self.models) for name in self.ears]

    def file(self, content: str, piece: Piece) -> Path:
        """Where a piece of the song with these bytes is kept."""
        parts = [_VERSION, content, piece.name, str(piece.seed), self.profile]
        parts += [encoder.spec.fingerprint for encoder in self.encoders()] + ["bliss"] * bool(self.bliss)
        name = hashlib.blake2b("|".join(parts).encode(), digest_size=16).hexdigest()
        return self.kept / name[:2] / f"{name}.npz"


def encoder_named(name: str, models: Path) -> AudioEncoder:
    """An encoder of songkin's, or the baseline ``logmel``."""
    return LogMel() if name == "logmel" else encoders.audio_encoder(name, models)


def able(models: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the encoders that can hear on this machine, and one line for each that cannot."""
    names, notes = [], []
    for name in EARS:
        try:
            encoder_named(name, models).begin()
        except WeightsMissing as error:
            notes.append(f"{name} is left out: {error.message} {error.remedy}")
        else:
            names.append(name)
    return tuple(names), tuple(notes)


def hear_all(
    songs: Sequence[Song], wanted: Sequence[Piece], kit: Kit, workers: int, progress: Progress
) -> dict[str, list[Heard]]:
    """Hear the ``wanted`` pieces of all songs: piece name -> what was heard, in the order of ``songs``."""
    progress.stage("Listening", len(songs))
    tasks: list[Task] = []
    known: list[list[Heard | Path]] = []
    for song in songs:
        content = hash_file(song.path)
        known.append([_kept(kit.file(content, piece)) for piece in wanted])
        missing = [(piece, each) for piece, each in zip(wanted, known[-1], strict=True) if isinstance(each, Path)]
        if missing:
            tasks.append((song, missing, kit))
    done = len(songs) - len(tasks)
    progress.step(done)
    for path in _worked(tasks, workers):
        done += 1
        progress.step(done, os.path.basename(path))
    rows = [[_load(each) if isinstance(each, Path) else each for each in row] for row in known]
    return {piece.name: [row[i] for row in rows] for i, piece in enumerate(wanted)}


Task = tuple[Song, list[tuple[Piece, Path]], Kit]


def _worked(tasks: Sequence[Task], workers: int) -> Iterator[str]:
    if not tasks:
        return
    with one_thread_each():
        pool = ProcessPoolExecutor(min(workers, len(tasks)), mp.get_context("spawn"), initializer=_deaf_to_interrupts)
        try:
            for future in as_completed([pool.submit(hear, task) for task in tasks]):
                yield future.result()
        except BrokenProcessPool as error:
            raise SongkinError(
                "A worker process ended while it was listening.",
                remedy="Run it again: what was heard is kept. With little memory, use --workers 1.",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def hear(task: Task) -> str:
    """Hear and keep the missing pieces of one song (in a worker). Returns the song's path."""
    song, missing, kit = task
    try:
        sound = audio.samples(song.path, pieces.RATE)
    except AudioError as error:
        _keep_all(missing, Heard({}, {}, error.message))
        return song.path
    if len(sound) < pieces.LEAST_SECONDS * pieces.RATE:
        _keep_all(missing, Heard({}, {}, f"It is shorter than {pieces.LEAST_SECONDS:g} seconds."))
        return song.path
    with tempfile.TemporaryDirectory(prefix="songkin-eval-") as folder:
        for piece, file in missing:
            path = os.path.join(folder, piece.name + piece.suffix) if piece.suffix else song.path
            try:
                if piece.suffix:
                    pieces.write(piece, path, pieces.cut(piece, song.key, sound))
                heard = _heard(path, kit, clip=piece.clip)
            except WeightsMissing:
                raise
            except (AudioError, EncoderError) as error:
                heard = Heard({}, {}, error.message)
            _keep(file, heard)
    return song.path


def _heard(path: str, kit: Kit, *, clip: bool) -> Heard:
    listened = listen(path, kit.encoders(), kit.profile, audio.Limits())
    vectors = {output: vector for output, (_, vector) in listened.vectors.items()}
    if kit.bliss and vectors:
        vectors["bliss"] = bliss(kit.bliss, path)
    if clip and vectors:
        vectors |= {f"codes{i}": codes for i, codes in enumerate(clip_codes(path, listened.heard.duration))}
    return Heard(vectors, listened.facts, "" if vectors else "It is silent.")


def _keep_all(missing: Sequence[tuple[Piece, Path]], heard: Heard) -> None:
    for _, file in missing:
        _keep(file, heard)


def _keep(file: Path, heard: Heard) -> None:
    about = np.array(json.dumps({"facts": dict(heard.facts), "trouble": heard.trouble}))
    arrays: dict[str, Any] = {**heard.vectors, "about": about}
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.stem}.{os.getpid()}.part")
    with part.open("wb") as stream:
        np.savez(stream, **arrays)
    part.replace(file)


def _kept(file: Path) -> Heard | Path:
    """What the file holds; the file itself where it must be written first: it is not there, or damaged."""
    try:
        return _load(file) if file.exists() else file
    except SourceError:
        return file


def _load(file: Path) -> Heard:
    try:
        with np.load(file, allow_pickle=False) as stored:
            vectors = {name: stored[name] for name in stored.files if name != "about"}
            about = json.loads(str(stored["about"]))
        return Heard(vectors, about["facts"], about["trouble"])
    except Exception as error:  # numpy, zipfile and zlib raise a dozen kinds over damaged bytes
        raise SourceError(f"{file} cannot be read: {error}.", remedy="Delete it and run it again.") from error


def _deaf_to_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
