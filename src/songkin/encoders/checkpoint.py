"""Reads TensorFlow V2 checkpoints ("tensor bundles") with numpy alone.

A bundle is two files. ``.data`` holds the numbers of all tensors, one after the other. ``.index`` says where each of
them stands: it is a LevelDB table, that is, blocks of sorted key-value pairs whose keys leave out what they share
with the key before, an index block that points to the blocks, and a footer of 48 bytes that points to the index block
and ends with a magic number. The value under the empty key describes the bundle; every other value is a small
protobuf message with the type, shape, offset and size of the tensor named by the key.

The bytes come from outside, so nothing is believed: every length and offset is checked before it is used, and any
inconsistency is an ``EncoderError``. Checksums inside the files are not looked at; whoever fetched the bytes has
compared a SHA-256 of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import EncoderError

MAGIC: Final = bytes.fromhex("57fb808b247547db")
_FOOTER: Final = 48
_BLOCK_TRAILER: Final = 5
_FLOAT32: Final = 1
_MAX_DIMS: Final = 8


def read_bundle(index: bytes, data: bytes) -> dict[str, NDArray[np.float32]]:
    """All tensors by name: float32, read-only views into ``data``.

    Raises ``EncoderError`` if the files are damaged, in several shards, compressed, or hold other than float32.
    """
    tensors: dict[str, NDArray[np.float32]] = {}
    for key, value in _table(index):
        if key:
            tensors[_name(key)] = _tensor(value, data)
        else:
            _check_header(value)
    return tensors


def _damaged(what: str) -> EncoderError:
    return EncoderError(
        f"The network's checkpoint cannot be read: {what}.", remedy="Pull the weights again: songkin models pull"
    )


def _name(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise _damaged("a tensor's name is not text") from error


class _Bytes:
    """Bytes with a place to read on from. Reading past the end is an ``EncoderError``."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.raw)

    def take(self, size: int) -> bytes:
        if size > len(self.raw) - self.at:
            raise _damaged("it ends too early")
        self.at += size
        return self.raw[self.at - size : self.at]

    def varint(self) -> int:
        number = 0
        for shift in range(0, 64, 7):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise _damaged("a number has too many digits")


def _table(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key-value pairs of a LevelDB table, in order."""
    if len(raw) < _FOOTER or not raw.endswith(MAGIC):
        raise _damaged("its index has no proper end")
    footer = _Bytes(raw[-_FOOTER:])
    footer.varint(), footer.varint()  # the metaindex block, which is empty
    last: bytes | None = None
    for _, handle in _block(raw, footer.varint(), footer.varint()):
        where = _Bytes(handle)
        for key, value in _block(raw, where.varint(), where.varint()):
            if last is not None and key <= last:
                raise _damaged("its names are not in order")
            last = key
            yield key, value


def _block(raw: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Key-value pairs of one block."""
    end = offset + size
    if size < 4 or end + _BLOCK_TRAILER > len(raw) - _FOOTER:
        raise _damaged("a block lies outside the file")
    if raw[end] != 0:
        raise _damaged("a block is compressed")
    restarts = int.from_bytes(raw[end - 4 : end], "little")
    if restarts < 1 or 4 * restarts + 4 > size:
        raise _damaged("a block has no proper end")
    entries = _Bytes(raw[offset : end - 4 - 4 * restarts])
    key = b""
    while entries:
        shared, unshared, length = entries.varint(), entries.varint(), entries.varint()
        if shared > len(key):
            raise _damaged("a name builds on one that is shorter")
        key = key[:shared] + entries.take(unshared)
        yield key, entries.take(length)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a protobuf message."""
    rest = _Bytes(message)
    while rest:
        tag = rest.varint()
        match tag & 7:
            case 0:
                yield tag >> 3, rest.varint()
            case 1:
                yield tag >> 3, rest.take(8)
            case 2:
                yield tag >> 3, rest.take(rest.varint())
            case 5:
                yield tag >> 3, rest.take(4)
            case _:
                raise _damaged("a field has an unknown type")


def _numbers(message: bytes) -> dict[int, int]:
    """The integer fields of a message; a field left out is 0, as protobuf has it."""
    return {field: value for field, value in _fields(message) if isinstance(value, int)}


def _check_header(value: bytes) -> None:
    numbers = _numbers(value)
    if numbers.get(1, 0) != 1:
        raise _damaged("it is spread over several files")
    if numbers.get(2, 0) != 0:
        raise _damaged("its numbers are big-endian")


def _shape(message: bytes) -> tuple[int, ...]:
    dims = tuple(
        _numbers(value).get(1, 0) for field, value in _fields(message) if field == 2 and isinstance(value, bytes)
    )
    if len(dims) > _MAX_DIMS or not all(dims):
        raise _damaged("a tensor has an impossible shape")
    return dims


def _tensor(entry: bytes, data: bytes) -> NDArray[np.float32]:
    shape: tuple[int, ...] = ()
    for field, value in _fields(entry):
        if field == 2 and isinstance(value, bytes):
            shape = _shape(value)
    numbers = _numbers(entry)
    offset, size = numbers.get(4, 0), numbers.get(5, 0)
    if numbers.get(1, 0) != _FLOAT32 or numbers.get(3, 0) != 0:
        raise _damaged("a tensor is not float32 in the first file")
    if size != 4 * prod(shape) or offset + size > len(data):
        raise _damaged("a tensor lies outside its file")
    return np.frombuffer(data, dtype="<f4", count=size // 4, offset=offset).reshape(shape)
