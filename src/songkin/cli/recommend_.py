"""``songkin recommend``: what goes with songs, playlists, albums, artists, votes."""

from __future__ import annotations

import click

from songkin.cli.common import opened, show_answer, with_library, with_query, with_window
from songkin.models import Query


@click.command(name="recommend")
@click.argument("name", nargs=-1, metavar="[NAME]")
@click.option(
    "--like", multiple=True, metavar="WHAT", help="A song that is liked: an id, a path, a name. Again for more."
)
@click.option("--dislike", multiple=True, metavar="WHAT", help="A song that is not.")
@click.option(
    "--rather", multiple=True, nargs=2, metavar="A B", help="More like the song A than like the song B. Again for more."
)
@click.option("--playlist", "playlists", multiple=True, metavar="NAME|FILE", help="A playlist here, or a file of one.")
@click.option("--album", "albums", multiple=True, metavar="TITLE", help="An album.")
@click.option("--artist", "artists", multiple=True, metavar="NAME", help="An artist.")
@click.option("--user", default="", metavar="NAME", help="A listener, by votes and history.")
@click.option("--new-only", is_flag=True, help="Leave out what the listener has voted on or heard.")
@click.option(
    "--crowd",
    default="knn",
    show_default=True,
    metavar="MODEL",
    help="Who tells what stands together in playlists: knn, item-knn; with songkin[crowd] tfidf, bm25, als, bpr, lmf.",
)
@with_window
@click.option("--adventurous", type=float, default=0.3, show_default=True, metavar="0..1", help="From safe to far.")
@click.option(
    "--order", default="best", show_default=True, metavar="best|flow", help="Best first, or as they play well."
)
@with_query
@with_library
def command(
    name: tuple[str, ...],
    like: tuple[str, ...],
    dislike: tuple[str, ...],
    rather: tuple[tuple[str, str], ...],
    playlists: tuple[str, ...],
    albums: tuple[str, ...],
    artists: tuple[str, ...],
    user: str,
    new_only: bool,
    crowd: str,
    window: str,
    adventurous: float,
    order: str,
    query: Query,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Songs that go with what is liked, and not with what is not. NAME are words that a playlist could be called by:
    `songkin recommend rainy sunday`."""
    from songkin.recommending.asking import Wanted

    names = (" ".join(name),) if name else ()
    wanted = Wanted(
        like=like,
        dislike=dislike,
        rather=rather,
        playlists=playlists,
        albums=albums,
        artists=artists,
        names=names,
        user=user,
        window=window,
        new_only=new_only,
        crowd=crowd,
        adventurous=adventurous,
        order=order,
    )
    with opened(library, qdrant_url=qdrant_url) as music:
        show_answer(music.recommend(wanted, query), as_json)
