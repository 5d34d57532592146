"""A bridge of the library's own counts where it finds hidden songs better, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from libraries import library_at
from songkin.encoders.base import EncoderSpec
from songkin.errors import NotFound, StoreError
from songkin.progress import Quiet
from songkin.search import ownbridge
from songkin.search.ownbridge import OwnBridge
from songkin.training.bridge import Judged, Lesson, judge, questions

DIM, KINDS = 16, 40
ONES = np.ones(100, np.float32)


class Reader:
    """Reads “word 7 music”: each word has a place of its own, and words that follow one another are near."""

    spec = EncoderSpec(name="reader", version="1", modality="text", outputs={"text": DIM}, licence="", weights=())

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self._one(int(text.split()[1])) for text in texts])

    def _one(self, number: int) -> np.ndarray:
        angles = 2 * np.pi * number / KINDS * np.arange(1, DIM // 2 + 1)
        return np.asarray(np.concatenate([np.cos(angles), np.sin(angles)]) / np.sqrt(DIM / 2), np.float32)


def lessons(chance: np.random.Generator, *, heard: bool) -> list[Lesson]:
    """Ten songs of each word, each by an artist of its own; what is heard follows the word, or is noise."""
    slope = chance.normal(size=(DIM, 100)).astype(np.float32)
    found = []
    for n in range(KINDS * 10):
        word = f"word {n % KINDS}"
        sound = Reader().encode([word])[0] @ slope * heard
        tags = (sound + chance.normal(size=100) * 0.5).astype(np.float32)
        found.append(Lesson((word,), (f"artist {n}",), tags))
    return found


def judged(*, heard: bool) -> Judged:
    chance = np.random.default_rng(3)
    names = chance.normal(size=(100, DIM)).astype(np.float32)
    names /= np.linalg.norm(names, axis=1, keepdims=True)
    return judge(Reader(), names, lessons(chance, heard=heard), ONES, KINDS * 10, Quiet())


def test_what_is_heard_as_it_is_called_is_learned_and_used() -> None:
    found = judged(heard=True)
    assert found.wins
    assert found.both > found.common + 0.1
    assert found.own.share == found.share > 0


def test_noise_is_learned_and_not_used() -> None:
    found = judged(heard=False)
    assert not found.wins
    assert found.own.share == 0


def test_words_of_few_songs_and_of_most_songs_are_not_asked() -> None:
    tags = np.zeros(100, np.float32)
    songs = [Lesson(("All",), (), tags)] * 4 + [Lesson(("Some", "some"), (), tags)] * 4
    songs += [Lesson(("Rare",), (), tags)] * 2
    assert list(questions(songs)) == ["All", "some"]
    assert list(questions([*songs, *[Lesson(("All",), (), tags)] * 20])) == ["some"]


def test_too_few_words_are_told_with_what_would_do() -> None:
    with pytest.raises(NotFound, match="it takes 10"):
        judge(
            Reader(),
            np.eye(100, DIM, dtype=np.float32),
            lessons(np.random.default_rng(0), heard=True)[:5],
            ONES,
            5,
            Quiet(),
        )


def test_it_is_kept_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    made = OwnBridge(
        "reader/1",
        60,
        80,
        0.5,
        np.zeros(DIM, np.float32),
        np.ones((DIM, 100), np.float32),
        np.eye(DIM, dtype=np.float32),
    )
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        (tmp_path / "songs.csv").write_text("title,artist\nA,B\n")
        library.import_([tmp_path / "songs.csv"])
        assert ownbridge.kept(library.catalog) is None
        ownbridge.keep(library.catalog, made)
        again = ownbridge.kept(library.catalog)
        assert again is not None
        assert (again.share, again.songs, again.library) == (0.5, 60, 80)
        assert (again.map == made.map).all()
        library.catalog.vectors.put_statistic(ownbridge.KEPT, "reader/1", 60, b"nothing")
        with pytest.raises(StoreError, match="own bridge is damaged"):
            ownbridge.kept(library.catalog)


def test_its_weights_are_as_strong_as_those_that_it_joins() -> None:
    chance = np.random.default_rng(1)
    met = np.eye(1, DIM, dtype=np.float32)
    own = OwnBridge("r", 1, 1, 1.0, np.zeros(DIM, np.float32), chance.normal(size=(DIM, 100)).astype(np.float32), met)
    weights = np.zeros(100, np.float32)
    weights[:4] = 0.25
    alone = own.joined(weights, met[0])
    assert np.linalg.norm(alone) == pytest.approx(np.linalg.norm(weights), rel=1e-5)
    assert (own.joined(weights, met[0], 0.0) == weights).all()


def test_what_it_never_met_is_left_to_the_bridge_that_every_library_has() -> None:
    met, weights = np.eye(1, DIM, dtype=np.float32), np.full(100, 0.01, np.float32)
    own = OwnBridge("r", 1, 1, 1.0, np.zeros(DIM, np.float32), np.ones((DIM, 100), np.float32), met)
    assert own.known(met[0]) == 1.0
    assert own.known(np.eye(DIM, dtype=np.float32)[3]) == 0.0
    assert (own.joined(weights, np.eye(DIM, dtype=np.float32)[3]) == weights).all()
