"""Sound files: opening, decoding, windows, pictures. FFmpeg itself is not instrumented: it is looked at from outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fuzz import scratch
from songkin import audio
from songkin.audio import Limits, WindowPlan
from songkin.audio.stretches import Stretches
from songkin.errors import AudioError
from soundfiles import sound_file, tone, wav

SUFFIXES = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wma", ".wv", ".caf", ".au", ".mka", ".aac")
PLANS = (WindowPlan(16_000, 1_000, 1_000), WindowPlan(22_050, 4_096, 2_048, pad=100))
LIMITS = Limits(max_seconds=60)


def one(data: bytes) -> None:
    """The first byte chooses the suffix, the rest is the file."""
    place = scratch("media/song" + SUFFIXES[data[0] % len(SUFFIXES)] if data else "media/empty.mp3")
    place.write_bytes(data[1:])

    def push(plan: int, window: audio.windows.Sound) -> None:
        assert window.dtype == np.float32
        assert window.shape == (PLANS[plan].window,)
        assert np.isfinite(window).all()

    try:
        heard = audio.hear(str(place), PLANS, push, LIMITS)
        again = audio.hear_stretches(str(place), PLANS, push, Stretches(3, 0.05), LIMITS)
        assert again.silent or not heard.silent
    except AudioError as error:
        assert error.message.endswith(".")
        assert "\n" not in error.message
    else:
        assert 0 < heard.duration <= LIMITS.max_seconds
        assert LIMITS.min_rate <= heard.sample_rate <= LIMITS.max_rate
        assert 1 <= heard.channels <= LIMITS.max_channels
    for read in (audio.metadata, audio.pictures):
        try:
            read(str(place))
        except AudioError as error:
            assert error.message.endswith(".")


def seeds() -> list[bytes]:
    """A little of each format, enough to leave something out of it."""
    made = []
    for number, suffix in enumerate(SUFFIXES):
        path = Path(sound_file(scratch("media/seeds") / f"a{suffix}", tone(0.3), {"title": "T"}))
        made.append(bytes((number,)) + path.read_bytes())
    return [*made, b"\5" + Path(wav(scratch("media/seeds/f.wav"), tone(0.1))).read_bytes()]
