"""The search index brought up to the catalog."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from libraries import library_at
from songkin.encoders import text_encoder
from songkin.encoders.weights import default_cache, installed
from songkin.indexing import refresh
from songkin.progress import Quiet
from songkin.store import compared, open_vectors

ENCODER = text_encoder("minilm", default_cache())
pytestmark = pytest.mark.skipif(
    not installed(ENCODER.spec, default_cache()), reason="MiniLM's weights are not on this machine"
)
TABLE = "artist,title,energy,danceability,valence\n" + "".join(
    f"Artist {n % 5},Song {n},{n / 30},{1 - n / 30},.5\n" for n in range(30)
)


class Watched(Quiet):
    """Asks the library from aside while its names are being read."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.found: list[int] = []
        self.lines: list[str] = []

    def stage(self, name: str, total: int | None = None) -> None:
        if name == "Reading names" and total:
            with library_at(self.home) as library:
                answer = library.find("song")
                self.found.append(len(answer.hits))
                self.lines += answer.notes


def test_very_many_new_songs_can_be_searched_before_their_names_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "songs.csv"
    table.write_text(TABLE)
    found = {}
    for name, many in (("early", 20), ("late", 10_000)):
        monkeypatch.setattr(refresh, "MANY_TEXTS", many)
        told = Watched(tmp_path / name)
        with library_at(tmp_path / name) as library:
            library.import_([str(table)], progress=told)
            assert told.found == ([10] if name == "early" else [1])  # the one that the catalog knows by its name
            assert any("Music is being added" in line for line in told.lines) == (name == "late")
            assert not library.catalog.stale()
            with open_vectors(library.catalog, library.config) as store:
                points = store.get(library.catalog.ids(), ["table", "text"])
            reach = library.catalog.vectors.reach_of(library.catalog.ids())
            assert set(reach) <= set(compared(store.layout))
            found[name] = (points, reach)
    early, late = found["early"], found["late"]
    assert early[1] == late[1]
    assert early[1]["table"]
    assert set(early[0]) == set(late[0])
    for i, point in early[0].items():
        for space, vector in late[0][i].dense.items():
            np.testing.assert_allclose(point.dense[space], vector, atol=1e-6)
        assert set(point.dense) == set(late[0][i].dense) >= {"table", "text"}
