"""What a person means by WHAT: a song by id, path or name, or a sound file that is not in the library."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from songkin import fetching
from songkin.errors import Ambiguous, NotFound
from songkin.models import Track
from songkin.sources import streaming
from songkin.store.catalog import Catalog
from songkin.text import fold, meant

SUGGESTIONS: Final = 5
_CLOSE: Final = 60.0
_PART_OF_ID: Final = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]{0,27}")


@dataclass(frozen=True, slots=True)
class SoundClip:
    """A sound file that is not in the library."""

    path: str


def resolve(catalog: Catalog, what: str) -> Track | SoundClip:
    """The song or file meant by ``what``.

    Tried in this order: an id or its beginning (eight characters or more), a link or URI of a streaming service, a file
    (in the library or anywhere else), ``artist - title``, a title. Raises ``Ambiguous`` with the candidates, or ``NotFound`` with the nearest names.
    """
    text = what.strip()
    if not text:
        raise NotFound("No song is named.", remedy="Give an id, a path, a title or `artist - title`.")
    if _is_id(text) and (track := catalog.track(text.lower())):
        return track
    if _PART_OF_ID.fullmatch(text) and len(begun := catalog.beginning(text.lower())) == 1:
        return begun[0]
    if link := streaming.parse(text):
        return _linked(catalog, link)
    if path := _as_path(what):
        if track := catalog.at_path(path) or catalog.at_path(os.path.realpath(path)):
            return track
        if os.path.isfile(path):
            return SoundClip(path)
        if os.path.isdir(path):
            raise NotFound(f"{text!r} is a folder.", remedy="Name one sound file; `songkin index` takes folders.")
    candidates = by_name(catalog, text)
    if candidates:
        return _only(catalog, candidates, text)
    raise _not_found(catalog, text)


def _linked(catalog: Catalog, link: streaming.Link) -> Track:
    """The song that a streaming service knows under this link. Nothing is fetched."""
    if track := catalog.known_as(link.key):
        return track
    if link.kind not in {"track", "episode", "video"}:
        raise NotFound(
            f"The link names no song, but a {link.kind}.",
            remedy="Name a song; `songkin import` takes links of albums and playlists.",
        )
    raise NotFound(
        "No song of the library is known by this link.",
        remedy="Name it as `artist - title`, or import a list or a table that tells its id.",
    )


def by_name(catalog: Catalog, text: str) -> list[Track]:
    """Tracks called ``artist - title`` or ``title``; a hyphen may belong to either name."""
    for dash in (" - ", " – ", " — "):
        pieces = text.split(dash)
        for cut in range(1, len(pieces)):
            artist, title = dash.join(pieces[:cut]), dash.join(pieces[cut:])
            if found := catalog.named(title=title, artist=artist):
                return found
    return catalog.named(title=text)


def line(track: Track) -> str:
    """One line that tells a track from others of its name."""
    parts = [track.label]
    if track.album:
        parts.append(f"({track.album})")
    return f"{track.id}  {' '.join(parts)}"


def _as_path(what: str) -> str:
    """The absolute path or the address meant by ``what``; empty if no file can be called so."""
    try:
        os.fsencode(what)
    except UnicodeEncodeError:  # half a character that stands for no byte
        return ""
    if fetching.is_link(what):
        return fetching.public(what)
    if what.startswith("s3://"):
        return what
    return "" if "\0" in what else os.path.abspath(os.path.expanduser(what))


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _only(catalog: Catalog, found: Sequence[Track], text: str) -> Track:
    """The one meant: several files of one recording are one song."""
    if len(found) > 1:
        linked = {frozenset((a, b)) for a, b, _ in catalog.linked()}
        first = found[0]
        if all(frozenset((first.id, other.id)) in linked for other in found[1:]):
            return first
        raise Ambiguous(
            f"{len(found)} songs are called {text!r}.",
            remedy="Name one by its id, or as `artist - title`.",
            candidates=[line(track) for track in found],
        )
    return found[0]


def _not_found(catalog: Catalog, text: str) -> NotFound:
    near = suggestions(catalog, text)
    remedy = meant(near) or "`songkin list` shows what is there."
    return NotFound(f"Nothing in the library, and no file, is called {text!r}.", remedy=remedy)


def suggestions(catalog: Catalog, text: str) -> list[str]:
    """Labels of the songs whose names are nearest to ``text``."""
    names = catalog.names()
    labels = [f"{artist.replace(chr(10), ' ')} {title}".strip() for _, title, artist, _ in names]
    near = process.extract(fold(text), labels, scorer=fuzz.WRatio, limit=SUGGESTIONS, score_cutoff=_CLOSE)
    tracks = catalog.tracks([names[number][0] for _, _, number in near])
    return [tracks[names[number][0]].label for _, _, number in near]
