"""Songs that came after a training are read by the network, too."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np

from songkin.listening import networks
from songkin.store.catalog import Catalog
from songkin.store.songbook import Songbook

log = logging.getLogger(__name__)

_BLOCK: Final = 2_000


def read(catalog: Catalog) -> list[str]:
    """Have the library's networks read the songs that they have not read; lines for people. What is read belongs to the run
    of the training, and goes with it."""
    notes: list[str] = []
    for network, run in networks(catalog.db, notes):
        output = f"own:{network.space}"
        known = catalog.vectors.encoders_of(output)
        having = [set(catalog.vectors.having(each.output, each.encoder)) for each in network.inputs]
        fresh = sorted(i for i in set.intersection(*having) if known.get(i) != network.fingerprint)
        for start in range(0, len(fresh), _BLOCK):
            ids = fresh[start : start + _BLOCK]
            stored = catalog.vectors.of(ids, [each.output for each in network.inputs])
            rows = np.stack([np.concatenate([stored[i][each.output] for each in network.inputs]) for i in ids])
            vectors = network.embed(rows.astype(np.float32))
            with catalog.db.writing() as connection:
                songs = Songbook(connection, run)
                songs.replace(
                    (i, output, network.fingerprint, np.array(row)) for i, row in zip(ids, vectors, strict=True)
                )
        if fresh:
            log.debug("%s read %d songs", network.space, len(fresh))
    return notes
