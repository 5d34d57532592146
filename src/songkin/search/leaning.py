"""What a question leans to among a table's features: *slow*, *not too fast*, *without vocals*, *but happier*.

A few plain words say of one feature whether there should be much or little of it, and need no learning: they are listed
here. A *not*, *less* or *without* turns them around. Weak where a *not* stands (what is not fast need not be slow). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_LIST: Final[Mapping[str, tuple[str, ...]]] = {
    "+tempo": ("fast", "faster", "uptempo", "up-tempo", "quick", "quicker", "speedy"),
    "-tempo": ("slow", "slower", "slowly", "downtempo", "down-tempo"),
    "+valence": ("happy", "happier", "cheerful", "joyful", "upbeat", "brighter", "lighter", "sunnier", "merrier"),
    "-valence": ("sad", "sadder", "gloomy", "gloomier", "melancholic", "melancholy", "darker", "sombre", "depressing"),
    "+energy": ("energetic", "intense", "wilder", "harder", "heavier", "livelier", "powerful", "upbeat", "aggressive"),
    "-energy": ("calm", "calmer", "mellow", "mellower", "relaxed", "relaxing", "gentle", "gentler", "soft", "softer"),
    "-energy chill": ("chill", "quiet", "quieter", "peaceful", "soothing"),
    "+loudness": ("loud", "louder"),
    "-loudness": ("quiet", "quieter"),
    "+danceability": ("danceable", "groovy", "groovier", "dancier"),
    "+acousticness": ("acoustic", "unplugged"),
    "-acousticness": ("electronic", "electric", "synthetic"),
    "+instrumentalness": ("instrumental", "instrumentals"),
    "-instrumentalness": ("sung",),
    "+speechiness": ("spoken", "spoken-word"),
}
_SUNG: Final = r"(?:vocals?|singing|singers?|voices?|lyrics|words)"
_WORDS: Final[dict[str, list[tuple[str, float]]]] = {}
for _name, _all in _LIST.items():
    for _word in _all:
        _WORDS.setdefault(_word, []).append((_name.split()[0][1:], 1.0 if _name[0] == "+" else -1.0))

_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_UNSUNG: Final = re.compile(rf"\b(?:without|no|minus)\s+(?:any\s+)?{_SUNG}\b|\b(?:vocal|voice)-?less\b", re.IGNORECASE)
_NO: Final = frozenset(("not", "less", "never", "no", "without", "isn't", "non"))
_FILLER: Final = frozenset(("too", "very", "so", "that", "really", "as", "all", "quite", "overly", "any", "a", "bit"))
_NOT: Final = 0.5


def leaning(text: str) -> dict[str, float]:
    """How much of each feature a question wants: 1 much, −1 little, ±.5 where it says what it does not want; empty where
    it does not say."""
    found: dict[str, float] = {}
    if _UNSUNG.search(text):
        found["instrumentalness"] = 1.0
    words = [match[0].lower() for match in _WORD.finditer(_UNSUNG.sub(" ", text))]
    for place, word in enumerate(words):
        turned = -_NOT if _denied(words, place) else 1.0
        for feature, sign in _WORDS.get(word, ()):
            found[feature] = max(-1.0, min(1.0, found.get(feature, 0.0) + sign * turned))
    return {feature: value for feature, value in found.items() if value}


def _denied(words: list[str], place: int) -> bool:
    while place and words[place - 1] in _FILLER:
        place -= 1
    return bool(place) and words[place - 1] in _NO
