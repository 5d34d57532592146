"""The only place that opens sound files: open, decode, resample, cut into windows; and write, for copies and demos.

A file is decoded once, from its first packet to its last, however many listeners there are:

    packets -> frames -> mean of the channels at the file's own rate -> soxr HQ to each rate asked for -> windows

Who wants to hear only some of it has the rest passed over undecoded (``hear_stretches``).

Nothing holds a whole decoded file. Frames are gathered to blocks of about ten seconds of stereo (the decoder hands
out pieces of 20 ms, and Python's cost per piece would otherwise exceed the decoder's), each block is mixed down and
resampled as a stream, and windows are cut while it passes. The mix is made before resampling because it is linear
and one channel costs a quarter of two. All encoders hear the same resampler: another one would move their vectors.

**Trust.** What stands in a folder of music was made by others. A text file called ``song.mp3`` can tell FFmpeg to
read further files or an address, so that only demuxers of single sound files are allowed, only the ``file``
protocol, only absolute paths of regular files; ``media.opened`` is the one place where reading opens anything.
Decoded seconds are capped and not bytes: five megabytes of FLAC can hold ten hours of silence. Whatever goes wrong
inside the decoder becomes an ``AudioError`` with one line for people.

**Damage.** A few broken packets in a good file are left out, as FFmpeg's own program does. A file is refused when
nothing decodes, when more packets are broken than good, or when over one sample in a hundred is not a number.
"""

from songkin.audio.media import EXTENSIONS, Heard, Limits, hear, kind_of, metadata, pictures, samples, stream, wake
from songkin.audio.stretches import Stretches, hear_stretches
from songkin.audio.transcoding import PLAYABLE, transcode
from songkin.audio.windows import SILENCE, WindowPlan
from songkin.audio.writing import write

__all__ = [
    "EXTENSIONS",
    "PLAYABLE",
    "SILENCE",
    "Heard",
    "Limits",
    "Stretches",
    "WindowPlan",
    "hear",
    "hear_stretches",
    "kind_of",
    "metadata",
    "pictures",
    "samples",
    "stream",
    "transcode",
    "wake",
    "write",
]
