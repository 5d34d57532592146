"""Tempo from an onset curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from songkin.encoders.rhythm import PulseMeter, autocorrelation, count_onsets, find_tempo, onset_strength

RATE = 22_050 / 512


def mel_of_clicks(
    bpm: float, frames: int = 512, accents: tuple[float, ...] = (1.0,), start: float = 0.1
) -> NDArray[np.float32]:
    """Mel bands in dB of clicks that rise within a frame and die away."""
    time = np.arange(frames) / RATE
    out = np.full(frames, -60.0)
    for i, at in enumerate(np.arange(start, time[-1], 60 / bpm)):
        since = time - at
        struck = (
            60 * accents[i % len(accents)] * np.exp(-np.maximum(since, 0.0) / 0.08) * np.clip(since * RATE + 1, 0, 1)
        )
        out = np.maximum(out, -60.0 + struck)
    return np.repeat(out[:, None], 4, axis=1).astype(np.float32)


@settings(max_examples=25)
@given(bpm=st.floats(70, 160), start=st.floats(0, 0.5))
def test_the_tempo_of_clicks_is_found_to_half_a_percent(bpm: float, start: float) -> None:
    meter = PulseMeter(RATE)
    meter.push(mel_of_clicks(bpm, start=start))
    tempo = meter.tempo()
    assert tempo is not None
    assert tempo.bpm == pytest.approx(bpm, rel=0.005)
    assert tempo.confidence > 0.5


def test_several_stretches_agree_on_one_tempo() -> None:
    meter = PulseMeter(RATE)
    for start in (0.0, 0.13, 0.31):
        meter.push(mel_of_clicks(97.0, start=start))
    tempo = meter.tempo()
    assert tempo is not None
    assert tempo.bpm == pytest.approx(97.0, rel=0.003)


def test_the_alternative_is_half_or_double() -> None:
    meter = PulseMeter(RATE)
    meter.push(mel_of_clicks(160.0, accents=(1.0, 0.4)))
    tempo = meter.tempo()
    assert tempo is not None
    assert min(abs(b / 160.0 - 1) for b in (tempo.bpm, tempo.alternative)) < 0.01
    assert tempo.alternative / tempo.bpm in (0.5, 2.0)


def test_onsets_are_counted() -> None:
    meter = PulseMeter(RATE)
    meter.push(mel_of_clicks(120.0))
    assert meter.onset_rate() == pytest.approx(2.0, abs=0.15)


def test_a_steady_sound_has_neither_tempo_nor_onsets() -> None:
    meter = PulseMeter(RATE)
    meter.push(np.full((512, 8), -20.0, dtype=np.float32))
    assert meter.tempo() is None
    assert meter.onset_rate() == 0.0


def test_noise_has_an_unsure_tempo() -> None:
    meter = PulseMeter(RATE)
    meter.push(np.random.default_rng(0).normal(-30, 4, (512, 128)).astype(np.float32))
    tempo = meter.tempo()
    assert tempo is None or tempo.confidence < 0.15


def test_a_stretch_of_two_frames_is_passed_over() -> None:
    meter = PulseMeter(RATE)
    meter.push(np.zeros((2, 8), dtype=np.float32))
    assert meter.tempo() is None
    assert meter.onset_rate() == 0.0


@pytest.mark.parametrize("frames", [3, 4, 5, 20, 100])
def test_short_stretches_do_no_harm(frames: int) -> None:
    onset = onset_strength(np.random.default_rng(1).normal(0, 1, (frames, 8)).astype(np.float32), RATE)
    assert onset.shape == (frames - 1,)
    assert (onset >= 0).all()
    assert np.isfinite(autocorrelation(onset)).all()
    assert count_onsets(onset) <= frames
    find_tempo(autocorrelation(onset), RATE)


def test_an_autocorrelation_is_one_at_no_lag_and_high_at_the_period() -> None:
    curve = np.tile([1.0, 0.0, 0.0, 0.0, 0.0], 40)
    found = autocorrelation(curve)
    assert found[0] == pytest.approx(1.0)
    assert found[5] == pytest.approx(1.0, abs=0.02)
    assert found[2] < 0.0
