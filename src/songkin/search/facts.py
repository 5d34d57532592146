"""Hard facts in a question: years and decades, tempi, keys, explicit words.

"70s soul", "since 2010", "before 1980", "around 120 bpm", "in C minor", "no explicit lyrics": whoever types these wants
nothing else, so they become filters, and an answer says so. The rules are narrow, for most words and numbers mean nothing
of the kind: "99 luftballons" is no year, "a minor setback" no key, "clean guitar" is not about words. A name of the library
that is typed exactly is looked up before any rule is tried (``find``). All functions are pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from songkin.models import Filter
from songkin.text import key_named

LAST_YEAR: Final = 2039
PLAIN_BPM: Final = 2.0
AROUND_BPM: Final = 0.06
"""Tempi are measured, not written down: a plain one is taken with 2 beats to both sides, one "around" with 6 %."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A filter, and how it is told: ``only songs from 1970 to 1979``."""

    filter: Filter
    told: str


@dataclass(frozen=True, slots=True)
class Told:
    """A question without its facts, and the facts."""

    rest: str
    facts: tuple[Fact, ...]


def facts_in(text: str) -> Told:
    """The facts of a question; without any the text comes back as it is."""
    found: list[Fact] = []
    rest = text
    for pattern, read in _RULES:

        def taken(match: re.Match[str], read: _Reader = read) -> str:
            made = read(match)
            if made is None:
                return match[0]
            found.append(made)
            return " "

        rest = pattern.sub(taken, rest)
    return Told(_tidy(rest), tuple(found)) if found else Told(text, ())


_LOOSE: Final = re.compile(r"^(?:[\s,;.]|\b(?:and|but|from|in|of|songs?|music|tracks?|only|at)\b)+$", re.IGNORECASE)


def _tidy(rest: str) -> str:
    rest = re.sub(r"\s*([,;])(?:\s*[,;])*\s*", r"\1 ", " ".join(rest.split())).strip(" ,;")
    return "" if _LOOSE.match(rest) else rest


# Years ------------------------------------------------------------------------------------------------------------

_WORDS: Final = {
    "twenties": 1920,
    "thirties": 1930,
    "forties": 1940,
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
    "noughties": 2000,
}
_PARTS: Final = {"early": (0, 3), "mid": (3, 6), "late": (6, 9), "": (0, 9)}
_YEAR: Final = r"(1[89]\d\d|20[0-3]\d)"
_NOT_MORE: Final = r"(?![\w'’.:/%-]*\w|\s*(?:bpm|hz|songs|tracks|times|miles|years|days|nights|light)\b)"
_DECADE: Final = re.compile(
    rf"(?<![\w$€£#'’-])(?:(?:from|of|in)\s+)?(?:the\s+)?(?:(early|mid|late)[\s-]+)?(?:the\s+)?"
    rf"(?:['’]?((?:1[89]|20)?\d0)['’]?s|({'|'.join(_WORDS)}))\b",
    re.IGNORECASE,
)
_SPAN: Final = re.compile(
    rf"(?<![\w$€£#.-])(?:(?:from|between|in)\s+)?{_YEAR}\s*(?:-|–|—|to|and|until|till)\s*{_YEAR}{_NOT_MORE}",
    re.IGNORECASE,
)
_SINCE: Final = re.compile(
    rf"\b(since|after|from)\s+{_YEAR}(\s+(?:on(?:wards?)?|and\s+later)\b)?{_NOT_MORE}", re.IGNORECASE
)
_BEFORE: Final = re.compile(rf"\b(before|until|till|up\s+to|pre)[\s-]+{_YEAR}{_NOT_MORE}", re.IGNORECASE)
_ALONE: Final = re.compile(
    rf"(?<![\w$€£#.,'’-])(?:(?:from|of|in)\s+)?(?:the\s+year\s+)?{_YEAR}{_NOT_MORE}", re.IGNORECASE
)


def _decade(match: re.Match[str]) -> Fact | None:
    part, number, word = match[1] or "", match[2], match[3]
    if word:
        start = _WORDS[word.lower()]
    else:
        start = int(number)
        if start < 100:
            start += 2000 if start <= 20 else 1900
    if start > LAST_YEAR:
        return None
    low, high = _PARTS[part.lower()]
    return _years(start + low, start + high)


def _span(match: re.Match[str]) -> Fact | None:
    return _years(*sorted((int(match[1]), int(match[2]))))


def _since(match: re.Match[str]) -> Fact | None:
    said, year = match[1].lower(), int(match[2])
    if said == "from" and not match[3]:
        return _years(year, year)
    return _years(year + (said == "after"), None)


def _before(match: re.Match[str]) -> Fact | None:
    said, year = match[1].lower().split()[0], int(match[2])
    return _years(None, year - (said in {"before", "pre"}))


def _alone(match: re.Match[str]) -> Fact | None:
    return _years(int(match[1]), int(match[1]))


def _years(low: int | None, high: int | None) -> Fact:
    told = f"from {low}" if low == high else f"from {low} to {high}"
    if high is None:
        told = f"from {low} on"
    elif low is None:
        told = f"up to {high}"
    return Fact(Filter("year", "range", low=low, high=high), told)


# Tempo ------------------------------------------------------------------------------------------------------------

