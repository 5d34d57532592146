from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.audio import SILENCE, WindowPlan
from songkin.audio.windows import Cutter, Resampling, Sound
from soundfiles import noise, tone


def cut(sound: Sound, plan: WindowPlan, pieces: int = 1) -> list[Sound]:
    """The windows of ``plan``, the sound coming in ``pieces``."""
    windows: list[Sound] = []
    cutter = Cutter(plan, windows.append)
    for piece in np.array_split(sound, pieces):
        cutter.feed(piece)
    cutter.finish()
    assert cutter.pushed == len(windows)
    return windows


def sliced(sound: Sound, plan: WindowPlan) -> list[Sound]:
    """The same by slicing the whole sound, for plans without a limit and sounds that are nowhere silent."""
    if len(sound) + 2 * plan.pad < plan.window:
        return [np.pad(np.resize(sound, plan.window - 2 * plan.pad), plan.pad)]
    whole = np.pad(sound, plan.pad)
    starts = list(range(0, len(whole) - plan.window + 1, plan.hop))
    if plan.tail == "anchor" and len(whole) - (starts[-1] + plan.window) > plan.hop / 4:
        starts.append(len(whole) - plan.window)
    return [whole[start : start + plan.window] for start in starts]


def numbered(count: int, window: int = 10) -> Sound:
    """Windows that say which one they are: all samples of window i are (i + 1) / 10000 above the floor."""
    return np.repeat((np.arange(count) + 1).astype(np.float32) / 10_000 + np.float32(SILENCE), window)


def which(windows: list[Sound]) -> list[int]:
    return [round(float(window[0] - SILENCE) * 10_000) - 1 for window in windows]


@st.composite
def plans(draw: st.DrawFn) -> WindowPlan:
    window = draw(st.integers(1, 300))
    return WindowPlan(
        sample_rate=16_000,
        window=window,
        hop=draw(st.integers(1, 400)),
        pad=draw(st.integers(0, (window - 1) // 2)),
        tail=draw(st.sampled_from(["drop", "anchor"])),
    )


@given(plan=plans(), length=st.integers(1, 2000), pieces=st.integers(1, 40))
def test_windows_are_slices_of_the_whole_sound_however_it_comes_in(plan: WindowPlan, length: int, pieces: int) -> None:
    sound = noise(1, seed=length)[:length] + np.float32(1)
    expected = sliced(sound, plan)
    windows = cut(sound, plan, pieces)
    assert len(windows) == len(expected)
    for window, wanted in zip(windows, expected, strict=True):
        assert window.dtype == np.float32
        np.testing.assert_array_equal(window, wanted)


@given(count=st.integers(1, 400), limit=st.integers(1, 30), pieces=st.integers(1, 20))
def test_a_limited_plan_hears_windows_from_all_over_the_sound_in_order(count: int, limit: int, pieces: int) -> None:
    chosen = which(cut(numbered(count), WindowPlan(16_000, 10, 10, limit=limit), pieces))
    assert len(chosen) == min(limit, count)
    assert chosen == sorted(set(chosen))
    gaps = np.diff([-1, *chosen, count])
    assert gaps.max() <= max(2, 3 * count / limit)


def test_what_a_limited_plan_hears_does_not_depend_on_how_the_sound_comes_in() -> None:
    plan = WindowPlan(16_000, 10, 10, limit=7)
    assert which(cut(numbered(500), plan, 1)) == which(cut(numbered(500), plan, 99))


def test_windows_within_the_limit_are_all_heard() -> None:
    assert which(cut(numbered(20), WindowPlan(16_000, 10, 10, limit=20))) == list(range(20))


def test_frames_of_cut_windows_are_the_centred_frames_of_the_whole_sound() -> None:
    # MusiCNN's plan: 187 frames of 512 samples every 256
    plan = WindowPlan(16_000, window=48_128, hop=47_872, pad=256)
    sound = noise(11, rate=16_000)

    def frames(samples: Sound) -> Sound:
        return np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(samples, 512)[::256])).astype(np.float32)

    centred = frames(np.pad(sound, 256))
    from_windows = np.concatenate([frames(window) for window in cut(sound, plan, 5)])
    assert len(from_windows) == 3 * 187
    np.testing.assert_array_equal(from_windows, centred[: len(from_windows)])


def test_windows_below_the_floor_are_neither_heard_nor_counted() -> None:
    quiet = np.full(100, SILENCE * 0.9, np.float32)
    sound = np.concatenate((quiet, numbered(3), quiet, numbered(2)))
    assert which(cut(sound, WindowPlan(16_000, 10, 10))) == [0, 1, 2, 0, 1]
    assert len(cut(sound, WindowPlan(16_000, 10, 10, limit=5))) == 5
    assert cut(quiet, WindowPlan(16_000, 10, 10)) == []


def test_a_sound_shorter_than_a_window_is_repeated_between_its_zeros() -> None:
    sound = np.array([0.1, 0.2, 0.3], np.float32)
    (window,) = cut(sound, WindowPlan(16_000, window=10, hop=10, pad=1))
    np.testing.assert_array_equal(window, np.array([0, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2, 0], np.float32))


def test_a_receiver_may_write_into_its_windows() -> None:
    sound = noise(1)[:100] + np.float32(1)
    windows: list[Sound] = []

    def spoil(window: Sound) -> None:
        windows.append(window.copy())
        window[:] = 0

    cutter = Cutter(WindowPlan(16_000, window=20, hop=10), spoil)
    cutter.feed(sound)
    cutter.finish()
    np.testing.assert_array_equal(windows[1], sound[10:30])


@pytest.mark.parametrize(
    "wrong", [{"window": 0}, {"hop": 0}, {"pad": 5}, {"pad": -1}, {"limit": 0}, {"sample_rate": 0}]
)
def test_a_plan_that_cannot_be_cut_is_not_made(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="window plan"):
        WindowPlan(**{"sample_rate": 16_000, "window": 10, "hop": 10, **wrong})  # type: ignore[arg-type]


def test_resampling_in_pieces_is_resampling_the_whole() -> None:
    import soxr

    sound = noise(3)
    resampling = Resampling(16_000)
    pieces = [resampling.feed(44_100, piece) for piece in np.array_split(sound, 17)]
    np.testing.assert_array_equal(
        np.concatenate([*pieces, resampling.finish()]), soxr.resample(sound, 44_100, 16_000, "HQ")
    )


def test_a_stream_that_changes_its_rate_keeps_its_pitch_and_length() -> None:
    resampling = Resampling(16_000)
    ready = [resampling.feed(rate, tone(1, 440, rate)) for rate in (44_100, 16_000, 22_050)]
    sound = np.concatenate([*ready, resampling.finish()])
    assert len(sound) == pytest.approx(3 * 16_000, abs=3)
    for second in range(3):
        spectrum = np.abs(np.fft.rfft(sound[second * 16_000 : (second + 1) * 16_000]))
        assert int(spectrum.argmax()) == pytest.approx(440, abs=1)
