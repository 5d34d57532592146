"""A folder of music as nobody would wish it: made in a second, the same each time.

``SOUNDS`` are files that must be taken or refused by name; ``odd_tags`` and ``odd_names`` are good music with hostile
words around it. Nothing here is larger than a few megabytes, whatever it claims to hold.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from soundfiles import RATE, apic, id3v2, noise, sound_file, tone, tune, wav, with_vorbis_comments

CONTROL: Final = "\x1b[2J\x1b]0;owned\x07\x00\x08\x9b31m\u202edrowssap\u2066\u200f\ufeff"
"""Clears a terminal, renames its window, rings, deletes, turns the direction of the text."""
HTML: Final = "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;[bold red]markup[/]"
ODD_NAMES: Final = (
    b"caf\xe9.flac",
    b"\xff\xfe\xfd.flac",
    b"\x1b[2J\x07bell.flac",
    b"line one\nline two.flac",
    b"tab\there.flac",
    "\u202eflac.3pm\u2069.flac".encode(),
    b"-rf --help.flac",
    b"$(touch owned) `touch owned`; %s {0} {{}}.flac",
    b"[bold red]brackets[blink].flac",
    b" .flac",
    b"a" * 250 + b".flac",
    "é".encode() * 125 + b".flac",
)

# A minute that compresses to nothing ---------------------------------------------------------------------------------


def silence_bomb(path: Path, hours: float) -> str:
    """A FLAC file of that many hours of silence in about 35 kB an hour: frames that say one value for 65,535 samples."""
    samples = round(hours * 3600 * RATE)
    block = 65_535
    info = block.to_bytes(2, "big") * 2 + bytes(6) + (RATE << 44 | 15 << 36 | samples).to_bytes(8, "big") + bytes(16)
    frames = []
    for number in range(-(-samples // block)):
        size = min(block, samples - number * block)
        head = b"\xff\xf8\x79\x08" + _number(number) + (size - 1).to_bytes(2, "big")
        head += bytes((_crc(head, 8, 0x07),))
        frame = head + b"\0\0\0"  # one constant subframe of 16 bits
        frames.append(frame + _crc(frame, 16, 0x8005).to_bytes(2, "big"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"fLaC\x80" + len(info).to_bytes(3, "big") + info + b"".join(frames))
    return str(path)


def _number(value: int) -> bytes:
    """A frame number as FLAC writes it: UTF-8, with surrogates and all."""
    return chr(value).encode("utf-8", "surrogatepass")


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    crc, top, mask = 0, 1 << (bits - 1), (1 << bits) - 1
    for byte in data:
        crc ^= byte << (bits - 8)
        for _ in range(8):
            crc = (crc << 1 ^ polynomial) & mask if crc & top else crc << 1 & mask
    return crc


# Sounds ---------------------------------------------------------------------------------------------------------------


def odd_sounds(folder: Path, address: str = "http://127.0.0.1:9/song.mp3") -> dict[str, str]:
    """Sound files at the edge of sense: name -> what its refusal says (empty: it is taken).

    Texts that name other media point at ``pipe.mp3``, a pipe that nobody writes to, and at ``address``: who opens the
    pipe waits for ever, and who opens the address is seen by whoever listens there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _odd_samples(folder)
    for name, text in baits(address, folder / "pipe.mp3").items():
        (folder / name).write_text(text)
    (folder / "empty.ogg").touch()
    (folder / "zeros.mp3").write_bytes(bytes(100_000))
    os.mkfifo(folder / "pipe.mp3")
    os.symlink("loop a.mp3", folder / "loop b.mp3")
    os.symlink("loop b.mp3", folder / "loop a.mp3")
    os.symlink("nowhere", folder / "dangling.flac")
    os.symlink(".", folder / "here again")
    os.symlink("..", folder / "above")
    return {
        "one sample.wav": "shorter than",
        "all nan.wav": "no numbers",
        "half infinite.wav": "no numbers",
        "seventy channels.wav": "70 channels",
        "one hertz.wav": "1 Hz",
        "beyond 768 kHz.wav": "1000000 Hz",
        "loud.wav": "no numbers",
        "empty.ogg": "0 bytes",
        "zeros.mp3": "no sound",
        "pipe.mp3": "no regular file",
        "loop a.mp3": "cannot be read",
        "loop b.mp3": "cannot be read",
        "dangling.flac": "leads nowhere",
        **dict.fromkeys(baits("", folder), "not a sound file"),
        **dict.fromkeys(TAKEN, ""),
    }


TAKEN: Final = (
    "silent.flac",
    "silent floats.wav",
    "three odd samples.wav",
    "eight channels.wav",
    "768 kHz.wav",
    "full scale.wav",
    "constant.wav",
    "click.wav",
)


