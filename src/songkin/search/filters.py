"""Filters as people write them, and as the engine takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from songkin.errors import QueryError
from songkin.models import FILTER_FIELDS, NUMBER_FIELDS, Filter
from songkin.store.vectors import Condition
from songkin.text import fold

_EXAMPLES = {"year": (1970, 1985), "duration": (120, 300), "loudness": (-20, -10), "brightness": (1000, 2000)}
_FORM = re.compile(r"^\s*(?P<field>[A-Za-z_]+)\s*(?P<sign>!=|=|>=|<=)\s*(?P<value>.*?)\s*$", re.DOTALL)


def parse_filter(text: str) -> Filter:
    """``genre=jazz``, ``artist!=X``, ``year=1960..1970``, ``bpm>=120``; several values stand between ``|``.

    Raises ``QueryError`` with an example.
    """
    match = _FORM.match(text)
    if not match:
        raise QueryError(
            f"The filter {text!r} is not understood.",
            remedy="Write FIELD=VALUE, FIELD!=VALUE or FIELD=LOW..HIGH, for example genre=jazz or year=1960..1970.",
        )
    field, sign, value = match["field"].lower(), match["sign"], match["value"]
    if field not in FILTER_FIELDS:
        raise QueryError(
            f"There is no field {field!r} to filter by.", remedy=f"Use one of: {', '.join(FILTER_FIELDS)}."
        )
    if field in NUMBER_FIELDS:
        return _number_filter(field, sign, value)
    if sign in {">=", "<="}:
        raise QueryError(f"{field} is not a number.", remedy=f"Write {field}=VALUE or {field}!=VALUE.")
    values = tuple(part.strip() for part in value.split("|") if part.strip())
    return Filter(field, "not" if sign == "!=" else "is", values)


def parse_range(field: str, text: str) -> Filter:
    """``1960..1970``, ``1960..``, ``..1970`` or one number, for ``--year`` and ``--bpm``."""
    return _number_filter(field, "=", text)


def _number_filter(field: str, sign: str, text: str) -> Filter:
    if sign == "!=":
        raise QueryError(f"{field} is a number.", remedy=f"Write {field}=LOW..HIGH.")
    if sign == ">=":
        return Filter(field, "range", low=_number(field, text))
    if sign == "<=":
        return Filter(field, "range", high=_number(field, text))
    low, dots, high = text.partition("..")
    if not dots:
        value = _number(field, text)
        slack = 0.5 if field == "bpm" else 0.0
        return Filter(field, "range", low=value - slack, high=value + slack)
    return Filter(
        field,
        "range",
        low=_number(field, low) if low.strip() else None,
        high=_number(field, high) if high.strip() else None,
    )


def _number(field: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or value in {float("inf"), float("-inf")}:
        one, two = _EXAMPLES.get(field, (120, 130))
        raise QueryError(
            f"{text!r} is not a number for {field}.", remedy=f"Write {field}={one} or {field}={one}..{two}."
        )
    return value


def conditions(filters: Sequence[Filter]) -> tuple[Condition, ...]:
    """Filters as conditions of the engine; keywords are folded as they are stored."""
    found = []
    for each in filters:
        if each.op == "range":
            found.append(Condition("range", each.field, low=each.low, high=each.high))
        elif each.field == "id":
            found.append(Condition("ids", values=each.values, negate=each.op == "not"))
        else:
            values = tuple(value if each.field == "source" else fold(value) for value in each.values)
            found.append(Condition("match", each.field, values=values, negate=each.op == "not"))
    return tuple(found)
