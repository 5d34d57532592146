"""Which track of the library a source means.

Tried in this order, and told by these words: the source's own id, the file's path, the SHA-256 of its bytes, its
MusicBrainz id, its ISRC, artist and title (and length). Where durations are known they must agree within ``SECONDS``;
tracks that the same service knows under another id are other songs. For entries of playlists that name a song only in
words, names that are nearly the same are accepted too (``alike``), if they are of one version: a live recording is
never taken for the studio's, nor Part 1 for Part 2.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from songkin.records import Song
from songkin.store.songbook import Named, Songbook
from songkin.text import fold

SECONDS: Final = 3.0
TITLE_ALIKE: Final = 85.0
ARTIST_ALIKE: Final = 80.0
_COMMON: Final = 2_000
"""Words that stand in more names than this tell nothing."""
_EXTRA: Final = re.compile(
    r"[(\[](?:feat\b|ft\b|featuring\b|with\b|(?:\d{4} )?(?:digital(?:ly)? )?remaster|deluxe|bonus|explicit|album version|"
    r"single version|original mix|mono\b|stereo\b|from )[^)\]]*[)\]]|"
    r"\s[-–]\s(?:(?:\d{4} )?(?:digital(?:ly)? )?remaster(?:ed)?(?: \d{4})?(?: version)?|single version|album version|"
    r"mono(?: version)?|stereo(?: version)?|feat\b.*|from .*)$|\s(?:feat\.?|ft\.)\s.*$",
    re.IGNORECASE,
)
_VERSIONS: Final = frozenset(
    [
        "live",
        "remix",
        "acoustic",
        "instrumental",
        "demo",
        "karaoke",
        "cover",
        "edit",
        "mix",
        "unplugged",
        "reprise",
        "version",
        "rehearsal",
    ]
)


_NUMERALS: Final = frozenset(["ii", "iii", "iv", "vi", "vii", "viii", "ix"])
_DIGITS: Final = re.compile(r"\d+")


class Match(NamedTuple):
    """A track and by what it was known; ``track`` is empty where there is none."""

    track: str
    how: str


NOTHING: Final = Match("", "")


def plain(title: str) -> str:
    """A folded title without what does not make it another song: guests, remasters, editions."""
    return fold(_EXTRA.sub(" ", title)) or fold(title)


def versions(title: str) -> frozenset[str]:
    """What in a folded title makes it another recording: words such as ``live``, and numbers (``Part 2``, ``No. 5``)."""
    return (frozenset(title.split()) & (_VERSIONS | _NUMERALS)) | frozenset(_DIGITS.findall(title))


class Matcher:
    """Finds songs in the library as it is inside one transaction."""

    def __init__(self, songs: Songbook, folder: str = "") -> None:
        self.songs = songs
        self.folder = folder
        self._alike: _Alike | None = None
        self._lacking: dict[str, int] = {}

    def match(self, wanted: Sequence[Song], loose: Sequence[bool]) -> list[Match]:
        """The track of each song, or nothing; for those that are ``loose``, names that are nearly the same will do."""
        found: list[Match] = [NOTHING] * len(wanted)
        self._exact(wanted, found, "id", self.songs.by_key, _keys)
        self._exact(wanted, found, "path", lambda values: self.songs.by_column("path", values), self._paths)
        for column, how, read in (
            ("file_hash", "content", lambda song: [song.hash] if song.hash else []),
            ("musicbrainz_id", "MusicBrainz id", lambda song: [song.musicbrainz_id] if song.musicbrainz_id else []),
            ("isrc", "ISRC", lambda song: [song.isrc] if song.isrc else []),
        ):
            self._exact(wanted, found, how, _column(self.songs, column), read)
        self._by_name(wanted, found)
        self._by_likeness(wanted, found, loose)
        return found

    def meant(self, text: str) -> Match:
        """The one song that a person names by its id, its path or as ``artist - title``."""
        if track := self.songs.by_id(text.strip().lower()):
            return Match(track, "id")
        for cut in range(1, text.count(" - ") + 1):
            parts = text.split(" - ")
            song = Song(artists=(" - ".join(parts[:cut]),), title=" - ".join(parts[cut:]))
            if (found := self.match([song], [False])[0]).track:
                return found
        return self.match([Song(title=text, path=text)], [False])[0]

    def _exact(
        self,
        wanted: Sequence[Song],
        found: list[Match],
        how: str,
        look: Callable[[Sequence[str]], dict[str, str]],
        read: Callable[[Song], list[str]],
    ) -> None:
        asked = {n: read(song) for n, song in enumerate(wanted) if not found[n].track}
        values = sorted({value for each in asked.values() for value in each})
        known = look(values) if values else {}
        for n, each in asked.items():
            track = next((known[value] for value in each if value in known), "")
            if track:
                found[n] = Match(track, how)

    def _paths(self, song: Song) -> list[str]:
        if not song.path or "\0" in song.path:
            return []
        try:
            os.fsencode(song.path)
        except UnicodeEncodeError:
            return []
        absolute = os.path.normpath(os.path.join(self.folder, os.path.expanduser(song.path)))
        return list(dict.fromkeys((absolute, os.path.realpath(absolute))))

    def _by_name(self, wanted: Sequence[Song], found: list[Match]) -> None:
        asked = {
            n: song for n, song in enumerate(wanted) if not found[n].track and _is_named(song) and self._worth(song)
        }
        titles = {n: fold(song.title) for n, song in asked.items()}
        known = self.songs.by_title(sorted(set(titles.values()))) if asked else {}
        for n, song in asked.items():
            same = [each for each in known.get(titles[n], ()) if fits(song, each)]
            if track := _only(song, same):
                found[n] = Match(track, "artist and title")

    def _worth(self, song: Song) -> bool:
        """Whether there is any track that this song's own service does not know by another id."""
        namespace = _namespace(song.key)
        if not namespace:
            return True
        if namespace not in self._lacking:
            self._lacking[namespace] = self.songs.count_without(namespace)
        return self._lacking[namespace] > 0

    def _by_likeness(self, wanted: Sequence[Song], found: list[Match], loose: Sequence[bool]) -> None:
        asked = [n for n, song in enumerate(wanted) if loose[n] and not found[n].track and _is_named(song)]
        if asked and self._alike is None:
            self._alike = _Alike(self.songs.names())
        for n in asked:
            assert self._alike is not None
            if track := self._alike.find(wanted[n]):
                found[n] = Match(track, "alike in name")


