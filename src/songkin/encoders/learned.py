"""Small networks that a library has trained itself, over vectors that other encoders gave of its songs.

    FOLDER/model.safetensors   mean, std (inputs), w0, b0, w1, b1 … (float32; layers from the inputs on)
    FOLDER/card.json           format, kind, inputs (output, encoder's fingerprint, length), labels, which layer is the
                               embedding, how it was made, SHA-256 of the other file

Every layer but the last ends in tanh. A folder whose file does not fit its card, whose numbers do not fit one another or
are not finite, is refused: nothing is run that was not written by songkin. Vectors are made only of inputs that the very
encoders gave which the network was trained on.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from songkin.errors import EncoderError

Matrix = NDArray[np.float32]
Layers = Sequence[tuple[Matrix, Matrix]]
"""Weights (in, out) and offsets (out,) of each layer."""

CARD: Final = "card.json"
FILE: Final = "model.safetensors"
FORMAT: Final = 1
KINDS: Final = ("genres", "autoencoder")
MOST: Final = 5.0
"""Deviations beyond which an input counts no more: one broken number is not to drown a song."""
_LARGEST: Final = 256 * 2**20


class Input(NamedTuple):
    """One raw vector that a network is given."""

    output: str
    encoder: str
    length: int


@dataclass(frozen=True)
class Learned:
    """One network. ``inner`` layers lead to the embedding; ``labels`` name the numbers of the last layer, if it sorts."""

    kind: str
    inputs: tuple[Input, ...]
    mean: Matrix
    std: Matrix
    layers: Layers
    inner: int
    labels: tuple[str, ...]
    card: Mapping[str, Any]

    @property
    def space(self) -> str:
        """The space in which its embeddings are compared."""
        return space_of(self.kind)

    @property
    def dim(self) -> int:
        """How many numbers an embedding has."""
        return int(self.layers[self.inner - 1][0].shape[1])

    @property
    def fingerprint(self) -> str:
        """Stored beside each of its vectors."""
        return f"{self.space}/{self.card['sha256'][:16]}"

    def standard(self, raw: Matrix) -> Matrix:
        """Inputs, side by side in rows, on one scale."""
        return standard(raw, self.mean, self.std)

    def embed(self, raw: Matrix) -> Matrix:
        """Embeddings, float32 (n, dim), of inputs side by side, float32 (n, inputs)."""
        return run(self.layers[: self.inner], self.standard(raw), last=False)

    def likely(self, embedding: Matrix) -> dict[str, float]:
        """The labels of a song with their probability, likeliest first. Empty for a network that does not sort."""
        if not self.labels:
            return {}
        odds = softmax(run(self.layers[self.inner :], embedding[None]))[0]
        return {self.labels[n]: float(odds[n]) for n in np.argsort(-odds, kind="stable")}


def space_of(kind: str) -> str:
    """The space in which a network's embeddings are compared."""
    return f"learned-{kind}"


def standard(raw: Matrix, mean: Matrix, std: Matrix) -> Matrix:
    """Deviations from the mean, none beyond ``MOST``."""
    return np.asarray(np.clip((raw - mean) / std, -MOST, MOST), np.float32)


def run(layers: Layers, rows: Matrix, *, last: bool = True) -> Matrix:
    """What comes out of the layers. ``last``: the last of them does not end in tanh."""
    for n, (weights, offset) in enumerate(layers):
        rows = rows @ weights + offset
        if not last or n < len(layers) - 1:
            rows = np.tanh(rows)
    return np.asarray(rows, np.float32)


def softmax(rows: Matrix) -> Matrix:
    """Probabilities from log odds, in rows."""
    raised = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def save(folder: Path, kind: str, arrays: Mapping[str, Matrix], facts: Mapping[str, Any]) -> Learned:
    """Write a network; ``facts`` name its ``inputs``, ``inner`` and ``labels``. Raises ``EncoderError``."""
    from safetensors.numpy import save as packed

    data = packed({name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()})
    card = {**facts, "format": FORMAT, "kind": kind, "sha256": hashlib.sha256(data).hexdigest()}
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        beside.mkdir(parents=True)
        (beside / FILE).write_bytes(data)
        (beside / CARD).write_text(json.dumps(card, indent=1), "utf-8")
        os.replace(beside, folder)
    except OSError as error:
        raise EncoderError(f"{folder} cannot be written: {error.strerror}.", remedy="Make room there.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return opened(folder)


def card_of(folder: Path) -> dict[str, Any]:
    """How the network in this folder was made. Raises ``EncoderError``."""
    with suppress(OSError, ValueError):
        found = json.loads((folder / CARD).read_text("utf-8"))
        if isinstance(found, dict):
            if found.get("format") != FORMAT or found.get("kind") not in KINDS:
                raise _refused(folder, f"it is of format {found.get('format')!r}, and {FORMAT} is known")
            return found
    raise _refused(folder, "its card cannot be read")


def opened(folder: Path) -> Learned:
    """The network in this folder. Raises ``EncoderError`` where it is not what was written, or does not fit together."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    card = card_of(folder)
    try:
        path = folder / FILE
        data = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
    except OSError as error:
        raise _refused(folder, f"{FILE} cannot be read") from error
    if hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise _refused(folder, f"{FILE} is not what was written")
    try:
        return _fitted(folder, card, load(data))
    except (SafetensorError, KeyError, TypeError, ValueError, IndexError) as error:
        raise _refused(folder, "its numbers do not fit its card") from error


def _fitted(folder: Path, card: dict[str, Any], arrays: Mapping[str, Matrix]) -> Learned:
    if any(array.dtype != np.float32 or not np.isfinite(array).all() for array in arrays.values()):
        raise _refused(folder, "it holds something else than finite numbers")
    count = sum(1 for name in arrays if name.startswith("w"))
    layers = [(arrays[f"w{n}"], arrays[f"b{n}"]) for n in range(count)]
    inputs = tuple(Input(str(output), str(encoder), int(length)) for output, encoder, length in card["inputs"])
    labels = tuple(map(str, card["labels"]))
    made = Learned(card["kind"], inputs, arrays["mean"], arrays["std"], layers, int(card["inner"]), labels, card)
    size = sum(each.length for each in inputs)
    fits = 1 <= made.inner < count and made.mean.shape == made.std.shape == (size,) and bool((made.std > 0).all())
    for weights, offset in layers:
        fits = fits and weights.ndim == 2 and weights.shape[0] == size and offset.shape == (weights.shape[1],)
        size = weights.shape[-1]
    if not fits or (labels and len(labels) != size):
        raise _refused(folder, "its dimensions do not fit one another")
    return made


def _refused(folder: Path, why: str) -> EncoderError:
    return EncoderError(
        f"The model in {folder} is refused: {why}.", remedy="Train it again, or take its run back with `songkin undo`."
    )
