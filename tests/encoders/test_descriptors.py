"""Descriptors: shapes, what they do not hear (level), what they do, and how often tempo and key are right."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from songkin.audio.windows import Cutter
from songkin.demo.pieces import Piece, make_piece
from songkin.encoders.descriptors import (
    BANDS,
    RATES,
    SAMPLE_RATE,
    SPEC,
    DescriptorListening,
    Descriptors,
    modulation,
)

Sound = NDArray[np.float32]
WINDOW = SPEC.plan("default").window


def heard(sounds: Iterable[Sound]) -> DescriptorListening:
    listening = Descriptors().begin()
    for sound in sounds:
        listening.push(np.resize(sound, WINDOW).astype(np.float32))
    return listening


def vectors(sound: Sound) -> dict[str, NDArray[np.float32]]:
    return heard([sound]).finish()


def facts(sound: Sound) -> dict[str, float]:
    listening = heard([sound])
    listening.finish()
    return {name: fact for name, fact in listening.facts.items() if isinstance(fact, float)}


def sine(hertz: float, level: float = 0.5) -> Sound:
    return (level * np.sin(2 * np.pi * hertz * np.arange(WINDOW) / SAMPLE_RATE)).astype(np.float32)


def noise(seed: int = 0) -> Sound:
    return (0.1 * np.random.default_rng(seed).standard_normal(WINDOW)).astype(np.float32)


def test_one_stretch_is_512_frames_and_the_next_one_follows_without_a_gap() -> None:
    assert WINDOW == 511 * 512 + 2048
    assert SPEC.hop == 512 * 512


def test_the_vectors_have_their_lengths_and_hold_only_numbers() -> None:
    found = vectors(noise())
    assert {name: v.shape for name, v in found.items()} == {name: (size,) for name, size in SPEC.outputs.items()}
    assert all(v.dtype == np.float32 and np.isfinite(v).all() for v in found.values())


def test_who_heard_nothing_gives_nothing() -> None:
    listening = Descriptors().begin()
    assert listening.finish() == {}
    assert listening.facts == {}


@pytest.mark.parametrize("level", [1e-3, 1e-6, 1e-12, 1e-30])
def test_near_silence_gives_numbers(level: float) -> None:
    listening = heard([noise() * np.float32(level)])
    assert all(np.isfinite(v).all() for v in listening.finish().values())
    assert all(np.isfinite(fact) for fact in listening.facts.values() if isinstance(fact, float))


def test_a_click_in_silence_gives_numbers() -> None:
    sound = np.zeros(WINDOW, dtype=np.float32)
    sound[1000] = 1.0
    assert all(np.isfinite(v).all() for v in vectors(sound).values())


def test_half_the_level_changes_only_the_first_coefficient() -> None:
    sound = np.concatenate([sine(440.0) * noise(1) * 10, noise(2)])[:WINDOW]
    loud, soft = vectors(sound), vectors(sound * np.float32(0.5))
    assert loud["timbre98"][0] - soft["timbre98"][0] == pytest.approx(20 * np.log10(2) * np.sqrt(128), rel=1e-3)
    np.testing.assert_allclose(loud["timbre98"][1:], soft["timbre98"][1:], atol=2e-3)
    np.testing.assert_allclose(loud["modulation288"], soft["modulation288"], atol=1e-3)


def test_two_stretches_alike_describe_as_one() -> None:
    one, two = heard([noise()]).finish(), heard([noise(), noise()]).finish()
    np.testing.assert_allclose(one["timbre98"], two["timbre98"], rtol=1e-4, atol=1e-4)


def test_a_song_that_changes_halfway_drifts_and_a_steady_one_does_not() -> None:
    steady, changing = (
        heard(sounds).finish()["descriptor_drift"] for sounds in ([noise()] * 3, [noise(), sine(440.0)])
    )
    assert float(np.abs(steady).max()) < 1e-3
    assert float(np.abs(changing).max()) > 1.0


def test_a_tremolo_stands_at_its_rate_in_the_modulation_vector() -> None:
    hertz = 2.0
    frames = np.arange(512) * 512 / SAMPLE_RATE
    mel_db = np.repeat(np.sin(2 * np.pi * hertz * frames)[:, None], 128, axis=1).astype(np.float32)
    rates = modulation(mel_db).reshape(BANDS, RATES)
    step = SAMPLE_RATE / 512 / 512 * 5
    assert rates.mean(axis=0).argmax() == int((hertz - 2 * step / 5) / step)


def test_a_sine_is_as_bright_as_its_frequency() -> None:
    found = facts(sine(3000.0))
    assert found["brightness"] == pytest.approx(3000.0, rel=0.02)
    assert found["rolloff"] == pytest.approx(3000.0, abs=90.0)
    assert found["zero_crossings"] == pytest.approx(6000.0, rel=0.01)


def test_noise_is_flat_and_a_sine_is_not() -> None:
    assert facts(noise())["flatness"] > 0.5
    assert facts(sine(1000.0))["flatness"] < 0.01


def test_the_facts_hold_all_that_bliss_measures() -> None:
    kinds = {"bpm", "zero_crossings", "loudness", "loudness_spread"}
    kinds |= {name + spread for name in ("brightness", "rolloff", "flatness") for spread in ("", "_spread")}
    beats = noise() * (np.arange(WINDOW) % (SAMPLE_RATE // 2) < 1000)
    assert kinds <= facts(beats.astype(np.float32)).keys()


def test_a_clip_of_five_seconds_has_a_tempo() -> None:
    beat = SAMPLE_RATE // 2
    clicks = noise() * (np.arange(WINDOW) % beat < 1000)
    assert facts(clicks[: 10 * beat].astype(np.float32))["bpm"] == pytest.approx(120.0, rel=0.01)


PLAYED = (
    *(
        "ragtime",
        "string_quartet",
        "guitar",
        "music_box",
        "organ",
        "techno",
        "chiptune",
        "dub",
        "hip_hop",
        "walking_jazz",
    ),
    *("flute", "church_bells", "ambient", "experiment"),
)


@pytest.fixture(scope="module")
def known() -> list[tuple[Piece, dict[str, float | str]]]:
    """Two pieces each of some kinds, and their facts."""
    out = []
    for piece in (make_piece(kind, seed, 14.0) for kind in PLAYED for seed in (31, 32)):
        left, right = piece.render()
        listening = Descriptors().begin()
        cutter = Cutter(SPEC.plan("default"), listening.push)
        cutter.feed((left + right) / 2)
        cutter.finish()
        listening.finish()
        out.append((piece, listening.facts))
    return out


def test_tempi_of_played_pieces_are_found(known: list[tuple[Piece, dict[str, float | str]]]) -> None:
    ratios = np.array([float(facts.get("bpm", 0.0)) / piece.bpm for piece, facts in known if piece.bpm])
    right = np.abs(ratios - 1) < 0.04
    octave = np.minimum(np.abs(ratios / 2 - 1), np.abs(ratios * 2 - 1)) < 0.04
    assert len(ratios) >= 20
    assert right.mean() >= 0.70
    assert (right | octave).mean() >= 0.85


def test_keys_of_played_pieces_are_found(known: list[tuple[Piece, dict[str, float | str]]]) -> None:
    right = [facts.get("key") == piece.key for piece, facts in known if piece.key]
    assert len(right) >= 20
    assert np.mean(right) >= 0.70


def test_pieces_without_a_pulse_have_a_less_sure_tempo(known: list[tuple[Piece, dict[str, float | str]]]) -> None:
    sure: dict[bool, list[float]] = {True: [], False: []}
    for piece, facts in known:
        sure[bool(piece.bpm)].append(float(facts.get("bpm_confidence", 0.0)))
    assert max(sure[False]) < np.median(sure[True])
