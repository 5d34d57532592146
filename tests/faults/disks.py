"""Small disks in memory, to be filled."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEGABYTE = 1_000_000


@contextmanager
def small_disks(place: Path) -> Iterator[Callable[[float], Path]]:
    """Gives what mounts an empty disk (tmpfs) of so many megabytes at ``place``; only root may, so others skip."""
    place.mkdir()

    def unmount() -> None:
        while os.path.ismount(place):
            subprocess.run(["umount", place], check=True)

    def mount(megabytes: float) -> Path:
        unmount()
        size = f"size={int(megabytes * MEGABYTE)}"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "songkin-test", place], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        return place

    try:
        yield mount
    finally:
        unmount()


def grow(place: Path, megabytes: float) -> None:
    """Have a small disk be larger, with what lies on it."""
    subprocess.run(["mount", "-o", f"remount,size={int(megabytes * MEGABYTE)}", place], check=True)


def fill(place: Path, left: int) -> Path:
    """A file that leaves ``left`` bytes of the disk."""
    filler = place / "filler"
    with filler.open("wb") as file:
        room = shutil.disk_usage(place).free - left
        os.posix_fallocate(file.fileno(), 0, max(room, 1))
    return filler
