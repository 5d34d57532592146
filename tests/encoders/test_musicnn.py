"""MusiCNN: the graph against a plain computation, the port against known numbers, and how it behaves.

Tests of the real networks pull their weights into the default cache once, and are left out where that cannot be done.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from songkin import audio
from songkin.encoders import musicnn
from songkin.encoders.musicnn import MSD_TAGS, MTT_TAGS, SPEC, TAGS, WEIGHTS, MusiCNN, heard_logits, log_mel
from songkin.encoders.musicnn_graph import BANDS, EPSILON, OUTPUTS, Tensors, build, thin
from songkin.encoders.runtime import open_session
from songkin.encoders.weights import default_cache, pull
from songkin.errors import EncoderError, WeightsMissing

Array = NDArray[np.float32]

KERNELS = [(7, 38, 1, 204), (7, 67, 1, 204), (128, 1, 1, 51), (64, 1, 1, 51), (32, 1, 1, 51)]
MIDDLE = [(7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64)]
PADDING = [(3, 3), (3, 3), (63, 64), (31, 32), (15, 16), (3, 3), (3, 3), (3, 3)]


@pytest.fixture(scope="module")
def cache() -> Path:
    """The default cache, with the real weights in it."""
    try:
        pull(WEIGHTS, default_cache())
    except WeightsMissing as error:
        pytest.skip(error.message)
    return default_cache()


# The graph, with weights made here ---------------------------------------------------------------------------------


def _numbered(layer: str, i: int) -> str:
    return f"{layer}_{i}" if i else layer


@pytest.fixture(scope="module")
def checkpoint() -> dict[str, Array]:
    """Tensors like those of a real checkpoint: many filters dead, some scales negative."""
    rng = np.random.default_rng(7)
    tensors: dict[str, Array] = {}
    for i, shape in enumerate(KERNELS + MIDDLE):
        kernel = rng.standard_normal(shape) / np.sqrt(np.prod(shape[:3]))
        if i < len(KERNELS):
            kernel[..., rng.random(shape[-1]) < 0.7] *= 1e-11
        tensors[_numbered("conv2d", i) + "/kernel"] = kernel.astype(np.float32)
        tensors[_numbered("conv2d", i) + "/bias"] = rng.normal(0.1, 0.3, shape[-1]).astype(np.float32)
    for i, size in enumerate([1, *(shape[-1] for shape in KERNELS + MIDDLE), 1506, 200]):
        layer = _numbered("batch_normalization", i)
        tensors[f"{layer}/gamma"] = rng.normal(0.5, 0.5, size).astype(np.float32)
        tensors[f"{layer}/beta"] = rng.normal(0, 0.2, size).astype(np.float32)
        tensors[f"{layer}/moving_mean"] = rng.normal(0.3, 0.2, size).astype(np.float32)
        tensors[f"{layer}/moving_variance"] = rng.uniform(0.2, 2, size).astype(np.float32)
    for layer, dense in (("dense", (1506, 200)), ("dense_1", (200, 50))):
        tensors[f"{layer}/kernel"] = (rng.standard_normal(dense) / np.sqrt(dense[0])).astype(np.float32)
        tensors[f"{layer}/bias"] = rng.normal(0, 0.1, dense[1]).astype(np.float32)
    return tensors


def _plain(t: dict[str, Array], mel: Array) -> dict[str, NDArray[np.float64]]:
    """The whole network by its definition, in float64: mel (frames, 96)."""

    def norm(x: NDArray[np.float64], i: int) -> NDArray[np.float64]:
        gamma, beta, mean, variance = (
            t[f"{_numbered('batch_normalization', i)}/{part}"].astype(np.float64)
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return (x - mean) / np.sqrt(variance + EPSILON) * gamma + beta

    def conv(x: NDArray[np.float64], i: int) -> NDArray[np.float64]:
        kernel = t[_numbered("conv2d", i) + "/kernel"][:, :, 0].astype(np.float64)
        padded = np.pad(x, (PADDING[i], (0, 0)))
        patches = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2])
        found = np.tensordot(patches, kernel, axes=2) + t[_numbered("conv2d", i) + "/bias"]
        return norm(np.maximum(found, 0), i + 1)

    image = norm(mel[..., None].astype(np.float64), 0)[..., 0]
    front = np.concatenate([conv(image, i).max(axis=1) for i in range(5)], axis=1)
    c1 = conv(front, 5)[:, 0]
    c2 = conv(c1, 6)[:, 0] + c1
    c3 = conv(c2, 7)[:, 0] + c2
    frames = np.concatenate([front, c1, c2, c3], axis=1)
    highest, mean = frames.max(axis=0), frames.mean(axis=0)
    flat = norm(np.stack([highest, mean], axis=1).reshape(-1), 9)
    dense = flat @ t["dense/kernel"] + t["dense/bias"]
    penultimate = norm(np.maximum(dense, 0), 10)
    tags = 1 / (1 + np.exp(-(penultimate @ t["dense_1/kernel"] + t["dense_1/bias"])))
    return {"tags": tags, "dense": dense, "penultimate": penultimate, "mean_pool": mean, "max_pool": highest}


@pytest.mark.parametrize("frames", [187, 64])
def test_the_thinned_graph_equals_the_whole_network_by_its_definition(
    checkpoint: dict[str, Array], tmp_path: Path, frames: int
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"".join(build(Tensors(checkpoint)).chunks()))
    mel = np.random.default_rng(1).uniform(0, 5, (2, frames, BANDS)).astype(np.float32)
    found = open_session(tmp_path / "net.onnx").run(list(OUTPUTS), {"mel": mel})
    for name, value in zip(OUTPUTS, found, strict=True):
        assert value.shape == (2, OUTPUTS[name])
        for row, window in zip(value, mel, strict=True):
            assert row == pytest.approx(_plain(checkpoint, window)[name], abs=5e-4 if "pool" in name else 5e-5), name


def test_dead_filters_are_left_out_and_live_ones_stay(checkpoint: dict[str, Array]) -> None:
    live = [np.abs(checkpoint[_numbered("conv2d", i) + "/kernel"]).max(axis=(0, 1, 2)) > 1e-6 for i in range(5)]
    front = thin(Tensors(checkpoint))
    assert [kernel.shape[-1] for kernel, _ in front.convs] == [int(x.sum()) + (i == 4) for i, x in enumerate(live)]
    assert (np.sort(front.place[np.concatenate(live)]) == np.arange(front.sign.size - 1)).all()
    assert (front.place[~np.concatenate(live)] == front.sign.size - 1).all()


def test_a_checkpoint_that_lacks_a_tensor_is_refused(checkpoint: dict[str, Array]) -> None:
    lacking = {name: tensor for name, tensor in checkpoint.items() if name != "conv2d_6/kernel"}
    with pytest.raises(EncoderError, match="conv2d_6/kernel"):
        build(Tensors(lacking))


# The front end and the names ---------------------------------------------------------------------------------------


def two_tones() -> Array:
    """Six seconds at 16 kHz of a tone and a fluttering fifth above it."""
    t = np.arange(6 * 16_000) / 16_000
    flutter = 0.5 + 0.5 * np.sin(2 * np.pi * 2 * t)
    return (0.5 * np.sin(2 * np.pi * 440 * t) + 0.25 * np.sin(2 * np.pi * 660 * t) * flutter).astype(np.float32)


def windows(sound: Array) -> list[Array]:
    """What ``audio.hear`` cuts under ``SPEC.plan('full')``."""
    assert SPEC.window is not None
    assert SPEC.hop is not None
    padded = np.pad(sound, SPEC.pad)
    return [padded[start : start + SPEC.window] for start in range(0, padded.size - SPEC.window + 1, SPEC.hop)]


def test_the_log_mel_spectrogram_has_its_known_numbers() -> None:
    mel = log_mel(np.pad(two_tones(), SPEC.pad))
    assert mel.shape == (376, 96)
    assert mel.dtype == np.float32
    assert float(mel.mean()) == pytest.approx(0.48319, abs=1e-5)
    assert float(mel.std()) == pytest.approx(1.34692, abs=1e-5)
    assert float(mel.max()) == pytest.approx(6.09094, abs=1e-5)


def test_windows_meet_without_a_gap_or_an_overlap_of_frames() -> None:
    whole = log_mel(np.pad(two_tones(), SPEC.pad))
    cut = [log_mel(window) for window in windows(two_tones())]
    assert [len(mel) for mel in cut] == [187, 187]
    assert np.concatenate(cut) == pytest.approx(whole[:374], abs=1e-5)


def test_there_are_fifty_and_fifty_tags_each_named_once() -> None:
    assert (len(MTT_TAGS), len(set(MTT_TAGS)), len(MSD_TAGS), len(set(MSD_TAGS))) == (50, 50, 50, 50)
    assert TAGS == MTT_TAGS + MSD_TAGS
    assert (MTT_TAGS[9], MTT_TAGS[-1], MSD_TAGS[17], MSD_TAGS[-1]) == ("piano", "choral", "Mellow", "happy")


def test_logits_are_finite_odd_and_rise_with_probability() -> None:
    p = np.array([0.0, 0.1, 0.5, 0.9, 1.0], dtype=np.float32)
    logits = heard_logits(p)
    assert logits.dtype == np.float32
    assert logits == pytest.approx([-9.21044, -2.19635, 0.0, 2.19635, 9.21044], abs=1e-4)


# The real networks ----------------------------------------------------------------------------------------------


def _hear(cache: Path, sound: list[Array]) -> dict[str, Array]:
    hearing = MusiCNN(cache).begin()
    for window in sound:
        hearing.push(window)
    return hearing.finish()


def _best(names: tuple[str, ...], probabilities: Array, n: int) -> dict[str, float]:
    order = np.argsort(-probabilities)[:n]
    return {names[i]: float(probabilities[i]) for i in order}


def test_the_port_gives_the_known_tags_of_two_tones(cache: Path) -> None:
    heard = _hear(cache, windows(two_tones()))
    mtt, msd = heard["mtt_tags"], heard["msd_tags"]
    wanted = {"flute": 0.2138, "ambient": 0.2024, "slow": 0.1553, "electronic": 0.0954, "quiet": 0.0728}
    wanted["synth"] = 0.0695
    assert list(_best(MTT_TAGS, mtt, 6)) == list(wanted)
    assert _best(MTT_TAGS, mtt, 6) == pytest.approx(wanted, abs=5e-4)
    assert float(mtt.sum()) == pytest.approx(1.1697, abs=5e-4)
    wanted = {"ambient": 0.4638, "electronic": 0.2620, "experimental": 0.1638, "chillout": 0.1162}
    assert list(_best(MSD_TAGS, msd, 4)) == list(wanted)
    assert _best(MSD_TAGS, msd, 4) == pytest.approx(wanted, abs=5e-4)
    assert float(msd.sum()) == pytest.approx(1.6830, abs=5e-4)


def test_every_output_has_the_length_its_spec_promises(cache: Path) -> None:
    heard = _hear(cache, windows(two_tones()))
    assert {name: vector.shape for name, vector in heard.items()} == {name: (n,) for name, n in SPEC.outputs.items()}
    assert all(vector.dtype == np.float32 for vector in heard.values())


def test_digital_silence_would_have_tags_and_is_passed_over(cache: Path) -> None:
    assert _hear(cache, [np.zeros(48_128, dtype=np.float32)]) == {}
    first, second = windows(two_tones())
    with_gap = _hear(cache, [first, np.zeros(48_128, dtype=np.float32), second])
    assert (with_gap["mtt_tags"] == _hear(cache, [first, second])["mtt_tags"]).all()


def test_hearing_nothing_gives_nothing(cache: Path) -> None:
    hearing = MusiCNN(cache).begin()
    assert hearing.finish() == {}
    assert hearing.facts == {}


def test_a_song_shorter_than_a_window_is_repeated(cache: Path) -> None:
    second = two_tones()[:16_000]
    heard = _hear(cache, [np.pad(second, SPEC.pad)])
    assert heard["mtt_tags"].shape == (50,)
    assert "ambient" in _best(MSD_TAGS, heard["msd_tags"], 3)


@pytest.mark.parametrize("size", [0, 511, 48_129])
def test_a_window_of_a_wrong_length_is_an_error(cache: Path, size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} samples"):
        MusiCNN(cache).begin().push(np.ones(size, dtype=np.float32))


def test_numbers_that_are_no_sound_are_an_error(cache: Path) -> None:
    window = two_tones()[:48_128].copy()
    window[1000] = np.nan
    hearing = MusiCNN(cache).begin()
    hearing.push(window)
    with pytest.raises(EncoderError, match="no sound"):
        hearing.finish()


def test_songs_heard_at_the_same_time_do_not_mix(cache: Path) -> None:
    alone = _hear(cache, windows(two_tones()))
    results: list[dict[str, Array]] = []
    threads = [Thread(target=lambda: results.append(_hear(cache, windows(two_tones())))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    for result in results:
        assert all((result[name] == vector).all() for name, vector in alone.items())


def test_networks_are_loaded_once_per_process(cache: Path) -> None:
    MusiCNN(cache).begin()
    loaded = musicnn._networks[cache]
    MusiCNN(cache).begin()
    assert musicnn._networks[cache] is loaded


def test_without_weights_hearing_cannot_begin(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="29 MB"):
        MusiCNN(tmp_path).begin()


PUBLISHED = {
    "joram-moments_of_clarity-08-solipsism-59-88.mp3": (
        9,
        {"techno": 0.5855, "electronic": 0.5408, "synth": 0.4187, "fast": 0.2723, "beat": 0.2129, "drums": 0.1200}
        | {"no vocals": 0.0954, "no vocal": 0.0799, "dance": 0.0728, "ambient": 0.0598},
        {"electronic": 0.2939, "instrumental": 0.1464, "ambient": 0.1246, "chillout": 0.1232, "rock": 0.1112},
    ),
    "TRWJAZW128F42760DD_test.mp3": (
        10,
        {"guitar": 0.5129, "piano": 0.2603, "fast": 0.1842},
        {"blues": 0.3479, "rock": 0.1594, "folk": 0.1381},
    ),
}
"""Windows and best tags, in the order the authors published (MTT), of the two recordings in their repository."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_authors_recordings_get_the_published_tags(cache: Path, name: str) -> None:
    path = Path(os.environ.get("SONGKIN_MUSICNN_AUDIO", "")) / name
    if not path.is_file():
        pytest.skip("SONGKIN_MUSICNN_AUDIO names no folder with the recordings of the musicnn repository")
    count, mtt, msd = PUBLISHED[name]
    cut: list[Array] = []
    audio.hear(str(path.absolute()), [SPEC.plan("full")], lambda _, window: cut.append(window.copy()))
    assert len(cut) == count
    heard = _hear(cache, cut)
    for names, output, wanted in ((MTT_TAGS, "mtt_tags", mtt), (MSD_TAGS, "msd_tags", msd)):
        best = _best(names, heard[output], len(wanted))
        assert list(best) == list(wanted)
        assert best == pytest.approx(wanted, abs=1e-3)
