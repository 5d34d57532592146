"""Contrasts of a song's thirds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from songkin.encoders.drift import Drift


def heard(windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    drift = Drift()
    for window in windows:
        drift.add(window)
    found = drift.contrasts()
    assert found.dtype == np.float32
    return found[: windows.shape[1]], found[windows.shape[1] :]


def test_contrasts_add_up_to_the_scatter_of_the_thirds() -> None:
    windows = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    thirds = np.stack([part.mean(axis=0) for part in np.array_split(windows, 3)])
    centred = thirds - thirds.mean(axis=0)
    rise, bend = heard(windows)
    np.testing.assert_allclose(np.outer(rise, rise) + np.outer(bend, bend), centred.T @ centred, atol=1e-5)


def test_a_song_that_stays_as_it_is_has_no_contrast() -> None:
    assert not np.concatenate(heard(np.ones((30, 4), np.float32))).any()


def test_two_windows_have_one_contrast_and_one_window_none() -> None:
    rise, bend = heard(np.array([[1.0, 2.0], [0.0, 2.0]], np.float32))
    assert rise == pytest.approx([2**-0.5, 0.0])
    assert not bend.any()
    assert not np.concatenate(heard(np.ones((1, 2), np.float32))).any()


@pytest.mark.parametrize("count", [95, 96, 97, 200, 1000, 1537])
def test_a_long_song_is_contrasted_as_if_all_its_windows_were_kept(count: int) -> None:
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)[:, None]
    rise, bend = heard(ramp)
    assert float(rise[0]) == pytest.approx(-2 / 3 / 2**0.5, rel=0.05)
    assert float(bend[0]) == pytest.approx(0.0, abs=0.02)


def test_without_a_window_there_is_nothing_to_contrast() -> None:
    with pytest.raises(ValueError, match="no window"):
        Drift().contrasts()
