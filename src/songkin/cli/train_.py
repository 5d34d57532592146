"""``songkin train``: what a library learns from what it holds."""

from __future__ import annotations

from typing import Any

import click

from songkin.cli.common import emit, note, opened, printable, show_table, table, with_library
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


@command.command(name="bridge")
@with_library
def bridge(library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """How words sound here: learned from songs that were heard and have genres or playlists. `find` answers with it from
    then on, if it found songs better whose artists it had not heard."""
    with Bar(quiet=as_json) as bar, opened(library, qdrant_url=qdrant_url) as music:
        made = music.learn_bridge(bar)
    low, high = made.interval
    if as_json:
        names = ("words", "common", "alone", "both", "share", "unmet")
        told = {name: getattr(made, name) for name in names}
        emit({"songs": made.own.songs, **told, "interval": [low, high], "used": made.wins})
        return
    shown = table([("ranked by", "left"), ("mean average precision", "right")])
    for name, mark in (
        ("the tag bridge", made.common),
        ("the library's own alone", made.alone),
        (f"both, {made.share:.0%} of it the own", made.both),
    ):
        shown.add_row(name, f"{mark:.3f}")
    click.echo(
        f"Learned from {made.own.songs} songs. {made.words} genres and playlists, each asked of artists whom it did not hear:"
    )
    show_table(shown)
    verdict = "it is used from now on" if made.wins else "that is no gain to rely on, so `find` goes on as before"
    click.echo(f"Gain {made.both - made.common:+.3f} (95 %: {low:+.3f} to {high:+.3f}): {verdict}.")
    if made.unmet is not None:
        click.echo(f"For words that it did not meet: {made.unmet:+.3f}.")


def _with_network(command: Any) -> Any:
    """What both trainings over songs take."""
    command = click.option("--seed", default=0, show_default=True, metavar="N", help="Deals songs, draws weights.")(
        command
    )
    command = click.option(
        "--size",
        type=click.IntRange(2, 512),
        default=32,
        show_default=True,
        metavar="N",
        help="Numbers of a song's vector.",
    )(command)
    command = click.option(
        "--encoder", type=click.Choice(["musicnn", "descriptors"]), help="Learn from what this one heard alone."
    )(command)
    return click.argument("folders", nargs=-1, type=click.Path(), metavar="[FOLDER]...")(command)


@command.command(name="genres")
@_with_network
@click.option(
    "--labels",
    type=click.Choice(["folder", "genre"]),
    help="What a song is learned as: the folder under FOLDER that it lies in (where one is named), or its first genre.",
)
@with_library
def genres(
    folders: tuple[str, ...],
    labels: str | None,
    encoder: str | None,
    size: int,
    seed: int,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """A network that tells genres apart by sound, from labelled songs: folders of FOLDER (indexed first), or the genres of
    the library. Judged on artists that it did not hear. `similar` compares songs by it, `show` tells what it takes a song
    for; `songkin undo` takes it back."""
    from songkin.training.genres import plain

    if labels == "folder" and not folders:
        raise click.UsageError("--labels folder needs a FOLDER.")
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        made = music.train_genres(
            folders, labels=labels or "", encoder=encoder or "", size=size, seed=seed, progress=bar
        )
    if as_json:
        emit(plain(made))
        return
    judged = made.judged
    shown = table([("guessed by", "left"), ("right", "right"), ("95 %", "right"), ("mean of labels", "right")])
    for row in judged.rows:
        low, high = row.interval
        shown.add_row(row.label, f"{row.accuracy:.3f}", f"{low:.3f}–{high:.3f}", f"{row.balanced:.3f}")
    click.echo(
        f"{judged.songs} songs of {judged.groups} artists in {judged.folds} parts; "
        "each was guessed without having heard its artist:"
    )
    show_table(shown)
    grid = table([("is \\ taken for", "left"), *((str(n + 1), "right") for n in range(len(judged.labels)))])
    for n, label in enumerate(judged.labels):
        grid.add_row(printable(f"{n + 1} {label}"), *(str(count) if count else "·" for count in judged.confusion[n]))
    show_table(grid)
    if judged.left_out:
        some = ", ".join(f"{label} ({count})" for label, count in list(judged.left_out.items())[:12])
        note(f"Too few songs or artists to learn: {printable(some)}{' …' if len(judged.left_out) > 12 else ''}.")
    note(
        f"Run {made.run}: the space {made.space} is part of `songkin similar`; `songkin undo {made.run}` takes it back."
    )


@command.command(name="autoencoder")
@_with_network
@with_library
def autoencoder(
    folders: tuple[str, ...],
    encoder: str | None,
    size: int,
    seed: int,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """A network that gives back what was heard of songs through few numbers, which become a space of the library. FOLDERs are
    indexed first. `songkin undo` takes it back."""
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        made = music.train_autoencoder(folders, encoder=encoder or "", size=size, seed=seed, progress=bar)
    if as_json:
        emit(made.plain())
        return
    shown = table([("given back by", "left"), ("error", "right"), ("95 %", "right")])
    for name, (error, low, high) in made.errors.items():
        shown.add_row(name, f"{error:.3f}", f"{low:.3f}–{high:.3f}")
    click.echo(
        f"Mean square error on {made.judged} of {made.songs} songs, whose artists were not heard ({made.size} numbers):"
    )
    show_table(shown)
    note(
        f"Run {made.run}: the space {made.space} is part of `songkin similar`; `songkin undo {made.run}` takes it back."
    )
