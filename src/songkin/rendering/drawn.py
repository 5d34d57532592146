"""A cover for songs that have none: drawn from names, always the same for the same names.

The album decides colours and figure, so that its songs look alike; a large one bears its name and its artist. Whatever a
name holds, it is text in the picture, and only what XML allows.
"""

from __future__ import annotations

import hashlib
import math
import random
import unicodedata
from html import escape
from typing import Final

VERSION: Final = 2
"""Of how covers are drawn."""
_SIDE: Final = 640
_LINE: Final = 18
"""Characters in one line of a title."""
_NAMED: Final = 600
"""Pixels from which on names are written out: below, they stand beside the picture anyway."""


def cover(title: str, artist: str = "", album: str = "", *, size: int = 640) -> str:
    """The cover as SVG; names (of the album, else of the song) are written out where ``size`` pixels leave room."""
    seed = hashlib.blake2b(f"{artist}|{album or title}".encode("utf-8", "replace"), digest_size=16).digest()
    dice = random.Random(seed)  # noqa: S311 - chance that is the same each time
    hue = dice.randrange(360)
    other = (hue + dice.choice((35, 60, 150, 180, 210, 300))) % 360
    ground = f"hsl({hue} {dice.randrange(45, 70)}% {dice.randrange(16, 30)}%)"
    light = f"hsl({other} {dice.randrange(55, 85)}% {dice.randrange(58, 72)}%)"
    middle = f"hsl({(hue + other) // 2 % 360} {dice.randrange(40, 65)}% {dice.randrange(38, 50)}%)"
    figure = dice.choice((_rings, _hills, _strings, _tiles, _sun))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" width="{size}" height="{size}">',
        f'<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="{ground}"/>'
        f'<stop offset="1" stop-color="{middle}"/></linearGradient></defs>',
        f'<rect width="{_SIDE}" height="{_SIDE}" fill="url(#g)"/>',
        *figure(dice, light, middle),
        *(_names(clean(album or title), clean(artist)) if size >= _NAMED else ()),
        "</svg>",
    ]
    return "".join(parts)


def clean(text: str) -> str:
    """Text that may stand in XML: no control characters, no halves of characters, none that turn the direction."""
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    kept = (c for c in normal if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} or c == " ")
    return " ".join("".join(kept).split())[:200]


def _names(title: str, artist: str) -> list[str]:
    font = 'font-family="system-ui, sans-serif" fill="#fff"'
    lines = _wrapped(title)
    top = 592 - 54 * len(lines)
    shade = f'<rect y="{top - 70}" width="640" height="{_SIDE - top + 70}" fill="#000" opacity="0.28"/>'
    told = [
        f'<text x="40" y="{top + 54 * n}" {font} font-size="44" font-weight="700">{escape(line)}</text>'
        for n, line in enumerate(lines)
    ]
    by = artist if len(artist) <= 34 else f"{artist[:33]}…"
    return [shade, *told, f'<text x="40" y="{_SIDE - 42}" {font} font-size="32" opacity="0.85">{escape(by)}</text>']


def _wrapped(title: str) -> list[str]:
    """At most two lines."""
    lines = [""]
    for word in title.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= _LINE or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    cut = [line if len(line) <= _LINE else f"{line[: _LINE - 1]}…" for line in lines[:2]]
    if len(lines) > 2 and not cut[-1].endswith("…"):
        cut[-1] = f"{cut[-1][: _LINE - 1]}…"
    return cut


def _rings(dice: random.Random, light: str, middle: str) -> list[str]:
    x, y = dice.randrange(160, 520), dice.randrange(120, 400)
    gap = dice.randrange(24, 46)
    return [
        f'<circle cx="{x}" cy="{y}" r="{gap * n}" fill="none" stroke="{light if n % 2 else middle}" '
        f'stroke-width="{dice.randrange(3, 14)}" opacity="{0.9 - 0.06 * n:.2f}"/>'
        for n in range(1, 12)
    ]


def _hills(dice: random.Random, light: str, middle: str) -> list[str]:
    made = [f'<circle cx="{dice.randrange(120, 520)}" cy="{dice.randrange(110, 230)}" r="74" fill="{light}"/>']
    for n in range(4):
        base, high, turn = 300 + 80 * n, dice.randrange(24, 64), dice.random() * 6
        points = " ".join(
            f"{x},{base + high * math.sin(turn + x / dice.uniform(88, 92)):.0f}" for x in range(0, _SIDE + 40, 40)
        )
        made.append(f'<polygon points="0,640 {points} 640,640" fill="{middle}" opacity="{0.35 + 0.15 * n:.2f}"/>')
    return made


def _strings(dice: random.Random, light: str, _: str) -> list[str]:
    turn, made = dice.random() * 6, []
    for n in range(13):
        y, high = 70 + 38 * n, dice.randrange(8, 54)
        points = " ".join(
            f"{x},{y + high * math.sin(turn + n / 2 + x / 70) * math.sin(math.pi * x / _SIDE):.0f}"
            for x in range(0, _SIDE + 1, 20)
        )
        made.append(f'<polyline points="{points}" fill="none" stroke="{light}" stroke-width="5" opacity="0.75"/>')
    return made


def _tiles(dice: random.Random, light: str, middle: str) -> list[str]:
    made = []
    for row in range(4):
        for column in range(4):
            x, y, fill = 160 * column, 160 * row, dice.choice((light, middle))
            turn = dice.choice(
                (f"M{x} {y}h160a160 160 0 0 1 -160 160z", f"M{x + 160} {y}v160a160 160 0 0 1 -160 -160z")
            )
            made.append(f'<path d="{turn}" fill="{fill}" opacity="{dice.uniform(0.25, 0.85):.2f}"/>')
    return made


def _sun(dice: random.Random, light: str, middle: str) -> list[str]:
    x, y, rays = 320, dice.randrange(230, 330), dice.randrange(16, 34)
    made = []
    for n in range(rays):
        angle, far = 2 * math.pi * n / rays, dice.randrange(240, 460)
        wide = math.pi / rays * 0.55
        ends = " ".join(
            f"{x + far * math.cos(angle + side):.0f},{y + far * math.sin(angle + side):.0f}" for side in (-wide, wide)
        )
        made.append(f'<polygon points="{x},{y} {ends}" fill="{light}" opacity="0.55"/>')
    return [
        *made,
        f'<circle cx="{x}" cy="{y}" r="110" fill="{middle}"/><circle cx="{x}" cy="{y}" r="84" fill="{light}"/>',
    ]
