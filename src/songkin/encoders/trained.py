"""Text encoders that a library has trained itself: MiniLM's network with other weights, in a folder of their own.

    FOLDER/minilm.onnx, minilm.weights, embeddings.npy, tokenizer.json, card.json

``card.json`` tells how it was made, and the SHA-256 of every file beside it; a folder whose files do not fit is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from songkin.encoders import minilm_graph
from songkin.encoders.base import EncoderSpec
from songkin.encoders.minilm import FILES, MiniLM
from songkin.encoders.minilm_graph import DIM, MEMBERS, Array
from songkin.errors import EncoderError

CARD: Final = "card.json"


def save(folder: Path, tensors: Mapping[str, Array], tokenizer: bytes, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write an encoder, in place of the one that was there; gives back its card. Raises ``EncoderError``."""
    from safetensors.numpy import save as packed

    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    members = {MEMBERS[0]: packed(dict(tensors)), MEMBERS[1]: tokenizer}
    try:
        beside.mkdir(parents=True)
        hashes = {name: _write(beside / name, chunks) for name, chunks in minilm_graph.convert(members)}
        card = {**facts, "format": 1, "files": hashes}
        (beside / CARD).write_text(json.dumps(card, indent=1), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(beside, folder)
    except OSError as error:
        raise EncoderError(f"{folder} cannot be written: {error.strerror}.", remedy="Make room there.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return card


def card_of(folder: Path) -> dict[str, Any] | None:
    """How the encoder in this folder was made; None where there is none. Raises ``EncoderError`` where it is damaged."""
    if not folder.exists():
        return None
    with suppress(OSError, ValueError):
        found = json.loads((folder / CARD).read_text("utf-8"))
        if isinstance(found, dict) and set(found.get("files", ())) == set(FILES):
            return found
    raise _damaged(folder, "its card cannot be read")


def opened(folder: Path) -> MiniLM | None:
    """The encoder in this folder; None where there is none. Raises ``EncoderError`` where its files do not fit its
    card."""
    card = card_of(folder)
    if card is None:
        return None
    for name, told in card["files"].items():
        if _hash(folder / name) != told:
            raise _damaged(folder, f"{name} is not what was written")
    version = hashlib.sha256(json.dumps(card["files"], sort_keys=True).encode()).hexdigest()[:12]
    spec = EncoderSpec(
        name=str(card.get("name", folder.name)),
        version=version,
        modality="text",
        outputs={"text": DIM},
        licence=str(card.get("licence", "")),
        weights=(),
    )
    return MiniLM(folder, spec, lambda name: folder / name)


def _damaged(folder: Path, why: str) -> EncoderError:
    return EncoderError(f"The encoder in {folder} is damaged: {why}.", remedy="Train it again, or remove that folder.")


def _write(path: Path, chunks: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
    return digest.hexdigest()


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
