from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import songkin
from songkin import audio
from songkin.audio import Heard, Limits, WindowPlan, hear, samples, write
from songkin.audio.windows import Sound
from songkin.errors import AudioError
from soundfiles import RATE, SHARED, apev2, id3v1, id3v2_text, noise, sound_file, tone, tune, wav, with_vorbis_comments

SECOND = WindowPlan(16_000, 16_000, 16_000)
FORMATS = [
    ".mp3",
    ".ogg",
    ".opus",
    ".flac",
    ".wav",
    ".w64",
    ".au",
    ".caf",
    ".aiff",
    ".m4a",
    ".aac",
    ".wma",
    ".wv",
    ".tta",
    ".mka",
    ".webm",
]


def heard(path: str, *plans: WindowPlan, limits: Limits = Limits()) -> tuple[Heard, list[list[Sound]]]:
    windows: list[list[Sound]] = [[] for _ in plans]
    return hear(path, plans, lambda plan, window: windows[plan].append(window), limits), windows


def refusal(path: str, limits: Limits = Limits()) -> AudioError:
    with pytest.raises(AudioError) as caught:
        heard(path, SECOND, limits=limits)
    assert "\n" not in caught.value.message
    assert caught.value.message.endswith(".")
    return caught.value


# What is heard ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_heard_with_its_duration_and_loudness(tmp_path: Path, suffix: str) -> None:
    path = sound_file(tmp_path / f"tone{suffix}", tone(3.0))
    found, (windows,) = heard(path, WindowPlan(16_000, 8_000, 8_000))
    assert found.duration == pytest.approx(3.0, abs=0.06)
    assert 5 <= len(windows) <= 6
    assert not found.silent
    assert found.broken == 0
    level = float(np.sqrt(np.mean(windows[2] ** 2)))
    assert level == pytest.approx(0.3 / np.sqrt(2), rel=0.06)
    assert int(np.abs(np.fft.rfft(windows[2])).argmax()) == 220  # 440 Hz in half a second


def test_what_is_decoded_is_told_though_silence_gives_no_windows(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "silence.flac", np.zeros(RATE * 30, np.float32))
    told: list[float] = []
    found = hear(path, [SECOND], lambda _plan, _window: pytest.fail("a window of silence"), decoded=told.append)
    assert found.silent
    assert len(told) > 1
    assert sum(told) == pytest.approx(30)


def test_a_lossless_file_at_the_plans_own_rate_is_cut_sample_by_sample(tmp_path: Path) -> None:
    sound = np.round(noise(3) * 32_768) / np.float32(32_768)
    path = sound_file(tmp_path / "noise.flac", sound)
    found, (windows,) = heard(path, WindowPlan(RATE, 10_000, 7_000, pad=100))
    assert found.duration == 3.0
    whole = np.pad(sound, 100)
    for number, window in enumerate(windows):
        np.testing.assert_array_equal(window, whole[number * 7_000 : number * 7_000 + 10_000])


def test_several_plans_hear_in_one_pass_what_each_hears_alone(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "tune.mp3", tune(12))
    plans = [SECOND, WindowPlan(22_050, 22_050, 11_025, limit=4), WindowPlan(16_000, 4_000, 6_000, tail="anchor")]
    together = heard(path, *plans)[1]
    for plan, windows in zip(plans, together, strict=True):
        alone = heard(path, plan)[1][0]
        assert len(alone) == len(windows) > 0
        np.testing.assert_array_equal(alone, windows)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "stereo.wav", np.stack((tone(1.0), np.zeros(RATE, np.float32))))
    np.testing.assert_allclose(samples(path, RATE), tone(1.0) / 2, atol=2e-5)


@pytest.mark.parametrize("suffix", [".flac", ".wav", ".opus", ".m4a", ".wv"])
def test_eight_channels_are_averaged_whether_planar_or_not(tmp_path: Path, suffix: str) -> None:
    # A planar frame of eight channels makes PyAV 18.1 read beyond its planes and crash.
    path = sound_file(tmp_path / f"surround{suffix}", np.tile(tone(1.0, 440, 48_000), (8, 1)), rate=48_000)
    found, (windows,) = heard(path, WindowPlan(48_000, 24_000, 12_000))
    assert found.channels == 8
    assert len(windows) >= 2
    assert not found.silent


