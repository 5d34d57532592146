"""The nouns of songkin: what a song is, what is asked, what is answered.

Frozen, slotted dataclasses with tuples inside. They are checked where they are born (a source that reads a file,
a shell that builds a query) and trusted everywhere else. Strings that name files keep undecodable bytes as
surrogates, as Python's own file functions do.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from songkin.errors import QueryError

NAMESPACE: Final = uuid.UUID("5b0f2c1e-3f0e-5c5e-9a59-0d1d6c2f7a10")
"""UUIDv5 namespace of all songkin ids. Never change it: every stored id is made from it."""

Profile = Literal["quick", "default", "full"]
PROFILES: Final[tuple[Profile, ...]] = ("quick", "default", "full")


def as_profile(text: str, default: Profile = "default") -> Profile:
    """The profile called ``text``, or ``default`` if there is none of that name."""
    for profile in PROFILES:
        if text == profile:
            return profile
    return default


def track_id(key: str) -> str:
    """Id of the track first seen under ``key`` (source + absolute path, or the source's own id)."""
    return str(uuid.uuid5(NAMESPACE, key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")))


@dataclass(frozen=True, slots=True)
class Tags:
    """What a sound file says about itself. Empty means unknown; durations never come from here."""

    title: str = ""
    artists: tuple[str, ...] = ()
    album: str = ""
    album_artist: str = ""
    track_no: int | None = None
    disc_no: int | None = None
    year: int | None = None
    genres: tuple[str, ...] = ()
    bpm: float | None = None
    key: str = ""
    isrc: str = ""
    musicbrainz_id: str = ""
    comment: str = ""
    has_cover: bool = False
    guessed: tuple[str, ...] = ()
    """Names of the fields that were guessed from the file's name or folders."""


@dataclass(frozen=True, slots=True)
class Track:
    """One song. ``duration`` in seconds from decoding, ``bpm`` in beats per minute, ``loudness`` in LUFS of the mono
    downmix, ``brightness`` in Hz (spectral centroid)."""

    id: str
    title: str
    artists: tuple[str, ...] = ()
    album: str = ""
    album_artist: str = ""
    track_no: int | None = None
    disc_no: int | None = None
    year: int | None = None
    genres: tuple[str, ...] = ()
    duration: float | None = None
    path: str = ""
    source: str = "folder"
    bpm: float | None = None
    key: str = ""
    loudness: float | None = None
    brightness: float | None = None
    isrc: str = ""
    musicbrainz_id: str = ""
    comment: str = ""
    has_cover: bool = False
    missing: bool = False
    features: Mapping[str, float] = field(default_factory=dict)
    table_features: Mapping[str, float] = field(default_factory=dict)
    """Audio features that a table gave, by the names of ``records.FEATURES``."""
    subgenres: tuple[str, ...] = ()
    url: str = ""
    image: str = ""
    record_label: str = ""
    explicit: bool | None = None
    popularity: float | None = None
    placeholder: bool = False
    """Whether its title or artist was made up, because the source has no names."""
    added_at: float = 0.0
    """Seconds since 1970: when its owner added it somewhere, else when the library did."""
    description: str = ""
    """What a language model wrote of it; no source and no listener did."""
    described_by: str = ""
    described_at: float | None = None
    released: str = ""
    """Day or month of release (``2016-12-09``, ``2016-12``), empty where no more than the year is known."""

    @property
    def artist(self) -> str:
        """All artists in one string, for people."""
        return ", ".join(self.artists)

    @property
    def label(self) -> str:
        """``artist - title``, or the title alone."""
        return f"{self.artist} - {self.title}" if self.artists else self.title


@dataclass(frozen=True, slots=True)
class Playlist:
    """One playlist of the library. ``songs`` counts its entries, ``matched`` those that are songs of the library;
    ``modified_at`` in seconds since 1970."""

    id: str
    name: str
    description: str = ""
    owner: str = ""
    source: str = ""
    songs: int = 0
    matched: int = 0
    modified_at: float | None = None
    collaborative: bool | None = None
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaylistEntry:
    """One place in a playlist: its song, or what its source said of a song that is not in the library (``given``).
    ``how`` tells by what the song was matched."""

    pos: int
    track: Track | None
    how: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    added_at: float | None = None
    added_by: str = ""


@dataclass(frozen=True, slots=True)
class AlbumNote:
    """What a source says of an album: its review, rating, genres, whether its owner likes it."""

    id: str
    title: str
    artists: tuple[str, ...] = ()
    year: int | None = None
    genres: tuple[str, ...] = ()
    label: str = ""
    rating: float | None = None
    review: str = ""
    liked: bool = False
    source: str = ""
    tracks: tuple[str, ...] = ()
    """Ids of its songs in the library."""
    description: str = ""
    """What a language model wrote of it; no source did."""
    described_by: str = ""
    described_at: float | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file, or a row of one, that was found and not taken, and why. ``reason`` is one line for people; ``row`` is 0
    for the file as a whole."""

    path: str
    reason: str
    remedy: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one ``index`` run did. ``found == added + updated + unchanged + len(refused)``, always."""

    found: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    missing: int = 0
    refused: tuple[Refusal, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An entry of a playlist that names no song of the library; or, without a playlist, a song of another program's
    analysis that was added because none here is like it: ``key`` is what that program knows it by."""

    playlist: str
    pos: int
    title: str
    artist: str = ""
    path: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """One file that was imported: what kind it is, how its columns were understood, what it held."""

    name: str
    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one ``import`` did; ``found == added + updated + unchanged + len(refused)``, always. Songs are counted once
    each, however many rows name them; refused are rows and files. ``matched`` counts entries of playlists, ``known``
    songs of tables, by what they were matched by."""

    run: int = 0
    found: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    refused: tuple[Refusal, ...] = ()
    playlists: int = 0
    albums: int = 0
    files: tuple[Imported, ...] = ()
    matched: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)
    unmatched: tuple[Unmatched, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What a language model (``by``, at ``at`` seconds since 1970) wrote of a song or an album."""

    id: str
    label: str
    text: str
    by: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class DescribeReport:
    """What one ``describe`` did: what was written, how many were described before as they are now, how many the model
    gave nothing for."""

    run: int = 0
    made: tuple[Description, ...] = ()
    known: tuple[Description, ...] = ()
    failed: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """What one export wrote: files, and how many songs (places of playlists), playlists and votes stand in them."""

    files: tuple[str, ...]
    songs: int = 0
    playlists: int = 0
    votes: int = 0
    notes: tuple[str, ...] = ()


# Listeners ------------------------------------------------------------------------------------------------------

ME: Final = "me"
"""The user that is meant where none is named."""
HEARD: Final = ("play", "skip")
WINDOWS: Final[Mapping[str, float]] = {"week": 7, "month": 30, "half-year": 182, "year": 365, "all": math.inf}
"""How many days up to now each window has."""
CHARTS: Final = ("played", "loved", "liked", "newest")
"""What a top list may be of."""


def user_name(text: str) -> str:
    """A user's name as it is kept. Raises ``QueryError`` for none, a long one, or one with control characters."""
    name = text.strip()
    if not name.isprintable() or not 0 < len(name) <= 100:
        shown = ascii(name[:20]) + " …" * (len(name) > 20)
        raise QueryError(f"{shown} is no name of a user.", remedy="Use 1 to 100 letters, signs and blanks.")
    return name


def since(window: str, now: float) -> float:
    """When a window began that ends ``now``, in seconds since 1970. Raises ``QueryError`` if there is none of the name."""
    if window not in WINDOWS:
        raise QueryError(f"There is no window {window!r}.", remedy=f"Use one of: {', '.join(WINDOWS)}.")
    return now - WINDOWS[window] * 86_400


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a user thinks of a song: ``love``, ``like``, ``okay`` or ``hate``; ``at`` in seconds since 1970."""

    user: str
    track: Track
    vote: str
    at: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a user did: a ``play`` or ``skip`` of ``track``, ``seconds`` of it, or a ``search`` for ``text``.
    ``at`` in seconds since 1970; ``source`` is the kind of file that told it, or ``songkin``."""

    user: str
    at: float
    kind: str
    track: Track | None = None
    text: str = ""
    seconds: float | None = None
    source: str = "songkin"


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in a top list: how often the song was played or voted for, and when last; of the newest, when it came."""

    rank: int
    track: Track
    count: int
    at: float


# Filters ------------------------------------------------------------------------------------------------------

KEYWORD_FIELDS: Final = (
    *("artist", "album", "genre", "subgenre", "mood", "playlist", "source", "key", "mode", "explicit", "id"),
)
TABLE_FIELDS: Final = (
    "danceability",
    "energy",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
)
"""Audio features of tables, 0-1, that can be filtered by."""
NUMBER_FIELDS: Final = (
    *("year", "bpm", "duration", "loudness", "brightness", "added", "popularity", "time_signature"),
    *TABLE_FIELDS,
)
FILTER_FIELDS: Final = KEYWORD_FIELDS + NUMBER_FIELDS


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a track. ``is``/``not`` compare keywords without regard to case; ``range`` is inclusive and
    either end may be open."""

    field: str
    op: Literal["is", "not", "range"]
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.field not in FILTER_FIELDS:
            raise QueryError(
                f"There is no field {self.field!r} to filter by.", remedy=f"Use one of: {', '.join(FILTER_FIELDS)}."
            )
        if self.op == "range":
            if self.field not in NUMBER_FIELDS:
                raise QueryError(
                    f"{self.field} is not a number.", remedy=f"Ranges work on: {', '.join(NUMBER_FIELDS)}."
                )
            if self.low is None and self.high is None:
                raise QueryError(
                    f"The range of {self.field} has no end.", remedy=f"Write {self.field}=1960..1970, 1960.. or ..1970."
                )
            if self.low is not None and self.high is not None and self.low > self.high:
                raise QueryError(
                    f"The range of {self.field} runs backwards.",
                    remedy=f"Write {self.field}={self.high:g}..{self.low:g}.",
                )
        elif self.field in NUMBER_FIELDS:
            raise QueryError(f"{self.field} is a number.", remedy=f"Write {self.field}=120..130 or {self.field}=120.")
        elif not self.values:
            raise QueryError(f"The filter on {self.field} names no value.", remedy=f"Write {self.field}=VALUE.")


# Questions and answers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the library: filters, how many, and how the page is to be spread.

    ``per_artist`` and ``per_album`` cap how many hits one artist or album may have (None: no cap); the caps are
    relaxed where ``limit`` could not be filled.
    """

    limit: int = 10
    filters: tuple[Filter, ...] = ()
    per_artist: int | None = 2
    per_album: int | None = 3
    hide_duplicates: bool = False
    exact: bool = False
    """Compare with every song instead of walking the graph of the search index."""
    ef: int | None = None
    """How widely the graph is walked: the more, the slower, and the surer."""

    def __post_init__(self) -> None:
        if self.ef is not None and not 1 <= self.ef <= 100_000:
            raise QueryError(f"ef cannot be {self.ef}.", remedy="Use 1 to 100000; some hundreds are many.")
        if not 1 <= self.limit <= 1000:
            raise QueryError(f"{self.limit} results cannot be given.", remedy="Ask for 1 to 1000 results with -n.")
        for name in ("per_artist", "per_album"):
            cap = getattr(self, name)
            if cap is not None and cap < 1:
                raise QueryError(
                    f"{name.replace('_', '-')} must be at least 1.", remedy="Use 0 on the command line for no cap."
                )


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. ``score`` is 0–1 (1 = the same, 0 = like any other song); ``why`` are short reasons."""

    rank: int
    score: float
    track: Track
    why: tuple[str, ...] = ()
    duplicate_of: str = ""


@dataclass(frozen=True, slots=True)
class AlbumHit:
    """One album that answers words. ``score`` is 0-1, ``parts`` what words, meaning and sound add to it."""

    rank: int
    score: float
    album: AlbumNote
    why: tuple[str, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlbumAnswer:
    """Albums and how they came about; ``candidates`` is among how many they were chosen."""

    query: str
    hits: tuple[AlbumHit, ...]
    candidates: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits and how they came about: ``query`` in words, ``notes`` such as a corrected spelling."""

    query: str
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Medium:
    """A file to be sent, and its MIME type."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording that was taken in: its id, its seconds, and the songs nearest to it."""

    id: str
    duration: float
    answer: Answer


# Paging ---------------------------------------------------------------------------------------------------------

SORTS: Final = ("best", "title", "artist", "album", "year", "bpm", "duration", "loudness", "popularity", "added")
"""What songs can be sorted by; ``best`` is by how well they answer, or by artist, album and number."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the songs that answer. ``total`` is how many there are in all (None: not known, more than were looked at),
    ``after`` the offset of the next page (None: this is the last)."""

    query: str
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()
    total: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One thing that a search can be narrowed to: ``filter`` as it is written (``genre=jazz``), what people call it, and how
    many songs it would leave."""

    filter: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one field."""

    field: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """How many songs pass, and what they can be narrowed by."""

    total: int
    fields: tuple[Facet, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What is called as was typed."""

    songs: tuple[Track, ...] = ()
    artists: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    playlists: tuple[Playlist, ...] = ()
