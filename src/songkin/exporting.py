"""From the catalog to files of other programs: playlists, all songs, results, votes, the whole catalog."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from songkin import __version__, exports
from songkin.errors import ExportError, NotFound
from songkin.exports import catalog_folder
from songkin.exports.names import file_name
from songkin.models import Exported
from songkin.records import Listing
from songkin.store import keeping, outgoing
from songkin.store.catalog import Catalog
from songkin.store.schema import SCHEMA_VERSION

ALL_SONGS: Final = "All songs"
SOME_SONGS: Final = "Some songs"
_SUFFIXES: Final = {
    "m3u": ".m3u8",
    "xspf": ".xspf",
    "jspf": ".jspf",
    "csv": ".csv",
    "exportify": ".csv",
    "uris": ".txt",
}

Path = str | os.PathLike[str]


class Exporting:
    """Writes files. Of every method: ``kind`` is one of ``exports.FORMATS`` (empty: by the file's suffix), ``relative``
    writes paths from the file's folder on, ``force`` replaces a file that is there. All raise ``ExportError`` and
    ``DiskFull``, and ``NotFound`` where there is nothing to write."""

    def __init__(self, catalog: Catalog, freshen: Callable[[Sequence[str]], None] = lambda _: None) -> None:
        """``freshen`` fills playlists (ids; all where there are none) that are due, before they are written."""
        self.catalog = catalog
        self._freshen = freshen

    def playlist(
        self, name: str, path: Path, kind: str = "", *, relative: bool = False, force: bool = False
    ) -> Exported:
        """One playlist, by its name or id. Raises ``Ambiguous``, too."""
        found = self.catalog.playlists.one(name)
        self._freshen([found.id])
        listing = outgoing.playlist(self.catalog.db, self.catalog.playlists.one(found.id))
        return replace(self._one(listing, path, kind, relative=relative, force=force), playlists=1)

    def all_playlists(
        self, folder: Path, kind: str = "m3u", *, relative: bool = False, force: bool = False
    ) -> Exported:
        """Every playlist, each in a file named after it."""
        if kind not in _SUFFIXES:
            raise ExportError(f"There is no format {kind}.", remedy=f"Use one of: {', '.join(_SUFFIXES)}.")
        self._freshen(())
        playlists = self.catalog.playlists.all()
        if not playlists:
            raise NotFound("There are no playlists to export.", remedy="`songkin import` takes them in.")
        target, taken = os.fspath(folder), set[str]()
        paths = [os.path.join(target, file_name(each.name, _SUFFIXES[kind], taken)) for each in playlists]
        _make(target)
        there = [] if force else [path for path in paths if os.path.lexists(path)]
        if there:  # before any is written
            raise ExportError(
                f"{there[0]} is there already{f', and {len(there) - 1} more' if len(there) > 1 else ''}.",
                remedy="Give another folder, or --force to replace what is in it.",
            )
        songs = 0
        for each, path in zip(playlists, paths, strict=True):
            listing = outgoing.playlist(self.catalog.db, each)
            songs += exports.export(listing, path, kind, relative=relative, force=force)
        return Exported(tuple(paths), songs, len(paths))

    def songs(
        self,
        path: Path,
        kind: str = "",
        *,
        ids: Sequence[str] | None = None,
        relative: bool = False,
        force: bool = False,
    ) -> Exported:
        """All songs as one list, by artist, album and number, or those of ``ids``."""
        db = self.catalog.db
        listing = outgoing.all_songs(db, ALL_SONGS) if ids is None else outgoing.of_ids(db, ids, SOME_SONGS)
        if not listing.entries:
            remedy = "`songkin index FOLDER` adds some." if ids is None else "Filter less."
            raise NotFound("There are no songs to export.", remedy=remedy)
        return self._one(listing, path, kind, relative=relative, force=force)

    def results(
        self, answer: str | bytes, path: Path, kind: str = "", *, relative: bool = False, force: bool = False
    ) -> Exported:
        """The songs of an answer that ``find``, ``similar`` or ``list`` gave with ``--json``, as a list."""
        told = _answer(answer)
        ids, name = _ids(told), str(told.get("query") or "Results")
        listing = outgoing.of_ids(self.catalog.db, ids, name)
        if not listing.entries:
            what = "None of the results is in this library." if ids else "There are no results to export."
            raise NotFound(what, remedy="Name the library that was asked with -L DIR." if ids else "Ask otherwise.")
        lost = len(ids) - len(listing.entries)
        notes = (f"{lost} of the results are not in this library (any more).",) if lost else ()
        return self._one(listing, path, kind, relative=relative, force=force, notes=notes)

    def votes(self, path: Path, user: str | None = None, *, force: bool = False) -> Exported:
        """The votes of one user, or of all, as CSV."""
        found = outgoing.voted(self.catalog.db, user)
        if not found:
            who = f" of {user!r}" if user is not None else ""
            raise NotFound(f"There are no votes{who} to export.", remedy="Vote first, or name another user.")
        count = exports.export_votes(found, os.fspath(path), force=force)
        return Exported((os.fspath(path),), votes=count)

    def whole(self, folder: Path, *, force: bool = False) -> Exported:
        """The whole catalog in a folder: tables as parquet (CSV without pyarrow), vectors as ``.npy``. Imported into an
        empty library it is the same library, but for the sound files, which stay where they are."""
        with self.catalog.db.reading() as connection:
            if keeping.empty(connection):
                raise NotFound("The library is empty.", remedy="`songkin index` and `songkin import` fill it.")
            sheets = (
                catalog_folder.Sheet(name, keeping.columns(name), keeping.rows(connection, name))
                for name in keeping.TABLES
            )
            heaps = (
                catalog_folder.Vectors(*heap, rows=keeping.vectors(connection, heap))
                for heap in keeping.heaps(connection)
            )
            about = {"schema": SCHEMA_VERSION, "made_by": __version__}
            files, rows = catalog_folder.write(os.fspath(folder), sheets, heaps, about, force=force)
        notes = () if catalog_folder.has_parquet() else ("pyarrow is not installed, so tables were written as CSV.",)
        return Exported(tuple(files), rows["tracks"], rows["playlists"], rows["votes"], notes)

    def _one(
        self, listing: Listing, path: Path, kind: str, *, relative: bool, force: bool, notes: tuple[str, ...] = ()
    ) -> Exported:
        target = os.fspath(path)
        count = exports.export(listing, target, kind, relative=relative, force=force)
        return Exported((target,), count, notes=notes)


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"The folder {folder} cannot be made: {(error.strerror or '').lower()}.", remedy="Name another."
        ) from error


def _answer(text: str | bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExportError("The results are no JSON.", remedy=_HOW) from error
    if isinstance(told, dict) and isinstance(told.get("error"), dict):
        raise ExportError(f"The question was not answered: {told['error'].get('message', '')}", remedy="Ask again.")
    if not isinstance(told, dict) or not any(
        isinstance(told.get(name), list) for name in ("hits", "tracks", "entries")
    ):
        raise ExportError("The results are no answer of songkin.", remedy=_HOW)
    return told


_HOW: Final = "Write them with `songkin find … --json`."


def _ids(told: Mapping[str, Any]) -> Sequence[str]:
    found: Sequence[Any] = next(
        told[name] for name in ("hits", "tracks", "entries") if isinstance(told.get(name), list)
    )
    tracks = [each.get("track", each) if isinstance(each, dict) else None for each in found]
    return [track["id"] for track in tracks if isinstance(track, dict) and isinstance(track.get("id"), str)]
