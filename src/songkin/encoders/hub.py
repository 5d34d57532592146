"""Text encoders by name: larger or multilingual networks of the Hugging Face hub, or of a folder, through
sentence-transformers (extra ``train``).

Only safetensors are loaded, never pickled weights, and no code that comes with a network. What a network's vectors mean is
told by a digest of its files: settings whole, weights by their size, beginning and end, so that nothing is loaded to know
it. It is fetched once, when it is first needed, unless the setting ``offline`` forbids it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from songkin.encoders.base import EncoderSpec, Vector
from songkin.errors import EncoderError, WeightsMissing

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PREFIX: Final = "hub:"
"""How the names of such encoders begin in fingerprints."""
_FILES: Final = ("*.json", "*.txt", "*.model", "*.safetensors")
_PARTS: Final = ("openvino/*", "onnx/*")
_WHOLE: Final = 1 << 20
_REMEMBERED: Final = 512
_BATCH: Final = 32
_MAX_CHARACTERS: Final = 1 << 14


class HubText:
    """The text encoder ``name``: ``owner/name`` on the hub, or a folder. Loaded when a first text is encoded."""

    def __init__(self, name: str, *, offline: bool = False) -> None:
        self.name, self.offline = name, offline
        self._lock = Lock()
        self._loaded: SentenceTransformer | None = None
        self._remembered = lru_cache(maxsize=_REMEMBERED)(lambda text: self._read([text])[0])

    @cached_property
    def spec(self) -> EncoderSpec:
        """Raises ``WeightsMissing`` where the extra or the network's files are not here and cannot be fetched."""
        label = Path(self.name).name if Path(self.name).is_dir() else self.name
        return EncoderSpec(
            name=f"{PREFIX}{label}",
            version=_digest(self._folder),
            modality="text",
            outputs={"text": 0},
            licence="",
        )

    def encode(self, texts: Sequence[str]) -> Vector:
        """Unit vectors of ``texts``, float32 (n, d). Raises ``WeightsMissing``, ``EncoderError``."""
        if len(texts) == 1:
            return np.array(self._remembered(texts[0]))[None]
        return self._read(texts)

    @cached_property
    def _folder(self) -> Path:
        if importlib.util.find_spec("sentence_transformers") is None:
            raise self._missing("sentence-transformers is not installed", "pip install 'songkin[train]'")
        folder = Path(self.name)
        if not folder.is_dir():
            folder = Path(self._fetched())
        if not any(folder.rglob("*.safetensors")):
            raise EncoderError(
                f"The text encoder {self.name} has no weights as safetensors.",
                remedy="Choose one that has; pickled weights are not loaded.",
            )
        return folder

    def _fetched(self) -> str:
        from huggingface_hub import snapshot_download

        told: dict[str, Any] = {"allow_patterns": list(_FILES), "ignore_patterns": list(_PARTS)}
        try:
            return str(snapshot_download(self.name, local_files_only=True, **told))
        except (OSError, ValueError):
            if self.offline:
                raise self._missing("it is not on this machine, and nothing may be fetched", "") from None
        try:
            return str(snapshot_download(self.name, **told))
        except Exception as error:  # the hub's client raises what three libraries raise
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise self._missing(
                f"it cannot be fetched: {first}", "Check its name (owner/name) and the network."
            ) from error

    def _read(self, texts: Sequence[str]) -> Vector:
        clean = [text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            rows = np.asarray(
                self._loaded.encode(clean, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False),
                np.float32,
            )
        if rows.ndim != 2 or not np.isfinite(rows).all():
            raise EncoderError(
                f"The text encoder {self.name} gives something else than vectors.", remedy="Choose another one."
            )
        return rows

    def _load(self) -> SentenceTransformer:
        folder = str(self._folder)
        from sentence_transformers import SentenceTransformer

        importlib.import_module("transformers.utils.logging").disable_progress_bar()
        try:
            return SentenceTransformer(folder, local_files_only=True, model_kwargs={"use_safetensors": True})
        except Exception as error:  # a folder of anything may raise anything
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EncoderError(
                f"The text encoder {self.name} cannot be loaded: {first}", remedy="Choose another one."
            ) from error

    def _missing(self, why: str, remedy: str) -> WeightsMissing:
        remedy = remedy or "Fetch it once without the setting offline, or unset text_encoder."
        told = f"text encoder {self.name} cannot be used: {why}"
        return WeightsMissing(f"The {told}.", remedy=remedy, brief=f"the {told} ({remedy.rstrip('.')})")


@lru_cache(maxsize=2)
def hub_text(name: str, *, offline: bool = False) -> HubText:
    """The text encoder of this name, loaded once in a process."""
    return HubText(name, offline=offline)


def _digest(folder: Path) -> str:
    """Of all files that decide what vectors mean."""
    found = hashlib.sha256()
    try:
        for path in sorted(
            each for each in folder.rglob("*") if each.suffix in {".json", ".txt", ".model", ".safetensors"}
        ):
            size = path.stat().st_size
            found.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode("utf-8", "replace"))
            with path.open("rb") as file:
                found.update(file.read(_WHOLE))
                if size > _WHOLE:
                    file.seek(-_WHOLE, 2)
                    found.update(file.read())
    except OSError as error:
        raise EncoderError(f"{folder} cannot be read: {error.strerror}.", remedy="Make it readable.") from error
    return found.hexdigest()[:16]
