"""Text encoders by name: a tiny network of random weights, made here, stands for those of the hub."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from libraries import library_at
from songkin import encoders
from songkin.doctor import examine
from songkin.encoders.base import EncoderSpec, Vector
from songkin.encoders.hub import HubText
from songkin.encoders.musicnn import TAGS
from songkin.encoders.weights import default_cache
from songkin.errors import EncoderError, WeightsMissing
from songkin.library import Library
from songkin.search import bridge
from songkin.store import text_read_by

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-&"
TABLE = "title,artist,genre\nSlow River,Anna Berg,jazz\nSteel Rain,AC/CD,hard rock\nStille,Mia Holm,ambient\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], str]:
    """Makes a network of so many numbers, as sentence-transformers saves it."""
    torch = pytest.importorskip("torch", reason="torch is not installed (extra train)")
    sentence = pytest.importorskip(
        "sentence_transformers", reason="sentence-transformers is not installed (extra train)"
    )
    transformers = pytest.importorskip("transformers", reason="sentence-transformers is not installed (extra train)")

    def make(name: str, dim: int) -> str:
        torch.manual_seed(dim)
        place = tmp_path_factory.mktemp(name)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
        (place / "vocab.txt").write_text("\n".join(words))
        size = {"hidden_size": dim, "intermediate_size": dim, "max_position_embeddings": 128}
        shape = transformers.BertConfig(vocab_size=len(words), num_hidden_layers=1, num_attention_heads=2, **size)
        transformers.BertModel(shape).save_pretrained(place / "raw")
        transformers.BertTokenizerFast(str(place / "vocab.txt")).save_pretrained(place / "raw")
        made = sentence.SentenceTransformer(str(place / "raw"))  # with mean pooling, as it has none
        made.max_seq_length = 64
        made.save(str(place / name))
        return str(place / name)

    return make


def imported(folder: Path, text_encoder: str, *, offline: bool = False) -> Library:
    library = library_at(folder / "library", text_encoder=text_encoder, offline=offline)
    (folder / "songs.csv").write_text(TABLE)
    library.import_([str(folder / "songs.csv")])
    return library


def readers(library: Library) -> set[tuple[str, int]]:
    """Which encoders' vectors of texts the catalog holds, and of how many numbers."""
    ids, catalog = library.catalog.ids(), library.catalog
    found = catalog.vectors.of(ids, ("text",))
    return {(catalog.vectors.encoders_of("text")[i].split("/")[0], found[i]["text"].size) for i in found}


def test_one_of_another_size_reads_the_library_and_nothing_is_mixed(
    tmp_path: Path, tiny: Callable[[str, int], str]
) -> None:
    small, large = tiny("small", 24), tiny("large", 32)
    with imported(tmp_path, small) as library:
        assert readers(library) == {("hub:small", 24)}
        assert text_read_by(library.catalog)[0] == 24
        assert library.find("Slow River").hits[0].track.title == "Slow River"
        first = text_read_by(library.catalog)[1]
    with library_at(tmp_path / "library", text_encoder=large) as library:
        answer = library.find("Slow River")
        assert readers(library) == {("hub:large", 32)}
        assert answer.hits[0].track.title == "Slow River"
        assert text_read_by(library.catalog)[1] != first
        told = {each.what: each for each in examine(library)}["text encoder"]
        assert told.state == "ok"


def test_one_of_the_same_size_does_not_keep_what_the_other_read(
    tmp_path: Path, tiny: Callable[[str, int], str]
) -> None:
    one, other = tiny("one", 24), tiny("other", 24)
    with imported(tmp_path, one) as library:
        before = library.catalog.vectors.matrix("text")[1]
    with library_at(tmp_path / "library", text_encoder=other) as library:
        library.reindex()
        assert readers(library) == {("hub:other", 24)}
        assert library.catalog.vectors.matrix("text")[1].shape == before.shape


