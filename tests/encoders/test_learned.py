"""Networks of a library's own on disk: written, read again, and refused where they are not what was written."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save as packed

from songkin.encoders import learned
from songkin.encoders.learned import Input, Matrix
from songkin.errors import EncoderError

FACTS = {"inputs": [Input("x", "e/1/", 3)], "inner": 1, "labels": ["low", "high"]}


def arrays(**changed: Matrix) -> dict[str, Matrix]:
    rng = np.random.default_rng(0)
    made = {
        "mean": np.zeros(3, np.float32),
        "std": np.ones(3, np.float32),
        "w0": rng.normal(size=(3, 4)).astype(np.float32),
        "b0": np.zeros(4, np.float32),
        "w1": rng.normal(size=(4, 2)).astype(np.float32),
        "b1": np.zeros(2, np.float32),
    }
    return {**made, **changed}


def rewritten(folder: Path, data: bytes, **card: Any) -> None:
    """Another file under a card that knows it."""
    told = json.loads((folder / learned.CARD).read_text())
    (folder / learned.FILE).write_bytes(data)
    told |= {"sha256": hashlib.sha256(data).hexdigest(), **card}
    (folder / learned.CARD).write_text(json.dumps(told))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    learned.save(tmp_path / "genres-1", "genres", arrays(), FACTS)
    return tmp_path / "genres-1"


def test_a_network_that_was_written_reads_as_it_did(folder: Path) -> None:
    network = learned.opened(folder)
    rows = np.array([[1, 2, 3], [0, 0, 0]], np.float32)
    hidden = network.embed(rows)
    assert hidden == pytest.approx(np.tanh(rows @ arrays()["w0"]), abs=1e-6)
    assert (network.dim, network.space) == (4, "learned-genres")
    odds = network.likely(hidden[0])
    assert set(odds) == {"low", "high"}
    assert list(odds.values()) == sorted(odds.values(), reverse=True)
    assert network.fingerprint.startswith("learned-genres/")


def test_a_file_of_another_hash_is_refused_in_one_line(folder: Path) -> None:
    (folder / learned.FILE).write_bytes(packed(arrays(b0=np.ones(4, np.float32))))
    with pytest.raises(EncoderError, match=r"model\.safetensors is not what was written") as error:
        learned.opened(folder)
    assert "\n" not in error.value.message
    assert "songkin undo" in error.value.remedy


@pytest.mark.parametrize(
    ("changed", "card"),
    [
        ({"w1": np.zeros((5, 2), np.float32)}, {}),
        ({"b0": np.zeros(3, np.float32)}, {}),
        ({"mean": np.zeros(4, np.float32)}, {}),
        ({"std": np.zeros(3, np.float32)}, {}),
        ({"w0": np.zeros((3, 4, 1), np.float32)}, {}),
        ({}, {"labels": ["one"]}),
        ({}, {"inner": 2}),
        ({}, {"inner": 0}),
        ({}, {"inputs": [["x", "e/1/", 30]]}),
    ],
)
def test_numbers_of_another_dimension_are_refused(
    folder: Path, changed: dict[str, Matrix], card: dict[str, Any]
) -> None:
    rewritten(folder, packed(arrays(**changed)), **card)
    with pytest.raises(EncoderError, match="do not fit"):
        learned.opened(folder)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(folder: Path, number: float) -> None:
    rewritten(folder, packed(arrays(b1=np.array([0, number], np.float32))))
    with pytest.raises(EncoderError, match="something else than finite numbers"):
        learned.opened(folder)


@pytest.mark.parametrize("data", [b"", b"\x80\x04\x95", b"PK\x03\x04 a zip", b"\xff" * 64])
def test_a_file_of_another_format_is_refused_even_where_its_hash_is_told(folder: Path, data: bytes) -> None:
    rewritten(folder, data)
    with pytest.raises(EncoderError, match="is refused"):
        learned.opened(folder)


@pytest.mark.parametrize("card", [{"format": 2}, {"kind": "moods"}, {"format": None}])
def test_a_card_of_another_format_is_refused(folder: Path, card: dict[str, Any]) -> None:
    rewritten(folder, packed(arrays()), **card)
    with pytest.raises(EncoderError, match="it is of format"):
        learned.opened(folder)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="its card cannot be read"):
        learned.opened(tmp_path / "none")


@given(data=st.binary(max_size=300), told=st.one_of(st.binary(max_size=200), st.none()), right=st.booleans())
def test_any_bytes_are_a_network_or_an_encoder_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, told: bytes | None, right: bool
) -> None:
    place = tmp_path_factory.mktemp("any") / "genres-1"
    learned.save(place, "genres", arrays(), FACTS)
    if told is not None:
        (place / learned.CARD).write_bytes(told)
    (place / learned.FILE).write_bytes(data)
    if right and told is None:
        rewritten(place, data)
    with pytest.raises(EncoderError):
        learned.opened(place)
    shutil.rmtree(place)
