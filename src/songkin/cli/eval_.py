"""``songkin eval``: how good the ear is, beside baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import click

from songkin.cli.common import configured, emit, note, opened, printable, show_table, table, with_json, with_library
from songkin.cli.progress import Bar
from songkin.evaluation.report import Report, Row, Table
from songkin.models import PROFILES, as_profile

if TYPE_CHECKING:
    from songkin.library import Library

_FIRST_SEED = 100
"""Pieces for questions are others than those of the demo."""


@click.group(name="eval")
def command() -> None:
    """How good songkin is, on music that you name, beside baselines."""


@command.command(name="sound")
@click.option("--music", "folders", multiple=True, required=True, metavar="DIR", help="Folder of music (repeatable).")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Draws clips, halves of songs, intervals.")
@click.option("--limit", type=click.IntRange(min=3), metavar="N", help="Judge only N songs, drawn by the seed.")
@click.option("--profile", type=click.Choice(PROFILES), help="How much of each song is heard.")
@click.option("--beside", type=click.Choice(PROFILES), help="Show what another profile loses.")
@click.option(
    "--among",
    default=10_000,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="N",
    help="Hide the songs among N made-up ones for recordings to be recognised.",
)
@click.option("--bliss", default="", metavar="PYTHON", help="A Python that has bliss-audio, to show a row of it.")
@click.option("--workers", type=int, metavar="N", help="Processes that listen (default: one per core).")
@with_json
def sound(
    folders: tuple[str, ...],
    seed: int,
    limit: int | None,
    profile: str | None,
    beside: str | None,
    among: int,
    bliss: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Same song from its other half, from a clip, over a telephone; same artist; hubs. Beside baselines and peers."""
    from songkin.evaluation.sound import Options, evaluate

    config = configured(workers=workers)
    heard = as_profile(profile or "", config.profile)
    other = as_profile(beside, heard) if beside and beside != heard else None
    options = Options(folders, limit, seed, heard, other, among, bliss)
    with Bar(quiet=as_json) as bar:
        report = evaluate(config, options, bar)
    if as_json:
        emit(report.as_json())
    else:
        _show(report)


@command.command(name="words")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Real tables: songs/ludwig_payload.csv.gz.",
)
@click.option("--gtzan", type=click.Path(exists=True, file_okay=False), metavar="DIR", help="Published tag vectors.")
@click.option("--pieces", default=5, show_default=True, type=click.IntRange(min=1), metavar="N", help="Songs per kind.")
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(min=4), help="Length of each song.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Draws names, questions and halves.")
@click.option("--tune", is_flag=True, help="Also try a grid of weights and constants (a few minutes).")
@click.option("--plot", type=click.File("w", lazy=True), metavar="FILE", help="Draw the tables (SVG).")
@with_json
def words(
    data: str | None,
    gtzan: str | None,
    pieces: int,
    seconds: float,
    seed: int,
    tune: bool,
    plot: IO[str] | None,
    as_json: bool,
) -> None:
    """Questions with known answers: for sounds, for names, in a mixed library. Beside baselines."""
    from pathlib import Path

    from songkin.demo.pieces import KINDS, make_piece
    from songkin.evaluation.charts import drawn
    from songkin.evaluation.words import Options, evaluate

    made = [make_piece(kind, _FIRST_SEED + number, seconds) for kind in KINDS for number in range(pieces)]
    key = f"pieces-{_players()}-{pieces}-{seconds:g}"
    options = Options(key, Path(data) if data else None, Path(gtzan) if gtzan else None, seed, tune)
    with Bar(quiet=as_json) as bar:
        report = evaluate(configured(), made, options, bar)
    _tell(report, plot, drawn, as_json)


@command.command(name="playlists")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Deals the playlists, draws what is given.")
@click.option("--plot", type=click.File("w", lazy=True), metavar="FILE", help="Draw R-precision by songs given (SVG).")
@with_library
def playlists(
    files: tuple[str, ...], seed: int, plot: IO[str] | None, library: str | None, qdrant_url: str | None, as_json: bool
) -> None:
    """Hidden songs of playlists, beside popularity, co-occurrence, item-kNN and factor models. The playlists are those of
    FILEs of any kind that is imported, or those of the library."""
    from songkin.evaluation.playlists import drawn, of_library

    with _music(files, library, qdrant_url, quiet=as_json) as (music, bar):
        report = of_library(music.catalog, music.config, bar, seed=seed)
    _tell(report, plot, drawn, as_json)


