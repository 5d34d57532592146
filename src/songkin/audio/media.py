"""Reading: opens, decodes and mixes down. See the package's docstring for what is promised and why."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from songkin.audio.windows import Cutter, Resampling, Sound, WindowPlan, audible
from songkin.errors import AudioError

if TYPE_CHECKING:
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

DEMUXERS: Final = (
    "aac,ac3,aiff,amr,ape,asf,au,caf,dsf,eac3,flac,iff,matroska,mov,mp3,mpc,mpc8,ogg,rm,tak,tta,w64,wav,wv"
)
"""FFmpeg's demuxers that read one sound file and nothing beside it. ``concat``, ``hls`` and ``dash`` must never join."""

_SUFFIXES: Final = (
    ".aac .ac3 .afc .aif .aifc .aiff .amr .ape .au .caf .dsf .eac3 .flac .m4a .m4b .m4r .mka .mp1 .mp2 .mp3 .mp4 .mpc "
    ".oga .ogg .opus .snd .spx .tak .tta .w64 .wav .webm .wma .wv"
)
EXTENSIONS: Final = frozenset(_SUFFIXES.split())
"""Suffixes, in lower case, of what a walk through folders takes for a sound file."""

SHORT: Final = 15 * 60.0
"""Seconds of sound that ``samples`` holds at most: 15 minutes at 48 kHz are 173 MB."""

_BLOCK: Final = 1 << 20  # values over all channels gathered before they are mixed: 12 s of stereo at 44.1 kHz
_ABSURD: Final = 1e4  # full scale is 1; floats beyond +80 dBFS are damage, like NaN
_MAX_DAMAGE: Final = 0.01
_SCALE: Final = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31, "flt": 1.0, "dbl": 1.0}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. ``max_seconds`` of decoded sound, ``max_channels``, ``min_seconds``; sample rates up to
    those of DSD256 as FFmpeg decodes it (705.6 kHz)."""

    max_seconds: float = 6 * 3600.0
    min_seconds: float = 0.01
    max_channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 768_000

    @property
    def remedy(self) -> str:
        """What is said to whoever has a longer file. The same limit, the same words."""
        if self.max_seconds == SHORT:
            return "Cut a piece out of it."
        return f"Allow more with --max-hours {self.max_seconds / 3600 * 2:g}."


@dataclass(frozen=True, slots=True)
class Heard:
    """What decoding showed. ``duration`` in seconds from decoded samples; ``packets`` is a hash over the audio packets
    (the same sound with other tags has the same one); ``silent`` says that no window rose above the floor (without
    plans: no block of about ten seconds); ``broken`` counts packets that could not be decoded and were left out."""

    duration: float
    sample_rate: int
    channels: int
    codec: str
    container: str
    packets: str
    silent: bool
    broken: int = 0


def hear(
    path: str,
    plans: Sequence[WindowPlan],
    push: Callable[[int, Sound], None],
    limits: Limits = Limits(),
    decoded: Callable[[float], None] | None = None,
) -> Heard:
    """Decode the file once and hand out the windows of every plan: ``push(number of the plan, window)``.

    Windows are float32 of exactly ``plan.window`` samples in about [-1, 1], the mean of all channels, in time order
    within each plan; they belong to the receiver. Plans of one sample rate share one resampler. ``decoded`` is told the
    seconds of every block: silence gives no windows, and limited plans give theirs at the end.

    Raises ``AudioError``, at times after windows were pushed: those are then worth nothing. What ``push`` raises
    passes through as it is.
    """
    cutters = [Cutter(plan, partial(push, number)) for number, plan in enumerate(plans)]
    rates = [Resampling(rate) for rate in dict.fromkeys(plan.sample_rate for plan in plans)]
    decoding = Decoding(path, limits)

    def pass_on(rate: int, sound: Sound) -> None:
        for cutter in cutters:
            if cutter.plan.sample_rate == rate:
                cutter.feed(sound)

    for rate, block in decoding.blocks():
        if decoded is not None:
            decoded(len(block) / rate)
        for resampling in rates:
            pass_on(resampling.rate, resampling.feed(rate, block))
    for resampling in rates:
        pass_on(resampling.rate, resampling.finish())
    for cutter in cutters:
        cutter.finish()
    return decoding.heard(silent=not any(cutter.pushed for cutter in cutters) if cutters else not decoding.audible)


def wake() -> None:
    """Load the decoder now: a worker does so before its memory is limited."""
    import av.audio.resampler  # noqa: F401


def samples(path: str, sample_rate: int, limits: Limits = Limits()) -> Sound:
    """The whole sound, mono float32 (n,) at ``sample_rate`` Hz. For short sounds: refuses more than 15 minutes.

    Raises ``AudioError``.
    """
    return np.concatenate(list(stream(path, sample_rate, replace(limits, max_seconds=min(limits.max_seconds, SHORT)))))


def stream(path: str, sample_rate: int, limits: Limits = Limits()) -> Iterator[Sound]:
    """The whole sound piece by piece, mono float32 at ``sample_rate`` Hz. Raises ``AudioError``, at times at its end."""
    resampling = Resampling(sample_rate)
    for rate, block in Decoding(path, limits).blocks():
        yield resampling.feed(rate, block)
    yield resampling.finish()


def kind_of(path: str) -> tuple[str, str]:
    """How a sound file is packed and coded, in FFmpeg's words (``mov``, ``aac``). Raises ``AudioError`` for anything that
    is none."""
    with plainly(path), opened(path) as container:
        codec = Decoding(path, Limits()).chosen(container).codec_context.codec
        return container.format.name.split(",")[0], codec.canonical_name


def metadata(path: str) -> dict[str, str]:
    """What the file's container and its audio stream say, keys in lower case. Raises ``AudioError``."""
    with plainly(path), opened(path) as container:
        said = dict(container.metadata)
        for stream in container.streams.audio[:1]:
            said |= stream.metadata  # Ogg keeps its tags here
        return {key.lower(): value for key, value in said.items()}


