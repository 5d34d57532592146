"""The description of the API is whole, and no request that follows it, or breaks it, ends in a failure of the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from served import API, running, songs
from songkin.store import shard

ROUNDS = 12
SLOW = ("/models/pull", "/index", "/imports/links", "/reindex", "/doctor")
"""What begins long work, or looks at the whole machine: asked elsewhere."""


@pytest.fixture(scope="module")
def served(music_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("fuzzed")
    shard.copy(music_home / "library", home / "library")
    with running(home) as address, httpx.Client(base_url=address, timeout=60) as browser:
        yield browser


@pytest.fixture(scope="module")
def described(served: httpx.Client) -> Any:
    return served.get(f"{API}/openapi.json").json()


def test_every_operation_says_what_it_does(described: Any) -> None:
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            assert all(about.get(name) for name in ("summary", "description")), f"{method} {path}"
            assert about["operationId"]


def test_every_command_of_the_terminal_that_asks_or_changes_has_its_address(described: Any) -> None:
    needed = (
        *("find", "albums", "similar/{song}", "recommend", "radio", "path", "alchemy", "fingerprint", "clusters"),
        *("playlists/{playlist}/extend", "playlists/{playlist}/order", "tracks", "playlists", "refused", "duplicates"),
        *("tracks/{song}/vote", "history", "top", "tracks/{song}", "stats", "tracks/{song}/join", "runs", "models"),
        *("runs/{run}/undo", "models/pull", "settings", "doctor", "index", "imports", "export/songs", "reindex"),
    )
    assert [name for name in needed if f"{API}/{name}" not in described["paths"]] == []


def test_no_request_makes_the_server_fail(served: httpx.Client, described: Any) -> None:
    schema = schemathesis.openapi.from_dict(described)
    song, asked = songs(served)["Winter"], 0
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        if operation.path.endswith(SLOW) or "/media/" in operation.path:
            continue

        asked += _tried(served, operation.as_strategy(), song)
    assert asked > 100


def _tried(served: httpx.Client, strategy: Any, song: str) -> int:
    count = 0

    @given(case=strategy)
    @settings(
        max_examples=ROUNDS, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    def ask(case: Any) -> None:
        nonlocal count
        count += 1
        for name in ("song", "first", "last"):
            if case.path_parameters and name in case.path_parameters and count % 2:
                case.path_parameters[name] = song
        answer = case.call(base_url=str(served.base_url))
        assert answer.status_code < 500, f"{case.method} {case.path}: {answer.text[:500]}"

    ask()
    return count
