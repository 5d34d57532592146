"""What people type: filters, ranges, questions, names; and the words of songs."""

from __future__ import annotations

import math

from songkin.errors import QueryError
from songkin.models import Filter, Track
from songkin.search.filters import conditions, parse_filter, parse_range
from songkin.search.negation import taken_apart
from songkin.store.words import Words
from songkin.tags import clean
from songkin.text import describe, fold, words

WORDS = Words()


def one(data: bytes) -> None:
    """UTF-8 with lone surrogates for what is none, as Python gives it from a command line."""
    text = data.decode("utf-8", "surrogateescape")
    for parse in (parse_filter, lambda said: parse_range("year", said), lambda said: parse_range("bpm", said)):
        try:
            found: Filter = parse(text)
        except QueryError as error:
            assert error.remedy
        else:
            for condition in conditions([found]):
                for end in (condition.low, condition.high):
                    assert end is None or math.isfinite(end)
    said = taken_apart(text)
    assert all(said.unwanted)
    assert said.unwanted or said.wanted == text
    folded = fold(text)
    folded.encode()
    assert fold(folded) == folded
    line = clean.text(text)
    track = Track("id", title=line, artists=clean.artists([text]), genres=clean.genres([text]), year=clean.year([text]))
    describe(track)
    for vector in (WORDS.document(words(track)), WORDS.document(text), WORDS.query(text)):
        assert list(vector.indices) == sorted(set(vector.indices))
        assert all(math.isfinite(value) and value > 0 for value in vector.values)


def seeds() -> list[bytes]:
    """Filters, questions, names."""
    said = (
        "genre=jazz|bossa nova",
        "artist!=The Beetles",
        "year=1960..1970",
        "bpm>=120",
        "duration<=3e2",
        "..1970",
        "quiet piano without drums or vocals, just strings",
        "not too fast, drumless music with no voice and no guitar",
        "Sigur Rós – Ágætis Byrjun",
        "AC/DC & Earth, Wind & Fire",
        "日本語の歌 カタカナ 한국어",
        "e\u0301\u0301\u0301 \ufdfa ﬁ ß İ",
        "(17)(CR);Rock / Pop\0Soul 1999-05-01",
    )
    return [each.encode() for each in said]
