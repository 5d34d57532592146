"""Makes values out of what stands in tags: texts, names, genres, years, numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

NAME: Final = 500
"""Longest name that is kept, in characters."""
COMMENT: Final = 2000

_UNSEEN: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LISTED: Final = re.compile(r"(?:&(?:amp|quot|apos|lt|gt|#\w{1,6});|[^;\0])+")  # the ; of "&amp;" ends no name
_PLACEHOLDERS: Final = {"unknown artist", "unknown album", "<unknown>", "[unknown]"}
_NO_GENRES: Final = {"none", "(none)", "unknown", "other", "genre", "undefined"}
_YEAR: Final = re.compile(r"(?<!\d)([12]\d{3})(?!\d)")
_COMPACT_DATE: Final = re.compile(r"([12]\d{3})(?:0\d|1[0-2])(?:[0-2]\d|3[01])")
_GENRE_NUMBERS: Final = re.compile(r"\((\d{1,3}|RX|CR)\)")

_GENRE_NAMES: Final = (
    "Blues|Classic Rock|Country|Dance|Disco|Funk|Grunge|Hip-Hop|Jazz|Metal|New Age|Oldies|Other|Pop|R&B|Rap|Reggae|"
    "Rock|Techno|Industrial|Alternative|Ska|Death Metal|Pranks|Soundtrack|Euro-Techno|Ambient|Trip-Hop|Vocal|"
    "Jazz+Funk|Fusion|Trance|Classical|Instrumental|Acid|House|Game|Sound Clip|Gospel|Noise|Alternative Rock|Bass|"
    "Soul|Punk|Space|Meditative|Instrumental Pop|Instrumental Rock|Ethnic|Gothic|Darkwave|Techno-Industrial|"
    "Electronic|Pop-Folk|Eurodance|Dream|Southern Rock|Comedy|Cult|Gangsta|Top 40|Christian Rap|Pop/Funk|Jungle|"
    "Native American|Cabaret|New Wave|Psychedelic|Rave|Showtunes|Trailer|Lo-Fi|Tribal|Acid Punk|Acid Jazz|Polka|"
    "Retro|Musical|Rock & Roll|Hard Rock|Folk|Folk-Rock|National Folk|Swing|Fast Fusion|Bebop|Latin|Revival|Celtic|"
    "Bluegrass|Avantgarde|Gothic Rock|Progressive Rock|Psychedelic Rock|Symphonic Rock|Slow Rock|Big Band|Chorus|"
    "Easy Listening|Acoustic|Humour|Speech|Chanson|Opera|Chamber Music|Sonata|Symphony|Booty Bass|Primus|"
    "Porn Groove|Satire|Slow Jam|Club|Tango|Samba|Folklore|Ballad|Power Ballad|Rhythmic Soul|Freestyle|Duet|"
    "Punk Rock|Drum Solo|A Cappella|Euro-House|Dance Hall|Goa|Drum & Bass|Club-House|Hardcore|Terror|Indie|BritPop|"
    "Afro-Punk|Polsk Punk|Beat|Christian Gangsta Rap|Heavy Metal|Black Metal|Crossover|Contemporary Christian|"
    "Christian Rock|Merengue|Salsa|Thrash Metal|Anime|Jpop|Synthpop|Abstract|Art Rock|Baroque|Bhangra|Big Beat|"
    "Breakbeat|Chillout|Downtempo|Dub|EBM|Eclectic|Electro|Electroclash|Emo|Experimental|Garage|Global|IDM|Illbient|"
    "Industro-Goth|Jam Band|Krautrock|Leftfield|Lounge|Math Rock|New Romantic|Nu-Breakz|Post-Punk|Post-Rock|Psytrance|"
    "Shoegaze|Space Rock|Trop Rock|World Music|Neoclassical|Audiobook|Audio Theatre|Neue Deutsche Welle|Podcast|"
    "Indie Rock|G-Funk|Dubstep|Garage Rock|Psybient"
)
ID3_GENRES: Final = tuple(_GENRE_NAMES.split("|"))
"""ID3v1's genres with Winamp's additions; a number stands for the name at its place."""


def text(value: str, longest: int = NAME) -> str:
    """One line: NFC, no control or direction characters, lone surrogates replaced, blanks collapsed, cut to length."""
    line = _SURROGATES.sub("\ufffd", value[: 4 * longest])
    line = _UNSEEN.sub("", unicodedata.normalize("NFC", line))
    return " ".join(line.split())[:longest].rstrip()


def first(values: Iterable[str], longest: int = NAME) -> str:
    """The first value that says something, else an empty string."""
    for value in values:
        for piece in value[: 8 * longest].split("\0"):
            line = text(piece, longest)
            if line and line.casefold() not in _PLACEHOLDERS:
                return line
    return ""


def listed(values: Iterable[str]) -> tuple[str, ...]:
    """All names in lists split at NUL and ``;``, each once."""
    pieces = (text(piece) for value in values for piece in _LISTED.findall(value[: 16 * NAME]))
    return _distinct(piece for piece in pieces if piece.casefold() not in _PLACEHOLDERS)


def artists(values: list[str]) -> tuple[str, ...]:
    """Names of artists. Never split at ``,``, ``&`` or ``/``, unless a second field proves where: a credit such as
    ``A feat. B`` beside the names ``A`` and ``B`` (or ``A/B``) gives way to them."""
    names = listed(values)
    if len(names) < 2:
        return names
    credit, rest = names[0], names[1:]
    singles = rest[0].split("/") if len(rest) == 1 else rest
    singles = _distinct(single.strip() for single in singles)
    within = credit.casefold()
    if len(singles) > 1 and all(single.casefold() in within for single in singles):
        return singles
    return names


def genres(values: Iterable[str]) -> tuple[str, ...]:
    """Genres split at NUL, ``;`` and `` / ``, numbers of ID3 (``17``, ``(17)``, ``(4)Eurodisco``) turned to names."""
    found = (name for value in listed(values) for piece in value.split(" / ") for name in _named(piece.strip()))
    return _distinct(name for name in found if any(c.isalnum() for c in name) and name.casefold() not in _NO_GENRES)


def year(values: Iterable[str]) -> int | None:
    """The year in the first value that holds one, in whatever form of date, 1000 to 2999."""
    for value in values:
        found = _YEAR.search(value[:100]) or _COMPACT_DATE.fullmatch(value.strip()[:20])
        if found:
            return int(found[1])
    return None


def number(values: Iterable[str], longest: int = 9999) -> int | None:
    """A track or disc number: ``3``, ``03``, ``3/12``; 0 counts as none."""
    for value in values:
        found = re.match(r"\s*(\d{1,4})(?:\s*(?:/|of)\s*\d*)?\s*$", value[:40])
        if found and 0 < int(found[1]) <= longest:
            return int(found[1])
    return None


def tempo(values: Iterable[str]) -> float | None:
    """Beats per minute, 20 to 400: ``128``, ``127.98``, ``128,5``, ``128 BPM``."""
    for value in values:
        found = re.match(r"\s*(\d{2,3}(?:[.,]\d+)?)(?!\d)", value[:40])
        if found and 20 <= float(found[1].replace(",", ".")) <= 400:
            return float(found[1].replace(",", "."))
    return None


def isrc(values: Iterable[str]) -> str:
    """An international recording code, 12 characters, else empty."""
    for value in values:
        code = re.sub(r"[\s-]", "", value[:40]).upper()
        if re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", code):
            return code
    return ""


def uuid(values: Iterable[str]) -> str:
    """The first UUID in the values, else empty."""
    for value in values:
        found = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", value[:200].lower())
        if found:
            return found[0]
    return ""


def _named(piece: str) -> Iterator[str]:
    rest = piece
    while found := _GENRE_NUMBERS.match(rest):
        yield _numbered(found[1])
        rest = rest[found.end() :].strip()
    yield _numbered(rest)


def _numbered(name: str) -> str:
    if not name.isdecimal():
        return {"RX": "Remix", "CR": "Cover"}.get(name, name)
    return ID3_GENRES[int(name)] if int(name) < len(ID3_GENRES) else ""


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for name in names:
        if name:
            seen.setdefault(name.casefold(), name)
    return tuple(seen.values())
