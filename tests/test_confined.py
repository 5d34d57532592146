"""Processes of their own for what may be hostile."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import pytest

from songkin.confined import Helper
from songkin.errors import AudioError, NotFound


@pytest.fixture
def helper() -> Iterator[Helper]:
    made = Helper(512)
    yield made
    made.close()


def test_a_task_is_done_elsewhere_and_its_errors_come_back(helper: Helper) -> None:
    assert helper.do(os.getpid, seconds=30) == helper.do(os.getpid, seconds=30) != os.getpid()
    with pytest.raises(NotFound, match="gone"):
        helper.do(_lost, seconds=30)
    with pytest.raises(AudioError, match="ValueError"):
        helper.do(int, "x", seconds=30)


def test_one_that_takes_too_long_or_dies_ends_alone(helper: Helper) -> None:
    first = helper.do(os.getpid, seconds=30)
    with pytest.raises(AudioError, match="longer than"):
        helper.do(time.sleep, 60, seconds=0.2)
    with pytest.raises(AudioError, match="ended the process"):
        helper.do(os._exit, 3, seconds=30)
    assert helper.do(os.getpid, seconds=30) != first


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_one_that_wants_too_much_memory_fails(helper: Helper) -> None:
    with pytest.raises(AudioError, match="memory"):
        helper.do(bytes, 4 << 30, seconds=30)


def _lost() -> None:
    raise NotFound("It is gone.", remedy="Look.")
