"""One ``import``: every file that was given, one after another, each whole or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from songkin.audio import EXTENSIONS
from songkin.errors import SourceError, StoreError
from songkin.fetching import Rules
from songkin.importing import restoring
from songkin.importing.addresses import at_hand
from songkin.importing.filing import Filed, Filing
from songkin.models import ME, Imported, ImportReport, Refusal, Unmatched
from songkin.progress import Progress
from songkin.sources import arrays, catalog_folder, columns, streaming
from songkin.sources.given import Given, Options, check, expand, is_address
from songkin.sources.kinds import BUNDLE, Source, recognise, source, with_columns, with_vectors
from songkin.store import keeping, returning, slices
from songkin.store.catalog import Catalog

_AGREED: Final = ("million",)
"""Kinds that say the same of a song in every file, so that one claim stands for all; and their files need not be read
again to find what they lacked before, for they bring their songs themselves."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of an import beside its files. ``kind`` is what they are, where that is not to be told from them;
    ``columns``, ``space`` and ``user`` as in ``Options``; ``vectors`` is a file of vectors that belong to a table; ``rules``
    say what may be fetched."""

    kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    vectors: str = ""
    space: str = ""
    user: str = ME
    rules: Rules = field(default_factory=Rules)

    def check(self) -> None:
        """Raise ``SourceError`` for a kind that there is none of, and for vectors that cannot be read."""
        if self.kind:
            source(self.kind)
        if self.vectors:
            check([self.vectors])
            arrays.load(Given(os.path.abspath(self.vectors)))

    def source(self, item: Given) -> Source | None:
        """What reads a file. Raises ``SourceError`` if vectors were named that it cannot take."""
        if self.vectors:
            return with_vectors(item, self.kind)
        if self.kind:
            return source(self.kind)
        return with_columns(item, self.columns) if self.columns else recognise(item)

    def is_beside(self, item: Given) -> bool:
        """Whether this is the file of vectors, which is read together with its table."""
        return bool(self.vectors) and not item.member and item.path == os.path.abspath(self.vectors)


@dataclass(slots=True)
class _Tally:
    added: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    matched: dict[str, int] = field(default_factory=dict)
    songs: dict[str, int] = field(default_factory=dict)
    playlists: dict[str, int] = field(default_factory=dict)
    albums: dict[str, int] = field(default_factory=dict)
    files: list[Imported] = field(default_factory=list)
    known: int = 0

    def knows(self, catalog: Catalog, item: Given, kind: str) -> bool:
        """Whether this file needs not be read: it was, and has not changed since."""
        state = _state(item) if kind in _AGREED else None
        known = slices.brought(catalog.db, f"{kind}:{item.name}", state) if state else None
        if known is None:
            return False
        lists, songs = known
        self.seen |= songs
        self.playlists["unchanged"] = self.playlists.get("unchanged", 0) + lists
        self.files.append(Imported(item.name, kind))
        self.known += 1
        return True

    def has(self, catalog: Catalog, item: Given) -> bool:
        """Whether a link of a streaming service names what the library has: then it need not be read."""
        link = streaming.parse(item.path) if item.address else None
        track = catalog.known_as(link.key) if link else None
        lists = catalog.playlists.named(returning.identity(link.key)) if link and link.kind == "playlist" else []
        if track:
            self.seen.add(track.id)
        for each in lists:
            self.seen |= {entry.track.id for entry in catalog.playlists.entries(each.id) if entry.track}
            self.playlists["unchanged"] = self.playlists.get("unchanged", 0) + 1
        if names := [track.label] if track else [each.name for each in lists]:
            self.files.append(Imported(item.name, streaming.KIND, remarks=(f"It is here already: {names[0]}.",)))
        return bool(names)

    def take(self, kind: str, name: str, filed: Filed) -> None:
        self.added |= filed.added
        self.updated |= filed.updated - self.added
        self.seen |= filed.seen
        self.refused += filed.refused
        self.unmatched += filed.unmatched
        for mine, other in (
            (self.matched, filed.matched),
            (self.songs, filed.known),
            (self.playlists, filed.playlists),
            (self.albums, filed.albums),
        ):
            for key, count in other.items():
                mine[key] = mine.get(key, 0) + count
        columns = filed.columns
        self.files.append(
            Imported(
                name,
                kind,
                dict(columns.mapping) if columns else {},
                columns.ignored if columns else (),
                tuple(filed.remarks),
            )
        )


def import_files(catalog: Catalog, paths: Sequence[str], asked: Asked, told: Progress) -> ImportReport:
    """Take in files, folders and zips. Whoever calls this holds the library's run lock and refreshes its search index
    afterwards. Raises ``SourceError`` for what ``Asked.check`` finds."""
    began = time.monotonic()
    asked.check()
    run = catalog.journal.begin_run("import", {"paths": [_shown(path) for path in paths], "kind": asked.kind})
    state, tally, notes = "failed", _Tally(), []
    try:
        given = at_hand(expand(paths), asked.kind, asked.rules, told)
        notes = _take_all(catalog, run, given, asked, tally, told)
        state = "done"
    except KeyboardInterrupt:
        state = "interrupted"
        told.note("Stopping; the files that were read whole are kept.")
    finally:
        report = _report(run, tally, notes, time.monotonic() - began, interrupted=state == "interrupted")
        with suppress(StoreError):
            catalog.journal.end_run(run, state, _counts(report))
    return report


def _take_all(catalog: Catalog, run: int, given: Any, asked: Asked, tally: _Tally, told: Progress) -> list[str]:
    passed: list[str] = []
    for item in given:
        if isinstance(item, SourceError):
            tally.refused.append(Refusal("", item.message, item.remedy))
            continue
        try:
            if asked.is_beside(item):
                continue
            found = asked.source(item)
            if found is None:
                _strange(item, tally, passed)
                continue
            if tally.knows(catalog, item, found.KIND):
                continue
            told.stage(f"Reading {item.base}")
            tally.take(found.KIND, item.name, _take(catalog, run, item, found, asked, told))
        except SourceError as error:
            if tally.has(catalog, item):
                continue
            tally.refused.append(Refusal(item.name, _without(item.name, error.message), error.remedy))
    if asked.vectors and not tally.refused and all(file.kind != BUNDLE for file in tally.files):
        tally.refused.append(
            Refusal(asked.vectors, "No table was given that these vectors belong to.", "Name it before --vectors.")
        )
    known = f"Read before and unchanged since: {tally.known} of {len(tally.files)} files." if tally.known else ""
    sound = any(os.path.splitext(name)[1].lower() in EXTENSIONS for name in passed)
    strange = f"Passed over, of no kind that can be imported: {_some(passed)}." if passed else ""
    strange += " `songkin index FOLDER` takes the sound files." if sound else ""
    return [*filter(None, (known, strange))]


def _take(catalog: Catalog, run: int, item: Given, found: Source, asked: Asked, told: Progress) -> Filed:
    """Store one file in one transaction."""
    vectors = Given(os.path.abspath(asked.vectors)) if asked.vectors else None
    options = Options(asked.columns, vectors, asked.space, asked.user)
    held, state = f"{found.KIND}:{item.name}", _state(item)
    with catalog.db.writing() as connection:
        records = found.read(item, options)
        if found.KIND == catalog_folder.KIND:
            if keeping.empty(connection):
                return restoring.restore(connection, run, records, item.name, told.step)
            records = restoring.told(records)
        filing = Filing(
            connection,
            run,
            kind=found.KIND,
            origin=found.KIND if found.KIND in _AGREED else held,
            held=held,
            name=item.name,
            folder=os.path.dirname(item.path),
            told=told.step,
        )
        filed = filing.take(records)
        if found.KIND in _AGREED and state is not None and not filed.refused:
            slices.note(connection, run, held, state)
        return filed


def _state(item: Given) -> tuple[int, int] | None:
    """Size and time of change (ns) of the file on the disk."""
    try:
        found = os.stat(item.path)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def _strange(item: Given, tally: _Tally, passed: list[str]) -> None:
    """A file that nothing reads: in a folder it is passed over, named itself it is refused."""
    if item.root:
        passed.append(item.base)
        return
    tally.refused.append(Refusal(item.name, *_unrecognised(item)))


def _unrecognised(item: Given) -> tuple[str, str]:
    """What to say of a file that nothing reads, and what to do."""
    if item.path.lower().startswith("spotify:"):
        return "Spotify has no such id: they are of 22 letters and digits.", "Copy its link again."
    if not item.address and not item.head().strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        return "This file is empty.", "Export or fetch it again."
    if not item.address and (table := columns.glance(item)) is not None and len(table.headings) > 1:
        names = ", ".join(filter(None, table.headings[:20]))
        return (
            f"Which songs this table is of is not recognised; its columns are: {names}.",
            "Say which hold titles and artists: --map title=COLUMN --map artists=COLUMN, or what it is: --as KIND.",
        )
    return (
        "What this file holds is not recognised.",
        "Say what it is with --as KIND, or add sound files with `songkin index`.",
    )


def _without(name: str, message: str) -> str:
    """An error's message that stands beside the name of its file."""
    rest = message.removeprefix(name).lstrip(" :,")
    return rest[:1].upper() + rest[1:]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def _report(run: int, tally: _Tally, notes: Sequence[str], seconds: float, *, interrupted: bool) -> ImportReport:
    updated = tally.updated - tally.added
    return ImportReport(
        run=run,
        found=len(tally.seen) + len(tally.refused),
        added=len(tally.added),
        updated=len(updated),
        unchanged=len(tally.seen) - len(tally.added) - len(updated),
        refused=tuple(tally.refused),
        playlists=sum(tally.playlists.values()),
        albums=sum(tally.albums.values()),
        files=tuple(tally.files),
        matched={how: count for how, count in tally.matched.items() if how},
        known=dict(tally.songs),
        unmatched=tuple(tally.unmatched),
        notes=tuple(notes),
        seconds=seconds,
        interrupted=interrupted,
    )


def _counts(report: ImportReport) -> dict[str, Any]:
    names = ("found", "added", "updated", "unchanged", "playlists", "albums")
    return {**{name: getattr(report, name) for name in names}, "refused": len(report.refused)}


def _shown(path: str) -> str:
    return Given(path).name if is_address(path) else os.fsencode(path).decode("utf-8", "replace")
