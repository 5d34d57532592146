"""The vectors of the tag names are made once per library, not once per question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from songkin.encoders.base import EncoderSpec, Vector
from songkin.search import bridge
from songkin.store.catalog import Catalog


class Reader:
    """A text encoder that counts what it reads."""

    def __init__(self, version: str = "1") -> None:
        self.spec = EncoderSpec("reader", version, "text", {"text": 4}, "Apache-2.0")
        self.read = 0

    def encode(self, texts: Sequence[str]) -> Vector:
        self.read += len(texts)
        return np.array([[len(text), 1, 2, 3] for text in texts], np.float32)


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    monkeypatch.setattr(bridge, "_names", {})
    with Catalog(tmp_path / "catalog.db") as made:
        yield made


def as_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "_names", {})


def test_kept_names_are_not_read_again_by_a_new_process(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Reader()
    bridge.keep_tag_names(first, catalog)
    names = bridge.tag_names(first, catalog)
    as_a_new_process(monkeypatch)
    second = Reader()
    np.testing.assert_array_equal(bridge.tag_names(second, catalog), names)
    bridge.keep_tag_names(second, catalog)
    assert (first.read, second.read, names.shape) == (100, 0, (100, 4))


def test_names_kept_by_another_encoder_are_read_anew(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge.keep_tag_names(Reader("1"), catalog)
    as_a_new_process(monkeypatch)
    other = Reader("2")
    bridge.tag_names(other, catalog)
    assert other.read == 100


def test_asking_keeps_nothing_so_that_a_question_never_waits_for_a_writer(catalog: Catalog) -> None:
    bridge.tag_names(Reader(), catalog)
    assert catalog.vectors.statistic("tag names") is None