_BEATS: Final = r"(\d{2,3}(?:\.\d+)?)"
_BPM: Final = r"\s*(?:bpm|beats\s+(?:per|a)\s+minute)\b"
_BPM_SPAN: Final = re.compile(
    rf"(?:\b(?:between|from|at)\s+)?(?<![\w.]){_BEATS}(?:{_BPM})?\s*(?:-|–|to|and)\s*{_BEATS}{_BPM}", re.IGNORECASE
)
_BPM_OVER: Final = re.compile(rf"\b(?:over|above|more\s+than|faster\s+than|at\s+least)\s+{_BEATS}{_BPM}", re.IGNORECASE)
_BPM_UNDER: Final = re.compile(
    rf"\b(?:under|below|less\s+than|slower\s+than|at\s+most|up\s+to)\s+{_BEATS}{_BPM}", re.IGNORECASE
)
_BPM_AT: Final = re.compile(
    rf"(?:(\baround|\babout|\bca\.?|\bcirca|\broughly|\bapprox(?:imately|\.)?|~)\s*|\bat\s+)?(?<![\w.]){_BEATS}{_BPM}",
    re.IGNORECASE,
)


def _bpm_span(match: re.Match[str]) -> Fact | None:
    return _tempo(*sorted((float(match[1]), float(match[2]))))


def _bpm_over(match: re.Match[str]) -> Fact | None:
    return _tempo(float(match[1]), None)


def _bpm_under(match: re.Match[str]) -> Fact | None:
    return _tempo(None, float(match[1]))


def _bpm_at(match: re.Match[str]) -> Fact | None:
    beats = float(match[2])
    slack = beats * AROUND_BPM if match[1] else PLAIN_BPM
    return _tempo(round(beats - slack, 1), round(beats + slack, 1))


def _tempo(low: float | None, high: float | None) -> Fact:
    told = f"at {low:g} to {high:g} bpm" if low is not None and high is not None else ""
    return Fact(
        Filter("bpm", "range", low=low, high=high),
        told or (f"at {low:g} bpm or more" if high is None else f"at {high:g} bpm or less"),
    )


# Keys -------------------------------------------------------------------------------------------------------------

_SIGN: Final = r"(?:[#♯♭]|b|[\s-]sharp|[\s-]flat)?"
_END: Final = r"(?=\s*(?:[,;.]|$|\b(?:but|with|without|and|from|at|songs?|music|tracks?|key)\b))"
_IN_MODE: Final = re.compile(
    r"\b(?:(?:in|with)\s+)?an?\s+(minor|major)\s+key\b|\b(?:in|of)\s+(minor|major)" + _END, re.IGNORECASE
)
_IN_KEY: Final = re.compile(
    rf"\b(?:in|of)\s+(?:the\s+key\s+of\s+)?([A-Ga-g]{_SIGN}(?:\s*-?\s*(?:minor|major|min|maj)|m))"
    + _END
    + r"|\b(?:in\s+)?(?:the\s+)?key\s+(?:of\s+)?([A-G]"
    + _SIGN
    + r"(?:\s*(?:minor|major|min|maj)|m)?)"
    + _END
)
_KEY: Final = re.compile(rf"\b([A-G]{_SIGN}\s(?:minor|major))\b" + _END)


def _mode(match: re.Match[str]) -> Fact | None:
    mode = (match[1] or match[2]).lower()
    return Fact(Filter("mode", "is", (mode,)), f"in a {mode} key")


def _key(match: re.Match[str]) -> Fact | None:
    name = key_named(next(group for group in match.groups() if group).replace("-", " "))
    return Fact(Filter("key", "is", (name,)), f"in {name}") if name else None


# Words ------------------------------------------------------------------------------------------------------------

_SONGS: Final = r"(?:lyrics|words|songs?|tracks?|versions?|content|language|music)"
_CLEAN: Final = re.compile(
    rf"\b(?:(?:not|non|no|without|nothing)[\s-]+(?:any\s+)?explicit(?:\s+{_SONGS})?|clean\s+(?:lyrics|versions?|language|songs?|tracks?)"
    r"(?:\s+only)?|family[\s-]friendly)\b",
    re.IGNORECASE,
)
_EXPLICIT: Final = re.compile(
    rf"\b(?:with\s+)?explicit(?:\s+(?:and\s+)?{_SONGS})?(?:\s+only)?(?=\s*(?:[,;.]|$|\b(?:but|with|rap|hip|from)\b))",
    re.IGNORECASE,
)


def _clean(_: re.Match[str]) -> Fact | None:
    return Fact(Filter("explicit", "not", ("yes",)), "not marked explicit")


def _explicit(_: re.Match[str]) -> Fact | None:
    return Fact(Filter("explicit", "is", ("yes",)), "marked explicit")


_Reader = Callable[[re.Match[str]], Fact | None]
_RULES: Final[tuple[tuple[re.Pattern[str], _Reader], ...]] = (
    (_BPM_SPAN, _bpm_span),
    (_BPM_OVER, _bpm_over),
    (_BPM_UNDER, _bpm_under),
    (_BPM_AT, _bpm_at),
    (_SPAN, _span),
    (_SINCE, _since),
    (_BEFORE, _before),
    (_DECADE, _decade),
    (_ALONE, _alone),
    (_IN_MODE, _mode),
    (_IN_KEY, _key),
    (_KEY, _key),
    (_CLEAN, _clean),
    (_EXPLICIT, _explicit),
)