@pytest.mark.parametrize(
    ("kind", "samples_", "expected"),
    [
        (None, np.array([0, 64, 128, 192, 255], np.uint8), [-1, -0.5, 0, 0.5, 127 / 128]),
        (None, np.array([-32768, -16384, 0, 16384, 32767], np.int16), [-1, -0.5, 0, 0.5, 32767 / 32768]),
        (None, np.array([-(2**31), -(2**30), 0, 2**30, 2**30], np.int32), [-1, -0.5, 0, 0.5, 0.5]),
        (None, np.array([-(2**63), -(2**62), 0, 2**62, 2**62], np.int64), [-1, -0.5, 0, 0.5, 0.5]),
        (None, np.array([-1, -0.5, 0, 0.5, 1.5], np.float32), [-1, -0.5, 0, 0.5, 1.5]),
        (None, np.array([-1, -0.5, 0, 0.5, 1.5], np.float64), [-1, -0.5, 0, 0.5, 1.5]),
    ],
    ids=["u8", "s16", "s32", "s64", "float", "double"],
)
def test_full_scale_is_one_in_every_sample_format(
    tmp_path: Path, kind: int | None, samples_: np.ndarray, expected: list[float]
) -> None:
    path = wav(tmp_path / "steps.wav", np.repeat(samples_, 2_000), 8_000, kind)
    np.testing.assert_allclose(samples(path, 8_000)[1_000::2_000], expected, atol=1e-6)


def test_a_copy_at_another_rate_sounds_the_same(tmp_path: Path) -> None:
    sound = tune(4)
    original = samples(sound_file(tmp_path / "44.wav", sound), 16_000)
    copy = samples(sound_file(tmp_path / "16.wav", original, rate=16_000), 16_000)
    assert len(copy) == len(original)
    assert float(np.corrcoef(original, copy)[0, 1]) > 0.999


def test_silence_is_heard_and_called_silent(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "silence.flac", np.zeros(3 * RATE, np.float32))
    found, (windows,) = heard(path, SECOND)
    assert found.silent
    assert windows == []
    assert heard(path)[0].silent
    assert not heard(sound_file(tmp_path / "tone.flac"))[0].silent


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".flac", ".m4a", ".wav", ".opus"])
def test_other_tags_leave_the_packets_hash_and_other_sound_changes_it(tmp_path: Path, suffix: str) -> None:
    first = sound_file(tmp_path / f"a{suffix}", tune(2), {"title": "One"})
    second = sound_file(tmp_path / f"b{suffix}", tune(2), {"title": "A much longer title", "artist": "Somebody"})
    other = sound_file(tmp_path / f"c{suffix}", tune(2, seed=1), {"title": "One"})
    assert heard(first)[0].packets == heard(second)[0].packets != heard(other)[0].packets


def test_tags_put_around_an_mp3_leave_its_packets_hash(tmp_path: Path) -> None:
    plain = Path(sound_file(tmp_path / "plain.mp3", tune(2))).read_bytes()
    tagged = {
        "none": plain,
        "v2": id3v2_text({"TIT2": "Title" * 200}) + plain,
        "v1": plain + id3v1("Title", "Artist"),
        "ape": plain + apev2({"Title": "Title"}),
        "ape and v1": plain + apev2({"Title": "Title"}) + id3v1("Title"),
    }
    hashes = {}
    for name, data in tagged.items():
        (tmp_path / f"{name}.mp3").write_bytes(data)
        hashes[name] = heard(str(tmp_path / f"{name}.mp3"))[0].packets
    assert set(hashes.values()) == {hashes["none"]}, hashes


def test_comments_put_into_a_flac_leave_its_packets_hash(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "a.flac", tune(2)))
    before = heard(str(path))[0].packets
    path.write_bytes(with_vorbis_comments(path.read_bytes(), [("TITLE", "x" * 5000)], picture=b"\x89PNG" * 100))
    assert heard(str(path))[0].packets == before


