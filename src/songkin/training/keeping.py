"""A network that was trained becomes a part of the library: one run, which can be taken back.

The network lies in a folder of that run; its embeddings are a space of the library like one that was imported, so that
``similar`` compares songs by it. What an older network of the kind made goes, so that no two are ever mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from songkin.encoders import learned
from songkin.encoders.learned import Layers, Learned, Matrix
from songkin.errors import QueryError
from songkin.store import modelbook, own_spaces
from songkin.store.catalog import Catalog
from songkin.store.songbook import Songbook
from songkin.training.heard import Heard


def check_size(catalog: Catalog, kind: str, size: int) -> None:
    """Raise ``QueryError`` where the library compares songs by an older network of another size."""
    name, before = learned.space_of(kind), modelbook.current(catalog.db, kind)
    there = next((space.dim for space in own_spaces.of(catalog.db) if space.name == name), size)
    if there != size:
        raise QueryError(
            f"The space {name} has {there} numbers a song, and {size} are asked for.",
            remedy=f"Take the older model back first (`songkin undo {before.run}`), or train with --size {there}."
            if before
            else f"Train with --size {there}.",
        )


def keep(
    catalog: Catalog,
    kind: str,
    heard: Heard,
    moments: tuple[Matrix, Matrix],
    layers: Layers,
    inner: int,
    labels: Sequence[str],
    facts: Mapping[str, Any],
) -> tuple[Learned, int]:
    """Write the network and what it makes of the songs; the network, and the number of the run. Whoever calls this holds
    the library's run lock, and refreshes its search index afterwards. Raises ``EncoderError``, ``StoreError``."""
    arrays = {"mean": moments[0], "std": moments[1]}
    for n, (weights, offset) in enumerate(layers):
        arrays |= {f"w{n}": weights, f"b{n}": offset}
    about = {"kind": kind, "songs": len(heard.ids), "labels": len(labels)}
    run = catalog.journal.begin_run(modelbook.COMMAND, about)
    state = "failed"
    try:
        told = {**facts, "inputs": heard.inputs, "inner": inner, "labels": list(labels), "songs": len(heard.ids)}
        made = learned.save(modelbook.folder_of(catalog.db, kind, run), kind, arrays, told)
        _put(catalog, run, made, heard)
        state = "done"
    finally:
        catalog.journal.end_run(run, state, {"updated": len(heard.ids) if state == "done" else 0})
    return made, run


def _put(catalog: Catalog, run: int, made: Learned, heard: Heard) -> None:
    output = f"own:{made.space}"
    gone = set(catalog.vectors.encoders_of(output)) - set(heard.ids)
    vectors = made.embed(heard.rows)
    with catalog.db.writing() as connection:
        own_spaces.ensure(connection, made.space, made.dim, run)
        songs = Songbook(connection, run)
        songs.withdraw((track, output) for track in sorted(gone))
        songs.replace((i, output, made.fingerprint, np.array(row)) for i, row in zip(heard.ids, vectors, strict=True))
