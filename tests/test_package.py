"""What installing songkin brings, and what the repository holds."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
HEAVY = {
    "torch",
    "librosa",
    "numba",
    "llvmlite",
    "tensorflow",
    "transformers",
    "sentence-transformers",
    "essentia",
    "mutagen",
}


def needed() -> dict[str, importlib.metadata.Distribution]:
    """Everything that `pip install songkin` brings, by name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = ["songkin"]
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        found[name] = importlib.metadata.distribution(name)
        for line in found[name].requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


@pytest.fixture(scope="module")
def dependencies() -> dict[str, importlib.metadata.Distribution]:
    try:
        return needed()
    except importlib.metadata.PackageNotFoundError as error:
        pytest.skip(f"songkin is not installed as a package here ({error})")


def test_the_core_needs_nothing_heavy(dependencies: dict[str, importlib.metadata.Distribution]) -> None:
    assert not HEAVY & set(dependencies)


def test_the_core_needs_nothing_under_gpl_or_agpl(dependencies: dict[str, importlib.metadata.Distribution]) -> None:
    for name, distribution in dependencies.items():
        about = distribution.metadata
        told = [*(about.get_all("License-Expression") or []), *(about.get_all("License") or [])]
        told += [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
        licence = " ".join(str(line).splitlines()[0] for line in told if line)
        assert not re.search(r"(?<![Ll])\bA?GPL|(?<!Lesser )General Public|Affero", licence), f"{name}: {licence}"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_index_address_stands_in_the_repository() -> None:
    address = re.compile(r'https?://\S+/simple\b|"resolved"\s*:|--index-url|--find-links')
    for path in tracked():
        if path.name == "Makefile" or path == Path(__file__) or path.suffix in {".png", ".svg"} or not path.is_file():
            continue
        found = address.search(path.read_text("utf-8", "replace"))
        assert found is None, f"{path}: {found}"


def test_no_weights_and_no_recordings_are_committed() -> None:
    for path in tracked():
        assert path.suffix not in {".onnx", ".pt", ".pth", ".pkl", ".safetensors", ".whl", ".mp3", ".ogg", ".flac"}, (
            path
        )
        assert path.stat().st_size < 1_000_000, path


def test_media_is_opened_for_reading_in_one_place() -> None:
    places = [
        path
        for path in (ROOT / "src").rglob("*.py")
        if re.search(r"\bav\.open\(|from av import open", path.read_text("utf-8"))
    ]
    assert sorted(path.name for path in places) == ["media.py", "transcoding.py", "writing.py"]  # the last two write


def test_running_a_network_leaves_no_telemetry_behind(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from songkin.encoders.runtime import open_session\n"
        "from songkin.errors import EncoderError\n"
        "try:\n    open_session(Path('nothing.onnx'))\nexcept EncoderError:\n    print('tried')\n"
    )
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache"), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "tried\n", done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