def test_texts_are_read_as_unit_vectors_the_same_alone_and_in_company(tiny: Callable[[str, int], str]) -> None:
    encoder = HubText(tiny("alone", 24))
    texts = ["a quiet piano", "\ud800 lone", "", "x" * 50_000]
    rows = encoder.encode(texts)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1] * 4, abs=1e-4)
    assert encoder.encode(texts[:1])[0] == pytest.approx(rows[0], abs=1e-4)
    assert encoder.spec.fingerprint.startswith("hub:alone/")


def test_a_library_that_may_only_be_read_is_not_asked_with_another_encoder(
    tmp_path: Path, tiny: Callable[[str, int], str]
) -> None:
    small = tiny("small", 24)
    with imported(tmp_path, small) as library:
        known = text_read_by(library.catalog)[1]
    with library_at(tmp_path / "library", text_encoder=tiny("strange", 24)) as library:
        library.catalog.db.readonly = True
        notes = " ".join(library.find("Slow River").notes)
    assert "Only exact words were searched: the songs were read by" in notes
    assert known in notes


def test_pickled_weights_are_refused(tmp_path: Path, tiny: Callable[[str, int], str]) -> None:
    folder = Path(tiny("pickled", 24))
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_name("pytorch_model.bin"))
    with pytest.raises(EncoderError, match="no weights as safetensors"):
        encoders.reader(str(folder), tmp_path)


def test_a_broken_network_is_told_in_one_line(tiny: Callable[[str, int], str]) -> None:
    folder = Path(tiny("broken", 24))
    for path in folder.rglob("*.safetensors"):
        path.write_bytes(b"\xff" * 100)
    with pytest.raises(EncoderError, match="cannot be loaded") as error:
        HubText(str(folder)).encode(["a", "b"])
    assert "\n" not in error.value.message


def test_without_the_extra_or_the_network_words_are_searched_and_one_line_says_why(tmp_path: Path) -> None:
    with imported(tmp_path, "nobody/there-is-none", offline=True) as library:
        answer = library.find("Slow River")
        told = {each.what: each for each in examine(library)}["text encoder"]
    assert answer.hits[0].track.title == "Slow River"
    lacking = importlib.util.find_spec("sentence_transformers") is None
    why = "sentence-transformers is not installed" if lacking else "nothing may be fetched"
    assert any("Only exact words were searched" in note and why in note for note in answer.notes)
    assert told.state == "bad"
    assert why in told.told
    with pytest.raises(WeightsMissing, match=why):
        _ = HubText("nobody/there-is-none", offline=True).spec


def test_a_name_that_is_none_is_told_with_what_would_be_one(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no text encoder called 'nonsense'") as error:
        encoders.text_encoder("nonsense", tmp_path)
    assert "owner/name" in error.value.remedy


class Squeezed:
    """MiniLM as an encoder whose cosines all lie between .8 and 1, as those of some multilingual networks do."""

    def __init__(self) -> None:
        self.minilm = encoders.text_encoder("minilm", default_cache())

    @property
    def spec(self) -> EncoderSpec:
        return EncoderSpec("hub:squeezed", "1", "text", {"text": 0}, "")

    def encode(self, texts: Sequence[str]) -> Vector:
        rows = self.minilm.encode(texts)
        same = np.full((len(rows), 1), 2.0, np.float32)
        joined = np.concatenate([rows, same], axis=1)
        return np.asarray(joined / np.linalg.norm(joined, axis=1, keepdims=True), np.float32)


def test_the_bridge_takes_cosines_of_another_scale_for_what_they_mean() -> None:
    squeezed = Squeezed()
    if encoders.reader("minilm", default_cache())[0] is None:
        pytest.skip("the weights of minilm are not here")
    plain = squeezed.minilm.encode([f"{tag.lower()} music" for tag in TAGS])
    names = squeezed.encode([f"{tag.lower()} music" for tag in TAGS])
    scale = bridge.scale_of(squeezed, names)
    assert scale.of(names @ names[0]) == pytest.approx(plain @ plain[0], abs=0.02)
    assert bridge.scale_of(squeezed.minilm, plain) == bridge.Scale()
    with pytest.raises(EncoderError, match="tells no tag names apart"):
        bridge.scale_of(squeezed, np.full((100, 4), 0.5, np.float32))
