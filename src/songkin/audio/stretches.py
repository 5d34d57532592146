"""Hearing only some stretches of a file: decoding is what costs, and a song says much the same all along.

All packets are read (they are hashed, and their times say how long the sound is), but only those of a few stretches,
spread evenly, are decoded. That is chosen instead of seeking, which lands somewhere near and, in an MP3 without an index,
guesses. A decoder that begins in the middle needs a run-up: MP3 frames lend bits to later ones, windows overlap. What comes
out of the run-up is thrown away.

Wherever that may go wrong (packets without times, times that jump or run backwards, packets that are broken or seconds
long, stretches that come out short or are all silent) the file is decoded whole, as if nobody had tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from songkin.audio.media import Decoding, Heard, Limits, hear, opened, plainly
from songkin.audio.windows import Cutter, Resampling, Sound, WindowPlan
from songkin.errors import AudioError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet

RUN_UP: Final = 0.5
"""Seconds decoded before a stretch and thrown away."""

_MOST_HEARD: Final = 2 / 3
_FEWEST: Final = 3
_LONGEST_PACKET: Final = 2.0  # seconds; beyond, a packet is most of a stretch, or the times have a gap
_HELD_BYTES: Final = 16 << 20  # packets kept for decoding: most songs; what is larger is read a second time
_SHORT_BY: Final = 0.1  # seconds a stretch may lack


@dataclass(frozen=True, slots=True)
class Stretches:
    """How much of a file is heard: ``count`` stretches of ``seconds``, spread evenly; fewer where these would be more than
    two thirds of it."""

    count: int
    seconds: float

    def starts(self, duration: float) -> list[float]:
        """Where they begin, in seconds; none where the sound is too short to leave anything out."""
        count = min(self.count, int(duration * _MOST_HEARD / self.seconds))
        return (
            [(2 * k + 1) * duration / (2 * count) - self.seconds / 2 for k in range(count)] if count >= _FEWEST else []
        )


def hear_stretches(
    path: str,
    plans: Sequence[WindowPlan],
    push: Callable[[int, Sound], None],
    stretches: Stretches,
    limits: Limits,
    decoded: Callable[[float], None] | None = None,
) -> Heard:
    """As ``hear``, but what limited plans ask for is looked for in the ``stretches`` only, as many windows in each (a
    plan without a limit gets every window of them). ``Heard.duration`` is told by the packets. ``decoded`` is told what is
    decoded where the file has to be heard whole. Raises ``AudioError``."""
    windows: list[tuple[int, Sound]] = []
    try:
        heard = _Stretched(path, limits).hear(plans, stretches, lambda number, window: windows.append((number, window)))
    except AudioError:  # also of a file that cannot be heard at all: decoding it whole says why
        heard = None
    if heard is None or heard.silent:
        return hear(path, plans, push, limits, decoded)
    for number, window in windows:
        push(number, window)
    return heard


@dataclass(frozen=True, slots=True)
class _Map:
    """Where each packet begins (seconds in the file's own time, never falling), how long all is (seconds), and the packets
    themselves if they are not too large."""

    times: list[float]
    duration: float
    held: list[Packet[AudioStream]] | None


class _Unfit(AudioError):
    """This file can only be heard whole."""

    def __init__(self) -> None:
        super().__init__("It can only be heard whole.")


class _Stretched(Decoding):
    """One pass over the packets of a file, and through some of them the decoder's."""

    def hear(self, plans: Sequence[WindowPlan], wanted: Stretches, push: Callable[[int, Sound], None]) -> Heard | None:
        """None where the sound is too short to leave anything out."""
        with plainly(self.path), opened(self.path) as container:
            stream = self.chosen(container)
            found = self._mapped(self.demuxed(container, stream), float(stream.time_base or 0))
            starts = [found.times[0] + start for start in wanted.starts(found.duration)]
            if not starts:
                return None
            with ExitStack() as opening:
                packets: Iterator[Packet[AudioStream]] = iter(found.held or ())
                if found.held is None:
                    again = opening.enter_context(opened(self.path))
                    stream = self.chosen(again)
                    packets = _sized(again.demux(stream))
                pieces = self._packets_of(found.times, starts, wanted.seconds, packets)
                pushed = self._heard(
                    stream, pieces, [_share(plan, len(starts)) for plan in plans], wanted.seconds, push
                )
        self.judge()
        return replace(self.heard(silent=not pushed), duration=found.duration)

    def _mapped(self, packets: Iterator[Packet[AudioStream]], unit: float) -> _Map:
        """Read all packets; ``unit`` is the seconds of one tick of their times."""
        times: list[float] = []
        held: list[Packet[AudioStream]] | None = []
        size, end = 0, 0.0
        for packet in _sized(packets):
            if packet.pts is None:
                raise _Unfit
            times.append(packet.pts * unit)
            end = times[-1] + (packet.duration or 0) * unit
            size += packet.size
            if held is not None:
                held.append(packet)
                held = held if size <= _HELD_BYTES else None
        steps = np.diff(times)
        if len(times) < 2 or self.broken or steps.min() < 0 or steps.max() > _LONGEST_PACKET:
            raise _Unfit
        if end - times[0] > self.limits.max_seconds:
            raise _Unfit
        return _Map(times, end - times[0], held)

    def _packets_of(
        self, times: Sequence[float], starts: Sequence[float], seconds: float, packets: Iterator[Packet[AudioStream]]
    ) -> Iterator[tuple[float, list[Packet[AudioStream]]]]:
        """For each stretch: where it begins, and its packets from the run-up on."""
        firsts = np.searchsorted(times, [start - RUN_UP for start in starts])
        lasts = np.searchsorted(times, [start + seconds + RUN_UP for start in starts])
        number = 0
        for start, first, last in zip(starts, firsts, lasts, strict=True):
            taken = list(islice(packets, max(0, int(first) - number), int(last) - number))
            number = int(last)
            yield start, taken

    def _heard(
        self,
        stream: AudioStream,
        pieces: Iterator[tuple[float, list[Packet[AudioStream]]]],
        plans: Sequence[WindowPlan],
        seconds: float,
        push: Callable[[int, Sound], None],
    ) -> int:
        """Decode the stretches and cut them; how many windows there were."""
        pushed = 0
        for start, taken in pieces:
            cutters = [Cutter(plan, partial(push, number)) for number, plan in enumerate(plans)]
            rates = [Resampling(rate) for rate in dict.fromkeys(plan.sample_rate for plan in plans)]
            before = self.seconds
            for rate, block in self.gathered(self._frames_of(stream, taken, start, seconds)):
                sound = self.checked(rate, block)
                for resampling in rates:
                    _pass_on(cutters, resampling.rate, resampling.feed(rate, sound))
            if self.seconds - before < seconds - _SHORT_BY:
                raise _Unfit
            for resampling in rates:
                _pass_on(cutters, resampling.rate, resampling.finish())
            for cutter in cutters:
                cutter.finish()
                pushed += cutter.pushed
        return pushed

    def _frames_of(
        self, stream: AudioStream, packets: Sequence[Packet[AudioStream]], start: float, seconds: float
    ) -> Iterator[AudioFrame]:
        import av

        stream.codec_context.flush_buffers()
        left = seconds
        for packet in packets:
            try:
                frames = stream.decode(packet)
            except av.FFmpegError as error:
                if left < seconds:
                    raise _Unfit from error
                continue  # in the run-up: it wants what came before
            for frame in frames:
                if frame.time is None:
                    raise _Unfit
                if frame.time >= start and left > 0:
                    left -= frame.samples / frame.sample_rate
                    self.good += 1
                    yield frame
            if left <= 0:
                return


def _share(plan: WindowPlan, count: int) -> WindowPlan:
    """What one of ``count`` stretches has to give to the plan: it is the middle of something, and has no tail."""
    return replace(plan, pad=0, tail="drop", limit=None if plan.limit is None else -(-plan.limit // count))


def _pass_on(cutters: Sequence[Cutter], rate: int, sound: Sound) -> None:
    for cutter in cutters:
        if cutter.plan.sample_rate == rate:
            cutter.feed(sound)


def _sized(packets: Iterator[Packet[AudioStream]]) -> Iterator[Packet[AudioStream]]:
    """Without the empty one that ends the stream."""
    return (packet for packet in packets if packet.size)
