"""Every error songkin raises on purpose.

    SongkinError
    ├── ConfigError          a setting that cannot be used
    ├── AudioError           a file that cannot be opened, decoded or understood
    ├── SourceError          a folder, list or table that cannot be read
    │   └── Unreachable      something elsewhere that cannot be fetched
    ├── ExportError          a file that cannot be written
    ├── EncoderError         an encoder that cannot run
    │   └── WeightsMissing   its weights are not here and could not be pulled
    ├── StoreError           catalog or search index cannot do what was asked
    │   ├── LibraryBusy      another process holds it
    │   ├── DiskFull         there is no room to write
    │   ├── LibraryTooNew    written by a newer songkin
    │   ├── IndexDamaged     the search index cannot be opened; the catalog can rebuild it
    │   └── SpaceMismatch    vectors of another size, encoder or version
    ├── NoAnswer             a language model that says nothing that can be used
    └── QueryError           a question that cannot be answered
        ├── NotFound         names nothing in the library
        └── Ambiguous        names several songs

Each carries ``remedy``: what the reader can do about it, in one sentence. They are caught once, in the shell.
"""

from __future__ import annotations

from collections.abc import Sequence


class SongkinError(Exception):
    """Base of all errors that songkin raises on purpose: a message for people and a remedy."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.remedy))


def _rebuild(kind: type[SongkinError], message: str, remedy: str) -> SongkinError:
    return kind(message, remedy=remedy)


class ConfigError(SongkinError):
    """A setting that cannot be used."""


class AudioError(SongkinError):
    """A sound file that cannot be opened, decoded or understood."""


class SourceError(SongkinError):
    """A folder, list or table that cannot be read."""


class ExportError(SongkinError):
    """A list or table that cannot be written."""


class Unreachable(SourceError):
    """Something elsewhere that cannot be fetched. ``what`` is the message without the address; ``gone`` says that it is
    surely not there any more."""

    def __init__(self, message: str, *, remedy: str = "", what: str = "", gone: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.what = what
        self.gone = gone


class EncoderError(SongkinError):
    """An encoder that cannot run."""


class WeightsMissing(EncoderError):
    """The weights of an encoder are not on this machine and could not be pulled; ``brief`` says so in half a sentence."""

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        brief: str = "minilm has no weights here (`songkin models pull` fetches them)",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.brief = brief


class StoreError(SongkinError):
    """The catalog or the search index cannot do what was asked."""


class LibraryBusy(StoreError):
    """Another process holds the library or its search index."""


class DiskFull(StoreError):
    """There is no room on the disk for what is to be written."""


class LibraryTooNew(StoreError):
    """The library was written by a newer songkin."""


class IndexDamaged(StoreError):
    """The search index cannot be opened; it can be rebuilt from the catalog."""


class SpaceMismatch(StoreError):
    """Vectors of another size, encoder or version than the ones stored."""


class NoAnswer(SongkinError):
    """A language model that is not set up, not reached, or says nothing that can be used."""


class QueryError(SongkinError):
    """A question that cannot be answered as it was put."""


class NotFound(QueryError):
    """The question names nothing that is in the library."""


class Ambiguous(QueryError):
    """The question names several songs; ``candidates`` are lines that tell them apart."""

    def __init__(self, message: str, *, remedy: str = "", candidates: Sequence[str] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.candidates = tuple(candidates)
