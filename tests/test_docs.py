"""The commands in README and docs are run, in their order, on songkin's own music."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kindfiles import EXAMPLES
from songkin import audio
from songkin.cli import run
from songkin.config import load
from songkin.demo.library import make_library
from songkin.encoders.weights import installed
from songkin.library import Library
from songkin.store import shard

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


FIRE = r"""#EXTM3U
#PLAYLIST:By the fire
../Music/Elena Duarte/Courtyard/01 Orange Blossom.mp3
#EXTINF:16,Arvind Salke - The Ferryman's Replay
D:\Old disk\ferryman.mp3
#EXTINF:200,Nobody - Nothing at All
D:\Old disk\nothing.mp3
"""
"""A list of which one song is here, one is misspelt and one is not."""


def commands(page: Path) -> list[str]:
    """Lines of ``console`` blocks that start with ``$ songkin``."""
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ songkin")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    with Library(config=load({"library": str(folder / "library")})) as library:
        lacking = [spec.name for spec, here in library.models() if not here]
        if lacking:
            pytest.skip(f"the weights of {' and '.join(lacking)} are not on this machine")
        files = make_library(folder / "Music")
        assert all(installed(spec, library.config.cache) for spec, _ in library.models())
        report = library.index([folder / "Music"])
        assert report.added == len(files)
    for example in EXAMPLES:
        example.lay(folder / example.kind)
    (folder / "lists").mkdir()
    (folder / "lists" / "fire.m3u8").write_text(FIRE)
    sound = audio.samples(str(files[7]), 24_000)
    audio.write(str(folder / "clip.wav"), sound[48_000:240_000], 24_000)
    return folder


def last_import() -> int:
    """The number of the latest import, which is what people have in mind who write ``undo RUN``."""
    with Library() as library:
        return next((run["id"] for run in library.catalog.journal.last_runs() if run["command"] == "import"), 0)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_the_docs_work(
    page: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("SONGKIN_LIBRARY", str(tmp_path / "library"))
    shard.copy(home / "library", tmp_path / "library")  # each page begins with the same songs
    for written in commands(page):
        line = written.replace(" RUN", f" {last_import()}")
        assert run(shlex.split(line)[1:]) == 0, f"{page.name}: {line}\n{capsys.readouterr().err}"
        out = capsys.readouterr().out
        if " find " in line or " similar " in line:
            assert " 1 " in out, f"{page.name}: {line} found nothing"


def test_the_python_of_the_readme_works_as_a_script(home: Path, tmp_path: Path) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "Music").mkdir()
    for file in sorted((home / "Music").rglob("*.*"))[:6]:
        os.link(file, tmp_path / "Music" / file.name)
    for file in (home / "Music").rglob("*Lux in Silva*"):
        os.link(file, tmp_path / "Music" / f"choir{file.suffix}")
    (tmp_path / "script.py").write_text(block)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5
    assert "choir" in done.stdout.splitlines()[0]


def test_the_links_of_the_docs_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_demo_finds_each_song_by_what_it_is(home: Path) -> None:
    with Library(home / "library") as library:
        for words, title in (
            ("choir", "Lux in Silva"),
            ("ragtime piano", "Pickle Barrel Strut"),
            ("quiet flute melody", "Heron"),
        ):
            found = [hit.track.title for hit in library.find(words).hits[:3]]
            assert title in found, f"{words}: {found}"
