"""Guesses title, artist, album and numbers from a file's name and the folders it lies in."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from songkin import audio
from songkin.models import Tags
from songkin.tags.clean import text

# A number before a title is a track number if a separator or a leading zero says so: "99 Luftballons", "7 rings",
# "1979" and "50-50" are titles. Tried in this order.
_NUMBERED: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"[\[(](?P<track>\d{1,3})[\])]\s*-?\s*(?P<rest>\S.*)",  # (01) Title
        r"(?P<disc>[1-9])(?:-(?=\d\d)|\.(?=0))(?P<track>\d\d)(?:\s*[.)]\s+|\s+-\s+|\s+)(?P<rest>\S.*)",  # 1-03 Title
        r"(?P<track>\d{1,2}|0\d\d)\s*(?:[.)]\s*-?|-)\s+(?P<rest>\S.*)",  # 3. Title, 12 - Title
        r"(?P<track>0\d{1,2})\s+(?P<rest>\S.*)",  # 03 Title
        r"(?P<track>0\d{1,2})[-.)](?P<rest>[^\W\d_].*)",  # 03-Title
    )
)
_BARE: Final = re.compile(r"(?P<track>[1-9]\d)(?:\s+(?=\S)|[-.)](?=[^\W\d_]))(?P<rest>.*)")
"""``11 Title``, ``11-Title``: a track number only among files called 01, 02, 03 …"""
_DASH: Final = re.compile(r"\s+[-–—]+\s+")
_VERSION: Final = re.compile(  # "Title - Live at Home" names no artist "Title"; "Oasis - Live Forever" does
    r"live(?: (?:at|in|from|on|version)\b.*| \d{4})?|(?:\d{4} )?(?:digital )?remaster(?:ed)?(?: version)?(?: \d{4})?|"
    r"(?:radio|single|album|extended|original|acoustic|demo|instrumental|club) (?:edit|version|mix|remix|cut|take)|"
    r"acoustic|demo|instrumental|mono|stereo|remix|bonus track",
    re.IGNORECASE,
)
_DISC: Final = re.compile(r"(?:cd|disc|disk)[\s_.-]*(\d{1,2})\b.*", re.IGNORECASE)
_DATED: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"[\[(]?(?P<year>(?:19|20)\d\d)[\])]?\s*[-–.]\s*(?P<name>\S.*)",  # 1999 - Album
        r"[\[(](?P<year>(?:19|20)\d\d)[\])]\s*(?P<name>\S.*)",  # [1999] Album
        r"(?P<name>.*\S)\s*[\[(](?P<year>(?:19|20)\d\d)[\])]",  # Album (1999)
    )
)
_GENERIC_NAMES: Final = (
    "albums|artists|audio|audios|clips|collection|data|download|downloads|files|flac|full|library|lossless|"
    "m4a|media|mp3|mp3s|music|musik|my music|new|ogg|opus|other|playlist|playlists|samples|single|singles|song|songs|"
    "sound|sounds|temp|test|tmp|track|tracks|unknown artist|unknown album|unsorted|various|various artists|wav"
)
_GENERIC: Final = frozenset(_GENERIC_NAMES.split("|"))
"""Folders that name neither an artist nor an album."""


def guess_from_path(path: str, root: str) -> Tags:
    """What the file's name and the folders between ``root`` and the file suggest. The title is never empty.

    Understood are ``Title``, ``03 - Title``, ``Artist - Title``, ``03 - Artist - Title``, ``Artist - Album - 03 -
    Title`` and the folders ``Artist/Album``, ``Artist - Album`` and ``CD 2``. Of the name only the last suffix goes.
    """
    stem = _stem(os.path.basename(path))
    disc, track, rest = _numbered(stem, os.path.dirname(path))
    pieces = [piece for piece in _DASH.split(rest) if piece.strip()]
    artist = album = ""
    if len(pieces) > 1 and not _VERSION.fullmatch(pieces[1]):
        inner = _inner_number(pieces)
        if inner and track is None:
            place, track, rest = inner
            artist, album = pieces[0], pieces[1] if place == 2 else ""
        else:
            artist, rest = pieces[0], " - ".join(pieces[1:])
    return _with_folders(
        Tags(
            title=text(rest) or text(stem) or "?",
            artists=(text(artist),) if text(artist) else (),
            album=text(album),
            track_no=track or None,
            disc_no=disc,
        ),
        _folders(path, root),
    )


def merge(tags: Tags, guess: Tags) -> Tags:
    """``tags`` with their empty fields filled from ``guess``; ``guessed`` names the fields that were."""
    filled = {
        name: getattr(guess, name)
        for name in ("title", "artists", "album", "track_no", "disc_no", "year")
        if not getattr(tags, name) and getattr(guess, name)
    }
    return replace(tags, **filled, guessed=tuple(filled))


def _stem(name: str) -> str:
    stem, suffix = os.path.splitext(name)
    if suffix.lower() not in audio.EXTENSIONS and not re.fullmatch(r"\.[A-Za-z][A-Za-z0-9]{1,3}", suffix):
        stem = name  # "Mr. Brightside" without a suffix
    stem = text(stem)
    return stem if " " in stem else text(stem.replace("_", " "))


def _numbered(stem: str, folder: str) -> tuple[int | None, int | None, str]:
    """Disc, track and what follows them."""
    for pattern in _NUMBERED:
        if (found := pattern.fullmatch(stem)) and any(c.isalnum() for c in found["rest"]):
            disc = found.groupdict().get("disc")
            return int(disc) if disc else None, int(found["track"]), found["rest"]
    if (found := _BARE.fullmatch(stem)) and _counts(folder):
        return None, int(found["track"]), found["rest"]
    return None, None, stem


def _inner_number(pieces: list[str]) -> tuple[int, int, str] | None:
    """Where in ``Artist - Album - 03 - Title`` the number stands, the number, and the title."""
    for place in (1, 2):
        if place + 1 < len(pieces) and re.fullmatch(r"\d{1,3}", pieces[place]):
            return place, int(pieces[place]), " - ".join(pieces[place + 1 :])
        if place < len(pieces) and (found := re.fullmatch(r"(0\d|[1-9]\d\.)\s+(\S.*)", pieces[place])):
            return place, int(found[1].rstrip(".")), " - ".join((found[2], *pieces[place + 1 :]))
    return None


def _with_folders(guess: Tags, folders: list[str]) -> Tags:
    """Add what the folders say, outermost first, where the name said nothing."""
    disc = guess.disc_no
    if folders and (found := _DISC.fullmatch(folders[-1])):
        disc, folders = disc or int(found[1]), folders[:-1]
    folders = [folder for folder in folders if folder.casefold() not in _GENERIC]
    if not folders:
        return replace(guess, disc_no=disc)
    name, year = _dated(folders[-1])
    artist = folders[-2] if len(folders) > 1 else ""
    pieces = _DASH.split(name)
    if len(pieces) > 1 and (not artist or pieces[0].casefold() == artist.casefold()):
        artist = pieces[0]
        name, later = _dated(" - ".join(pieces[1:]))
        year = year or later
    elif not artist and guess.track_no is None:
        return replace(guess, disc_no=disc)  # one folder alone may be an artist, a genre, anything
    return replace(
        guess,
        artists=guess.artists or ((artist,) if artist else ()),
        album=guess.album or name,
        year=year,
        disc_no=disc,
    )


def _dated(name: str) -> tuple[str, int | None]:
    for pattern in _DATED:
        if found := pattern.fullmatch(name):
            return found["name"], int(found["year"])
    return name, None


def _folders(path: str, root: str) -> list[str]:
    """Names of the folders between root and file, outermost first; none if the file lies elsewhere."""
    between = os.path.relpath(os.path.dirname(os.path.abspath(path)), os.path.abspath(root)).split(os.sep)
    names = [] if between[0] in (os.curdir, os.pardir) else [text(name) for name in between]
    told = [name if " " in name else text(name.replace("_", " ")) for name in names]
    return [name for name in told if name]


def _counts(folder: str) -> bool:
    """Whether the files of a folder are numbered with leading zeros, so that ``11 Title`` is track 11."""
    try:
        return _counted(folder, os.stat(folder).st_mtime_ns)
    except OSError:
        return False


@lru_cache(maxsize=16)
def _counted(folder: str, _changed: int) -> bool:
    return sum(bool(re.match(r"0\d[\s_.)-]", name)) for name in os.listdir(folder)) >= 3
