"""Hearing stretches of files: the right sound from the right place, and all of it where that cannot be had."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from songkin import audio
from songkin.audio import Limits, Stretches, WindowPlan
from songkin.audio.windows import Sound
from songkin.errors import AudioError
from soundfiles import RATE, noise, sound_file, tone, tune

SECONDS = 40.0
WANTED = Stretches(4, 3.0)
PLAN = WindowPlan(sample_rate=RATE, window=RATE, hop=RATE, limit=8)


@dataclass
class Caught:
    windows: list[Sound] = field(default_factory=list)

    def push(self, _number: int, window: Sound) -> None:
        self.windows.append(window)


def place_of(window: Sound, whole: Sound, near: float) -> tuple[float, float]:
    """Where in ``whole`` (s) the window fits best within half a second of ``near``, and how well (correlation)."""
    first = max(0, round((near - 0.5) * RATE))
    part = whole[first : first + len(window) + RATE]
    size = 1 << (len(part) + len(window)).bit_length()
    products = np.fft.irfft(np.fft.rfft(part, size) * np.conj(np.fft.rfft(window, size)))[: len(part) - len(window) + 1]
    best = int(products.argmax())
    fit = float(np.corrcoef(part[best : best + len(window)], window)[0, 1])
    return (first + best) / RATE, fit


@pytest.mark.parametrize("suffix", ["flac", "wav", "mp3", "ogg", "opus", "m4a"])
def test_every_format_is_heard_at_the_right_places(tmp_path: Path, suffix: str) -> None:
    path = sound_file(tmp_path / f"a.{suffix}", tune(SECONDS, seed=4) + noise(SECONDS, level=0.01))
    some, all_of_it = Caught(), Caught()
    heard = audio.hear_stretches(path, [PLAN], some.push, WANTED, Limits())
    plain = audio.hear(path, [PLAN], all_of_it.push)
    assert heard.duration == pytest.approx(plain.duration, abs=0.1)
    assert heard.packets == plain.packets
    assert (heard.channels, heard.sample_rate, heard.codec) == (plain.channels, plain.sample_rate, plain.codec)
    assert len(some.windows) == 8
    whole = audio.samples(path, RATE)
    expected = [start + begin for start in WANTED.starts(SECONDS) for begin in (0.0, 2.0)]
    for window, near in zip(some.windows, expected, strict=True):
        place, fit = place_of(window, whole, near)
        assert fit > 0.98
        assert place == pytest.approx(near, abs=0.15)


def test_less_is_decoded_than_there_is(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.flac", tune(SECONDS))
    every = WindowPlan(sample_rate=RATE, window=RATE // 2, hop=RATE // 2)
    caught = Caught()
    audio.hear_stretches(path, [every], caught.push, WANTED, Limits())
    assert len(caught.windows) == 4 * 6  # of 80


def test_a_short_sound_is_heard_whole(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.flac", tune(10.0))
    some, all_of_it = Caught(), Caught()
    assert audio.hear_stretches(path, [PLAN], some.push, WANTED, Limits()) == audio.hear(path, [PLAN], all_of_it.push)
    np.testing.assert_array_equal(some.windows, all_of_it.windows)


def test_a_long_file_is_read_again_instead_of_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sound_file(tmp_path / "a.mp3", tune(SECONDS))
    kept, read_again = Caught(), Caught()
    one = audio.hear_stretches(path, [PLAN], kept.push, WANTED, Limits())
    monkeypatch.setattr("songkin.audio.stretches._HELD_BYTES", 1000)
    assert audio.hear_stretches(path, [PLAN], read_again.push, WANTED, Limits()) == one
    np.testing.assert_array_equal(kept.windows, read_again.windows)


def test_sound_between_the_stretches_is_found_where_those_are_silent(tmp_path: Path) -> None:
    sound = np.zeros(round(SECONDS * RATE), np.float32)
    sound[: 2 * RATE] = tone(2.0)
    path = sound_file(tmp_path / "a.flac", sound)
    caught = Caught()
    assert not audio.hear_stretches(path, [PLAN], caught.push, WANTED, Limits()).silent
    assert len(caught.windows) == 2


def test_a_damaged_file_is_heard_as_it_would_be_whole(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "a.flac", noise(SECONDS)))
    data = bytearray(path.read_bytes())
    middle = round(len(data) * WANTED.starts(SECONDS)[1] / SECONDS) + 50_000
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    some, all_of_it = Caught(), Caught()
    heard = audio.hear_stretches(str(path), [PLAN], some.push, WANTED, Limits())
    whole = audio.hear(str(path), [PLAN], all_of_it.push)
    assert heard == whole
    np.testing.assert_array_equal(some.windows, all_of_it.windows)


def test_what_is_refused_whole_is_refused(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.flac", tune(SECONDS))
    caught = Caught()
    with pytest.raises(AudioError, match="longer than"):
        audio.hear_stretches(path, [PLAN], caught.push, WANTED, Limits(max_seconds=20))
    (tmp_path / "no.mp3").write_bytes(b"no sound" * 1000)
    with pytest.raises(AudioError):
        audio.hear_stretches(str(tmp_path / "no.mp3"), [PLAN], caught.push, WANTED, Limits())


def test_two_files_in_one_are_heard_to_the_end(tmp_path: Path) -> None:
    first = Path(sound_file(tmp_path / "a.ogg", tune(20.0)))
    second = Path(sound_file(tmp_path / "b.ogg", tune(25.0, seed=1)))
    both = tmp_path / "both.ogg"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    caught = Caught()
    heard = audio.hear_stretches(str(both), [PLAN], caught.push, WANTED, Limits())
    assert heard.duration == pytest.approx(45.0, abs=0.3)
    assert len(caught.windows) == 8