def baits(address: str, target: Path) -> dict[str, str]:
    """Texts called ``.mp3`` that tell FFmpeg to read ``target`` (in the same folder) or ``address``."""
    hls = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n"
    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S">'
        '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL>'
        '<SegmentBase indexRange="0-9"/></Representation></AdaptationSet></Period></MPD>'
    )
    sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
    return {
        "concat near.mp3": f"ffconcat version 1.0\nfile '{target.name}'\n",
        "concat far.mp3": f"ffconcat version 1.0\nfile '{target}'\n",
        "concat address.mp3": f"ffconcat version 1.0\nfile '{address}'\n",
        "hls near.mp3": hls.format(target.name),
        "hls far.mp3": hls.format(f"file://{target}"),
        "hls address.mp3": hls.format(address),
        "dash.mp3": dash.format(address),
        "sdp.mp3": sdp,
        "address.mp3": f"{address}\n",
    }


def _odd_samples(folder: Path) -> None:
    nan, one_way = tone(2), tone(2)
    nan[:], one_way[::2] = np.nan, np.inf
    few = tone(2)
    few[[10, 20, 30]] = np.nan, np.inf, -np.inf
    sound_file(folder / "silent.flac", np.zeros(RATE * 3, np.float32))
    wav(folder / "silent floats.wav", np.zeros(RATE, np.float32))
    wav(folder / "one sample.wav", np.ones(1, np.int16))
    wav(folder / "all nan.wav", nan)
    wav(folder / "half infinite.wav", one_way)
    wav(folder / "three odd samples.wav", few)
    wav(folder / "eight channels.wav", np.repeat(noise(1, seed=8)[:, None], 8, axis=1))
    wav(folder / "seventy channels.wav", np.zeros((2_000, 70), np.int16))
    wav(folder / "one hertz.wav", np.arange(30, dtype=np.int16), 1)
    wav(folder / "768 kHz.wav", noise(1, seed=9, rate=768_000), 768_000)
    wav(folder / "beyond 768 kHz.wav", noise(1, seed=9, rate=1_000_000), 1_000_000)
    wav(folder / "loud.wav", np.full(RATE, 1e30, np.float32))
    wav(folder / "full scale.wav", np.sign(tone(2)))
    wav(folder / "constant.wav", np.full(RATE * 2, 0.5, np.float32))
    wav(folder / "click.wav", np.eye(1, RATE * 2, RATE, dtype=np.float32)[0])


# Names and tags -------------------------------------------------------------------------------------------------------


def odd_names(folder: Path) -> list[bytes]:
    """One short song under every hostile name, each with another sound."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number, name in enumerate(ODD_NAMES):
        place = os.path.join(os.fsencode(folder), name)
        os.rename(sound_file(folder / "made.flac", tune(2, seed=100 + number)), place)
        made.append(place)
    return made


def odd_tags(folder: Path) -> list[str]:
    """Good songs with hostile tags; gives their names."""
    folder.mkdir(parents=True, exist_ok=True)
    flac = Path(sound_file(folder / "made.flac", tune(2, seed=200))).read_bytes()
    mp3 = Path(sound_file(folder / "made.mp3", tune(2, seed=201))).read_bytes()
    (folder / "made.flac").unlink()
    (folder / "made.mp3").unlink()
    every = ("TITLE", "ARTIST", "ALBUM", "ALBUMARTIST", "GENRE", "COMMENT", "DATE", "TRACKNUMBER", "BPM", "KEY")
    made: dict[str, bytes] = {
        "control.flac": with_vorbis_comments(flac, [(name, f"{CONTROL} {name}") for name in every]),
        "html.flac": with_vorbis_comments(flac, [(name, HTML) for name in every]),
        "newlines.flac": with_vorbis_comments(flac, [("TITLE", "One\nTwo\r\nThree"), ("ARTIST", "A\0B\n0 refused")]),
        "numbers.flac": with_vorbis_comments(
            flac, [("DATE", "9" * 400), ("TRACKNUMBER", "-1e999"), ("BPM", "nan"), ("DISCNUMBER", "1" * 5000)]
        ),
        "many.flac": with_vorbis_comments(flac, [("ARTIST", f"artist {n}") for n in range(4_000)]),
        "zalgo.flac": with_vorbis_comments(flac, [("TITLE", "e" + "\u0301" * 3000), ("ARTIST", "\ufdfa" * 500)]),
        "signs.flac": with_vorbis_comments(flac, [("TITLE", "!!!"), ("ARTIST", "+/-"), ("ALBUM", "???")]),
        "lyrics.mp3": id3v2([("TIT2", b"\3Long words"), ("USLT", b"\3eng\0" + b"la la la " * 1_160_000)]) + mp3,
        "cover.mp3": id3v2([("TIT2", b"\3Large picture"), apic(large_picture())]) + mp3,
        "bad sizes.mp3": b"ID3\4\0\0\x7f\x7f\x7f\x7f" + mp3,
        "broken text.mp3": id3v2([("TIT2", b"\1\xff\xfe\0\xd8\0"), ("TPE1", b"\3\xff\xfe\xfd"), ("TALB", b"")]) + mp3,
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return list(made)


def large_picture(width: int = 10_000, height: int = 5_000) -> bytes:
    """A PNG of 50 megapixels in 7 kB: one bit each, all the same."""
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + width // 8)) for _ in range(height)) + rows.flush()
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunks(((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))))


def _chunks(parts: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    for kind, content in parts:
        yield len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