def pictures(path: str) -> list[bytes]:
    """What is attached to the file and may be a picture, undecoded. Raises ``AudioError``."""
    with plainly(path), opened(path) as container:
        attached = [s for s in container.streams.video if s.disposition & s.disposition.attached_pic]
        images = [next(map(bytes, container.demux(stream)), b"") for stream in attached]
        return images + [stream.data for stream in container.streams.attachments if stream.data]


@contextmanager
def opened(path: str) -> Iterator[InputContainer]:
    """The file, opened for reading: the only place where FFmpeg is let at anything from outside."""
    import av

    where = os.path.abspath(path)
    about = os.stat(where)
    if not stat.S_ISREG(about.st_mode):  # a pipe would block, a device would never end
        what = "a folder" if stat.S_ISDIR(about.st_mode) else "no regular file"
        raise AudioError(f"{_name(path)} is {what}.")
    if about.st_size == 0:
        raise AudioError(f"{_name(path)} is empty (0 bytes).", remedy="Copy it again from where it came from.")
    with open(where, "rb"):  # may it be read? FFmpeg's own PermissionError can mean other things
        pass
    options = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file"}
    with av.open(where, options=options, metadata_errors="replace") as container:
        yield container


class Decoding:
    """One pass through audio stream 0 of one file: mono blocks come out, facts about the file stay. ``seconds`` have come
    out so far; ``good`` and ``broken`` count packets."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.audible = False
        self.seconds = 0.0
        self._samples = 0
        self._damaged = 0  # samples that are no numbers
        self.good = self.broken = 0
        self._packets = hashlib.blake2b(digest_size=16)
        self._rate = self._channels = 0  # of the first frame
        self._codec = self._container = ""

    def blocks(self) -> Iterator[tuple[int, Sound]]:
        """Pairs of sample rate and mono float32 samples. Raises ``AudioError``, for what shows at the end too."""
        with plainly(self.path), opened(self.path) as container:
            stream = self.chosen(container)
            for rate, block in self.gathered(self.frames(container, stream)):
                yield rate, self.checked(rate, block)
            self.judge()

    def chosen(self, container: InputContainer) -> AudioStream:
        """The stream that is heard. Raises ``AudioError`` where there is none."""
        if not container.streams.audio:
            raise AudioError(f"{_name(self.path)} holds no audio stream.")
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise AudioError(f"{_name(self.path)} is coded in a way that this FFmpeg cannot decode.")
        stream.codec_context.thread_type = "NONE"
        self._codec = stream.codec_context.codec.canonical_name
        self._container = container.format.name.split(",")[0]
        return stream

    def heard(self, silent: bool) -> Heard:
        """The facts, once all blocks have passed."""
        return Heard(
            duration=self.seconds,
            sample_rate=self._rate,
            channels=self._channels,
            codec=self._codec,
            container=self._container,
            packets=self._packets.hexdigest(),
            silent=silent,
            broken=self.broken,
        )

    def gathered(self, frames: Iterator[AudioFrame]) -> Iterator[tuple[int, Sound]]:
        """Blocks of about ``_BLOCK`` values; a new one begins where rate, channels or format change."""
        import av

        fifo, shape, waiting = av.AudioFifo(), ("", 0, 0), 0
        for frame in frames:
            channels = frame.layout.nb_channels
            found = (frame.format.name, channels, frame.sample_rate)
            if found != shape:
                if waiting:
                    yield shape[2], _mono(fifo)
                self.allow(channels, frame.sample_rate)
                fifo, shape, waiting = av.AudioFifo(), found, 0
            frame.pts = None  # else gaps in the time stamps stop the gathering
            fifo.write(frame)
            waiting += frame.samples
            if waiting * channels >= _BLOCK:
                yield shape[2], _mono(fifo)
                waiting = 0
        if waiting:
            yield shape[2], _mono(fifo)

    def frames(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        """What can be decoded; broken packets are counted and left out."""
        import av

        packets = self.demuxed(container, stream)
        for packet in packets:
            try:
                frames = stream.decode(packet)
            except av.FFmpegError:
                self.broken += 1
                continue
            self.good += 1
            yield from frames

    def demuxed(self, container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
        """Packets of the stream, hashed on the way; where the container itself breaks off, the sound ends there."""
        import av

        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                packet = None
                self.broken += 1
            if packet is None:
                return
            if packet.size:
                self._packets.update(packet)
            yield packet

    def allow(self, channels: int, rate: int) -> None:
        """Raise ``AudioError`` for more channels, or another rate, than are heard."""
        limits, name = self.limits, _name(self.path)
        if not 1 <= channels <= limits.max_channels:
            raise AudioError(
                f"{name} has {channels} channels; at most {limits.max_channels} are heard.",
                remedy="Mix it down to stereo.",
            )
        if not limits.min_rate <= rate <= limits.max_rate:
            span = f"{limits.min_rate / 1000:g} to {limits.max_rate / 1000:g} kHz"
            raise AudioError(f"{name} is sampled at {rate} Hz; {span} are heard.", remedy="Convert it to 44.1 kHz.")
        self._rate, self._channels = self._rate or rate, self._channels or channels

    def checked(self, rate: int, block: Sound) -> Sound:
        """Count a block, and set what is no number in it to 0."""
        self._samples += len(block)
        self.seconds += len(block) / rate
        if self.seconds > self.limits.max_seconds:
            longest = self.limits.max_seconds
            raise AudioError(f"{_name(self.path)} is longer than {_span(longest)}.", remedy=self.limits.remedy)
        if not (block.max() < _ABSURD and block.min() > -_ABSURD):  # false for NaN too
            wrong = ~(np.abs(block) < _ABSURD)
            self._damaged += int(np.count_nonzero(wrong))
            block[wrong] = 0.0
        self.audible = self.audible or audible(block)
        return block

    def judge(self) -> None:
        """Raise ``AudioError`` where what came out is too little or too damaged."""
        name = _name(self.path)
        remedy = "Copy it again from where it came from."
        if not self._samples:
            raise AudioError(f"{name} holds no sound that can be decoded.", remedy=remedy)
        if self.broken > self.good:
            raise AudioError(f"More of {name} is broken than can be decoded.", remedy=remedy)
        if self._damaged > _MAX_DAMAGE * self._samples:
            raise AudioError(f"{name} holds samples that are no numbers (NaN or beyond all bounds).", remedy=remedy)
        if self.seconds < self.limits.min_seconds:
            raise AudioError(f"{name} is shorter than {_span(self.limits.min_seconds)}.")


def _mono(fifo: AudioFifo) -> Sound:
    """All that waits in the queue: the mean of its channels, full scale at 1."""
    import av

    frame = fifo.read()
    assert frame is not None
    channels, kind = frame.layout.nb_channels, frame.format.name
    # PyAV 18.1 reads past the planes of planar frames of 8 channels and kills the process: have FFmpeg interleave
    # those. (s64 it cannot hand to numpy.)
    if kind.startswith("s64") or (frame.format.is_planar and channels >= 8):
        frame, kind = av.AudioResampler(format="flt").resample(frame)[0], "flt"
    values = frame.to_ndarray()
    rows = values if frame.format.is_planar else values.reshape(-1, channels).T
    with np.errstate(over="ignore", invalid="ignore"):  # doubles beyond float32, and inf - inf: counted as damage later
        mixed: Sound = rows[0].astype(np.float32)
        for row in rows[1:]:
            mixed += row
    if kind.startswith("u8"):
        mixed -= np.float32(128 * channels)
    mixed *= np.float32(_SCALE[kind.removesuffix("p")] / channels)
    return mixed


@contextmanager
def plainly(path: str) -> Iterator[None]:
    """Whatever PyAV raises (besides its own errors: IndexError, UnicodeDecodeError, EOFError, ValueError, MemoryError,
    OSError and more, depending on the file) becomes one line for people."""
    try:
        yield
    except AudioError:
        raise
    except Exception as error:
        message, remedy = _reason(error)
        raise AudioError(f"{_name(path)} {message}.", remedy=remedy) from error


def _reason(error: Exception) -> tuple[str, str]:
    import av

    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return "asks for more memory than there is", ""
    if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
        if isinstance(error, FileNotFoundError):
            return "is not there (any more)", ""
        if isinstance(error, PermissionError):
            return "may not be read", "Give yourself the right to read it."
        return f"cannot be read ({error.strerror})", ""
    return "is not a sound file that can be decoded", "Convert it with a program that plays it, or leave it out."


def _name(path: str) -> str:
    """The file's name fit for a line of text."""
    name = os.path.basename(path).encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in name)[:100] or "The file"


def _span(seconds: float) -> str:
    for size, word in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            return f"{seconds / size:g} {word}{'' if seconds == size else 's'}"
    return f"{seconds:g} seconds"
