"""The mel front end against its published check values and against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songkin.encoders.mel import BLOCK, hann, hz_to_mel, mel_filters, mel_to_hz, power_frames


def test_the_musicnn_filter_bank_has_its_known_peak_and_sum() -> None:
    filters = mel_filters(16_000, 512, 96, 0.0, 8000.0)
    assert filters.shape == (96, 257)
    assert filters.dtype == np.float32
    assert float(filters.max()) == pytest.approx(0.0319992, abs=1e-7)
    assert float(filters.sum()) == pytest.approx(3.071914, abs=1e-5)


def test_no_band_of_the_musicnn_filter_bank_is_empty_and_the_first_has_one_bin() -> None:
    filters = mel_filters(16_000, 512, 96, 0.0, 8000.0)
    assert (filters > 0).any(axis=1).all()
    assert int((filters[0] > 0).sum()) == 1


def test_filters_are_triangles_of_area_one_where_bins_are_dense() -> None:
    filters = mel_filters(22_050, 2048, 128, 0.0, 11_025.0)
    area = filters[100:].sum(axis=1) * 22_050 / 2048
    assert area == pytest.approx(np.ones(28), abs=0.02)


def test_filters_are_shared_and_cannot_be_written_to() -> None:
    filters = mel_filters(16_000, 512, 96, 0.0, 8000.0)
    assert mel_filters(16_000, 512, 96, 0.0, 8000.0) is filters
    with pytest.raises(ValueError, match="read-only"):
        filters[0, 0] = 1.0


@given(st.floats(0.0, 20_000.0))
def test_the_mel_scale_and_its_inverse_agree(hz: float) -> None:
    there = hz_to_mel(np.array([hz]))
    assert mel_to_hz(there)[0] == pytest.approx(hz, rel=1e-9, abs=1e-9)


def test_the_mel_scale_passes_through_its_knee() -> None:
    assert hz_to_mel(np.array([0.0, 1000.0, 6400.0])) == pytest.approx([0.0, 15.0, 42.0])


def test_the_hann_window_is_periodic() -> None:
    window = hann(512)
    assert window[0] == 0.0
    assert window[256] == pytest.approx(1.0)
    assert window[1:] == pytest.approx(window[1:][::-1], abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(length=st.integers(0, 3000), n_fft=st.sampled_from([64, 256]), hop=st.integers(16, 300))
def test_power_frames_equal_the_plain_definition(length: int, n_fft: int, hop: int) -> None:
    signal = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    power = power_frames(signal, n_fft, hop)
    count = 0 if length < n_fft else (length - n_fft) // hop + 1
    assert power.shape == (count, n_fft // 2 + 1)
    assert power.dtype == np.float32
    for i in range(count):
        plain = np.abs(np.fft.rfft(signal[i * hop : i * hop + n_fft].astype(np.float64) * hann(n_fft))) ** 2
        assert power[i] == pytest.approx(plain, rel=1e-4, abs=1e-3)


def test_blocks_do_not_show_in_the_frames() -> None:
    signal = np.random.default_rng(1).standard_normal(64 + 16 * (2 * BLOCK + 5)).astype(np.float32)
    whole = power_frames(signal, 64, 16)
    assert len(whole) == 2 * BLOCK + 6
    late = power_frames(signal[16 * (BLOCK - 3) :], 64, 16)
    assert whole[BLOCK - 3 :] == pytest.approx(late, rel=1e-6, abs=1e-6)
