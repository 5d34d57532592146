"""Sessions of onnxruntime the way songkin wants them: one thread each, quiet, frugal.

Songs are spread over processes, so a session never starts threads of its own and never spins while it waits. The arena
keeps the few megabytes that one run needs for the next one: asking the system for them again cost up to a third of the
time. Plans of memory by shape ("patterns") are off, since they cost more than they save here.

From its 1.31 on, onnxruntime keeps a device id and a store of telemetry in the user's cache folder as soon as it is
imported, unless it is told beforehand not to. songkin tells it: nothing that is heard here is anybody else's business.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from songkin.errors import EncoderError


class Session(Protocol):
    """A loaded network. May be run by several threads at once."""

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """The named outputs for the named inputs."""


def open_session(path: Path) -> Session:
    """Load an ONNX file. Raises ``EncoderError`` if it is no network that onnxruntime can run."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False
    options.log_severity_level = 4  # errors arrive as exceptions, and need not be printed as well
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        # The real path: weights beside a model are only read from the model's own folder, symbolic links resolved.
        session: Session = ort.InferenceSession(str(path.resolve()), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base
        raise EncoderError(
            f"The network {path.name} cannot be loaded: {error}",
            remedy="Put it there again: songkin models pull",
        ) from error
    return session