def test_what_the_receiver_raises_passes_through(tmp_path: Path) -> None:
    def stop(_plan: int, _window: Sound) -> None:
        raise KeyError("the receiver's own")

    with pytest.raises(KeyError, match="own"):
        hear(sound_file(tmp_path / "a.wav"), [SECOND], stop)


def test_samples_refuses_what_is_too_long_to_be_held(tmp_path: Path) -> None:
    path = wav(tmp_path / "long.wav", np.zeros(8_000 * 901, np.uint8), 8_000)
    with pytest.raises(AudioError, match="longer than 15 minutes"):
        samples(path, 8_000)


# What is odd ----------------------------------------------------------------------------------------------------------


def test_a_file_that_changes_rate_and_channels_midway_is_heard_to_its_end(tmp_path: Path) -> None:
    parts = [tmp_path / "a.mp3", tmp_path / "b.mp3", tmp_path / "c.mp3"]
    sound_file(parts[0], tone(2))
    sound_file(parts[1], np.tile(tone(2), (2, 1)))
    sound_file(parts[2], tone(2, rate=22_050), rate=22_050)
    path = tmp_path / "all.mp3"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    found, (windows,) = heard(str(path), WindowPlan(16_000, 8_000, 8_000))
    assert found.duration == pytest.approx(6, abs=0.3)
    assert (found.sample_rate, found.channels) == (RATE, 1)
    assert int(np.abs(np.fft.rfft(windows[-2])).argmax()) == 220


def test_chained_ogg_streams_are_heard_one_after_the_other(tmp_path: Path) -> None:
    one, two = sound_file(tmp_path / "a.opus", tone(2)), sound_file(tmp_path / "b.opus", tone(2, 880))
    path = tmp_path / "both.opus"
    path.write_bytes(Path(one).read_bytes() + Path(two).read_bytes())
    assert heard(str(path), SECOND)[0].duration == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".wav", ".aac"])
