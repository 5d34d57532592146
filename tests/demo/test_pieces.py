"""Pieces: always the same, never broken, and heard by a trained net as what they are."""

from __future__ import annotations

import numpy as np
import pytest

from songkin.demo.pieces import KINDS, make_piece, make_pieces
from songkin.demo.synth import RATE, pluck, pulse, tone


@pytest.mark.parametrize("kind", KINDS)
def test_a_piece_of_each_kind_can_be_played(kind: str) -> None:
    piece = make_piece(kind, 1, 4.0)
    sound = piece.render()
    assert sound.dtype == np.float32
    assert sound.shape == (2, 4 * RATE)
    assert np.isfinite(sound).all()
    assert 0.3 < np.abs(sound).max() <= 1.0
    assert np.sqrt(np.square(sound).mean()) > 0.01


def test_the_same_piece_has_the_same_samples() -> None:
    np.testing.assert_array_equal(make_piece("guitar", 3, 3.0).render(), make_piece("guitar", 3, 3.0).render())


def test_another_seed_gives_another_piece() -> None:
    one, two = (make_piece("guitar", seed, 3.0, 90.0, "C major").render() for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_a_piece_is_in_the_key_and_at_the_tempo_asked_for() -> None:
    piece = make_piece("techno", 1, 4.0, bpm=133.0, key="Bb minor")
    assert (piece.bpm, piece.key) == (133.0, "Bb minor")


def test_what_has_no_pulse_or_key_says_so() -> None:
    assert make_piece("ambient", 1).bpm is None
    assert make_piece("drum_solo", 1).key is None


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        make_piece("polka", 1)


def test_the_library_has_some_fifty_pieces_with_names_of_their_own() -> None:
    pieces = make_pieces()
    assert 40 <= len(pieces) <= 60
    assert len({piece.title for piece in pieces}) == len(pieces)
    assert all(15 <= piece.seconds <= 25 for piece in pieces)


def test_most_kinds_in_the_library_have_a_sibling() -> None:
    kinds = [piece.kind for piece in make_pieces()]
    assert sum(kinds.count(kind) >= 2 for kind in set(kinds)) >= 18


def test_titles_seldom_name_the_kind() -> None:
    told = [p for p in make_pieces() if any(word in p.title.lower() for word in p.kind.split("_"))]
    assert len(told) <= 2


@pytest.mark.parametrize("hertz", [82.4, 220.0, 441.3, 987.8])
def test_a_plucked_string_is_in_tune(hertz: float) -> None:
    sound = pluck(np.random.default_rng(0), hertz, 2.0, 3.0)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size), 8 * sound.size))
    bins = np.fft.rfftfreq(8 * sound.size, 1 / RATE)
    near = np.abs(bins / hertz - 1) < 0.03
    assert bins[near][spectrum[near].argmax()] == pytest.approx(hertz, rel=0.003)


def test_a_tone_does_not_alias() -> None:
    hertz = 3000.0
    spectrum = np.abs(np.fft.rfft(tone(hertz, 1.0, pulse()) * np.hanning(RATE)))
    loud = np.flatnonzero(spectrum > 1e-3 * spectrum.max()) * RATE / (2 * (spectrum.size - 1))
    assert np.all(np.abs(loud / hertz - np.round(loud / hertz)) < 0.01)


HEARD = {
    "piano_ballad": "piano",
    "choir": "choir",
    "techno": "techno",
    "flute": "flute",
    "drum_solo": "drums",
    "guitar": "guitar",
    "string_quartet": "strings",
    "metal": "rock",
}


def test_a_trained_net_hears_pieces_as_what_they_are() -> None:
    soxr = pytest.importorskip("soxr")
    from songkin.encoders import weights
    from songkin.encoders.musicnn import MTT_TAGS, SPEC, MusiCNN

    cache = weights.default_cache()
    if not weights.installed(SPEC, cache):
        pytest.skip("the weights of MusiCNN are not on this machine")
    table = []
    for kind in HEARD:
        sound = soxr.resample(make_piece(kind, 1, 7.0).render().mean(axis=0), RATE, 16_000).astype(np.float32)
        plan = SPEC.plan("default")
        listening = MusiCNN(cache).begin()
        for start in (0, plan.hop):
            listening.push(sound[start : start + plan.window])
        table.append(listening.finish()["mtt_tags"])
    rows = np.stack(table)
    loudest = [list(HEARD)[int(rows[:, MTT_TAGS.index(tag)].argmax())] for tag in HEARD.values()]
    assert sum(found == kind for found, kind in zip(loudest, HEARD, strict=True)) >= 7
