"""Ridge regression in closed form, its ridge chosen by hiding rows or groups."""

from __future__ import annotations

import numpy as np
import pytest

from songkin.training.ridge import RIDGES, fitted


def made(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, true = rng.normal(size=(n, 6)), rng.normal(size=(6, 3))
    return x, x @ true + 5 + noise * rng.normal(size=(n, 3)), true


def test_a_linear_map_is_found_with_its_level() -> None:
    x, y, true = made()
    fit = fitted(x, y)
    assert fit.ridge == min(RIDGES)
    assert np.abs(fit.map - true).max() < 0.05
    assert np.abs(fit.predict(x) - y).max() < 0.6
    assert (fit.explained > 0.98).all()


def test_the_map_is_the_textbook_one() -> None:
    x, y, _ = made(50)
    fit = fitted(x, y, ridges=(3.0,))
    centred = x - x.mean(axis=0)
    wanted = np.linalg.solve(centred.T @ centred + 3.0 * np.eye(6), centred.T @ (y - y.mean(axis=0)))
    assert np.allclose(fit.map, wanted)


def test_noise_is_explained_by_nothing_and_takes_the_largest_ridge() -> None:
    rng = np.random.default_rng(1)
    fit = fitted(rng.normal(size=(80, 40)), rng.normal(size=(80, 2)))
    assert fit.ridge == max(RIDGES)
    assert (fit.explained < 0.05).all()


def test_rows_that_share_a_text_ask_for_a_larger_ridge_when_hidden_together() -> None:
    rng = np.random.default_rng(2)
    texts = rng.normal(size=(12, 30))
    of_group = np.repeat(np.arange(12), 20)
    x = texts[of_group]
    y = rng.normal(size=(12, 2))[of_group] + 0.1 * rng.normal(size=(240, 2))
    alone, together = fitted(x, y), fitted(x, y, [str(n) for n in of_group])
    assert together.ridge > alone.ridge
    assert alone.explained.min() > 0.9
    assert together.explained.max() < 0.2


def test_every_group_counts_alike() -> None:
    x = np.array([[0.0]] * 90 + [[1.0]] * 10)
    y = np.array([[0.0]] * 90 + [[4.0]] * 10)
    assert fitted(x, y, ["a"] * 90 + ["b"] * 10).level == pytest.approx(2.0)
    assert fitted(x, y).level == pytest.approx(0.4)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_few_rows_and_columns_that_never_vary_are_no_fault(n: int) -> None:
    fit = fitted(np.ones((n, 4)), np.arange(n, dtype=float)[:, None])
    assert np.isfinite(fit.map).all()
    assert np.isfinite(fit.explained).all()
