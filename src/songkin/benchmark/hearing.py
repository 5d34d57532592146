"""A task in a process of its own: hear files, by the parts called one by one, or as a worker does.

The parts are what no pipeline can do without: decoding to mono, resampling to each rate, and every encoder's own
functions (mel, nets, descriptors) on the very windows that the profile chooses, and MiniLM over what the tags say.
Which windows those are is found out beside the clock.

Reads ``{"files", "cache", "how", "profiles", "encoders"}``. ``how`` is ``parts`` (of the first profile), or ``worker``: one
number for each profile. Prints ``{"songs": [{"path", "seconds", "cpu": {part or profile: seconds}, "vectors": {profile:
{output: numbers}}}]}``, the vectors of ``worker`` alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from songkin import audio, encoders, tags
from songkin.audio.windows import Cutter, Sound
from songkin.encoders.base import AudioEncoder, TextEncoder
from songkin.errors import AudioError, WeightsMissing
from songkin.indexing import worker
from songkin.models import Profile, Track, as_profile
from songkin.text import describe


class Parts:
    """CPU seconds by part."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Count what happens inside for ``part``."""
        began = time.process_time()
        yield
        self.cpu[part] = self.cpu.get(part, 0.0) + time.process_time() - began


def able(cache: Path, names: Sequence[str] = encoders.AUDIO) -> list[AudioEncoder]:
    """The audio encoders called ``names`` whose weights are here, loaded and warm."""
    found = []
    for name in names:
        encoder = encoders.audio_encoder(name, cache)
        try:
            listening = encoder.begin()
        except WeightsMissing:
            continue
        noise = np.random.default_rng(0).normal(0, 0.1, encoder.spec.window or 1).astype(np.float32)
        listening.push(noise)
        listening.finish()
        found.append(encoder)
    return found


def reader(cache: Path) -> TextEncoder | None:
    """MiniLM, loaded and warm; None without its weights."""
    encoder = encoders.text_encoder("minilm", cache)
    try:
        encoder.encode(["quiet piano"])
    except WeightsMissing:
        return None
    return encoder


def parts_of(path: str, used: Sequence[AudioEncoder], text: TextEncoder | None, profile: Profile) -> dict[str, float]:
    """CPU seconds of each part for one song. Raises ``AudioError``."""
    about = audio.hear(path, [], _passed_over)
    parts = Parts()
    with parts.timed("decode"):
        sound = audio.samples(path, about.sample_rate)
    used = [encoder for encoder in used if encoder.spec.hears(profile)]
    plans = {encoder.spec.name: encoder.spec.plan(profile) for encoder in used}
    sounds: dict[int, Sound] = {}
    for rate in {plan.sample_rate for plan in plans.values()}:
        with parts.timed("resample"):
            sounds[rate] = sound if rate == about.sample_rate else soxr.resample(sound, about.sample_rate, rate, "HQ")
    for encoder in used:
        plan, windows = plans[encoder.spec.name], list[Sound]()
        cutter = Cutter(plan, windows.append)
        cutter.feed(sounds[plan.sample_rate])
        cutter.finish()
        with parts.timed(encoder.spec.name):
            listening = encoder.begin()
            for window in windows:
                listening.push(window)
            listening.finish()
    if text is not None:
        said = tags.merge(tags.read_tags(path), tags.guess_from_path(path, ""))
        words = describe(Track("", said.title, said.artists, said.album, year=said.year, genres=said.genres))
        with parts.timed(text.spec.name):
            text.encode([words])
    return parts.cpu


def worker_of(
    path: str, used: Sequence[AudioEncoder], profile: Profile, limits: audio.Limits = audio.Limits()
) -> tuple[float, dict[str, list[float]]]:
    """CPU seconds that a worker takes for one song (tags, hashes, decoding, all encoders), and its vectors. Raises
    ``AudioError``."""
    named = {encoder.spec.name: encoder for encoder in used}
    began = time.process_time()
    found = worker.read(worker.Job(path, "", tuple(named), profile), named, limits, _Unwatched())
    spent = time.process_time() - began
    return spent, {output: vector.tolist() for output, (_, vector) in found.vectors.items() if vector.dtype.kind == "f"}


class _Unwatched:
    value = 0.0


def heard(given: dict[str, Any]) -> dict[str, Any]:
    """Do the task."""
    cache = Path(given["cache"])
    profiles = [as_profile(name) for name in given.get("profiles", ["default"])]
    used = able(cache, given.get("encoders", encoders.AUDIO))
    text = reader(cache) if given["how"] == "parts" else None
    songs = []
    for path in given["files"]:
        try:
            song: dict[str, Any] = {"path": path, "seconds": audio.hear(path, [], _passed_over).duration}
            if given["how"] == "parts":
                song["cpu"] = parts_of(path, used, text, profiles[0])
            else:
                both = {profile: worker_of(path, used, profile) for profile in profiles}
                song["cpu"] = {profile: cpu for profile, (cpu, _) in both.items()}
                song["vectors"] = {profile: vectors for profile, (_, vectors) in both.items()}
        except AudioError:
            continue
        songs.append(song)
    return {"songs": songs}


def _passed_over(_number: int, _window: Sound) -> None:
    """Nobody listens."""


if __name__ == "__main__":
    json.dump(heard(json.load(sys.stdin)), sys.stdout)
