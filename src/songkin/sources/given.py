"""What a person gives to ``import``: files, folders of them, and what lies inside ``.zip`` and ``.gz``.

Everything a source reads is a ``Given``: it has a name for people, bytes that can be read from the start as often as
wanted, and never grows past a cap, however small it was packed. Nothing is ever unpacked to the disk.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, BinaryIO, Final, TextIO

from songkin import fetching
from songkin.errors import SourceError
from songkin.models import ME

MOST_BYTES: Final = 4 << 30
"""Bytes that one file may have, unpacked."""
MOST_GROWTH: Final = 200
"""How many times larger than it was packed a file of more than ``SMALL`` may become."""
SMALL: Final = 64 << 20
_DRIVE: Final = re.compile(r"[A-Za-z]:(?!\s)")
_ADDRESS: Final = re.compile(r"(?:https?|s3)://|spotify:[a-z]+:", re.IGNORECASE)
HEAD: Final = 1 << 16
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Given:
    """One file to import. ``path`` is the file on the disk, ``member`` its name inside a zip. ``root`` is the folder
    or zip that was asked for, if it was found in one, ``link`` the web address that it was fetched from."""

    path: str
    member: str = ""
    root: str = ""
    link: str = ""

    @property
    def name(self) -> str:
        """For people: the path, and what inside of it; of an address no secret."""
        if self.address:
            return fetching.shown(self.path) if fetching.is_link(self.path) else self.path
        shown = fetching.shown(self.link) if self.link else os.fsencode(self.path).decode("utf-8", "replace")
        return f"{shown} › {self.member}" if self.member else shown

    @property
    def address(self) -> bool:
        """Whether it is no file, but the address of something elsewhere."""
        return is_address(self.path)

    @property
    def base(self) -> str:
        """The file's own name, without ``.gz``: ``mpd.slice.0-999.json``."""
        base = os.path.basename((self.member or self.path).replace("\\", "/"))
        return base[:-3] if base.lower().endswith(".gz") else base

    @property
    def stem(self) -> str:
        """The file's own name without its last suffix."""
        return os.path.splitext(self.base)[0]

    @property
    def suffix(self) -> str:
        """The last suffix in lower case, with its dot; that before ``.gz``."""
        return os.path.splitext(self.base)[1].lower()

    @property
    def packed(self) -> bool:
        """Whether it must be unpacked while it is read, so that it cannot be mapped into memory."""
        return bool(self.member) or self.path.lower().endswith(".gz")

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Its bytes, unpacked. Raises ``SourceError`` naming it, also while it is read: it is gone, damaged, or grows
        past the cap."""
        try:
            with _opened(self) as raw:
                yield raw
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(
                f"{self.name} cannot be read: {_reason(error)}.", remedy="Check the file, or fetch it again."
            ) from error

    def head(self, size: int = HEAD) -> bytes:
        """Its first bytes."""
        with self.open() as file:
            return file.read(size)

    def encoding(self) -> str:
        """``utf-8-sig``, ``utf-16`` or ``utf-32`` by its mark, ``utf-8`` if all of it is that, else ``cp1252``."""
        with self.open() as file:
            first = file.read(4)
            if marked := _marked(first):
                return marked
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                decoder.decode(first)
                while block := file.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return "cp1252"
        return "utf-8"

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """Its text, whatever encoding it is in; bytes that fit none become ``�``. Line ends are as they stand, for the
        csv module to read."""
        encoding = self.encoding()
        with self.open() as file:
            yield io.TextIOWrapper(file, encoding, errors="replace", newline="")


@dataclass(frozen=True, slots=True)
class Options:
    """What was said about a file beside its name. ``columns``: a song's field -> the heading of the column that holds it
    (``--map``); ``vectors``: a file of vectors whose rows belong to the table's; ``space``: what their space is to be
    called (empty: after the file); ``user``: whose votes and history a file holds that does not say it."""

    columns: Mapping[str, str] = field(default_factory=dict)
    vectors: Given | None = None
    space: str = ""
    user: str = ME


class _Capped(io.RawIOBase):
    """Reads on until the cap, then raises."""

    def __init__(self, inner: BinaryIO, given: Given, packed_size: int) -> None:
        self._inner = inner
        self._given = given
        self._read = 0
        self._most = min(MOST_BYTES, max(SMALL, MOST_GROWTH * packed_size))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        block = self._inner.read(len(view))
        self._read += len(block)
        if self._read > self._most:
            raise SourceError(
                f"{self._given.name} grows past {self._most >> 20:,} MB when it is unpacked.",
                remedy="Unpack it yourself if you trust it, and import what is inside.",
            )
        view[: len(block)] = block
        return len(block)


@contextmanager
def _opened(given: Given) -> Iterator[BinaryIO]:
    if given.member:
        with archive_of(given.path) as archive, _member(archive, given.member) as inner:
            size = archive.getinfo(given.member).compress_size
            gz = given.member.lower().endswith(".gz")
            packed = gzip.GzipFile(fileobj=inner) if gz else inner
            yield io.BufferedReader(_Capped(packed, given, size), 1 << 16)  # type: ignore[arg-type]
    elif given.path.lower().endswith(".gz"):
        with gzip.open(given.path) as inner_gz:
            size = os.stat(given.path).st_size
            yield io.BufferedReader(_Capped(inner_gz, given, size), 1 << 16)  # type: ignore[arg-type]
    else:
        with open(given.path, "rb") as file:
            yield file


def archive_of(path: str) -> zipfile.ZipFile:
    """A zip that is open. Names in it that are not marked as UTF-8 mostly are that all the same (``zip`` of Linux and
    macOS), else of DOS. Raises what ``zipfile`` does."""
    try:
        return zipfile.ZipFile(path, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        return zipfile.ZipFile(path)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except UnicodeDecodeError as error:
        raise zipfile.BadZipFile("its name stands twice in the zip, and not alike") from error


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "it is locked with a password"
    return str(error) or type(error).__name__


def decoded(head: bytes) -> str:
    """The text in the first bytes of a file, whatever encoding it is in, as far as that can be told from them."""
    return head.decode(_marked(head) or "utf-8", "replace")


def _marked(head: bytes) -> str:
    """The encoding that the first four bytes tell, by a mark or by zeros between letters; empty if none."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    first = head[:4]
    if len(first) == 4 and (first[1::2] == b"\0\0" or first[::2] == b"\0\0"):
        return "utf-16-le" if first[1] == 0 else "utf-16-be"
    return ""


