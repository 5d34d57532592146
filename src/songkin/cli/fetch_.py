"""``songkin fetch``: the sound of a video, a playlist or a channel, into a folder."""

from __future__ import annotations

from pathlib import Path

import click

from songkin.cli.common import configured, emit, note, printable, with_json


@click.command(name="fetch")
@click.argument("link")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--as", "form", type=click.Choice(["mp3", "opus", "m4a"]), default="mp3", show_default=True, help="In which form."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N items.")
@click.option("--max-minutes", type=click.FloatRange(0.1), metavar="M", help="None longer than this.")
@click.option("--no-thumbnails", is_flag=True, help="Leave their pictures out.")
@with_json
def command(
    link: str, folder: Path, form: str, limit: int | None, max_minutes: float | None, no_thumbnails: bool, as_json: bool
) -> int:
    """Fetch the sound of a video, a playlist or a channel into FOLDER; what is there already is not fetched again.

    Fetch only what you may. `songkin index FOLDER` adds it to the library.
    """
    from songkin.indexing.places import rules
    from songkin.sources import video

    wanted = video.Wanted(
        form=next(each for each in video.FORMS if each == form),
        most=limit,
        longest=max_minutes * 60 if max_minutes is not None else None,
        thumbnails=not no_thumbnails,
    )
    found = video.fetch(link, folder, wanted, rules(configured()), lambda name: note(f"… {name}"))
    if as_json:
        failed = [{"item": each.path, "reason": each.reason, "remedy": each.remedy} for each in found.failed]
        emit({"files": found.files, "kept": found.kept, "failed": failed})
    else:
        click.echo(f"{len(found.files)} fetched · {found.kept} there before · {len(found.failed)} failed")
        for each in found.failed:
            note(printable(f"{each.path}: {each.reason} {each.remedy}".strip()))
    return 3 if found.failed and not found.files else 0
