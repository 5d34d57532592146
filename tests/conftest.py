"""What all tests share. Modules in this folder (``soundfiles``) can be imported by every test by their bare name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

settings.register_profile("songkin", deadline=None, max_examples=50)  # machines are shared: time is no criterion
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("songkin")


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see neither the user's config file nor SONGKIN_ variables, except where the weights and a server are, nor how
    wide a terminal is."""
    monkeypatch.delenv("COLUMNS", raising=False)
    for name in list(os.environ):
        if name.startswith("SONGKIN_") and name not in {"SONGKIN_CACHE", "SONGKIN_QDRANT_TEST_URL"}:
            monkeypatch.delenv(name)
    for name in ("QDRANT_URL", "QDRANT_API_KEY", "QDB_ENDPOINT", "QDB_API_TOKEN", "OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SONGKIN_CONFIG", str(tmp_path / "no-config.toml"))


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("songkin")
    group.addoption("--long", action="store_true", help="run the long form of tests/faults and tests/fuzz: minutes")
    group.addoption("--long-report", metavar="FILE", help="append what the long form measured to FILE, as Markdown")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--long"):
        settings.load_profile("long")


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long form was asked for with ``--long``."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says what a long form measured: printed (``-s`` shows it), and appended to the file of ``--long-report``."""

    def say(text: str) -> None:
        print(text)  # noqa: T201 - a report is for people
        if place := request.config.getoption("--long-report"):
            with Path(place).open("a", encoding="utf-8") as file:
                file.write(text + "\n")

    return say


@pytest.fixture(scope="session")
def music_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``music`` and a ``library`` of it, to be served. Not to be changed."""
    from served import make_served

    return make_served(tmp_path_factory.mktemp("served"))


@pytest.fixture
def home(music_home: Path, tmp_path: Path) -> Path:
    """A copy of that library; the music stays where it is."""
    from songkin.store import shard

    shard.copy(music_home / "library", tmp_path / "library")  # the index is mostly holes
    return tmp_path


@pytest.fixture
def browser(home: Path) -> Iterator[TestClient]:
    """What asks that library over HTTP, in this process."""
    from served import client

    with client(home) as asking:
        yield asking
