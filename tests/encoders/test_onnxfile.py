"""Graphs written here are run by onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.encoders.onnxfile import Graph, varint
from songkin.encoders.runtime import open_session
from songkin.errors import EncoderError


def _line(beside: str = "") -> tuple[Graph, np.ndarray]:
    """y = x · A + b, then its logarithm by a chain of small nodes."""
    graph = Graph("line", beside=beside)
    weights = np.arange(400 * 60, dtype=np.float32).reshape(400, 60) / 1000
    x = graph.input("x", ["rows", 400])
    product = graph.node("Gemm", x, graph.weight("A", weights), graph.weight("b", np.ones(60, dtype=np.float32)))
    graph.node("Unsqueeze", product, graph.weight("axis", np.array([-1], dtype=np.int64)), name="y")
    graph.output("y", ["rows", 60, 1])
    return graph, weights


@given(st.integers(0, 2**63 - 1))
def test_a_varint_holds_seven_bits_per_byte_least_first(number: int) -> None:
    raw = varint(number)
    assert sum((byte & 0x7F) << 7 * i for i, byte in enumerate(raw)) == number
    assert [byte >> 7 for byte in raw] == [1] * (len(raw) - 1) + [0]


def test_a_negative_varint_is_twos_complement_in_ten_bytes() -> None:
    assert varint(-1) == b"\xff" * 9 + b"\x01"


def test_a_written_graph_runs_and_gives_the_right_numbers(tmp_path: Path) -> None:
    graph, weights = _line()
    (tmp_path / "line.onnx").write_bytes(b"".join(graph.chunks()))
    x = np.random.default_rng(0).standard_normal((3, 400)).astype(np.float32)
    (y,) = open_session(tmp_path / "line.onnx").run(["y"], {"x": x})
    assert y.shape == (3, 60, 1)
    assert y[..., 0] == pytest.approx(x @ weights + 1, rel=1e-4, abs=1e-4)


def test_large_weights_beside_the_model_give_the_same_numbers(tmp_path: Path) -> None:
    inside, _ = _line()
    outside, weights = _line(beside="line.weights")
    (tmp_path / "inside.onnx").write_bytes(b"".join(inside.chunks()))
    (tmp_path / "outside.onnx").write_bytes(b"".join(outside.chunks()))
    (tmp_path / "line.weights").write_bytes(b"".join(outside.beside_chunks()))
    assert (tmp_path / "outside.onnx").stat().st_size < 2000
    assert (tmp_path / "line.weights").stat().st_size == weights.nbytes
    x = np.ones((2, 400), dtype=np.float32)
    results = [open_session(tmp_path / f"{name}.onnx").run(["y"], {"x": x})[0] for name in ("inside", "outside")]
    assert (results[0] == results[1]).all()


def test_large_weights_begin_at_whole_pages() -> None:
    graph = Graph("two", beside="weights")
    for name in ("first", "second"):
        graph.weight(name, np.full(20_001, 1, dtype=np.float32))
    chunks = [bytes(chunk) for chunk in graph.beside_chunks()]
    assert len(b"".join(chunks[:3])) % 4096 == 0


def test_writing_twice_gives_the_same_bytes() -> None:
    assert b"".join(_line()[0].chunks()) == b"".join(_line()[0].chunks())


def test_attributes_of_every_kind_are_understood(tmp_path: Path) -> None:
    graph = Graph("kinds")
    x = graph.input("x", [1, 1, 4, 4])
    padded = graph.node("MaxPool", x, kernel_shape=[2, 2], auto_pad="SAME_UPPER", ceil_mode=0)
    graph.node("LeakyRelu", padded, name="y", alpha=0.25)
    graph.output("y", [1, 1, 4, 4])
    (tmp_path / "kinds.onnx").write_bytes(b"".join(graph.chunks()))
    x_value = np.full((1, 1, 4, 4), -2, dtype=np.float32)
    (y,) = open_session(tmp_path / "kinds.onnx").run(["y"], {"x": x_value})
    assert (y == -0.5).all()


def test_integers_can_be_inputs(tmp_path: Path) -> None:
    graph = Graph("rows")
    which = graph.input("which", ["n"], int64=True)
    graph.node("Gather", graph.weight("table", np.arange(6, dtype=np.float32)), which, name="y", axis=0)
    graph.output("y", ["n"])
    (tmp_path / "rows.onnx").write_bytes(b"".join(graph.chunks()))
    (y,) = open_session(tmp_path / "rows.onnx").run(["y"], {"which": np.array([4, 1])})
    assert y.tolist() == [4.0, 1.0]


@pytest.mark.parametrize("content", [b"", b"no network at all", b"\x08\x08:\xff\xff\xff\xff\x7f"])
def test_a_file_that_is_no_network_is_refused_with_its_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"broken\.onnx") as caught:
        open_session(path)
    assert "models pull" in caught.value.remedy


def test_a_network_without_the_weights_beside_it_is_refused(tmp_path: Path) -> None:
    graph, _ = _line(beside="line.weights")
    (tmp_path / "line.onnx").write_bytes(b"".join(graph.chunks()))
    with pytest.raises(EncoderError, match=r"line\.onnx"):
        open_session(tmp_path / "line.onnx")
