"""Made-up songs and libraries: reproducible, of the real shapes, filtered as said, and searchable like real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from songkin import config as settings
from songkin import spaces
from songkin.benchmark import synthetic
from songkin.config import Config
from songkin.indexing import refresh
from songkin.models import Query
from songkin.progress import Quiet
from songkin.search.seeds import fitted, seed_of
from songkin.search.similar import similar
from songkin.store import TRACKS, catalog_file, open_vectors
from songkin.store.catalog import Catalog
from songkin.store.vectors import Ask
from songkin.store.words import Words


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return settings.load({"library": str(tmp_path / "library"), "cache": str(tmp_path / "none")}, environ={})


def catalog_of(config: Config) -> Catalog:
    config.library.mkdir()
    return Catalog(catalog_file(config.library))


def test_the_same_number_gives_the_same_song() -> None:
    one, other = synthetic.songs(0, 20), synthetic.songs(0, 20)
    assert one.tracks == other.tracks
    for space in one.vectors:
        np.testing.assert_array_equal(one.vectors[space], other.vectors[space])
    assert synthetic.songs(1000, 1020).tracks[0] != one.tracks[0]


def test_made_up_points_have_a_vector_in_every_space_and_pass_the_checks_of_the_store(config: Config) -> None:
    with catalog_of(config) as catalog:
        synthetic.fill_catalog(catalog, config, 60)
        synthetic.fill_index(catalog, config, 60)
        with open_vectors(catalog, config) as store:
            points = store.get(catalog.ids(), [space.name for space in TRACKS.spaces if not space.sparse])
            assert len(points) == 60
            assert {frozenset(point.dense) for point in points.values()} == {
                frozenset({"tags", "heard", "timbre", "descriptors", "table", "text"})
            }
            assert store.count(synthetic.KEEP_TENTH) == 6
            assert store.count(synthetic.KEEP_MOST) == 54


def test_a_question_is_nearest_to_songs_of_its_own_group(config: Config) -> None:
    with catalog_of(config) as catalog:
        synthetic.fill_catalog(catalog, config, 400)
        synthetic.fill_index(catalog, config, 400)
        asked, _ = synthetic.question(3)
        with open_vectors(catalog, config) as store:
            (found,) = store.ask([Ask("timbre", asked["timbre"], 30)])
        scores = [match.score for match in found]
        assert scores[0] > 0.5
        assert scores[-1] < 0.3


def test_words_hardly_ever_tie() -> None:
    points = synthetic.songs(0, 500).points(Words())
    weights = {value for point in points for value in point.sparse["words"].values}
    assert len(weights) > 450


def test_raw_vectors_go_through_the_real_refresh_and_can_be_asked(config: Config) -> None:
    with catalog_of(config) as catalog:
        synthetic.fill_catalog(catalog, config, 40, raw=spaces.ENCODED, indexed=False)
        assert len(catalog.stale()) == 40
        assert refresh.refresh(catalog, config, Quiet()) == []
        assert catalog.stale() == []
        statistics = fitted(catalog)
        track = catalog.all_tracks(limit=1)[0]
        with open_vectors(catalog, config) as store:
            hits = similar(catalog, store, seed_of(catalog, config, track, statistics), Query(limit=5), statistics)
        assert len(hits) == 5
