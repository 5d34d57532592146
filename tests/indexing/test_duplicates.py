"""Pairs of songs that are proposed as one recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from libraries import library_at
from songkin.benchmark import synthetic
from songkin.indexing import duplicates
from songkin.store import open_vectors


def test_very_many_songs_are_compared_as_a_few_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library_at(tmp_path / "library") as library:
        library.begin()
        synthetic.fill_catalog(library.catalog, library.config, 700)
        synthetic.fill_index(library.catalog, library.config, 700)
        ids = library.catalog.ids()[::2]
        with open_vectors(library.catalog, library.config) as store:
            asked = duplicates._asked(library.catalog, store, ids)
            compared = duplicates._all_near(library.catalog, store, ids)
        assert {i: set(near) for i, near in asked.items()} == {i: set(near) for i, near in compared.items()}
        assert sum(map(len, asked.values())) > 1000
