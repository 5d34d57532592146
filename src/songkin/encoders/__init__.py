"""Encoders: what turns sound and text into vectors. One file each; this table is the list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from songkin.encoders.base import AudioEncoder, EncoderSpec, TextEncoder
from songkin.errors import EncoderError

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


def text_encoder(name: str, cache: Path) -> TextEncoder:
    """The text encoder called ``name``."""
    if name == "minilm":
        from songkin.encoders.minilm import MiniLM

        return MiniLM(cache)
    raise EncoderError(f"There is no text encoder called {name!r}.", remedy=f"Choose among {', '.join(TEXT)}.")


def specs(cache: Path) -> Mapping[str, EncoderSpec]:
    """The specification of every encoder, by name."""
    found = {name: audio_encoder(name, cache).spec for name in AUDIO}
    found.update({name: text_encoder(name, cache).spec for name in TEXT})
    return found
