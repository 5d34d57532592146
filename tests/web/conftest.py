"""Libraries to be served: made once, copied for tests that change them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from served import client, make_served
from songkin.store import shard


@pytest.fixture(scope="session")
def music_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``music`` and ``library``. Not to be changed."""
    return make_served(tmp_path_factory.mktemp("served"))


@pytest.fixture
def home(music_home: Path, tmp_path: Path) -> Path:
    """A copy of the library; the music stays where it is."""
    shard.copy(music_home / "library", tmp_path / "library")  # the index is mostly holes
    return tmp_path


@pytest.fixture
def browser(home: Path) -> Iterator[TestClient]:
    """What asks a served library."""
    with client(home) as asking:
        yield asking
