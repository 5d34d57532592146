"""Albums from their questions, beside baselines."""

from __future__ import annotations

import numpy as np
import pytest

from songkin.encoders import text_encoder, weights
from songkin.encoders.weights import default_cache
from songkin.evaluation.albums import evaluate
from songkin.models import AlbumNote
from songkin.progress import Quiet
from songkin.shelves import Judged

WORDS = [
    "piano",
    "drums",
    "violin",
    "thunder",
    "whisper",
    "desert",
    "ocean",
    "neon",
    "winter",
    "harvest",
    "velvet",
    "iron",
]


def test_words_that_stand_in_reviews_find_their_albums_and_left_out_words_do_not() -> None:
    encoder = text_encoder("minilm", default_cache())
    if not weights.installed(encoder.spec, default_cache()):
        pytest.skip("the weights of minilm are not on this machine")
    rng = np.random.default_rng(0)
    judged = []
    for n in range(24):
        words = rng.choice(WORDS, 4, replace=False)
        note = AlbumNote(str(n), f"Title {n}", (f"Artist {n}",), review=" ".join(words))
        judged.append(Judged(note, f"{' '.join(words[:3])} unsaid"))
    report = evaluate(judged, encoder, Quiet())
    found = report.table("all")
    assert found.n == 24
    assert found.value("random", "R@1") == pytest.approx(1 / 24)
    assert found.value("bm25", "R@10") > 0.9
    assert found.value("hybrid", "MRR") > found.value("random", "MRR")
    assert report.table("leak-free").value("dense", "R@1") < 0.3  # they ask for "unsaid" alone
