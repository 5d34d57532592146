"""Fingerprints: copies agree, others do not, and a few seconds find their song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from songkin import audio
from songkin.audio.windows import Cutter
from songkin.demo.pieces import make_piece
from songkin.demo.synth import RATE
from songkin.encoders.fingerprint import (
    CODE_S,
    LEAST_CODES,
    SAME_RECORDING,
    SAMPLE_RATE,
    SPEC,
    Codes,
    Fingerprint,
    FingerprintIndex,
    bit_error_rate,
    codes_of,
    phases_of,
)

Sound = NDArray[np.float32]
SECONDS = 16.0
COPIES = {"mp3 at 64 kb/s": (".mp3", 64_000), "opus at 32 kb/s": (".opus", 32_000), "aac at 48 kb/s": (".m4a", 48_000)}


KINDS = ("ragtime", "string_quartet", "music_box", "organ", "techno", "hip_hop", "flute", "church_bells", "fanfare")


@pytest.fixture(scope="module")
def played() -> dict[str, Sound]:
    """Sounds at 22,050 Hz."""
    return {kind: make_piece(kind, 41, SECONDS).render().mean(axis=0) for kind in KINDS}


@pytest.fixture(scope="module")
def songs(played: dict[str, Sound]) -> dict[str, Sound]:
    """The same at 5512 Hz."""
    return {kind: soxr.resample(sound, RATE, SAMPLE_RATE).astype(np.float32) for kind, sound in played.items()}


def listened(sound: Sound) -> Codes:
    listening = Fingerprint().begin()
    cutter = Cutter(SPEC.plan("default"), listening.push)
    cutter.feed(sound)
    cutter.finish()
    return np.asarray(listening.finish()["fingerprint"], dtype=np.uint32)


def telephone(sound: Sound) -> Sound:
    """Only what is between 300 and 3400 Hz."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] *= 0.01
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def test_windows_follow_one_another_without_a_gap(songs: dict[str, Sound]) -> None:
    sound = songs[KINDS[0]]
    in_windows, whole = listened(sound), codes_of(sound)
    assert in_windows.dtype == np.uint32
    assert len(whole) - 32 < len(in_windows) <= len(whole)
    np.testing.assert_array_equal(in_windows, whole[: len(in_windows)])


def test_who_heard_nothing_gives_nothing() -> None:
    assert Fingerprint().begin().finish() == {}


def test_level_does_not_matter(songs: dict[str, Sound]) -> None:
    assert bit_error_rate(codes_of(songs[KINDS[0]]), codes_of(songs[KINDS[0]] * np.float32(0.05)))[0] < 0.01


@pytest.mark.parametrize("copy", COPIES)
def test_an_encoded_copy_is_the_same_recording(
    copy: str, played: dict[str, Sound], songs: dict[str, Sound], tmp_path: Path
) -> None:
    suffix, bit_rate = COPIES[copy]
    path = str(tmp_path / f"copy{suffix}")
    audio.write(path, played["ragtime"], RATE, None, bit_rate)
    copied = codes_of(audio.samples(path, SAMPLE_RATE))
    assert bit_error_rate(codes_of(songs["ragtime"]), copied)[0] < SAME_RECORDING - 0.05


def test_a_telephone_copy_is_the_same_recording(songs: dict[str, Sound]) -> None:
    sound = songs[KINDS[1]]
    assert bit_error_rate(codes_of(sound), codes_of(telephone(sound)))[0] < 0.05


def test_a_copy_between_two_frames_is_the_same_recording(songs: dict[str, Sound]) -> None:
    sound = songs[KINDS[1]]
    assert bit_error_rate(codes_of(sound), codes_of(sound[256:]))[0] < SAME_RECORDING


def test_a_copy_that_begins_later_tells_by_how_much(songs: dict[str, Sound]) -> None:
    sound = songs[KINDS[2]]
    rate, shift = bit_error_rate(codes_of(sound[5 * 512 :]), codes_of(sound))
    assert (rate, shift) == (0.0, 5)


def test_different_songs_are_not_the_same_recording(songs: dict[str, Sound]) -> None:
    codes = [codes_of(sound) for sound in songs.values()]
    rates = [bit_error_rate(a, b)[0] for i, a in enumerate(codes) for b in codes[:i]]
    assert min(rates) > SAME_RECORDING + 0.05


def test_too_little_to_compare_is_not_the_same() -> None:
    few = np.zeros(LEAST_CODES - 1, dtype=np.uint32)
    assert bit_error_rate(few, few) == (1.0, 0)


@pytest.mark.parametrize("through_telephone", [False, True])
def test_eight_seconds_find_their_song_and_their_place(songs: dict[str, Sound], through_telephone: bool) -> None:
    index = FingerprintIndex({name: listened(sound) for name, sound in songs.items()})
    for seed, (name, sound) in enumerate(songs.items()):
        begin = 1.0 + 0.37 * seed
        clip = sound[round(begin * SAMPLE_RATE) :][: 8 * SAMPLE_RATE]
        found = index.find(phases_of(telephone(clip) if through_telephone else clip))
        assert [hit.id for hit in found] == [name]
        assert found[0].at == pytest.approx(begin, abs=2 * CODE_S)
        assert found[0].error < 0.2


def test_a_stranger_is_not_found(songs: dict[str, Sound]) -> None:
    index = FingerprintIndex({name: codes_of(sound) for name, sound in songs.items()})
    assert index.find(phases_of(soxr.resample(make_piece("dub", 1, 8.0).render()[0], RATE, SAMPLE_RATE))) == []


def test_a_clip_over_two_songs_is_found_in_the_one_that_holds_its_middle(songs: dict[str, Sound]) -> None:
    first, second = codes_of(songs[KINDS[0]]), codes_of(songs[KINDS[1]])
    index = FingerprintIndex({"first": first, "second": second})
    found = index.find([np.concatenate([first[-30:], second[:60]])])
    assert [hit.id for hit in found] == ["second"]
    assert found[0].at == pytest.approx(-30 * CODE_S)


def test_an_empty_library_finds_nothing() -> None:
    assert FingerprintIndex({}).find([np.arange(80, dtype=np.uint32)]) == []
