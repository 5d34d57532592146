"""What a question wants to hear and what it does not: "piano without drums", "not too fast", "drumless".

Text encoders hardly see a *no*: to MiniLM "music without drums" means drums. So the question is taken apart before it is
read. After *no*, *without*, *minus* or *except* everything up to a comma, a *but*, *with* or *just*, or the end is
unwanted; after *not* one word is ("not too fast piano" wants a piano). Words in *-less* that speak of music count too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_END: Final = r"(?=[,;.]|\bbut\b|\bwith\b|\bjust\b|\bonly\b|$)"
_FILLER: Final = r"(?:(?:any|a|an|the|too|very|so|that|really|much)\s+)*"
_WITHOUT: Final = re.compile(rf"\b(?:without|no|minus|except|excluding)\s+{_FILLER}([^,;.]+?)\s*{_END}")
_NOT: Final = re.compile(rf"\b(?:not|never)\s+{_FILLER}([\w'-]+)")
_LESS: Final = re.compile(r"\b(drum|beat|voice|vocal|guitar)-?less\b")
_LIST: Final = re.compile(r"\s+(?:and|or|nor)\s+(?:no\s+|any\s+)?")
_SUNG: Final = {"words": "vocals", "lyrics": "vocals"}
_ENDS: Final = frozenset(("and", "but", "with", "or", "just", "only"))
_EMPTY: Final = _ENDS.union(
    ("a", "an", "for", "i", "like", "me", "music", "of", "play", "please", "some", "something"),
    ("song", "songs", "the", "track", "tracks", "want"),
)
"""Words that want nothing in particular."""


@dataclass(frozen=True, slots=True)
class Said:
    """A question taken apart. ``wanted`` is empty where only unwanted things are named."""

    wanted: str
    unwanted: tuple[str, ...]


def taken_apart(text: str) -> Said:
    """What ``text`` wants and what it does not; without a *no* in it the text comes back as it is."""
    unwanted: list[str] = []

    def clause(match: re.Match[str]) -> str:
        unwanted.extend(part for part in _LIST.split(match[1].strip()) if part)
        return " "

    def stem(match: re.Match[str]) -> str:
        unwanted.append(match[1] + "s")
        return " "

    rest = text.lower()
    for pattern, heard in ((_LESS, stem), (_NOT, clause), (_WITHOUT, clause)):
        rest = pattern.sub(heard, rest)
    if not unwanted:
        return Said(text, ())
    words = re.findall(r"[^\s,;.]+", rest)
    wanted = "" if all(word in _EMPTY for word in words) else _trimmed(words)
    return Said(wanted, tuple(_SUNG.get(each, each) for each in dict.fromkeys(unwanted)))


def _trimmed(words: list[str]) -> str:
    """Without the conjunctions that an unwanted clause left at either end."""
    while words and words[-1] in _ENDS:
        words.pop()
    while words and words[0] in _ENDS:
        words.pop(0)
    return " ".join(words)
