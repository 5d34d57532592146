"""What all tests share. Modules in this folder (``soundfiles``) can be imported by every test by their bare name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("songkin", deadline=None, max_examples=50)  # machines are shared: time is no criterion
settings.load_profile("songkin")


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see neither the user's config file nor SONGKIN_ variables, except where the weights and a server are."""
    for name in list(os.environ):
        if name.startswith("SONGKIN_") and name not in {"SONGKIN_CACHE", "SONGKIN_QDRANT_TEST_URL"}:
            monkeypatch.delenv(name)
    for name in ("QDRANT_URL", "QDRANT_API_KEY", "QDB_ENDPOINT", "QDB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SONGKIN_CONFIG", str(tmp_path / "no-config.toml"))
