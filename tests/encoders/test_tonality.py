"""Keys and tuning from spectra of made-up chords."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from songkin.encoders.mel import power_frames
from songkin.encoders.tonality import THIRDS, find_key, fold, peaks, pitch_filters, tuning
from songkin.records import PITCH_CLASSES

RATE = 22_050
N_FFT = 2048


def thirds_of(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean 36 thirds for the key."""
    size = np.sqrt(power_frames(sound, N_FFT, 512))
    return np.asarray((peaks(size, RATE, N_FFT) @ pitch_filters(RATE, N_FFT)).mean(axis=0)[:THIRDS], dtype=np.float64)


def chords(tonic: int, mode: str, cents: float = 0.0, harmonics: int = 5) -> NDArray[np.float32]:
    """I IV V I, half a second each, as sums of decaying harmonics; the fifth degree has its leading note."""
    third = 4 if mode == "major" else 3
    rows = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    t = np.arange(RATE // 2) / RATE
    out = []
    for row in rows:
        hz = [440.0 * 2 ** ((48 + tonic + step - 57) / 12 + cents / 1200) for step in row]
        out.append(sum(np.sin(2 * np.pi * n * f * t) / n for f in hz for n in range(1, harmonics + 1)))
    return (0.1 * np.concatenate(out)).astype(np.float32)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_cadence_is_found(tonic: int, mode: str) -> None:
    key = find_key(thirds_of(chords(tonic, mode)))
    assert key is not None
    assert key.name == f"{PITCH_CLASSES[tonic]} {mode}"
    assert 0.0 < key.confidence <= 1.0


@pytest.mark.parametrize("cents", [-35.0, -20.0, 20.0, 35.0])
def test_a_song_out_of_tune_keeps_its_key_and_tells_its_tuning(cents: float) -> None:
    thirds = thirds_of(chords(2, "major", cents))
    key = find_key(thirds)
    assert key is not None
    assert key.name == "D major"
    assert tuning(thirds) == pytest.approx(cents, abs=8.0)


def test_a_song_in_tune_is_said_to_be() -> None:
    assert abs(tuning(thirds_of(chords(9, "minor")))) < 5.0


def test_where_all_classes_sound_alike_there_is_no_key() -> None:
    assert find_key(np.ones(THIRDS)) is None


def test_white_noise_is_less_sure_of_its_key_than_a_cadence() -> None:
    sound = np.random.default_rng(0).standard_normal(4 * RATE).astype(np.float32)
    key, sure = find_key(thirds_of(sound)), find_key(thirds_of(chords(0, "major")))
    assert sure is not None
    assert key is None or key.confidence < sure.confidence / 2


def test_a_single_note_falls_into_its_class() -> None:
    t = np.arange(RATE) / RATE
    size = np.sqrt(power_frames(np.sin(2 * np.pi * 440.0 * t).astype(np.float32), N_FFT, 512))
    both = peaks(size, RATE, N_FFT) @ pitch_filters(RATE, N_FFT)
    for half in (both[:, :THIRDS], both[:, THIRDS:]):
        assert set(fold(half).argmax(axis=1)) == {PITCH_CLASSES.index("A")}


def test_peaks_keep_local_maxima_and_nothing_else() -> None:
    size = np.zeros((1, N_FFT // 2 + 1), dtype=np.float32)
    size[0, 99:102] = [1.0, 3.0, 2.0]
    found = peaks(size, RATE, N_FFT)
    assert found[0, 100] == 3.0
    assert found.sum() == 3.0


def test_folding_gathers_the_neighbours_of_each_class() -> None:
    thirds = np.zeros(THIRDS)
    thirds[[35, 0, 1]] = 1.0
    np.testing.assert_array_equal(fold(thirds), [3.0, *[0.0] * 11])
    np.testing.assert_array_equal(fold(np.roll(thirds, 1), 1), [3.0, *[0.0] * 11])
