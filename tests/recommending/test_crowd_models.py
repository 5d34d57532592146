"""Models of the crowd by name: item-kNN, and those of ``implicit`` where it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kindsongs import ANY, kinds, make_kinds
from libraries import library_at
from songkin.cli import run
from songkin.errors import QueryError
from songkin.recommending import factors
from songkin.recommending.asking import Wanted
from songkin.recommending.crowd import Crowd, of_lists

OURS = ("item-knn",)
THEIRS = ("tfidf", "bm25", "als", "bpr", "lmf")
needs_implicit = pytest.mark.skipif(not factors.installed(), reason="implicit is not installed")
every_model = pytest.mark.parametrize("name", [*OURS, *(pytest.param(name, marks=needs_implicit) for name in THEIRS)])


def circles(lists: int = 60, songs: int = 40) -> Crowd:
    """Two circles of songs that never meet."""
    rng = np.random.default_rng(0)
    half = songs // 2
    return of_lists([(rng.permutation(half)[:8] + half * (n % 2)).tolist() for n in range(lists)], list(range(songs)))


@every_model
def test_every_model_tells_songs_that_meet_from_those_that_never_do(name: str) -> None:
    scores = factors.fitted(circles(), name)({1: 1.0, 2: 0.5, 3: 1.0})
    assert scores.shape == (40,)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    others = np.delete(scores, [1, 2, 3])
    assert others[:17].mean() > others[17:].mean()
    if name not in ("als", "bpr", "lmf"):  # of sixty lists factors learn little
        assert np.sort(others[:17])[5] > np.sort(others[17:])[-5]


@every_model
def test_a_heavier_seed_says_more(name: str) -> None:
    model = factors.fitted(circles(), name)
    first, second = model({1: 1.0, 30: 0.05}), model({1: 0.05, 30: 1.0})
    assert (first - second)[4:20].mean() > (first - second)[20:29].mean()


@every_model
def test_without_playlists_no_model_knows_anything(name: str) -> None:
    assert factors.fitted(of_lists([], [0, 1, 2]), name)({1: 1.0}).tolist() == [0.0, 0.0, 0.0]


def test_item_knn_is_the_cosine_of_the_lists_that_songs_stand_in() -> None:
    crowd = circles(20, 12)
    there = np.array([[song in crowd.songs_of(n) for n in range(20)] for song in range(12)], float)
    unit = there / np.linalg.norm(there, axis=1, keepdims=True)
    expected = unit @ (0.5 * unit[3] + unit[7])
    np.testing.assert_allclose(factors.fitted(crowd, "item-knn")({3: 0.5, 7: 1.0}), expected, atol=1e-5)


@needs_implicit
@pytest.mark.parametrize("name", THEIRS)
def test_a_fitted_model_is_kept_and_one_that_is_damaged_or_of_other_lists_is_made_again(
    tmp_path: Path, name: str
) -> None:
    crowd, seeds = circles(), {1: 1.0, 5: 1.0}
    first = factors.fitted(crowd, name, folder=tmp_path)(seeds)
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    np.testing.assert_allclose(factors.fitted(crowd, name, folder=tmp_path)(seeds), first, atol=1e-4)
    assert kept.stat().st_mtime_ns == written
    kept.write_bytes(kept.read_bytes()[:200])
    again = factors.fitted(crowd, name, folder=tmp_path)(seeds)
    assert np.isfinite(again).all()
    assert kept.stat().st_size > 200
    factors.fitted(crowd.without([0]), name, folder=tmp_path)
    (other,) = tmp_path.iterdir()
    assert other != kept


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kinds(tmp_path_factory.mktemp("models"))


@every_model
def test_recommendations_from_every_model(home: Path, name: str) -> None:
    with library_at(home / "library", cache=str(home / "no")) as library:
        answer = library.recommend(Wanted(like=("piano 1", "piano 4"), crowd=name), ANY)
        assert kinds(answer).count("piano") >= (10 if name in ("item-knn", "tfidf", "bm25") else 4)
        assert any("stands with" in reason for hit in answer.hits for reason in hit.why)
        alone = library.recommend(Wanted(like=("piano 29",), crowd=name), ANY)  # in no list
        assert len(alone.hits) == 10


def test_a_model_that_is_none_is_told_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(QueryError, match="no crowd 'svd'") as told:
        Wanted(like=("piano 1",), crowd="svd")
    assert "knn, item-knn, tfidf" in told.value.remedy
    assert run(["recommend", "--like", "piano 1", "--crowd", "svd", "-L", str(home / "library")]) == 2
    assert "no crowd 'svd'" in capsys.readouterr().err


@pytest.mark.skipif(factors.installed(), reason="implicit is installed")
def test_without_implicit_its_models_say_how_to_get_them() -> None:
    with pytest.raises(QueryError, match="not installed") as told:
        Wanted(crowd="als")
    assert "pip install 'songkin[crowd]'" in told.value.remedy
