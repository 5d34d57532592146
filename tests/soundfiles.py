"""Makes sound files for tests: tones, tunes and noise, encoded in any format, and hand-made tags."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songkin import audio

RATE = 44_100
SHARED = Path(__file__).parents[1] / ".." / "shared"
"""Data that lies beside the repository; tests that want it skip where it is not."""

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
"""The smallest of pictures, one red pixel."""

Sound = NDArray[np.float32]


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE, level: float = 0.3) -> Sound:
    """A sine, float32 (n,)."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(seconds: float, seed: int = 0, rate: int = RATE, level: float = 0.1) -> Sound:
    """White noise, float32 (n,), the same for the same seed."""
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32)


def tune(seconds: float, seed: int = 0, rate: int = RATE) -> Sound:
    """A random walk of notes with overtones and a decay, two a second, float32 (n,): unlike other seeds' tunes."""
    rng = np.random.default_rng(seed)
    time = np.arange(rate // 2) / rate
    pitch, notes = 220.0, []
    for _ in range(round(seconds * 2) + 1):
        pitch = float(np.clip(pitch * 2 ** (rng.integers(-5, 6) / 12), 110, 880))
        overtones = [np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 5)]
        notes.append(np.sum(overtones, axis=0) * np.exp(-4 * time))
    return (0.2 * np.concatenate(notes)[: round(seconds * rate)]).astype(np.float32)


def sound_file(
    path: Path,
    sound: Sound | None = None,
    tags: Mapping[str, str] | None = None,
    rate: int = RATE,
    bit_rate: int | None = None,
) -> str:
    """Write a file in the format of its suffix (default: two seconds of 440 Hz) and give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.write(str(path), tone(2.0, rate=rate) if sound is None else sound, rate, tags, bit_rate)
    return str(path)


def wav(path: Path, samples: NDArray[np.generic], rate: int = RATE, kind: int | None = None) -> str:
    """Write a WAV header and raw samples ((n,) or (n, channels)): for what no encoder would write."""
    rows = samples[:, None] if samples.ndim == 1 else samples
    channels, width = rows.shape[1], samples.dtype.itemsize
    kind = kind if kind is not None else 3 if samples.dtype.kind == "f" else 1
    form = struct.pack(
        "<HHIIHH", kind, channels, rate, rate * channels * width & 0xFFFFFFFF, channels * width, 8 * width
    )
    data = rows.tobytes()
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return str(path)


def id3v2(frames: Sequence[tuple[str, bytes]], version: int = 4) -> bytes:
    """An ID3v2 tag of the given frames (identifier, payload)."""
    body = b""
    for name, payload in frames:
        if version == 2:
            body += name.encode() + len(payload).to_bytes(3, "big") + payload
        else:
            size = _synchsafe(len(payload)) if version == 4 else len(payload).to_bytes(4, "big")
            body += name.encode() + size + b"\0\0" + payload
    return b"ID3" + bytes((version, 0, 0)) + _synchsafe(len(body)) + body


def id3v2_text(fields: Mapping[str, str], version: int = 4) -> bytes:
    """An ID3v2 tag of text frames: UTF-8 in version 4, UTF-16 before."""
    encoded = {
        name: b"\3" + text.encode() if version == 4 else b"\1" + text.encode("utf-16") for name, text in fields.items()
    }
    return id3v2(list(encoded.items()), version)


def id3v1(title: str, artist: str = "", album: str = "", year: str = "", track: int = 0, genre: int = 255) -> bytes:
    """An ID3v1.1 tag, 128 bytes."""
    texts = ((title, 30), (artist, 30), (album, 30), (year, 4), ("", 28))
    return b"TAG" + b"".join(t.encode("latin-1")[:n].ljust(n, b"\0") for t, n in texts) + bytes((0, track, genre))


def apic(picture: bytes = PNG, mime: str = "image/png", kind: int = 3) -> tuple[str, bytes]:
    """An ID3v2.3/4 picture frame."""
    return "APIC", b"\0" + mime.encode() + b"\0" + bytes((kind,)) + b"\0" + picture


def apev2(fields: Mapping[str, str]) -> bytes:
    """An APEv2 tag with header and footer; several values are joined by NUL."""
    items = b""
    for key, value in fields.items():
        items += struct.pack("<II", len(value.encode()), 0) + key.encode() + b"\0" + value.encode()
    size = len(items) + 32
    head = struct.pack("<8sIIII8x", b"APETAGEX", 2000, size, len(fields), 0xA0000000)
    foot = struct.pack("<8sIIII8x", b"APETAGEX", 2000, size, len(fields), 0x80000000)
    return head + items + foot


def with_vorbis_comments(flac: bytes, comments: Sequence[tuple[str, str]], picture: bytes | None = None) -> bytes:
    """A FLAC file's bytes with these comments (a key may come again) instead of its own, and a picture."""
    assert flac.startswith(b"fLaC")
    kept, at, last = [], 4, False
    while not last:
        head, size = flac[at], int.from_bytes(flac[at + 1 : at + 4], "big")
        last, kind = bool(head & 0x80), head & 0x7F
        if kind not in (1, 4, 6):
            kept.append((kind, flac[at + 4 : at + 4 + size]))
        at += 4 + size
    lines = [f"{key}={value}".encode() for key, value in comments]
    body = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(lines))
    kept.append((4, body + b"".join(struct.pack("<I", len(line)) + line for line in lines)))
    if picture is not None:
        mime = b"image/png"
        sizes = struct.pack(">IIIII", 0, 1, 1, 24, 0) + struct.pack(">I", len(picture))
        kept.append((6, struct.pack(">II", 3, len(mime)) + mime + sizes + picture))
    blocks = b"".join(
        bytes((kind | (0x80 if i == len(kept) - 1 else 0),)) + len(block).to_bytes(3, "big") + block
        for i, (kind, block) in enumerate(kept)
    )
    return b"fLaC" + blocks + flac[at:]


def _synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
