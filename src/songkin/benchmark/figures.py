"""What a measurement gives: one line with ours, the other side, their ratio, what it should be, and whether it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

Verdict = Literal["met", "missed", "skipped", ""]

_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Target:
    """``most`` or ``least`` that a figure may be; ``of`` says whether the ratio or our own number is held to it."""

    most: float | None = None
    least: float | None = None
    of: Literal["ratio", "ours"] = "ratio"

    def holds(self, value: float) -> bool:
        """Whether ``value`` keeps to it."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ``ours`` and ``against`` are in ``unit``; ``ratio`` has none. ``note`` says how it was
    measured, or why it was not; ``details`` are further numbers for JSON."""

    name: str
    what: str
    unit: str = ""
    ours: float = math.nan
    against: float | None = None
    ratio: float | None = None
    target: Target | None = None
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """``met`` or ``missed`` where there is a target, ``skipped`` where nothing was measured."""
        if math.isnan(self.ours):
            return "skipped"
        if self.target is None:
            return ""
        value = self.ratio if self.target.of == "ratio" else self.ours
        return "met" if value is not None and self.target.holds(value) else "missed"


def skipped(name: str, what: str, why: str) -> Figure:
    """The line of a measurement that could not be made."""
    return Figure(name, what, note=why)


def row(figure: Figure) -> tuple[str, str, str, str, str, str]:
    """what | ours | against | ratio | target | verdict, as text."""
    return (
        figure.what,
        shown(figure.ours, figure.unit),
        shown(figure.against, figure.unit),
        shown(figure.ratio),
        _target(figure),
        figure.verdict,
    )


def as_json(figure: Figure) -> dict[str, Any]:
    """The line as JSON."""
    names = ("name", "what", "unit", "against", "ratio", "note", "verdict")
    found: dict[str, Any] = {name: getattr(figure, name) for name in names}
    found["ours"] = None if math.isnan(figure.ours) else figure.ours
    if figure.target is not None:
        found["target"] = {"most": figure.target.most, "least": figure.target.least, "of": figure.target.of}
    return {**found, "details": dict(figure.details)}


def shown(value: float | None, unit: str = "") -> str:
    """A number with three digits that count, and its unit."""
    if value is None or math.isnan(value):
        return ""
    digits = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{digits}f} {unit}".strip()


def _target(figure: Figure) -> str:
    target = figure.target
    if target is None:
        return ""
    sign, bound = ("≤", target.most) if target.most is not None else ("≥", target.least)
    unit = figure.unit if target.of == "ours" else ""
    return f"{sign} {bound:g} {unit}".strip() if bound is not None else ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of 100 of the values do not exceed."""
    return float(np.percentile(np.asarray(values), share))


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return percentile(values, 50)
