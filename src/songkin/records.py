"""What a source tells: songs, playlists, albums with reviews, and rows that could not be used.

A source turns a file into these and knows nothing of the library. ``row`` says where in the file a thing stands, for
reports: the line of a table's row counted from 1 below the header, the place in a list, 0 where neither fits.
``key`` is the source's own id of a thing in one spelling (``spotify:track:…``), the same in all files that name it;
empty where the source has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from numpy.typing import NDArray

CONTINUOUS: Final = (
    "danceability",
    "energy",
    "loudness",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
)
"""The audio features of tables that are plain numbers: loudness in dB, tempo in beats per minute, the rest 0-1."""

FEATURES: Final = (*CONTINUOUS, "key", "mode", "time_signature")
"""All twelve audio features of tables, by the names under which a song keeps them. ``key`` is 0-11 (0 = C)."""

PITCH_CLASSES: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""Names of the pitch classes 0-11; black keys are named as most scores do."""

_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Song:
    """One song as a source knows it. Empty strings, empty tuples and None mean unknown; ``duration`` in seconds.

    ``features`` by the names of ``FEATURES`` (only those known). ``vectors`` by the name of the space they are of,
    float32. ``path`` and ``url`` say where it plays from, as the source has them. ``placeholder`` marks a title or an
    artist that was made up because the source has no name. ``hash`` is the SHA-256 of the file's bytes, in hex.
    ``released`` is ``2016-12-09`` or ``2016-12``, and empty where no more than the year is known.
    """

    row: int = 0
    key: str = ""
    title: str = ""
    artists: tuple[str, ...] = ()
    album: str = ""
    album_artist: str = ""
    track_no: int | None = None
    disc_no: int | None = None
    year: int | None = None
    genres: tuple[str, ...] = ()
    subgenres: tuple[str, ...] = ()
    duration: float | None = None
    isrc: str = ""
    musicbrainz_id: str = ""
    path: str = ""
    url: str = ""
    image: str = ""
    explicit: bool | None = None
    popularity: float | None = None
    label: str = ""
    comment: str = ""
    hash: str = ""
    placeholder: bool = False
    features: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    vectors: Mapping[str, NDArray[Any]] = field(default_factory=lambda: _NOTHING)
    released: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in a playlist; ``added_at`` in seconds since 1970."""

    song: Song
    added_at: float | None = None
    added_by: str = ""


OWN_LIST: Final = "songkin-list:"
"""What the key of a list begins with that songkin wrote; its id follows."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One playlist as a source knows it, in its order; a song may stand in it twice. ``modified_at`` in seconds since
    1970. ``facts`` are numbers that came with it (``followers``, ``edits`` …).

    ``whole`` is False where the songs of the list come as parts: several listings with one ``key``, to be joined in
    the order in which they come.
    """

    key: str
    name: str
    entries: tuple[Entry, ...] = ()
    row: int = 0
    description: str = ""
    owner: str = ""
    collaborative: bool | None = None
    modified_at: float | None = None
    facts: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Album:
    """One album as a source knows it; ``rating`` as the source writes it, ``query`` a question that belongs to it in
    an evaluation and is never indexed."""

    row: int
    title: str
    artists: tuple[str, ...] = ()
    key: str = ""
    year: int | None = None
    genres: tuple[str, ...] = ()
    label: str = ""
    rating: float | None = None
    review: str = ""
    query: str = ""
    liked: bool = False
    """Whether the source lists what its owner likes."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Which song of the library the entry of a playlist is, or the song that a source knows by ``key``: ``pos`` counts
    from 0, ``song`` is an id, a path or ``artist - title``."""

    row: int
    playlist: str
    pos: int
    song: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Voted:
    """What a listener thinks of a song: one of ``VOTES``; ``at`` in seconds since 1970."""

    song: Song
    vote: str
    user: str = ""
    at: float | None = None


VOTES: Final = ("love", "like", "okay", "hate")


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody played or skipped a song (``kind``: one of ``models.HEARD``). ``at`` in seconds since 1970, ``seconds``
    how much of it was heard."""

    song: Song
    at: float
    user: str = ""
    kind: str = "play"
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of a table of a catalog that songkin itself wrote, with values as the catalog keeps them. A row of
    ``vectors`` has its numbers in ``vector``."""

    row: int
    table: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be used, and why: one line for people, with a remedy."""

    row: int
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a table were understood: name of a song's field -> the table's own heading. ``above`` is how
    many rows a spreadsheet counts before the first: the line of headings, if it is a text."""

    mapping: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    above: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """One line that people should read about the whole file."""

    line: str


Record = Song | Listing | Album | Correction | Voted | Heard | Kept | BadRow | Columns | Remark
Records = Iterator[Record]
