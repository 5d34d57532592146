"""Writes ONNX model files without the ``onnx`` package.

An ONNX file is one protobuf message. Protobuf on the wire is a row of fields, each a tag (field number and wire type)
and a value: a variable-length integer, four bytes, or a length and that many bytes. That is all that is needed here,
so a model is assembled as a list of byte chunks; the weights themselves are never copied, only pointed to. Large
weights can stand in a file of their own beside the model ("external data"), which onnxruntime maps into memory: that
loads several times faster than weights inside the message.

Field numbers are those of the ONNX specification (onnx.proto), which are part of the format and do not change.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Chunk = bytes | memoryview
Dim = int | str
"""A fixed size, or the name of one that varies."""
Attribute = int | float | str | Sequence[int]

IR_VERSION: Final = 8
OPSET: Final = 17
_FLOAT: Final = 1
_INT64: Final = 7
_LARGE: Final = 1 << 16
_PAGE: Final = 4096
"""Weights beside the model begin at multiples of this, so that they can be mapped into memory."""


def varint(number: int) -> bytes:
    """An integer as base-128 digits, least significant first; negative ones as 64-bit two's complement."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def integer(field: int, number: int) -> list[Chunk]:
    """A field that holds an integer."""
    return [varint(field << 3) + varint(number)]


def real(field: int, number: float) -> list[Chunk]:
    """A field that holds a float32."""
    return [varint(field << 3 | 5) + struct.pack("<f", number)]


def blob(field: int, chunks: Iterable[Chunk]) -> list[Chunk]:
    """A field that holds bytes: a text, raw numbers or a message inside the message."""
    body = list(chunks)
    return [varint(field << 3 | 2) + varint(sum(len(chunk) for chunk in body)), *body]


def text(field: int, words: str) -> list[Chunk]:
    """A field that holds a string."""
    return blob(field, [words.encode()])


def _attribute(name: str, value: Attribute) -> list[Chunk]:
    if isinstance(value, float):
        return text(1, name) + real(2, value) + integer(20, 1)
    if isinstance(value, int):
        return text(1, name) + integer(3, value) + integer(20, 2)
    if isinstance(value, str):
        return text(1, name) + text(4, value) + integer(20, 3)
    return text(1, name) + [chunk for number in value for chunk in integer(8, number)] + integer(20, 7)


def raw(array: NDArray[Any]) -> memoryview:
    """The numbers of an array as little-endian bytes, in C order."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8).data


def _described(name: str, array: NDArray[Any]) -> list[Chunk]:
    kind = {np.dtype(np.float32): _FLOAT, np.dtype(np.int64): _INT64}[array.dtype]
    dims = [chunk for size in array.shape for chunk in integer(1, size)]
    return dims + integer(2, kind) + text(8, name)


def _external(location: str, offset: int, size: int) -> list[Chunk]:
    pairs = (("location", location), ("offset", str(offset)), ("length", str(size)))
    entries = [chunk for key, value in pairs for chunk in blob(13, text(1, key) + text(2, value))]
    return entries + integer(14, 1)


def _value(name: str, kind: int, dims: Sequence[Dim]) -> list[Chunk]:
    shape = [chunk for dim in dims for chunk in blob(1, integer(1, dim) if isinstance(dim, int) else text(2, dim))]
    return text(1, name) + blob(2, blob(1, integer(1, kind) + blob(2, shape)))


class Graph:
    """A network being written: inputs, weights, nodes in order of execution, outputs.

    With ``beside``, the name of a second file, weights of 64 KiB and more go there (``beside_chunks``).
    """

    def __init__(self, name: str, beside: str = "") -> None:
        self._name = name
        self._beside = beside
        self._outside: list[Chunk] = []
        self._outside_size = 0
        self._nodes: list[Chunk] = []
        self._weights: list[Chunk] = []
        self._inputs: list[Chunk] = []
        self._outputs: list[Chunk] = []
        self._made = 0

    def input(self, name: str, dims: Sequence[Dim], *, int64: bool = False) -> str:
        """Declare an input, float32 unless ``int64``, and give its name back."""
        self._inputs += blob(11, _value(name, _INT64 if int64 else _FLOAT, dims))
        return name

    def output(self, name: str, dims: Sequence[Dim]) -> None:
        """Declare the value ``name`` as a float32 output."""
        self._outputs += blob(12, _value(name, _FLOAT, dims))

    def weight(self, name: str, array: NDArray[Any]) -> str:
        """Store a constant, float32 or int64, and give its name back."""
        place = blob(9, [raw(array)])
        if self._beside and array.nbytes >= _LARGE:
            self._outside += [bytes(-self._outside_size % _PAGE), raw(array)]
            start = self._outside_size + len(self._outside[-2])
            self._outside_size = start + array.nbytes
            place = _external(self._beside, start, array.nbytes)
        self._weights += blob(5, _described(name, array) + place)
        return name

    def node(self, op: str, *inputs: str, name: str = "", **attributes: Attribute) -> str:
        """Append a node with one output and give the output's name back (``name``, or one made up)."""
        self._made += 1
        made = name or f"{op.lower()}_{self._made}"
        body = [chunk for source in inputs for chunk in text(1, source)]
        body += text(2, made) + text(4, op)
        for key, value in attributes.items():
            body += blob(5, _attribute(key, value))
        self._nodes += blob(1, body)
        return made

    def chunks(self) -> list[Chunk]:
        """The whole model file, in pieces to be written one after the other."""
        graph = self._nodes + text(2, self._name) + self._weights + self._inputs + self._outputs
        opset = text(1, "") + integer(2, OPSET)
        return integer(1, IR_VERSION) + blob(7, graph) + blob(8, opset)

    def beside_chunks(self) -> list[Chunk]:
        """The file of large weights that belongs beside the model."""
        return self._outside
