"""``songkin bench``: how fast it is, beside other ways."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from songkin.benchmark import MEASUREMENTS
from songkin.cli.common import configured, emit, note, show_table, table, with_json

if TYPE_CHECKING:
    from songkin.benchmark.figures import Figure

_ABOUT = "\n".join(f"{name:<12} {about}" for name, (_, _, about) in MEASUREMENTS.items())


@click.command(
    name="bench", help=f"Measure songkin beside other ways, both sides of a ratio in the same run.\n\n\b\n{_ABOUT}"
)
@click.argument("names", nargs=-1, metavar="[NAME]…", type=click.Choice(list(MEASUREMENTS)))
@click.option(
    "--music",
    multiple=True,
    type=click.Path(exists=True),
    metavar="DIR",
    help="Measure on this music (default: songs are made up).",
)
@click.option(
    "--tracks",
    default=20_000,
    show_default=True,
    type=click.IntRange(min=100),
    metavar="N",
    help="Size of the libraries that are made up.",
)
@click.option("--quick", is_flag=True, help="A fraction of everything, to see that it runs; the figures mean little.")
@click.option(
    "--bliss", default="", metavar="PYTHON", help="A Python that has bliss-audio, to compare descriptors with."
)
@click.option("--librosa", default="", metavar="PYTHON", help="A Python that has librosa, to compare memory with.")
@click.option(
    "--sklearn", default="", metavar="PYTHON", help="A Python that has scikit-learn, to compare clusters with."
)
@click.option(
    "--plot",
    default=None,
    type=click.File("w", encoding="utf-8", lazy=False),
    metavar="FILE",
    help="Draw the growth in this SVG file.",
)
@with_json
def command(
    names: tuple[str, ...],
    music: tuple[str, ...],
    tracks: int,
    quick: bool,
    bliss: str,
    librosa: str,
    sklearn: str,
    plot: TextIO | None,
    as_json: bool,
) -> None:
    """Measure, then print one line for each figure."""
    from songkin.benchmark import measure
    from songkin.benchmark.figures import as_json as in_json
    from songkin.benchmark.setup import Setup

    with tempfile.TemporaryDirectory(prefix="songkin-bench-") as scratch:
        setup = Setup(configured().cache, Path(scratch), music, tracks, quick, bliss, librosa, sklearn, plot, note)
        figures = list(measure(names, setup))
    if as_json:
        emit({"figures": [in_json(figure) for figure in figures]})
    else:
        _show(figures)


def _show(figures: Sequence[Figure]) -> None:
    from songkin.benchmark.figures import row

    made = table(
        [
            ("what", "left"),
            ("ours", "right"),
            ("against", "right"),
            ("ratio", "right"),
            ("target", "right"),
            ("", "left"),
        ]
    )
    for figure in figures:
        made.add_row(*row(figure))
    show_table(made)
    for figure in figures:
        if figure.note:
            click.echo(f"{figure.what}: {figure.note}")
