"""Where what is indexed lies: folders, web addresses, buckets. The one table that tells them apart.

A place elsewhere is walked by asking what there is, and heard from a temporary file that is gone a moment later; what
the catalog keeps of it is its address, never a copy and never a secret.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import BinaryIO, Final
from urllib.parse import unquote, urlsplit

from songkin import audio, fetching
from songkin.config import Config
from songkin.errors import SourceError
from songkin.fetching import Rules
from songkin.records import BadRow, Columns, Song
from songkin.sources import bucket, folder, urls
from songkin.sources.found import SoundFile, Unreadable
from songkin.sources.given import Given, Options

_MOST_LIST: Final = 64 << 20  # bytes of a file that may be a list of addresses


def rules(config: Config) -> Rules:
    """What fetching may do, as the settings have it."""
    return Rules(config.allow_private, config.fetch_mb << 20, config.fetch_seconds, config.offline)


def elsewhere(path: str) -> bool:
    """Whether ``path`` is an address, and no file on this machine."""
    return fetching.is_link(path) or bucket.is_address(path)


def kind(path: str) -> str:
    """The name of the source that a path is of, as tracks carry it."""
    if fetching.is_link(path):
        return urls.KIND
    return bucket.KIND if bucket.is_address(path) else "folder"


def key(path: str) -> str:
    """The key of the song at ``path``: the same one under which an import of its address knows it."""
    if fetching.is_link(path):
        return f"url:{path}"
    return path if bucket.is_address(path) else f"folder:{path}"


def public(root: str) -> str:
    """A root as it may be shown and stored."""
    return fetching.public(root) if fetching.is_link(root) else root


def check(paths: Sequence[str]) -> list[str]:
    """``paths`` as roots: absolute, addresses as they are, and lists of addresses (a text or a table) taken apart.
    Raises ``SourceError`` for a path that is not there, and for an address or a list that cannot be one."""
    roots: list[str] = []
    for path in paths:
        if fetching.is_link(path):
            roots.append(path)
        elif bucket.is_address(path):
            roots.append(bucket.checked(path))
        else:
            (root,) = folder.check([path])
            roots += _links(root) if _is_list(root) else [root]
    return roots


def wrong(paths: Sequence[str]) -> Iterator[Unreadable]:
    """The rows of lists of addresses that hold none that can be heard."""
    for path in paths:
        if elsewhere(path) or not _is_list(root := os.path.abspath(path)):
            continue
        given, above = Given(root), 0
        for record, _ in urls.linked(given, Options()):
            if isinstance(record, Columns):
                above = record.above
            elif isinstance(record, BadRow):
                reason = f"cannot be taken: {record.reason[:1].lower()}{record.reason[1:].rstrip('.')}"
                yield Unreadable(f"{given.name}, row {record.row + above}", reason, record.remedy)


def walk(roots: Sequence[str], allowed: Rules) -> Iterator[SoundFile | Unreadable]:
    """The sound files in all ``roots``, in their order. Raises ``SourceError`` for a bucket that cannot be listed."""
    for each, some in groupby(roots, kind):
        together = list(some)
        if each == urls.KIND:
            yield from urls.walk(together, allowed)
        elif each == bucket.KIND:
            yield from bucket.walk(together, allowed)
        else:
            yield from folder.walk(together)


def named(path: str) -> str:
    """A path from whose last parts title and artist can be guessed."""
    return unquote(urlsplit(path).path, errors="replace") if fetching.is_link(path) else path


@contextmanager
def at_hand(path: str, link: str, spool: str, allowed: Rules) -> Iterator[str]:
    """A file on this machine with what lies at ``path``: fetched into ``spool`` where it is elsewhere, and gone at the
    end. Raises ``SourceError``."""
    if not elsewhere(path):
        yield path
        return
    with tempfile.TemporaryDirectory(dir=spool or None, prefix="songkin-", ignore_cleanup_errors=True) as made:
        local = os.path.join(made, _file_name(path))
        with open(local, "wb", buffering=0) as file:
            _fetch(path, link, file, allowed)
        yield local


def _fetch(path: str, link: str, file: BinaryIO, allowed: Rules) -> None:
    if bucket.is_address(path):
        bucket.fetch(path, file, allowed)
    else:
        fetching.fetch(link or path, file, allowed)


def _file_name(path: str) -> str:
    """The name that a fetched file has, for messages and for its suffix."""
    base = named(path).replace("\\", "/").rpartition("/")[2]
    clean = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in base).strip(". ")
    stem, suffix = os.path.splitext(clean)
    return f"{stem[:40] or 'sound'}{suffix.lower() if suffix.lower() in audio.EXTENSIONS else ''}"


def _is_list(root: str) -> bool:
    given = Given(root)
    if os.path.isfile(root) and given.suffix not in audio.EXTENSIONS and os.path.getsize(root) <= _MOST_LIST:
        return urls.owns(given)
    return False


def _links(root: str) -> list[str]:
    links = [link for record, link in urls.linked(Given(root), Options()) if isinstance(record, Song)]
    if not links:
        raise SourceError(f"{Given(root).name} holds no web address.", remedy="Write one address a line.")
    return links
