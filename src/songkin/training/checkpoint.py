"""Where a training stands, so that one that was cut short goes on: safetensors and JSON."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import EncoderError
from songkin.training.marks import Mark

_STATE: Final = "state.json"
_MOMENTS: Final = ("exp_avg", "exp_avg_sq")


class Checkpoint:
    """A folder that holds one; ``identity`` tells which training it is of."""

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder, self.identity = folder, identity

    def save(
        self, model: Any, optimizer: Any, before: Mark, mark: Mark, step: int, best: dict[str, NDArray[np.float32]]
    ) -> None:
        """Write it, in place of the one before. Raises ``EncoderError``."""
        from safetensors.numpy import save_file as save_arrays
        from safetensors.torch import save_file

        fresh = self.folder.with_name(f"{self.folder.name}.new")
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            save_file(
                {name: tensor.contiguous() for name, tensor in model.state_dict().items()}, fresh / "now.safetensors"
            )
            save_file(_moments(optimizer), fresh / "moments.safetensors")
            save_arrays(best, fresh / "best.safetensors")
            told = {"identity": self.identity, "step": step, "before": before.plain(), "mark": mark.plain()}
            (fresh / _STATE).write_text(json.dumps(told), "utf-8")
            shutil.rmtree(self.folder, ignore_errors=True)
            os.replace(fresh, self.folder)
        except OSError as error:
            raise EncoderError(
                f"{self.folder} cannot be written: {error.strerror}.", remedy="Make room there."
            ) from error

    def load(self, model: Any, optimizer: Any) -> tuple[Mark, Mark, int, dict[str, NDArray[np.float32]]] | None:
        """The marks before and best, the step, and the best tensors; the model and its optimizer are set to where they
        were. None where there is none of this training."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file as load_arrays
        from safetensors.torch import load_file

        with suppress(OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError):
            told = json.loads((self.folder / _STATE).read_text("utf-8"))
            if told["identity"] != self.identity:
                return None
            best = load_arrays(self.folder / "best.safetensors")
            moments = load_file(self.folder / "moments.safetensors")
            model.load_state_dict(load_file(self.folder / "now.safetensors"))
            _set_moments(optimizer, moments)
            return Mark.of(told["before"]), Mark.of(told["mark"]), int(told["step"]), best
        return None

    def drop(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _moments(optimizer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, each in optimizer.state_dict()["state"].items():
        found |= {f"{number}.{name}": each[name].contiguous() for name in _MOMENTS}
        found[f"{number}.step"] = each["step"].reshape(1).clone()
    return found


def _set_moments(optimizer: Any, found: dict[str, Any]) -> None:
    state = optimizer.state_dict()
    numbers = sorted({int(name.partition(".")[0]) for name in found})
    state["state"] = {
        number: {**{name: found[f"{number}.{name}"] for name in _MOMENTS}, "step": found[f"{number}.step"][0]}
        for number in numbers
    }
    optimizer.load_state_dict(state)
