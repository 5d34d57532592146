"""Spaces of vectors that came from elsewhere: a table's, another program's."""

from __future__ import annotations

import re
from typing import Final

import sqlalchemy as sa

from songkin.errors import SourceError
from songkin.store.database import Database
from songkin.store.schema import own_spaces
from songkin.store.vectors import Space

BUILT_IN: Final = ("tags", "heard", "timbre", "descriptors", "table", "text", "crowd", "words")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
MOST_DIM: Final = 16_384


def ensure(connection: sa.Connection, name: str, dim: int, run: int) -> int:
    """How many numbers the vectors of a space have; a space that is new gets ``dim``. Raises ``SourceError`` for a name
    or a size that no space can have."""
    known = connection.execute(sa.select(own_spaces.c.dim).where(own_spaces.c.name == name)).scalar()
    if known is not None:
        return int(known)
    check(name, dim)
    connection.execute(sa.insert(own_spaces).values(name=name, dim=dim, distance="cosine", run=run))
    return dim


def check(name: str, dim: int) -> None:
    """Raise ``SourceError`` for a name or a size that no space can have."""
    if name in BUILT_IN or not _NAME.fullmatch(name):
        raise SourceError(
            f"A space of vectors cannot be called {name!r}.",
            remedy="Use small letters, digits, - and _ (at most 32), and none of " + ", ".join(BUILT_IN) + ".",
        )
    if not 2 <= dim <= MOST_DIM:
        raise SourceError(f"Vectors of {dim} numbers cannot be compared.", remedy=f"Use 2 to {MOST_DIM:,} numbers.")


def of(db: Database) -> tuple[Space, ...]:
    """All of them, by name."""
    rows = db.rows(sa.select(own_spaces.c.name, own_spaces.c.dim).order_by(own_spaces.c.name))
    return tuple(Space(row.name, row.dim) for row in rows)
