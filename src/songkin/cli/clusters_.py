"""``songkin clusters``: songs or playlists that are alike, and playlists near to one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from songkin.cli.common import emit, note, opened, printable, show_table, table, with_every, with_library, with_reasons
from songkin.errors import QueryError
from songkin.models import Track
from songkin.recommending.grouping import parse
from songkin.telling import track_json

if TYPE_CHECKING:
    from songkin.importing.lists import Filled
    from songkin.library import Library
    from songkin.models import Playlist
    from songkin.recommending.clusters import Clustering, Metric
    from songkin.recommending.grouping import Choice

_INDICES = {"silhouette": "silhouette", "davies_bouldin": "Davies–Bouldin", "calinski_harabasz": "Calinski–Harabasz"}


@click.command(name="clusters")
@click.argument("of", type=click.Choice(["songs", "playlists"]), default="songs", metavar="[songs|playlists]")
@click.option("--k", "many", default="auto", show_default=True, metavar="N|LOW..HIGH|auto", help="How many clusters.")
@click.option("--by", default="", metavar="SPACE", help="What is compared: tags, timbre, descriptors, table, text …")
@click.option("--nearest", metavar="NAME", help="Playlists near to this one, by the mean of their songs.")
@click.option("--farthest", is_flag=True, help="With --nearest: the farthest ones instead.")
@click.option(
    "--metric",
    type=click.Choice(["cityblock", "euclidean", "cosine"]),
    default="euclidean",
    show_default=True,
    help="With --nearest: how distance is measured.",
)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many near ones.")
@click.option("--save", is_flag=True, help="Make a playlist of each cluster of songs.")
@with_every
@click.option("--refill", is_flag=True, help="Fill saved clusters with the songs that belong to them now.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same clusters."
)
@with_library
def command(
    of: str,
    many: str,
    by: str,
    nearest: str | None,
    farthest: bool,
    metric: Metric,
    limit: int,
    save: bool,
    every: str | None,
    refill: bool,
    seed: int,
    library: str | None,
    qdrant_url: str | None,
    as_json: bool,
) -> None:
    """Songs or playlists in groups that are alike, named by what is typical of them."""
    if sum((nearest is not None, save, refill)) > 1:
        raise QueryError("--nearest, --save and --refill do not go together.", remedy="Use one of them at a time.")
    if farthest and nearest is None:
        raise QueryError("--farthest needs a playlist to be far from.", remedy="Name one with --nearest NAME.")
    if every is not None and not save:
        raise QueryError("--every goes with --save.", remedy="Save the clusters that are to fill themselves.")
    from songkin.recommending.scheduled import check_every

    check_every(every)  # before any time is spent
    with opened(library, qdrant_url=qdrant_url) as music:
        if nearest is not None:
            _near(music, nearest, metric, farthest, by, limit, as_json)
        elif refill:
            show_filled(music.clusters.refill(), as_json)
        else:
            _clusters(music, of, many, by, seed, save, every, as_json)


def _clusters(
    music: Library, of: str, many: str, by: str, seed: int, save: bool, every: str | None, as_json: bool
) -> None:
    ask = music.clusters.songs if of == "songs" else music.clusters.playlists
    if save and of != "songs":
        raise QueryError("Only clusters of songs can be saved.", remedy="Ask for `songkin clusters songs --save`.")
    found = ask(parse(many), by=by, seed=seed)
    saved = music.clusters.save(found, every=every) if save else None
    if as_json:
        told = _json(found)
        emit({**told, "saved": filled_json(saved)} if saved else told)
        return
    for line in found.notes:
        note(line)
    _show_choice(found.choice)
    _show(found)
    if saved:
        show_filled(saved, False)


def _show_choice(choice: Choice) -> None:
    if choice.tried:
        made = table([("K", "right"), *((name, "right") for name in _INDICES.values()), ("chosen by", "left")])
        for each in choice.tried:
            by = [name for key, name in _INDICES.items() if choice.best and choice.best[key] == each.k]
            by += ["taken"] if each.k == choice.k else []
            numbers = (f"{each.silhouette:.3f}", f"{each.davies_bouldin:.3f}", f"{each.calinski_harabasz:.1f}")
            made.add_row(str(each.k), *numbers, ", ".join(by))
        show_table(made)
    note(f"{choice.k} cluster{'' if choice.k == 1 else 's'}: {choice.why}.")


def _show(found: Clustering) -> None:
    note(f"{found.covered:,} of {found.total:,} {found.of}, compared by {found.scale.space}.")
    made = table([("#", "right"), (found.of, "right"), ("cluster, and what is nearest to its centre", "left")])
    for cluster in found.clusters:
        more = [word for word in cluster.words if word not in cluster.name.split(" · ")]
        name = cluster.name + (f"  ({', '.join(more)})" if more else "")
        central = [each.label if isinstance(each, Track) else each.name for each in cluster.central[:3]]
        made.add_row(str(cluster.number), f"{cluster.size:,}", with_reasons(name, central))
    show_table(made)


def _json(found: Clustering) -> dict[str, Any]:
    clusters = [
        {
            "number": each.number,
            "name": each.name,
            "words": list(each.words),
            "size": each.size,
            "central": [_one_json(one) for one in each.central],
        }
        for each in found.clusters
    ]
    choice = {"k": found.choice.k, "why": found.choice.why, "best": found.choice.best}
    return {
        "of": found.of,
        "by": found.scale.space,
        "covered": found.covered,
        "total": found.total,
        "choice": {**choice, "tried": [asdict(each) for each in found.choice.tried]},
        "clusters": clusters,
        "notes": list(found.notes),
    }


def _one_json(one: Track | Playlist) -> dict[str, Any]:
    return track_json(one) if isinstance(one, Track) else asdict(one)


def _near(music: Library, name: str, metric: Metric, farthest: bool, by: str, limit: int, as_json: bool) -> None:
    found = music.clusters.nearest(name, metric=metric, farthest=farthest, by=by, limit=limit)
    if as_json:
        rows = [{"playlist": asdict(n.playlist), "distance": n.distance, "known": n.known} for n in found.found]
        about = {"of": asdict(found.of), "by": found.space, "metric": found.metric}
        emit({**about, "farthest": farthest, "playlists": rows, "notes": list(found.notes)})
        return
    for line in found.notes:
        note(line)
    if not found.found:
        note(f"There is no other playlist to compare {printable(found.of.name)} with.")
        return
    made = table([("#", "right"), ("distance", "right"), ("playlist", "left"), ("songs", "right"), ("known", "right")])
    for rank, near in enumerate(found.found, start=1):
        songs = f"{near.playlist.songs:,}"
        made.add_row(str(rank), f"{near.distance:.3f}", printable(near.playlist.name), songs, f"{near.known:.0%}")
    show_table(made)


def show_filled(found: Filled, as_json: bool) -> None:
    """What a filling of playlists did."""
    if as_json:
        emit(filled_json(found))
        return
    for line in found.notes:
        note(line)
    if found.changes:
        made = table([("playlist", "left"), ("songs", "right"), ("came", "right"), ("went", "right"), ("id", "left")])
        for each in found.changes:
            numbers = (f"{each.playlist.songs:,}", f"{each.came:,}", f"{each.went:,}")
            made.add_row(printable(each.playlist.name), *numbers, each.playlist.id[:8])
        show_table(made)
    lists = "1 playlist" if len(found.changes) == 1 else f"{len(found.changes)} playlists"
    note(f"{lists}, run {found.run}; `songkin undo {found.run}` takes it back.")


def filled_json(found: Filled) -> dict[str, Any]:
    """The same as JSON."""
    rows = [{"playlist": asdict(each.playlist), "came": each.came, "went": each.went} for each in found.changes]
    return {"run": found.run, "playlists": rows, "notes": list(found.notes)}
