"""Tensor bundles made here, read back; and what damage does to them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from songkin.encoders.checkpoint import MAGIC, read_bundle
from songkin.encoders.onnxfile import blob, integer, varint
from songkin.errors import EncoderError


def _entry(array: NDArray[np.float32], offset: int) -> bytes:
    dims = [part for size in array.shape for part in blob(2, integer(1, size))]
    parts = [*integer(1, 1), *blob(2, dims), *integer(4, offset), *integer(5, array.nbytes)]
    return b"".join([*parts, varint(6 << 3 | 5), b"crc!"])


def _block(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """Entries with shared prefixes, one restart point."""
    out, last = b"", b""
    for key, value in pairs:
        shared = 0
        while shared < min(len(last), len(key)) and last[shared] == key[shared]:
            shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return out + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")


def make_bundle(tensors: Mapping[str, NDArray[np.float32]], header: bytes = b"\x08\x01") -> tuple[bytes, bytes]:
    """Index and data of a bundle with two data blocks."""
    data, pairs = b"", [(b"", header)]
    for name, array in sorted(tensors.items()):
        pairs.append((name.encode(), _entry(array, len(data))))
        data += array.tobytes()
    raw, handles = b"", []
    half = len(pairs) // 2
    for some in (pairs[:half], pairs[half:]):
        block = _block(some)
        handles.append((some[-1][0] + b"~", varint(len(raw)) + varint(len(block))))
        raw += block + b"\0crc!"
    index = _block(handles)
    footer = varint(0) + varint(0) + varint(len(raw)) + varint(len(index))
    return raw + index + b"\0crc!" + footer.ljust(40, b"\0") + MAGIC, data


TENSORS = {
    "conv2d/bias": np.arange(3, dtype=np.float32),
    "conv2d/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "conv2d_1/bias": np.array([-1.5], dtype=np.float32),
    "step": np.array(7.0, dtype=np.float32),
}
INDEX, DATA = make_bundle(TENSORS)


def test_a_bundle_gives_back_every_tensor_it_holds() -> None:
    found = read_bundle(INDEX, DATA)
    assert found.keys() == TENSORS.keys()
    for name, array in TENSORS.items():
        assert found[name].shape == array.shape
        assert (found[name] == array).all()


@given(st.integers(0, len(INDEX) - 1))
def test_an_index_that_is_cut_short_is_refused(size: int) -> None:
    with pytest.raises(EncoderError):
        read_bundle(INDEX[:size], DATA)


@given(st.integers(0, len(DATA) - 1))
def test_data_that_are_cut_short_are_refused(size: int) -> None:
    with pytest.raises(EncoderError, match="outside its file"):
        read_bundle(INDEX, DATA[:size])


@settings(max_examples=500)
@given(st.lists(st.tuples(st.integers(0, len(INDEX) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_an_index_with_changed_bytes_is_read_or_refused_but_never_breaks(changes: list[tuple[int, int]]) -> None:
    index = bytearray(INDEX)
    for at, value in changes:
        index[at] = value
    with suppress(EncoderError):
        found = read_bundle(bytes(index), DATA)
        assert all(array.nbytes <= len(DATA) for array in found.values())


@given(st.binary(max_size=200))
def test_bytes_that_are_no_bundle_are_refused(junk: bytes) -> None:
    with pytest.raises(EncoderError):
        read_bundle(junk, DATA)


def test_a_bundle_in_several_shards_is_refused() -> None:
    index, data = make_bundle(TENSORS, header=b"\x08\x02")
    with pytest.raises(EncoderError, match="several files"):
        read_bundle(index, data)


def test_a_big_endian_bundle_is_refused() -> None:
    index, data = make_bundle(TENSORS, header=b"\x08\x01\x10\x01")
    with pytest.raises(EncoderError, match="big-endian"):
        read_bundle(index, data)


def test_a_tensor_of_another_type_is_refused() -> None:
    entry = _entry(TENSORS["step"], 0)
    index = INDEX.replace(_entry(TENSORS["conv2d/bias"], 0)[:2], b"\x08\x09", 1)
    assert entry[:2] == b"\x08\x01"
    with pytest.raises(EncoderError):
        read_bundle(index, DATA)
