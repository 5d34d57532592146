"""Writing: encodes sound for the demo's library, for degraded copies in evaluations, and for tests.

Opens an output, never an input: what FFmpeg may read is settled in ``media.opened`` alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import numpy as np
import soxr

from songkin.audio.windows import Sound
from songkin.errors import AudioError

_FORMATS: Final[Mapping[str, tuple[str, str, dict[str, str]]]] = {
    ".mp3": ("mp3", "libmp3lame", {}),
    ".ogg": ("ogg", "vorbis", {}),
    ".opus": ("ogg", "libopus", {}),
    ".flac": ("flac", "flac", {}),
    ".wav": ("wav", "pcm_s16le", {}),
    ".w64": ("w64", "pcm_s16le", {}),
    ".au": ("au", "pcm_s16be", {}),
    ".caf": ("caf", "pcm_s16be", {}),
    ".aiff": ("aiff", "pcm_s16be", {"write_id3v2": "1"}),
    ".m4a": ("ipod", "aac", {}),
    ".aac": ("adts", "aac", {"write_id3v2": "1"}),
    ".wma": ("asf", "wmav2", {}),
    ".wv": ("wv", "wavpack", {}),
    ".tta": ("tta", "tta", {}),
    ".mka": ("matroska", "flac", {}),
    ".webm": ("webm", "libopus", {}),
}
"""Suffix: FFmpeg's muxer, encoder and muxer options. PyAV's wheel has no libvorbis; FFmpeg's own Vorbis encoder is
marked experimental and knows stereo only."""

_LAYOUTS: Final = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
_LOSSY_RATE: Final = 128_000


def write(
    path: str,
    samples: Sound,
    sample_rate: int,
    tags: Mapping[str, str] | None = None,
    bit_rate: int | None = None,
) -> None:
    """Encode float32 samples in [-1, 1], mono (n,) or (channels, n), in the format that the path's suffix names.

    ``tags`` are FFmpeg's names (title, artist, album, album_artist, date, genre, track, disc, comment); a container
    leaves out those it does not know. ``bit_rate`` in bits per second, for lossy formats. A rate that the encoder
    does not know is resampled to the next one above. Raises ``AudioError``.
    """
    import av

    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _FORMATS:
        raise AudioError(
            f"There is no encoder for {suffix or 'a name without suffix'}.",
            remedy=f"Use one of: {', '.join(_FORMATS)}.",
        )
    muxer, encoder, options = _FORMATS[suffix]
    rows = np.atleast_2d(np.asarray(samples, np.float32))
    if encoder == "vorbis" and len(rows) == 1:
        rows = np.repeat(rows, 2, axis=0)
    rows, rate = _at_known_rate(rows, sample_rate, av.Codec(encoder, "w").audio_rates)
    try:
        with av.open(path, "w", format=muxer, options=options) as container:
            stream: Any = container.add_stream(encoder, rate=rate, layout=_LAYOUTS[len(rows)])
            if encoder == "vorbis":
                stream.codec_context.options = {"strict": "-2"}
            if not encoder.startswith("pcm"):
                stream.bit_rate = bit_rate or _LOSSY_RATE
            container.metadata.update(tags or {})
            _encode(container, stream, rows, rate)
    except av.FFmpegError as error:
        raise AudioError(f"{os.path.basename(path)} could not be written: {error.strerror}.") from error


def _encode(container: Any, stream: Any, rows: Sound, rate: int) -> None:
    import av

    for start in range(0, rows.shape[1], rate):
        piece = np.ascontiguousarray(rows[:, start : start + rate].T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, format="flt", layout=_LAYOUTS[len(rows)])
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _at_known_rate(rows: Sound, rate: int, known: list[int] | None) -> tuple[Sound, int]:
    if not known or rate in known:
        return rows, rate
    above = [one for one in known if one > rate]
    wanted = min(above) if above else max(known)
    return soxr.resample(rows.T, rate, wanted, "HQ").T, wanted
