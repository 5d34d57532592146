"""Filters as people write them, and as the engine takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from songkin.errors import NotFound, QueryError
from songkin.models import FILTER_FIELDS, NUMBER_FIELDS, Filter
from songkin.sources import cells
from songkin.sources.kinds import ADDRESSES, KINDS
from songkin.store.catalog import Catalog
from songkin.store.vectors import Condition
from songkin.text import fold, key_named

_EXAMPLES = {"year": (1970, 1985), "duration": (120, 300), "loudness": (-20, -10), "brightness": (1000, 2000)}
_ALSO = {"tempo": "bpm", "genres": "genre", "subgenres": "subgenre", "artists": "artist", "length": "duration"}
_MODES = {"major": "major", "maj": "major", "1": "major", "minor": "minor", "min": "minor", "0": "minor"}
_SOURCES = tuple(dict.fromkeys(("folder", *KINDS, *ADDRESSES)))
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
    field = _ALSO.get(field, field)
    if field not in FILTER_FIELDS:
        raise QueryError(
            f"There is no field {field!r} to filter by.", remedy=f"Use one of: {', '.join(FILTER_FIELDS)}."
        )
    if field in NUMBER_FIELDS:
        return _number_filter(field, sign, value)
    if sign in {">=", "<="}:
        raise QueryError(f"{field} is not a number.", remedy=f"Write {field}=VALUE or {field}!=VALUE.")
    values = tuple(part.strip() for part in value.split("|") if part.strip())
    for each in values:
        _stored(field, each)
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
    if field == "added":
        return _dates(low, high if dots else low)
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


def _dates(first: str, last: str) -> Filter:
    """Days from the beginning of the first to the end of the last; months and years stand for all of their days."""
    low = _day(first, end=False) if first.strip() else None
    high = _day(last, end=True) if last.strip() else None
    return Filter("added", "range", low=low, high=high)


def _day(text: str, *, end: bool) -> float:
    match = re.fullmatch(r"\s*(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?\s*", text)
    try:
        if not match:
            raise ValueError(text)
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        found = datetime(year, month, day, tzinfo=UTC)
        if end:
            found = found + timedelta(days=1) if match[3] else _next(found, month=bool(match[2]))
    except (ValueError, OverflowError):
        raise QueryError(
            f"{text!r} is no day.", remedy="Write added=2024-01-31, added=2024-01..2024-06 or added=2023.."
        ) from None
    return found.timestamp() - (1e-3 if end else 0.0)


def _next(first: datetime, *, month: bool) -> datetime:
    """The first day after a month or a year."""
    if not month or first.month == 12:
        return first.replace(year=first.year + 1, month=1)
    return first.replace(month=first.month + 1)


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


def checked(catalog: Catalog, filters: Sequence[Filter]) -> tuple[Condition, ...]:
    """Filters as ``conditions``. Raises ``NotFound`` where one names a playlist that is not there."""
    for each in filters:
        for name in each.values if each.field == "playlist" else ():
            if not catalog.playlists.is_named(name):
                raise NotFound(f"There is no playlist {name!r}.", remedy="`songkin list --playlists` shows them.")
    return conditions(filters)


def conditions(filters: Sequence[Filter]) -> tuple[Condition, ...]:
    """Filters as conditions of the engine; keywords are folded as they are stored."""
    found = []
    for each in filters:
        if each.op == "range":
            found.append(Condition("range", each.field, low=each.low, high=each.high))
        elif each.field == "id":
            found.append(Condition("ids", values=each.values, negate=each.op == "not"))
        else:
            values = tuple(_stored(each.field, value) for value in each.values)
            found.append(Condition("match", each.field, values=values, negate=each.op == "not"))
    return tuple(found)


def _stored(field: str, value: str) -> str:
    """A keyword as the search index holds it. Raises ``QueryError`` for one that no song can have."""
    if field == "source":
        return _one_of(field, value, value if value in _SOURCES else "", _SOURCES)
    if field == "key":
        return _one_of(field, value, key_named(value).casefold(), ("C", "C minor", "F#m", "Bb major", "8A"))
    if field == "mode":
        return _one_of(field, value, _MODES.get(value.casefold(), ""), ("major", "minor"))
    if field == "explicit":
        said = cells.flag(value)
        return _one_of(field, value, "" if said is None else "yes" if said else "no", ("yes", "no"))
    return fold(value)


def _one_of(field: str, value: str, found: str, known: Sequence[str]) -> str:
    if not found:
        raise QueryError(f"{value!r} is no value of {field}.", remedy=f"Write one like {', '.join(known)}.")
    return found
