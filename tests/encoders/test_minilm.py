"""MiniLM: the graph against a plain computation, the port against known numbers, and how it behaves.

Tests of the real network pull its weights into the default cache once, and are left out where that cannot be done.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import erf

from songkin.encoders import minilm_graph, weights
from songkin.encoders.minilm import SPEC, WEIGHTS, MiniLM
from songkin.encoders.runtime import open_session
from songkin.errors import EncoderError, WeightsMissing

Array = NDArray[np.float32]
Real = NDArray[np.float64]

BALLAD = "sad solo piano ballad"


@pytest.fixture(scope="module")
def cache() -> Path:
    """The default cache, with the real weights in it."""
    try:
        weights.pull(WEIGHTS, weights.default_cache())
    except WeightsMissing as error:
        pytest.skip(error.message)
    return weights.default_cache()


@pytest.fixture(scope="module")
def minilm(cache: Path) -> MiniLM:
    return MiniLM(cache)


# The graph, with weights made here ---------------------------------------------------------------------------------


def _tensors() -> dict[str, Array]:
    rng = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {}
    for i in range(6):
        layer = f"encoder.layer.{i}"
        for name in ("query", "key", "value"):
            shapes[f"{layer}.attention.self.{name}"] = (384, 384)
        shapes[f"{layer}.attention.output.dense"] = (384, 384)
        shapes[f"{layer}.intermediate.dense"] = (1536, 384)
        shapes[f"{layer}.output.dense"] = (384, 1536)
    tensors: dict[str, Array] = {}
    for name, shape in shapes.items():
        tensors[f"{name}.weight"] = (rng.standard_normal(shape) / np.sqrt(shape[1])).astype(np.float32)
        tensors[f"{name}.bias"] = rng.normal(0, 0.1, shape[0]).astype(np.float32)
    norms = [f"encoder.layer.{i}.{part}" for i in range(6) for part in ("attention.output", "output")]
    for name in ["embeddings", *norms]:
        tensors[f"{name}.LayerNorm.weight"] = rng.normal(1, 0.1, 384).astype(np.float32)
        tensors[f"{name}.LayerNorm.bias"] = rng.normal(0, 0.1, 384).astype(np.float32)
    return tensors


def _plain(t: dict[str, Array], embedded: Array) -> Real:
    """The whole network by its definition, in float64."""

    def dense(x: Real, name: str) -> Real:
        result: Real = x @ t[f"{name}.weight"].T.astype(np.float64) + t[f"{name}.bias"]
        return result

    def norm(x: Real, name: str) -> Real:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        result: Real = scaled * t[f"{name}.LayerNorm.weight"] + t[f"{name}.LayerNorm.bias"]
        return result

    x = norm(embedded.astype(np.float64), "embeddings")
    for i in range(6):
        layer = f"encoder.layer.{i}"
        query, key, value = (
            dense(x, f"{layer}.attention.self.{name}").reshape(-1, 12, 32).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(32))
        mixed = (scores / scores.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(-1, 384)
        x = norm(dense(mixed, f"{layer}.attention.output.dense") + x, f"{layer}.attention.output")
        inner = dense(x, f"{layer}.intermediate.dense")
        gelu = 0.5 * inner * (1 + erf(inner / np.sqrt(2)))
        x = norm(dense(gelu, f"{layer}.output.dense") + x, f"{layer}.output")
    mean = x.mean(0)
    result: Real = mean / np.linalg.norm(mean)
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Array], Path]:
    tensors = _tensors()
    graph = minilm_graph.build(tensors)
    home = tmp_path_factory.mktemp("minilm")
    (home / minilm_graph.NETWORK).write_bytes(b"".join(graph.chunks()))
    with (home / minilm_graph.LARGE).open("wb") as file:
        file.writelines(graph.beside_chunks())
    return tensors, home / minilm_graph.NETWORK


@pytest.mark.parametrize("tokens", [2, 12, 256])
def test_the_graph_equals_the_network_by_its_definition(made: tuple[dict[str, Array], Path], tokens: int) -> None:
    tensors, path = made
    embedded = np.random.default_rng(tokens).standard_normal((tokens, 384)).astype(np.float32)
    (vectors,) = open_session(path).run(["text"], {"embedded": embedded})
    assert vectors.shape == (1, 384)
    assert vectors[0] == pytest.approx(_plain(tensors, embedded), abs=2e-6)


def test_weights_that_are_no_safetensors_are_refused() -> None:
    files = dict.fromkeys(minilm_graph.MEMBERS, b"no tensors")
    with pytest.raises(EncoderError, match="cannot be read"):
        list(minilm_graph.convert(files))


# The real network ---------------------------------------------------------------------------------------------------


def test_the_tokenizer_gives_the_known_ids_and_pads_nothing(minilm: MiniLM) -> None:
    minilm.encode([BALLAD])
    assert minilm._loaded is not None
    assert minilm._loaded.tokens(BALLAD) == [101, 6517, 3948, 3682, 11571, 102]
    assert len(minilm._loaded.tokens("word " * 1000)) == 256
    assert minilm._loaded.tokens("Sad SOLO piano Ballad") == minilm._loaded.tokens(BALLAD)


def test_the_port_gives_the_known_numbers(minilm: MiniLM) -> None:
    query, text = minilm.encode([BALLAD, "Genre: classical. Mood: melancholic. Instruments: piano"])
    assert query[:6] == pytest.approx([-0.02127, 0.03266, 0.05825, 0.02419, 0.01492, 0.07526], abs=1e-5)
    assert float(query @ text) == pytest.approx(0.4617, abs=1e-4)


def test_vectors_are_float32_of_norm_one(minilm: MiniLM) -> None:
    vectors = minilm.encode(["", "jazz", "夜の音楽", "a" * 100_000, "\0\n\t", "rock " * 5000])
    assert vectors.shape == (6, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(6), abs=1e-5)


def test_no_texts_give_no_vectors(minilm: MiniLM) -> None:
    assert minilm.encode([]).shape == (0, 384)


def test_words_of_like_meaning_are_near_and_others_are_far(minilm: MiniLM) -> None:
    sad, melancholy, metal = minilm.encode(["a sad song", "melancholic music", "furious death metal"])
    assert float(sad @ melancholy) > float(sad @ metal) + 0.1


def test_the_vector_of_a_text_does_not_depend_on_its_neighbours(minilm: MiniLM, cache: Path) -> None:
    texts = ["warm evening", "loud", BALLAD, "a longer line about rain on the roof of an old house"]
    together = MiniLM(cache).encode(texts)
    for text, row in zip(texts, together, strict=True):
        assert (minilm.encode([text])[0] == row).all()


def test_answers_are_kept_and_cannot_be_spoilt(minilm: MiniLM) -> None:
    first = minilm.encode(["kept"])
    before = minilm._remembered.cache_info().hits
    first[:] = 0
    assert np.linalg.norm(minilm.encode(["kept"])) == pytest.approx(1, abs=1e-5)
    assert minilm._remembered.cache_info().hits == before + 1


@settings(max_examples=25)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=40))
def test_any_string_has_a_vector_even_with_bytes_that_were_no_text(minilm: MiniLM, text: str) -> None:
    assert np.isfinite(minilm.encode([text])).all()


def test_threads_may_ask_at_once(cache: Path) -> None:
    fresh = MiniLM(cache)
    texts = [f"song number {i}" for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: fresh.encode([text])[0], texts))
    assert (np.stack(rows) == MiniLM(cache).encode(texts)).all()


def test_without_weights_the_first_text_says_what_to_do(tmp_path: Path) -> None:
    encoder = MiniLM(tmp_path)
    assert encoder.spec is SPEC
    with pytest.raises(WeightsMissing, match=r"84 MB, licence Apache-2\.0") as caught:
        encoder.encode(["jazz"])
    assert "songkin models pull" in caught.value.remedy


def test_importing_the_encoders_wakes_nothing_heavy() -> None:
    heavy = "{'onnxruntime', 'tokenizers', 'safetensors', 'scipy', 'subprocess', 'zipfile'}"
    code = (
        "import sys; before = set(sys.modules); import songkin.encoders.minilm, songkin.encoders.musicnn; "
        f"print({heavy} & sys.modules.keys() - before or set())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