@command.command(name="taste")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@click.option(
    "--users", default=40, show_default=True, type=click.IntRange(min=2), metavar="N", help="Listeners of each kind."
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Draws listeners and their votes.")
@click.option("--plot", type=click.File("w", lazy=True), metavar="FILE", help="Draw precision by votes (SVG).")
@with_library
def taste(
    files: tuple[str, ...],
    users: int,
    seed: int,
    plot: IO[str] | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Simulated listeners who vote: what is recommended after 1, 3, 10, 30 and 100 votes, beside popularity. Their tastes
    are playlists and genres of FILEs of any kind that is imported, or of the library, which is not changed."""
    from songkin.evaluation.taste import drawn, of_library

    with _music(files, library, qdrant_url, quiet=as_json) as (music, bar):
        report = of_library(music.catalog, music.config, bar, seed=seed, users=users)
    _tell(report, plot, drawn, as_json)


@contextmanager
def _music(
    files: tuple[str, ...], library: str | None, qdrant_url: str | None, *, quiet: bool
) -> Iterator[tuple[Library, Bar]]:
    """The library, or one of these files that is gone afterwards."""
    from tempfile import TemporaryDirectory

    with (
        TemporaryDirectory(prefix="songkin-eval-") as folder,
        Bar(quiet=quiet) as bar,
        opened(folder if files else library, qdrant_url=None if files else qdrant_url) as music,
    ):
        if files:
            music.import_(files, progress=bar)
        yield music, bar


def _tell(report: Report, plot: IO[str] | None, drawn: Callable[[Report], str], as_json: bool) -> None:
    if plot:
        plot.write(drawn(report))
    if as_json:
        emit(report.as_json())
    else:
        _show(report)


@command.command(name="albums")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@click.option("--model", type=click.Path(file_okay=False), metavar="DIR", help="An encoder of `songkin train albums`.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Deals the questions of both halves.")
@click.option("--plot", type=click.File("w", lazy=True), metavar="FILE", help="Draw the tables (SVG).")
@with_library
def albums(
    files: tuple[str, ...],
    model: str | None,
    seed: int,
    plot: IO[str] | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Albums from their questions, beside BM25 and untrained meaning. The albums are those of FILEs with a column `query`,
    or those of the library; an own encoder is judged on albums that it has not seen."""
    from songkin.evaluation.charts import drawn

    with _music(files, library, qdrant_url, quiet=as_json) as (music, bar):
        report = music.judge_albums(model, seed=seed, progress=bar)
    _tell(report, plot, drawn, as_json)


@command.command(name="features")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="All tables of songs in DIR, as if they were named.",
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Deals rows and playlists, draws intervals.")
@click.option("--tune", is_flag=True, help="Also try a grid of weights for `find`.")
@click.option("--plot", type=click.File("w", lazy=True), metavar="FILE", help="Draw the tables (SVG).")
@with_library
def features(
    files: tuple[str, ...],
    data: str | None,
    seed: int,
    tune: bool,
    plot: IO[str] | None,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """How well audio features are told from words, on hidden rows and hidden playlists, and what `find` gains by it. The
    songs are those of tables with features and genres or playlists (FILEs), or those of the library."""
    from tempfile import TemporaryDirectory

    from songkin.evaluation.charts import drawn
    from songkin.evaluation.features import of_library

    named = [*files, *([data] if data else [])]
    with (
        TemporaryDirectory(prefix="songkin-eval-") as folder,
        Bar(quiet=as_json) as bar,
        opened(folder if named else library, qdrant_url=None if named else qdrant_url) as music,
    ):
        if named:
            music.import_(named, progress=bar)
            music.learn_features(bar)
        report = of_library(music.catalog, music.config, bar, tables=named, seed=seed, tune=tune)
    _tell(report, plot, drawn, as_json)


def _players() -> str:
    """A name for the programs that play: others play otherwise."""
    from hashlib import blake2b
    from importlib.resources import files

    sources = sorted((file.name, file.read_bytes()) for file in files("songkin.demo").iterdir() if file.is_file())
    return blake2b(repr(sources).encode(), digest_size=6).hexdigest()


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
