"""``songkin import``: songs, playlists and albums from what other programs write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from songkin.cli.common import clock, emit, note, opened, printable, show_table, table, with_library
from songkin.cli.progress import Bar
from songkin.errors import QueryError
from songkin.models import ME, Imported, ImportReport, Unmatched

SHOWN = 20
_ANALYSES = frozenset({"audiomuse", "bundle"})
"""Kinds of which it matters whether the songs that were analysed are those that are here."""


@click.command(name="import")
@click.argument("paths", nargs=-1, required=True, metavar="FILE…")
@click.option("--as", "kind", metavar="KIND", default="", help="What the files are, where that is not recognised.")
@click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Which column of a table holds a field.")
@click.option("--vectors", metavar="FILE", default="", help="A .npy file whose rows belong to the table's.")
@click.option("--space", metavar="NAME", default="", help="What the space of imported vectors is called.")
@click.option("--user", metavar="NAME", default=ME, help="Whose votes and history it is, where no file says it (me).")
@click.option(
    "--unmatched",
    metavar="FILE",
    help="Write what matched no song here to this CSV file, to be corrected and imported.",
)
@click.option("--no-pull", is_flag=True, help="Do not fetch missing model weights.")
@click.option("--strict", is_flag=True, help="Exit with 3 if anything was refused.")
@with_library
def command(
    paths: tuple[str, ...],
    kind: str,
    mapped: tuple[str, ...],
    vectors: str,
    space: str,
    user: str,
    unmatched: str | None,
    no_pull: bool,
    strict: bool,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> int:
    """Add songs, playlists and albums from files, folders and zips of them. What each file is, is recognised and said."""
    columns = dict(_pair(text) for text in mapped)
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        if not no_pull and not music.config.offline and music.config.text_encoder == "minilm":
            music.pull_weights(["minilm"], progress=bar)
        report = music.import_(paths, kind=kind, columns=columns, vectors=vectors, space=space, user=user, progress=bar)
    if unmatched:
        _write_unmatched(Path(unmatched), report.unmatched)
    if as_json:
        emit(report_json(report))
    else:
        show_report(report)
    if report.interrupted:
        return 130
    if report.refused and len(report.refused) == report.found and not report.albums and not report.playlists:
        return 1
    return 3 if strict and report.refused else 0


def report_json(report: ImportReport) -> dict[str, Any]:
    """The report as JSON: found = added + updated + unchanged + refused."""
    names = ("run", "found", "added", "updated", "unchanged", "removed", "playlists", "albums")
    return {
        **{name: getattr(report, name) for name in names},
        "refused": [{"path": r.path, "row": r.row, "reason": r.reason, "remedy": r.remedy} for r in report.refused],
        "files": [
            {
                "name": f.name,
                "kind": f.kind,
                "columns": dict(f.columns),
                "ignored": list(f.ignored),
                "remarks": f.remarks,
            }
            for f in report.files
        ],
        "matched": dict(report.matched),
        "known": dict(report.known),
        "unmatched": [
            {
                "playlist": u.playlist,
                "pos": u.pos,
                "artist": u.artist,
                "title": u.title,
                "path": u.path,
                "key": u.key,
            }
            for u in report.unmatched
        ],
        "seconds": round(report.seconds, 3),
        "notes": list(report.notes),
    }


def show_report(report: ImportReport) -> None:
    """Print what an import did, for people."""
    _show_files(report)
    parts = [
        f"{report.found} found",
        f"{report.added} added",
        f"{report.updated} updated",
        f"{report.unchanged} unchanged",
        f"{len(report.refused)} refused",
    ]
    parts += [
        f"{count} {what}{'' if count == 1 else 's'}"
        for what, count in (("playlist", report.playlists), ("album", report.albums))
        if count
    ]
    click.echo(" · ".join(parts) + f"   ({clock(report.seconds)})   run {report.run}")
    if set(report.known) - {"new", "id"} or _ANALYSES & {file.kind for file in report.files}:
        told = [f"{count} by {how}" for how, count in report.known.items() if how != "new"]
        told += [f"{report.known['new']} that no song here is like, added"] if "new" in report.known else []
        note(f"Songs were known: {', '.join(told)}.")
    missing = sum(1 for each in report.unmatched if not each.key)
    if report.matched and set(report.matched) - {"new", "id"}:
        told = [f"{count} by {how}" for how, count in report.matched.items() if how != "new"]
        told += [f"{report.matched['new']} new"] if "new" in report.matched else []
        note(f"Entries of playlists: {', '.join(told)}, {missing} not matched.")
    elif missing:
        note(f"No song here is called like {'1 entry' if missing == 1 else f'{missing} entries'} of the playlists.")
    for line in report.notes:
        note(line)
    _show_unmatched(report)
    _show_refused(report)


def _show_files(report: ImportReport) -> None:
    kinds: dict[str, int] = {}
    for file in report.files:
        kinds[file.kind] = kinds.get(file.kind, 0) + 1
    if len(report.files) > 3:
        note("Recognised: " + ", ".join(f"{n} × {kind}" for kind, n in kinds.items()))
    for file in report.files[: 3 if len(report.files) <= 3 else 0]:
        note(f"{file.name}: {_named(file)}")
    for file in report.files:
        for line in file.remarks[:5]:
            note(f"{Path(file.name).name}: {line}")


def _named(file: Imported) -> str:
    if not file.columns:
        return file.kind
    mapping = ", ".join(f"{field} = {heading}" for field, heading in file.columns.items())
    ignored = f"; not used: {', '.join(file.ignored)}" if file.ignored else ""
    return f"{file.kind} ({mapping}{ignored})"


def _show_unmatched(report: ImportReport) -> None:
    if not report.unmatched:
        return
    made = table([("playlist or id", "left"), ("#", "right"), ("not matched", "left")])
    for each in report.unmatched[:SHOWN]:
        name = f"{each.artist} - {each.title}" if each.artist else each.title or each.path
        pos = "" if each.key else str(each.pos + 1)
        made.add_row(printable(each.playlist or each.key), pos, printable(name))
    show_table(made)
    if len(report.unmatched) > SHOWN:
        note(f"… and {len(report.unmatched) - SHOWN} more; --unmatched FILE writes them all, to be corrected by hand.")


def _show_refused(report: ImportReport) -> None:
    if not report.refused:
        return
    made = table([("refused", "left"), ("row", "right"), ("why", "left")])
    for refusal in report.refused[:SHOWN]:
        row = str(refusal.row) if refusal.row else ""
        made.add_row(printable(refusal.path), row, printable(f"{refusal.reason} {refusal.remedy}".strip()))
    show_table(made)
    if len(report.refused) > SHOWN:
        note(f"… and {len(report.refused) - SHOWN} more; --json tells them all.")


def _pair(text: str) -> tuple[str, str]:
    field, sign, column = text.partition("=")
    if not sign or not field.strip() or not column.strip():
        raise QueryError(
            f"{text!r} names no column.", remedy="Write --map title=name: a field, then the table's heading."
        )
    return field.strip(), column.strip()


def _write_unmatched(path: Path, unmatched: tuple[Unmatched, ...]) -> None:
    from songkin.sources.corrections import write

    write(path, unmatched)
    what = "1 entry was" if len(unmatched) == 1 else f"{len(unmatched)} entries were"
    note(f"{what} written to {path}. Fill in the column `song` and import the file.")
