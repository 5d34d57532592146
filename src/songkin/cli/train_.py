"""``songkin train``: what a library learns from what it holds."""

from __future__ import annotations

import click

from songkin.cli.common import emit, note, opened, show_table, table, with_library
from songkin.cli.progress import Bar


@click.group(name="train")
def command() -> None:
    """Learn from the library itself."""


@command.command(name="blend")
@with_library
def blend(library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """How much sound, playlists, names and artists count in recommendations: learned by hiding songs of the library's own
    playlists. Whoever has no playlists gets the weights that songkin brings."""
    with opened(library, qdrant_url=qdrant_url) as music:
        weights, playlists = music.learn_blend()
    if as_json:
        emit({"weights": dict(weights), "playlists": playlists})
        return
    made = table([("witness", "left"), ("weight", "right")])
    for witness, weight in sorted(weights.items(), key=lambda item: -item[1]):
        made.add_row(witness, f"{weight:.2f}")
    click.echo(f"Learned from {playlists} playlists of which half was hidden:")
    show_table(made)


@command.command(name="albums")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@click.option("--steps", type=click.IntRange(min=5), default=300, show_default=True, metavar="N", help="How long.")
@click.option("--base", default="", metavar="NAME", help="Start from another network of MiniLM's build.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Deals albums, draws questions.")
@with_library
def albums(
    files: tuple[str, ...],
    steps: int,
    base: str,
    seed: int,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """An encoder of albums of the library's own, from their reviews and the questions that came with them; FILEs are
    imported first. A fifth of the albums is never looked at, for `songkin eval albums`. Needs the extra `train`."""
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        if files:
            music.import_(files, progress=bar)
        made = music.train_albums(steps=steps, base=base, seed=seed, progress=bar)
    if as_json:
        emit(
            {
                "folder": str(made.folder),
                "steps": made.steps,
                **{k: made.card[k] for k in ("before", "after", "albums")},
            }
        )
        return
    shown = table([("", "left"), ("R@1", "right"), ("R@10", "right"), ("MRR with words", "right")])
    for name, mark in (("before", made.before), ("after", made.after)):
        shown.add_row(name, f"{mark.recall_1:.3f}", f"{mark.recall_10:.3f}", f"{mark.fused:.3f}")
    click.echo(
        f"{made.steps} steps. {made.after.questions} albums that were kept aside, among {made.after.candidates}; "
        f"words alone have an MRR of {made.after.words:.3f}:"
    )
    show_table(shown)
    note("`songkin eval albums` judges it on albums that it has never seen.")


@command.command(name="features")
@with_library
def features(library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """Which audio features words promise ("calm acoustic"): learned from songs that have features of a table and genres or
    playlists. `find` answers with it from then on."""
    from songkin.search.described import NUMBERS

    with Bar(quiet=as_json) as bar, opened(library, qdrant_url=qdrant_url) as music:
        learned = music.learn_features(bar)
    explained = {name: float(r2) for name, r2 in zip(NUMBERS, learned.explained, strict=True)}
    if as_json:
        emit(
            {
                "songs": learned.songs,
                "playlists": learned.groups,
                "ridge": learned.ridge,
                "encoder": learned.encoder,
                "explained": {name: round(r2, 4) for name, r2 in explained.items()},
            }
        )
        return
    made = table([("feature", "left"), ("R² on hidden songs", "right"), ("weight", "right")])
    for name, r2 in sorted(explained.items(), key=lambda item: -item[1]):
        made.add_row(name, f"{r2:.3f}", f"{max(r2, 0.0):.2f}")
    hidden = f"{learned.groups} playlists, hidden whole" if learned.groups else "hidden one by one"
    click.echo(f"Learned from {learned.songs} songs ({hidden}); ridge {learned.ridge:g}, {learned.encoder}:")
    show_table(made)
    if not any(r2 > 0 for r2 in explained.values()):
        click.echo("No feature can be told from words here: `find` goes on as before.")