def is_address(text: str) -> bool:
    """Whether it is an address of the web, of a bucket or of a streaming service (``spotify:track:…``)."""
    return bool(_ADDRESS.match(text))


def check(paths: Sequence[str]) -> None:
    """Raise ``SourceError`` for a path that is not there."""
    for path in paths:
        if not is_address(path) and not os.path.exists(path):
            shown = os.fsencode(path).decode("utf-8", "replace")
            raise SourceError(f"There is no file or folder {shown}.", remedy="Check the spelling.")


def expand(paths: Sequence[str]) -> Iterator[Given | SourceError]:
    """Every file in ``paths``, folders and zips opened up, in the order of their names (numbers by value); what cannot
    be opened comes as the error that says so."""
    for path in paths:
        if is_address(path):
            yield Given(path)
            continue
        path = os.path.abspath(path)  # noqa: PLW2901
        if os.path.isdir(path):
            yield from _in_folder(path)
        else:
            yield from _one(path, "")


def _in_folder(folder: str) -> Iterator[Given | SourceError]:
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=natural)
        found += [os.path.join(where, name) for name in files if not name.startswith(".")]
    for path in sorted(found, key=natural):
        if os.path.isfile(path):
            yield from _one(path, folder)


def _one(path: str, root: str) -> Iterator[Given | SourceError]:
    if not path.lower().endswith(".zip"):
        yield Given(path, root=root)
        return
    try:
        with archive_of(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        yield SourceError(f"{Given(path).name} is no zip that can be read: {_reason(error)}.", remedy="Fetch it again.")
        return
    seen: set[str] = set()
    for info in sorted(members, key=lambda info: natural(info.filename)):
        parts = info.filename.replace("\\", "/").split("/")
        if parts[-1].startswith(".") or parts[0] == "__MACOSX" or info.filename in seen:
            continue
        seen.add(info.filename)
        given = Given(path, info.filename, root or path)
        if given.suffix == ".zip":
            yield SourceError(
                f"{given.name} is a zip in a zip, which is not opened.",
                remedy="Unpack the outer one, and import what is in it.",
            )
        elif ".." in parts or parts[0] == "" or _DRIVE.match(parts[0]):
            yield SourceError(
                f"{given.name} has a name that leads out of the zip, so it was left alone.",
                remedy="Unpack it yourself if you trust it.",
            )
        else:
            yield given


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts ``slice.1000`` after ``slice.999``."""
    parts: list[tuple[int, int, str]] = []
    digits = ""
    for c in f"{name.casefold()}\0":
        if c.isascii() and c.isdigit():
            digits += c
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, c))
    return tuple(parts)
