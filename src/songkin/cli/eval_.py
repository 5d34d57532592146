"""``songkin eval``: how good the ear is, beside baselines."""

from __future__ import annotations

import click

from songkin.cli.common import configured, emit, note, printable, show_table, table, with_json
from songkin.cli.progress import Bar
from songkin.evaluation.report import Report, Row, Table
from songkin.models import PROFILES, as_profile


@click.group(name="eval")
def command() -> None:
    """How good songkin is, on music that you name, beside baselines."""


@command.command(name="sound")
@click.option("--music", "folders", multiple=True, required=True, metavar="DIR", help="Folder of music (repeatable).")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Draws clips, halves of songs, intervals.")
@click.option("--limit", type=click.IntRange(min=3), metavar="N", help="Judge only N songs, drawn by the seed.")
@click.option("--profile", type=click.Choice(PROFILES), help="How much of each song is heard.")
@click.option("--workers", type=int, metavar="N", help="Processes that listen (default: one per core).")
@with_json
def sound(
    folders: tuple[str, ...], seed: int, limit: int | None, profile: str | None, workers: int | None, as_json: bool
) -> None:
    """Same song from its other half, from a clip, over a telephone; same artist; hubs. Beside baselines and peers."""
    from songkin.evaluation.sound import Options, evaluate

    config = configured(workers=workers)
    options = Options(folders, limit, seed, as_profile(profile or "", config.profile))
    with Bar(quiet=as_json) as bar:
        report = evaluate(config, options, bar)
    if as_json:
        emit(report.as_json())
    else:
        _show(report)


def _show(report: Report) -> None:
    for each in report.tables:
        _show_table(each)
    for path, reason in report.left_out:
        note(f"Left out: {path}: {reason}")


def _show_table(shown: Table) -> None:
    headings = [("", "left"), *((column, "right") for column in shown.columns)]
    intervals = any(row.interval for row in shown.rows)
    made = table([*headings, ("95 %", "right")] if intervals else headings)
    for row in shown.rows:
        made.add_row(printable(row.label), *_cells(row, intervals))
    click.echo(f"{shown.title}\n{shown.about}")
    show_table(made)


def _cells(row: Row, intervals: bool) -> list[str]:
    cells = [f"{value:.3f}" for value in row.values]
    if intervals:
        cells.append(f"{row.interval[0]:.3f}–{row.interval[1]:.3f}" if row.interval else "")
    return cells
