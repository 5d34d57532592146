"""Copies that every browser plays: a sound file decoded as for hearing, and encoded anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from songkin.audio.media import Decoding, Limits, opened, plainly
from songkin.errors import AudioError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

PLAYABLE: Final[Mapping[str, tuple[str, str, str, int, int]]] = {
    "mp3": ("mp3", "libmp3lame", "audio/mpeg", 44_100, 192_000),
    "opus": ("ogg", "libopus", "audio/ogg", 48_000, 128_000),
}
"""Name: FFmpeg's muxer and encoder, MIME type, samples and bits per second."""


def transcode(path: str, target: str, name: str, limits: Limits) -> None:
    """Write the sound of ``path`` into the new file ``target`` as one of ``PLAYABLE``, in stereo (mono stays mono), without
    tags and pictures. Raises ``AudioError``."""
    import av

    if name not in PLAYABLE:
        raise AudioError(f"Nothing is made as {name!r} for browsers.", remedy=f"Use one of: {', '.join(PLAYABLE)}.")
    muxer, encoder, _, rate, bits = PLAYABLE[name]
    decoding = Decoding(path, limits)
    with plainly(path), opened(path) as source:
        found = decoding.chosen(source)
        layout = "mono" if found.codec_context.channels == 1 else "stereo"
        with av.open(target, "w", format=muxer) as made:
            out: Any = made.add_stream(encoder, rate=rate, layout=layout)
            out.bit_rate = bits if layout == "stereo" else bits // 2
            resampler = av.AudioResampler(format=out.codec_context.format.name, layout=layout, rate=rate)
            for frame in _allowed(decoding, decoding.frames(source, found)):
                for piece in resampler.resample(frame):
                    made.mux(out.encode(piece))
            for piece in resampler.resample(None):
                made.mux(out.encode(piece))
            made.mux(out.encode(None))


def _allowed(decoding: Decoding, frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """The frames, as long as they are within the limits."""
    seconds = 0.0
    for frame in frames:
        decoding.allow(frame.layout.nb_channels, frame.sample_rate)
        seconds += frame.samples / frame.sample_rate
        if seconds > decoding.limits.max_seconds:
            raise AudioError("It is longer than is heard.", remedy=decoding.limits.remedy)
        frame.pts = None
        yield frame
    if not seconds:
        raise AudioError("It holds no sound that can be decoded.", remedy="Copy it again from where it came from.")
