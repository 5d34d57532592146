"""Which of the networks that a library has trained counts: the one of its latest training that was not taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from songkin.store.database import Database
from songkin.store.schema import runs

COMMAND = "train"
"""What such a run is called."""


class Model(NamedTuple):
    """Where a network lies, and the run that made it."""

    folder: Path
    run: int


def folder_of(db: Database, kind: str, run: int) -> Path:
    """Where the network of a run lies: one folder for each, so that the one before is there again after ``undo``."""
    return db.file.parent / "encoders" / f"{kind}-{run}"


def current(db: Database, kind: str) -> Model | None:
    """The network of this kind that counts; None where there is none."""
    query = sa.select(runs.c.id, runs.c.arguments).where(runs.c.command == COMMAND, runs.c.state == "done")
    for row in db.rows(query.order_by(runs.c.id.desc())):
        told: Any = row.arguments
        if isinstance(told, dict) and told.get("kind") == kind:
            return Model(folder_of(db, kind, row.id), row.id)
    return None