def test_a_file_cut_short_is_heard_as_far_as_it_goes(tmp_path: Path, suffix: str) -> None:
    path = Path(sound_file(tmp_path / f"cut{suffix}", noise(4)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 0.9 < heard(str(path), SECOND)[0].duration < 2.6  # Ogg pages hold a second


def test_an_mp4_without_its_index_is_refused(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "cut.m4a", noise(4)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "not a sound file that can be decoded" in refusal(str(path)).message


def test_broken_packets_in_the_middle_are_left_out(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "scratched.flac", noise(10)))
    data = bytearray(path.read_bytes())
    for start in range(len(data) // 3, len(data) // 2, 40_000):
        data[start : start + 200] = bytes(200)
    path.write_bytes(data)
    found, (windows,) = heard(str(path), SECOND)
    assert found.duration > 8
    assert len(windows) >= 8


def test_junk_in_front_of_an_mp3_is_passed_over(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "junk.mp3", tune(4)))
    path.write_bytes(bytes(3_000) + path.read_bytes())
    assert heard(str(path), SECOND)[0].duration == pytest.approx(4, abs=0.1)


def test_a_wrong_suffix_does_not_matter(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "really.flac"))
    assert heard(str(path.rename(tmp_path / "really.mp3")), SECOND)[0].codec == "flac"


def test_a_few_samples_that_are_no_numbers_are_heard_as_silence(tmp_path: Path) -> None:
    sound = tone(2)
    sound[100], sound[200], sound[300], sound[400] = np.nan, np.inf, -np.inf, 1e30
    clean = samples(wav(tmp_path / "few.wav", sound), RATE)
    np.testing.assert_array_equal(clean[[100, 200, 300, 400]], 0)
    np.testing.assert_array_equal(np.delete(clean, [100, 200, 300, 400]), np.delete(sound, [100, 200, 300, 400]))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_many_samples_that_are_no_numbers_refuse_the_file(tmp_path: Path, value: float) -> None:
    sound = tone(2).astype(np.float64)
    sound[::50] = value
    assert "no numbers" in refusal(wav(tmp_path / "many.wav", sound)).message


def test_a_name_that_is_no_unicode_is_heard_and_shown(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.wav")
    os.rename(sound_file(tmp_path / "a.wav"), path)
    assert heard(os.fsdecode(path), SECOND)[0].duration == 2
    os.truncate(path, 0)
    refusal(os.fsdecode(path)).message.encode()


# What is refused --------------------------------------------------------------------------------------------------------


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    assert refusal(str(tmp_path / "empty.mp3")).message == "empty.mp3 is empty (0 bytes)."


def test_one_sample_is_too_short(tmp_path: Path) -> None:
    path = wav(tmp_path / "one.wav", np.ones(1, np.int16))
    assert "shorter than 0.01 seconds" in refusal(path).message
    assert heard(path, SECOND, limits=Limits(min_seconds=0))[0].duration == pytest.approx(1 / RATE)


def test_a_header_without_samples_is_refused(tmp_path: Path) -> None:
    assert "no sound" in refusal(wav(tmp_path / "none.wav", np.ones(0, np.int16))).message


@pytest.mark.parametrize("rate", [1, 7_999, 768_001, 1_000_000])
def test_sample_rates_out_of_bounds_are_refused(tmp_path: Path, rate: int) -> None:
    assert f"{rate} Hz" in refusal(wav(tmp_path / "rate.wav", np.ones(rate, np.int16), rate)).message


def test_nine_channels_are_refused_and_eight_are_not(tmp_path: Path) -> None:
    assert "9 channels" in refusal(wav(tmp_path / "nine.wav", np.ones((9_000, 9), np.int16))).message
    assert heard(wav(tmp_path / "eight.wav", np.ones((9_000, 8), np.int16)))[0].channels == 8


def test_decoded_seconds_are_capped_and_the_remedy_names_the_option(tmp_path: Path) -> None:
    path = wav(tmp_path / "long.wav", np.zeros(8_000 * 1_201, np.uint8), 8_000)
    error = refusal(path, Limits(max_seconds=1_200))
    assert "longer than 20 minutes" in error.message
    assert "--max-hours" in error.remedy


def test_a_list_of_other_files_is_not_followed(tmp_path: Path) -> None:
    secret = sound_file(tmp_path / "secret.wav")
    texts = {
        "concat.mp3": f"ffconcat version 1.0\nfile '{secret}'\n",
        "hls.mp3": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "relative.mp3": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "dash.mp3": f'<?xml version="1.0"?><MPD><BaseURL>{secret}</BaseURL></MPD>',
        "plain.mp3": "la la la\n" * 1000,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        refusal(str(tmp_path / name))


def test_an_address_is_a_name_of_a_file_and_nothing_is_fetched(tmp_path: Path) -> None:
    wanted = sound_file(tmp_path / "a.wav")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        for name in (
            f"http://127.0.0.1:{server.getsockname()[1]}/a.mp3",
            f"concat:{wanted}|{wanted}",
            f"file:{wanted}",
            f"cache:{wanted}",
        ):
            assert "is not there" in refusal(name).message
        with pytest.raises(TimeoutError):
            server.accept()


def test_only_one_place_opens_anything_for_reading() -> None:
    sources = [path.read_text() for path in Path(songkin.__file__).parent.rglob("*.py")]
    calls = [call for source in sources for call in re.findall(r"\bav\.open\(([^)]*)\)", source)]
    reading = [call for call in calls if not re.search(r',\s*"w"', call)]
    assert len(reading) == 1
    assert "options=options" in reading[0]
    assert len(calls) == 3  # and two that write: tests' and demo's files, copies for browsers


def test_a_folder_a_pipe_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)).message.endswith("is a folder.")
    assert "is not there" in refusal(str(tmp_path / "missing.mp3")).message
    os.mkfifo(tmp_path / "pipe.mp3")
    assert "no regular file" in refusal(str(tmp_path / "pipe.mp3")).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "locked.mp3")
    os.chmod(path, 0)
    assert "may not be read" in refusal(path).message


def test_a_picture_alone_is_no_sound(tmp_path: Path) -> None:
    from soundfiles import PNG

    (tmp_path / "picture.mp3").write_bytes(PNG)
    refusal(str(tmp_path / "picture.mp3"))


