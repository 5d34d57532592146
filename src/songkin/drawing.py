"""A small drawing of lines over two logarithmic axes, as SVG, without a library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 40, 50
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
