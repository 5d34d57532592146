"""What ``songkin undo`` says."""

from __future__ import annotations

import pytest

from songkin.cli.undo_ import _told

NOTHING = {"removed": 0, "stayed": 0, "playlists": 0, "albums": 0, "listens": 0, "updated": 0, "returned": 0}


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ({}, "; it had changed nothing."),
        ({"removed": 1}, ": 1 song went."),
        ({"removed": 1200, "playlists": 2}, ": 1,200 songs and 2 playlists went."),
        ({"removed": 3, "playlists": 1, "albums": 2}, ": 3 songs, 1 playlist and 2 albums went."),
        ({"removed": 1, "listens": 1}, ": 1 song and 1 listen went."),
        ({"removed": 1, "stayed": 2}, ": 1 song went; 2 songs stay, which others know too."),
        ({"stayed": 1}, ": 1 song stays, which others know too."),
        ({"returned": 1}, ": 1 playlist or album is as it was before."),
        (
            {"albums": 1, "updated": 2, "returned": 2},
            ": 1 album went; 2 songs and 2 playlists or albums are as they were before.",
        ),
    ],
)
def test_only_what_happened_is_said(done: dict[str, int], said: str) -> None:
    assert _told({**NOTHING, **done}) == said
