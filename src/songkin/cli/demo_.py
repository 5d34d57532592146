"""``songkin demo``: a small library is made, or a folder of yours is taken, and everything is tried on it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from songkin.cli.common import configured, emit, printable, show_answer
from songkin.cli.index_ import report_json, show_report
from songkin.cli.progress import Bar
from songkin.library import Library
from songkin.models import Answer, Query, Track
from songkin.telling import hit_json

WORDS: Final = ("quiet flute melody", "fast battle drums and percussion", "angelic choir singing")
CLIP_SECONDS: Final = 8.0
LONGEST_SECONDS: Final = 800.0


@click.command(name="demo")
@click.option(
    "--music", type=click.Path(exists=True), metavar="DIR", help="A folder of yours (default: songkin makes music)."
)
@click.option("--folder", type=click.Path(file_okay=False), metavar="DIR", help="Where the demo keeps its files.")
@click.option("-n", "--limit", default=5, show_default=True, metavar="N", help="How many results of each search.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(music: str | None, folder: str | None, limit: int, as_json: bool) -> int:
    """Index a small library and search it by words, by a song and by a recording."""
    home = Path(folder) if folder else _home()
    query = Query(limit=limit)
    told: dict[str, object] = {}
    with Library(config=configured(str(home / ("library-of-yours" if music else "library")))) as library:
        source = music or _made(home / "music", as_json)
        with Bar(quiet=as_json) as bar:
            library.pull_weights(progress=bar)
            report = library.index([source], prune=True, progress=bar)
        told["index"] = report_json(report)
        if not as_json:
            show_report(report)
        answers = list(_searches(library, query, as_json))
    told["searches"] = [{"asked": asked, "hits": [hit_json(hit) for hit in answer.hits]} for asked, answer in answers]
    if as_json:
        emit(told)
    return 0 if all(answer.hits for _, answer in answers) else 1


def _home() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("songkin", appauthor=False)) / "demo"


def _made(folder: Path, quiet: bool) -> str:
    from songkin.demo.library import make_library

    with Bar(quiet=quiet) as bar:
        bar.note(f"Making music in {folder}")
        make_library(folder, bar)
    return str(folder)


def _searches(library: Library, query: Query, as_json: bool) -> Iterator[tuple[str, Answer]]:
    for words in WORDS:
        yield _tried(f'songkin find "{words}"', library.find(words, query), as_json)
    heard = set(library.catalog.vectors.encoders_of("timbre98"))
    audible = [track for track in library.tracks() if track.id in heard and not track.missing and _handy(track)]
    if not audible:
        return
    song = audible[len(audible) // 3]
    yield _tried(f'songkin similar "{song.label}"', library.similar(song.id, query), as_json)
    other = audible[2 * len(audible) // 3]
    with _clip_of(other) as clip:
        title = f"songkin similar clip.wav     ({CLIP_SECONDS:.0f} seconds out of “{other.label}”)"
        yield _tried(title, library.similar(clip, query), as_json)


def _handy(track: Track) -> bool:
    """Long enough to cut a clip out of, and short enough to be read at once."""
    return CLIP_SECONDS < (track.duration or 0.0) < LONGEST_SECONDS


def _tried(asked: str, answer: Answer, as_json: bool) -> tuple[str, Answer]:
    if not as_json:
        click.echo()
        click.echo(printable(f"$ {asked}"))
        show_answer(answer, as_json=False)
    return asked, answer


@contextmanager
def _clip_of(track: Track) -> Iterator[str]:
    """A recording that is not in the library: some seconds from the middle of a song, at another sample rate."""
    from songkin import audio

    rate = 24_000
    sound = audio.samples(track.path, rate)
    start = max(0, len(sound) // 2 - int(CLIP_SECONDS * rate / 2))
    with tempfile.TemporaryDirectory(prefix="songkin-") as folder:
        path = str(Path(folder) / "clip.wav")
        audio.write(path, sound[start : start + int(CLIP_SECONDS * rate)], rate)
        yield path
