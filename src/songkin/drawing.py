"""Small drawings as SVG, without a library: lines over two logarithmic axes, and bars with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 40, 50
_NAMES, _VALUES = 300, 60
"""Where bars begin, and what is left for their numbers."""
_LONGEST: Final = 48
"""Characters of a bar's name."""
_COLOURS: Final = ("#1f6f8b", "#c8553d", "#4c956c", "#7b5ea7", "#b8860b", "#5a5a5a", "#a0a0a0")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, and points with positive coordinates."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


def draw(title: str, x_name: str, lines: Sequence[Line]) -> str:
    """The drawing. Both axes are logarithmic, with a grid at the powers of ten."""
    spans = (_span([x for line in lines for x in line.x]), _span([y for line in lines for y in line.y]))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">{escape(title)}</text>',
        *_grid(spans),
        f'<text x="{(WIDTH + _LEFT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_name)}</text>',
    ]
    for number, line in enumerate(lines):
        parts += _line(line, _COLOURS[number % len(_COLOURS)], number, spans)
    return "\n".join([*parts, "</svg>", ""])


_Spans = tuple[tuple[int, int], tuple[int, int]]


def _span(values: Sequence[float]) -> tuple[int, int]:
    """Powers of ten that hold all values."""
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values))))


def _across(value: float, spans: _Spans) -> float:
    low, high = spans[0]
    return _LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)


def _down(value: float, spans: _Spans) -> float:
    low, high = spans[1]
    return HEIGHT - _BOTTOM - (math.log10(value) - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _grid(spans: _Spans) -> list[str]:
    parts = []
    for power in range(spans[0][0], spans[0][1] + 1):
        x = _across(10.0**power, spans)
        parts += [
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}" stroke="#ddd"/>',
            f'<text x="{x:.1f}" y="{HEIGHT - _BOTTOM + 16}" text-anchor="middle">{10.0**power:,g}</text>',
        ]
    for power in range(spans[1][0], spans[1][1] + 1):
        y = _down(10.0**power, spans)
        parts += [
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>',
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>',
        ]
    return parts


def _line(line: Line, colour: str, number: int, spans: _Spans) -> list[str]:
    points = [(_across(x, spans), _down(y, spans)) for x, y in zip(line.x, line.y, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points),
        f'<text x="{_LEFT + 12}" y="{_TOP + 16 + 16 * number}" fill="{colour}">{escape(line.name)}</text>',
    ]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its length (0 or more), the ends of an interval around it, where there is one, and whether it
    stands out."""

    name: str
    value: float
    interval: tuple[float, float] | None = None
    stands_out: bool = False


def bars(panels: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """Panels of bars below one another, each with a title and a scale of its own that begins at 0."""
    parts: list[str] = []
    top = 10
    for title, found in panels:
        parts.append(f'<text x="10" y="{top + 18}" font-size="15">{escape(title)}</text>')
        top += 30
        most = max((bar.interval[1] if bar.interval else bar.value for bar in found), default=0.0) or 1.0
        for bar in found:
            parts += _bar(bar, top, (WIDTH - _NAMES - _VALUES) / most, _COLOURS[1 if bar.stands_out else 0])
            top += 20
        top += 16
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="12">'
    )
    return "\n".join([head, f'<rect width="{WIDTH}" height="{top}" fill="white"/>', *parts, "</svg>", ""])


def _bar(bar: Bar, top: int, scale: float, colour: str) -> list[str]:
    name = bar.name if len(bar.name) <= _LONGEST else f"{bar.name[: _LONGEST - 1]}…"
    end = _NAMES + bar.value * scale
    parts = [
        f'<text x="{_NAMES - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{_NAMES}" y="{top + 2}" width="{max(0.0, end - _NAMES):.1f}" height="14" fill="{colour}" opacity=".75"/>',
    ]
    if bar.interval:
        low, high = (_NAMES + max(0.0, each) * scale for each in bar.interval)
        parts.append(
            f'<path d="M{low:.1f} {top + 9}H{high:.1f}M{low:.1f} {top + 5}v8M{high:.1f} {top + 5}v8" stroke="#222"/>'
        )
        end = max(end, high)
    return [*parts, f'<text x="{end + 6:.1f}" y="{top + 13}" fill="#444">{bar.value:.3f}</text>']
