"""``songkin index``: add or refresh sound files and folders."""

from __future__ import annotations

from typing import Any

import click

from songkin.cli.common import clock, emit, note, opened, printable, show_table, table, with_library
from songkin.cli.progress import Bar
from songkin.models import PROFILES, IndexReport, as_profile

SHOWN = 20


@click.command(name="index")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--prune", is_flag=True, help="Forget songs whose files are gone from these folders.")
@click.option("--force", is_flag=True, help="With --prune: also where a folder holds nothing at all any more.")
@click.option("--retry-refused", is_flag=True, help="Try files again that were refused before.")
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    type=click.Choice(["musicnn", "descriptors", "fingerprint"]),
    help="Use only these encoders.",
)
@click.option("--profile", type=click.Choice(PROFILES), help="How much of each song is heard.")
@click.option("--workers", type=int, metavar="N", help="Processes that listen (default: one per core).")
@click.option("--max-hours", type=float, metavar="H", help="Longest file that is taken (default 6).")
@click.option("--nice", is_flag=True, default=None, help="Leave the machine to others.")
@click.option("--no-pull", is_flag=True, help="Do not fetch missing model weights.")
@click.option("--strict", is_flag=True, help="Exit with 3 if any file was refused.")
@with_library
def command(
    paths: tuple[str, ...],
    prune: bool,
    force: bool,
    retry_refused: bool,
    encoders: tuple[str, ...],
    profile: str | None,
    workers: int | None,
    max_hours: float | None,
    nice: bool | None,
    no_pull: bool,
    strict: bool,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> int:
    """Add sound files and folders to the library, or refresh them. Only what is new or changed is read.

    A PATH may also be a web address, a text or table of such (with a column url), or a bucket (s3://NAME/PREFIX): these
    are heard without keeping copies.
    """
    flags = {"workers": workers, "max_hours": max_hours, "nice": nice, "qdrant_url": qdrant_url}
    with opened(library, **flags) as music, Bar(quiet=as_json) as bar:
        if not no_pull and not music.config.offline:
            music.pull_weights(progress=bar)
        report = music.index(
            paths,
            prune=prune,
            force=force,
            retry_refused=retry_refused,
            encoders=encoders or None,
            profile=as_profile(profile) if profile else None,
            progress=bar,
        )
    if as_json:
        emit(report_json(report))
    else:
        show_report(report)
    if report.interrupted:
        return 130
    if report.refused and len(report.refused) == report.found:
        return 1
    return 3 if strict and report.refused else 0


def report_json(report: IndexReport) -> dict[str, Any]:
    """The report as JSON: found = added + updated + unchanged + refused."""
    names = ("found", "added", "updated", "unchanged", "removed", "missing")
    refused = [{"path": r.path, "reason": r.reason, "remedy": r.remedy} for r in report.refused]
    counts = {name: getattr(report, name) for name in names}
    return {**counts, "refused": refused, "seconds": round(report.seconds, 3), "notes": list(report.notes)}


def show_report(report: IndexReport) -> None:
    """Print what a run did, for people."""
    parts = [
        f"{report.found} found",
        f"{report.added} added",
        f"{report.updated} updated",
        f"{report.unchanged} unchanged",
        f"{len(report.refused)} refused",
    ]
    if report.removed:
        parts.append(f"{report.removed} forgotten")
    click.echo(" · ".join(parts) + f"   ({clock(report.seconds)})")
    if report.missing:
        them = (
            "song is no longer where it was; --prune forgets it"
            if report.missing == 1
            else "songs are no longer where they were; --prune forgets them"
        )
        note(f"{report.missing} {them}.")
    if report.refused:
        made = table([("refused", "left"), ("why", "left")])
        for refusal in report.refused[:SHOWN]:
            made.add_row(printable(refusal.path), printable(f"{refusal.reason} {refusal.remedy}".strip()))
        show_table(made)
        if len(report.refused) > SHOWN:
            note(f"… and {len(report.refused) - SHOWN} more: songkin list --refused")
