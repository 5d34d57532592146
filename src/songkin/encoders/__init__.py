"""Encoders: what turns sound and text into vectors. One file each; this table is the list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from songkin.encoders.base import AudioEncoder, EncoderSpec, TextEncoder
from songkin.errors import EncoderError, WeightsMissing

AUDIO: Final = ("musicnn", "descriptors", "fingerprint")
TEXT: Final = ("minilm",)


def audio_encoder(name: str, cache: Path) -> AudioEncoder:
    """The audio encoder called ``name``; its weights are looked for in ``cache`` when it first hears something."""
    if name == "musicnn":
        from songkin.encoders.musicnn import MusiCNN

        return MusiCNN(cache)
    if name == "descriptors":
        from songkin.encoders.descriptors import Descriptors

        return Descriptors()
    if name == "fingerprint":
        from songkin.encoders.fingerprint import Fingerprint

        return Fingerprint()
    raise EncoderError(f"There is no audio encoder called {name!r}.", remedy=f"Choose among {', '.join(AUDIO)}.")


def text_encoder(name: str, cache: Path, *, offline: bool = False) -> TextEncoder:
    """The text encoder called ``name``: of songkin, of the hub (``owner/name``), or in a folder."""
    if name == "minilm":
        from songkin.encoders.minilm import MiniLM

        return MiniLM(cache)
    if "/" in name or "\\" in name or Path(name).is_dir():
        from songkin.encoders.hub import hub_text

        return hub_text(name, offline=offline)
    raise EncoderError(
        f"There is no text encoder called {name!r}.",
        remedy=f"Choose among {', '.join(TEXT)}, or name one of the hub (owner/name) or a folder.",
    )


def reader(name: str, cache: Path, *, offline: bool = False) -> tuple[TextEncoder | None, str]:
    """The text encoder called ``name`` where it can read here; else None, and why. Raises ``EncoderError`` for one that is
    broken."""
    from songkin.encoders import weights

    try:
        encoder = text_encoder(name, cache, offline=offline)
        if weights.installed(encoder.spec, cache):
            return encoder, ""
    except WeightsMissing as error:
        return None, f"{error.message} {error.remedy}"
    return None, f"{name} has no weights here (`songkin models pull` fetches them)"


def specs(cache: Path) -> Mapping[str, EncoderSpec]:
    """The specification of every encoder, by name."""
    found = {name: audio_encoder(name, cache).spec for name in AUDIO}
    found.update({name: text_encoder(name, cache).spec for name in TEXT})
    return found
