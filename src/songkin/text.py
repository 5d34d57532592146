"""Text about songs: how names are compared, what is embedded, which words are indexed.

``fold`` is the one way in which songkin compares names. ``describe`` is the sentence that a text encoder reads about a
song and ``words`` what BM25 reads; both are versioned by ``TEXT_VERSION``, for a change makes old vectors stale.
``key_named`` reads the key of a song in all the ways that people and programs write one.
``guarded`` and ``key_uri`` are how names and keys are written into files of other programs, and have their opposites.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote, unquote

from rapidfuzz import fuzz, process

from songkin.models import AlbumNote, Track
from songkin.records import PITCH_CLASSES

TEXT_VERSION: Final = "2"

_EXPAND: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "œ": "oe", "đ": "d", "ł": "l", "Ł": "l", "ı": "i"}
)
_PLAIN: Final = {
    code: chr(code).lower() if chr(code).isalnum() else {"'": "", "`": "", "&": " and "}.get(chr(code), " ")
    for code in range(128)
}
"""What becomes of each ASCII character in a folded name."""
_NEAREST: Final = 5
_CLOSER: Final = 75.0
_ARTICLE: Final = re.compile(r"^(?:the|an?) (?=.)")
_ARTICLE_LAST: Final = re.compile(r",\s*(?:the|an?)\s*$", re.IGNORECASE)


def fold(text: str) -> str:
    """A name without case, accents and punctuation: ``"Sigur Rós"`` and ``"SIGUR ROS"`` fold alike.

    Letters of any script stay; ``&`` counts as *and*. A name made of signs alone is only case-folded.
    Bytes that were no text (lone surrogates) count as signs.
    """
    if text.isascii():
        return " ".join(text.translate(_PLAIN).split()) or text.strip().casefold()
    text = text.encode("utf-8", "replace").decode()  # undecodable bytes cannot be looked up
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_EXPAND)
    spread = spread.replace("&", " and ")
    kept = "".join(c if c.isalnum() else "" if unicodedata.combining(c) or c in "'’`" else " " for c in spread)
    return " ".join(kept.split()) or text.strip().casefold()


def plain_artist(name: str) -> str:
    """A folded artist's name without its article: of ``The Beatles``, ``Beatles`` and ``Beatles, The``."""
    return _ARTICLE.sub("", fold(_ARTICLE_LAST.sub("", name)))


def alike(name: str, names: Iterable[str]) -> list[str]:
    """The names that are nearest to a misspelt one, nearest first."""
    each = {fold(one): one for one in names if one}
    near = process.extract(fold(name), list(each), scorer=fuzz.WRatio, limit=_NEAREST, score_cutoff=_CLOSER)
    return [each[found] for found, _, _ in near]


def meant(names: Sequence[str]) -> str:
    """A question that names what may have been meant; empty where nothing is near."""
    return f"Did you mean {' · '.join(names)}?" if names else ""


def decade(year: int | None) -> str:
    """``1974`` → ``"1970s"``; empty when unknown."""
    return f"{year // 10 * 10}s" if year else ""


def describe(track: Track) -> str:
    """One line of what is known of a song, for a text encoder. Guessed names are known names.

    The artist stands first: a misspelt one is then found oftener, and nothing else is lost (``songkin eval words``).
    """
    line = f"{track.artist}: {track.title}." if track.artists else f"{track.title}."
    if track.album:
        line += f" From {track.album}."
    if track.genres:
        line += f" {', '.join(track.genres)}."
    if track.year:
        line += f" {decade(track.year)}."
    if track.comment and len(track.comment) < 200:
        line += f" {track.comment}"
    if track.description:
        line += f" {track.description}"
    return line


def words(track: Track) -> str:
    """Every word a person might type to find this song, for BM25."""
    parts = [track.title, *track.artists, track.album, *track.genres]
    if track.album_artist and track.album_artist not in track.artists:
        parts.append(track.album_artist)
    if track.year:
        parts += [str(track.year), decade(track.year)]
    parts.append(track.description)
    return " ".join(part for part in parts if part)


ALBUM_TEXT_VERSION: Final = 1
_TITLES: Final = 40


def describe_album(album: AlbumNote) -> str:
    """What a text encoder reads of an album: one template, when it is trained, indexed and evaluated alike."""
    by = f" by {', '.join(album.artists)}." if album.artists else ""
    genres = f" Genre: {', '.join(album.genres)};" if album.genres else ""
    year = f" Released: {album.year}." if album.year else ""
    review = f" Review: {album.review}" if album.review else ""
    return f"{album.title}.{by}{genres}{year}{review}" + (f" {album.description}" if album.description else "")


def album_words(album: AlbumNote, songs: Sequence[str] = ()) -> str:
    """Every word by which an album may be found: what is read of it, its label and decade, titles of its songs."""
    more = [album.label, decade(album.year) if album.year else "", *songs[:_TITLES]]
    return " ".join([describe_album(album), *filter(None, more)])


_KEY: Final = re.compile(
    r"([A-Ga-g])\s*([#♯b♭]|\s?sharp|\s?flat)?[\s-]*(maj(?:or)?|dur|min(?:or)?|moll|m)?", re.IGNORECASE
)
_CAMELOT: Final = re.compile(r"0?([1-9]|1[0-2])\s*([ABab])")
_DEGREES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def key_named(text: str) -> str:
    """A key by its one name, ``C# minor``: of ``c#m``, ``Db min``, ``C sharp minor``, ``12A`` (the wheel of DJs); empty
    where it is none. A note alone is its major key."""
    if wheel := _CAMELOT.fullmatch(text.strip()):
        steps, minor = int(wheel[1]) - 8, wheel[2] in "Aa"  # each a fifth; 8A is A minor, 8B is C major
        return _key((9 if minor else 0) + 7 * steps, minor=minor)
    found = _KEY.fullmatch(text.strip())
    if not found:
        return ""
    sign, mode = (found[2] or "").strip().lower(), found[3] or ""
    shift = 1 if sign in {"#", "♯", "sharp"} else -1 if sign else 0
    minor = mode == "m" or mode[:2].lower() in {"mi", "mo"}
    return _key(_DEGREES[found[1].upper()] + shift, minor=minor)


def _key(pitch: int, *, minor: bool) -> str:
    return f"{PITCH_CLASSES[pitch % 12]} {'minor' if minor else 'major'}"


_RUN: Final = re.compile(r"'*[=+\-@\t\r]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_OWN: Final = "songkin:"


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe stands before ``=``, ``+``, ``-``, ``@``, a tab and a return, also
    where apostrophes stand there already. Numbers stay as they are."""
    return f"'{cell}" if _RUN.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """What ``guarded`` made a cell of."""
    return cell[1:] if _GUARDED.match(cell) else cell


def key_uri(key: str) -> str:
    """A source's key of a song as an URI: one of Spotify is one, any other stands percent-encoded after ``songkin:``."""
    return key if key.startswith("spotify:") else _OWN + quote(key)


def uri_key(uri: str) -> str | None:
    """The key in an URI that ``key_uri`` made with ``songkin:``; None for any other."""
    return unquote(uri[len(_OWN) :]) if uri[: len(_OWN)].lower() == _OWN else None
