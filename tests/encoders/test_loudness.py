"""Loudness against what BS.1770-4 says of sines."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from songkin.encoders.loudness import FLOOR, LoudnessMeter, k_weights
from songkin.encoders.mel import power_frames

RATE = 22_050
N_FFT = 2048
HOP = 512


def metered(*sounds: NDArray[np.float32]) -> LoudnessMeter:
    meter = LoudnessMeter(RATE / HOP)
    for sound in sounds:
        meter.push(power_frames(sound, N_FFT, HOP) @ k_weights(RATE, N_FFT))
    return meter


def sine(hertz: float, dbfs: float, seconds: float = 10.0) -> NDArray[np.float32]:
    t = np.arange(round(seconds * RATE)) / RATE
    return (10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


@pytest.mark.parametrize("dbfs", [0.0, -20.0, -23.0, -40.0])
def test_a_sine_of_one_kilohertz_reads_three_decibels_under_its_peak(dbfs: float) -> None:
    assert metered(sine(1000.0, dbfs)).integrated() == pytest.approx(dbfs - 3.01, abs=0.05)


def biquads_gain(hertz: float) -> float:
    """The two filters of the standard in dB at 48 kHz, less their 0.691 dB at 1 kHz."""
    z = np.exp(-2j * np.pi * hertz / 48_000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return float(20 * np.log10(abs(shelf * high))) - 0.691


@pytest.mark.parametrize("hertz", [60.0, 100.0, 400.0, 2000.0, 5000.0, 9000.0])
def test_other_sines_are_weighted_as_the_filters_would(hertz: float) -> None:
    assert metered(sine(hertz, -20.0)).integrated() == pytest.approx(-23.01 + biquads_gain(hertz), abs=0.15)


def test_pauses_do_not_count() -> None:
    pause = np.zeros(10 * RATE, dtype=np.float32)
    assert metered(sine(1000.0, -20.0), pause).integrated() == pytest.approx(-23.01, abs=0.1)


def test_quiet_passages_far_below_the_rest_do_not_count() -> None:
    assert metered(sine(1000.0, -20.0), sine(1000.0, -45.0)).integrated() == pytest.approx(-23.01, abs=0.1)


def test_silence_reads_the_floor_and_has_no_range() -> None:
    meter = metered(np.zeros(RATE, dtype=np.float32))
    assert meter.integrated() == FLOOR
    assert (meter.range(), meter.spread()) == (0.0, 0.0)


def test_who_heard_nothing_reads_the_floor() -> None:
    assert LoudnessMeter(43.0).integrated() == FLOOR


def test_the_range_of_two_levels_is_their_distance() -> None:
    meter = metered(sine(1000.0, -20.0, 20.0), sine(1000.0, -30.0, 20.0))
    assert meter.range() == pytest.approx(10.0, abs=0.3)


def test_a_steady_sound_has_no_range_and_no_spread() -> None:
    meter = metered(sine(1000.0, -20.0))
    assert meter.range() < 0.05
    assert meter.spread() < 0.05


def test_a_stretch_shorter_than_a_gating_block_is_measured() -> None:
    assert metered(sine(1000.0, -20.0, 0.2)).integrated() == pytest.approx(-23.01, abs=0.1)
