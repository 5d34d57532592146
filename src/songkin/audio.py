"""(interface only; being written)"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How one listener wants a file cut: mono windows of ``window`` samples every ``hop`` samples at ``sample_rate``.

    ``pad`` zeros stand before and after the whole file. At most ``limit`` windows, spread evenly over all of it
    (None: every one). ``tail``: a last partial window is dropped, or a last full one is anchored at the end.
    """

    sample_rate: int
    window: int
    hop: int
    pad: int = 0
    limit: int | None = None
    tail: Literal["drop", "anchor"] = "drop"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. ``max_seconds`` of decoded sound, ``max_channels``, sample rates, ``min_seconds``."""

    max_seconds: float = 6 * 3600.0
    min_seconds: float = 0.1
    max_channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What decoding showed. ``duration`` in seconds from decoded samples; ``packets`` is a hash over the audio packets
    (the same sound with other tags has the same one); ``silent`` says that no window rose above the floor."""

    duration: float
    sample_rate: int
    channels: int
    codec: str
    container: str
    packets: str
    silent: bool


def hear(path: str, plans: Sequence[WindowPlan], push: Callable[[int, NDArray[np.float32]], None], limits: Limits = Limits()) -> Heard:
    raise NotImplementedError