def test_the_corpus_of_odd_files_is_heard_or_refused_and_nothing_else() -> None:
    corpus = SHARED / "data" / "badaudio"
    if not corpus.is_dir():
        pytest.skip("the corpus of odd files is not beside the repository")
    taken = refused = 0
    for path in sorted(path for path in corpus.rglob("*") if path.suffix in audio.EXTENSIONS):
        try:
            assert heard(str(path), SECOND)[0].duration > 0
            taken += 1
        except AudioError:
            refused += 1
    assert (taken >= 130, refused >= 40) == (True, True), f"{taken} heard, {refused} refused"


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    return {suffix: Path(sound_file(folder / f"a{suffix}", tune(1))).read_bytes() for suffix in FORMATS}


@settings(derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from(FORMATS))
def test_mutated_files_are_heard_or_refused_and_nothing_else(
    tmp_path: Path, originals: dict[str, bytes], data: st.DataObject, suffix: str
) -> None:
    mutated = bytearray(originals[suffix])
    for place in data.draw(st.lists(st.integers(0, len(mutated) - 1), max_size=40)):
        mutated[place] ^= data.draw(st.integers(1, 255))
    mutated = mutated[: data.draw(st.integers(1, len(mutated)))]
    path = tmp_path / f"mutated{suffix}"
    path.write_bytes(mutated)
    try:
        found, (windows,) = heard(str(path), SECOND)
    except AudioError:
        return
    assert found.duration >= 0.01
    assert all(np.isfinite(window).all() for window in windows)


# What it costs ------------------------------------------------------------------------------------------------------------

MEASURE = """
import resource, sys
from songkin.audio import WindowPlan, hear
plans = [WindowPlan(16_000, 48_128, 47_872, 256, limit=20), WindowPlan(22_050, 220_500, 220_500)]
def peak(path):
    hear(path, plans, lambda plan, window: None)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
short, long = (peak(path) for path in sys.argv[1:])
print((long - short) / 1024)
"""


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    short = sound_file(tmp_path / "short.flac", noise(60, rate=22_050), rate=22_050)
    long = sound_file(tmp_path / "long.flac", np.tile(noise(60, rate=22_050), 15), rate=22_050)
    run = subprocess.run([sys.executable, "-c", MEASURE, short, long], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 20  # MB; a quarter of an hour decoded is 79 MB


# What is written ------------------------------------------------------------------------------------------------------------


def test_a_lower_bit_rate_makes_a_smaller_file(tmp_path: Path) -> None:
    large = sound_file(tmp_path / "a.mp3", noise(3), bit_rate=192_000)
    small = sound_file(tmp_path / "b.mp3", noise(3), bit_rate=32_000)
    assert os.path.getsize(small) < os.path.getsize(large) / 3


def test_tags_are_written_where_the_format_has_a_place_for_them(tmp_path: Path) -> None:
    tags = {"title": "Tïtle", "artist": "Artist", "album": "Album", "date": "1999", "track": "3/12"}
    for suffix in (".mp3", ".ogg", ".opus", ".flac", ".m4a", ".wav", ".aiff", ".wma", ".aac", ".wv", ".mka"):
        said = audio.metadata(sound_file(tmp_path / f"a{suffix}", tags=tags))
        assert {key: said.get(key) for key in ("title", "artist", "album")} == {
            key: tags[key] for key in ("title", "artist", "album")
        }, suffix


def test_an_unknown_suffix_and_a_folder_that_is_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"no encoder for \.xyz"):
        write(str(tmp_path / "a.xyz"), tone(1), RATE)
    with pytest.raises(AudioError, match="could not be written"):
        write(str(tmp_path / "missing" / "a.wav"), tone(1), RATE)


def test_hearing_from_two_threads_gives_what_one_gives(tmp_path: Path) -> None:
    paths = [sound_file(tmp_path / f"{seed}.mp3", tune(3, seed)) for seed in range(2)]
    alone = [samples(path, 16_000) for path in paths]
    together: dict[str, Sound] = {}
    threads = [threading.Thread(target=lambda p=path: together.update({p: samples(p, 16_000)})) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path, sound in zip(paths, alone, strict=True):
        np.testing.assert_array_equal(together[path], sound)