def _keys(song: Song) -> list[str]:
    """The source's own id; songs at an address are known by it."""
    return [*filter(None, [song.key]), *([f"url:{song.url}", song.url] if song.url else [])]


def _is_named(song: Song) -> bool:
    return bool(song.title) and not song.placeholder


def fits(song: Song, named: Named) -> bool:
    """Whether a track of the same title may be this song."""
    namespace = _namespace(song.key)
    if namespace and any(key.startswith(namespace) for key in named.keys):
        return False
    artists = {fold(name) for name in song.artists}
    if artists and named.artists and not artists & named.artists:
        return False
    if song.duration and named.duration:
        return abs(song.duration - named.duration) <= SECONDS
    return not song.album or not named.album or fold(song.album) == named.album


def _only(song: Song, same: Sequence[Named]) -> str:
    """The one meant: with artists it is the nearest in length; a bare title must be of one song alone."""
    if not same or (not song.artists and len(same) > 1):
        return ""
    if song.duration:
        return min(same, key=lambda each: (abs((each.duration or 1e9) - (song.duration or 0.0)), each.id)).id
    album = fold(song.album) if song.album else ""
    return min(same, key=lambda each: (each.album != album, each.id)).id


def _namespace(key: str) -> str:
    head, colon, _ = key.partition(":")
    return f"{head}:" if colon and head not in {"name", "folder", "url"} else ""


def _column(songs: Songbook, name: str) -> Callable[[Sequence[str]], dict[str, str]]:
    return lambda values: songs.by_column(name, values)


class _Alike:
    """Names that are nearly the same, looked for among those that share a rare word."""

    def __init__(self, names: Iterable[tuple[str, str, str]]) -> None:
        self._names: list[tuple[str, str, str]] = [(i, plain(title), artists) for i, title, artists in names]
        self._with: dict[str, list[int]] = {}
        for number, (_, title, artists) in enumerate(self._names):
            for word in {*title.split(), *artists.split()}:
                self._with.setdefault(word, []).append(number)

    def find(self, song: Song) -> str:
        title, artists = plain(song.title), [fold(name) for name in song.artists]
        wanted = versions(title)
        best, chosen = 0.0, ""
        for number in self._candidates({*title.split(), *" ".join(artists).split()}):
            track, other, lines = self._names[number]
            alike = fuzz.ratio(title, other, score_cutoff=TITLE_ALIKE)  # first, for nearly all fail here
            if not alike or versions(other) != wanted:
                continue
            score = self._score(alike, title, artists, lines.split("\n"))
            if score > best:
                best, chosen = score, track
        return chosen

    def _candidates(self, words: Iterable[str]) -> set[int]:
        lists = [found for word in words if (found := self._with.get(word, [])) and len(found) <= _COMMON]
        return {number for found in lists for number in found}

    @staticmethod
    def _score(alike: float, title: str, artists: Sequence[str], others: Sequence[str]) -> float:
        if not artists:
            return alike if alike >= 95 and len(title) > 8 else 0.0
        by = max((max(fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b)) for a in artists for b in others), default=0.0)
        return alike + by if by >= ARTIST_ALIKE else 0.0
