"""``songkin albums``: albums by words."""

from __future__ import annotations

from typing import Any

import click

from songkin.cli.common import (
    emit,
    note,
    opened,
    printable,
    show_table,
    table,
    with_filters,
    with_library,
    with_reasons,
)
from songkin.cli.progress import Bar
from songkin.models import AlbumAnswer, AlbumHit, Filter


@click.command(name="albums")
@click.argument("text", nargs=-1, required=True)
@click.option("-n", "--limit", default=10, show_default=True, metavar="N", help="How many albums.")
@click.option("--rerank", is_flag=True, help="Have a language model put the best in order (SONGKIN_LLM_URL).")
@with_filters
@with_library
def command(
    text: tuple[str, ...],
    limit: int,
    rerank: bool,
    filters: tuple[Filter, ...],
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Albums by words: what reviews say of them and what that means, names and genres, and how their songs sound where
    they are here. Filters are year, genre, artist, album and source."""
    with opened(library, qdrant_url=qdrant_url) as music, Bar(quiet=as_json) as bar:
        answer = music.find_albums(" ".join(text), limit=max(1, limit), filters=filters, rerank=rerank, progress=bar)
    for line in answer.notes:
        note(line)
    if as_json:
        emit(
            {
                "query": answer.query,
                "candidates": answer.candidates,
                "hits": [_json(hit) for hit in answer.hits],
                "notes": list(answer.notes),
            }
        )
    else:
        _show(answer)


def _show(answer: AlbumAnswer) -> None:
    if not answer.hits:
        note("No album was found. With fewer filters, or other words, there may be more.")
        return
    made = table(
        [("#", "right"), ("score", "right"), ("album, and why", "left"), ("year", "right"), ("songs", "right")]
    )
    for hit in answer.hits:
        album = hit.album
        name = f"{', '.join(album.artists)} - {album.title}" if album.artists else album.title
        rated = f" ({album.rating:g})" if album.rating is not None else ""
        shown = with_reasons(printable(name) + rated, tuple(map(printable, hit.why)))
        year = str(album.year) if album.year else ""
        made.add_row(str(hit.rank), f"{hit.score:.2f}", shown, year, str(len(album.tracks) or ""))
    show_table(made)
    note(f"Chosen among {answer.candidates:,} album{'' if answer.candidates == 1 else 's'}.")


def _json(hit: AlbumHit) -> dict[str, Any]:
    album = hit.album
    names = ("id", "title", "year", "rating", "label", "review", "liked", "source")
    shown = {name: getattr(album, name) for name in names}
    shown |= {name: list(getattr(album, name)) for name in ("artists", "genres", "tracks")}
    return {"rank": hit.rank, "score": hit.score, "album": shown, "why": list(hit.why), "parts": dict(hit.parts)}
