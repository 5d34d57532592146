"""``songkin runs``: what was done to the library."""

from __future__ import annotations

from datetime import datetime

import click

from songkin.cli.common import clock, emit, opened, show_table, table, with_library


@click.command(name="runs")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True)
@with_library
def command(limit: int, library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """What was done to the library, newest first."""
    with opened(library, qdrant_url=qdrant_url) as music:
        runs = music.runs(limit)
    if as_json:
        emit({"runs": runs})
        return
    made = table(
        [("run", "right"), ("what", "left"), ("when", "left"), ("took", "right"), ("ended", "left"), ("counts", "left")]
    )
    for run in runs:
        when = datetime.fromtimestamp(run["started_at"]).strftime("%Y-%m-%d %H:%M")
        took = clock(run["ended_at"] - run["started_at"]) if run["ended_at"] else ""
        counts = ", ".join(f"{count} {name}" for name, count in run["counts"].items() if count)
        made.add_row(str(run["id"]), run["command"], when, took, run["state"], counts)
    show_table(made)
