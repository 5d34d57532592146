"""Words as sparse vectors: BM25 over what is written about a song.

Task: find songs by words that stand in their title, artist, album, genre. Each text becomes term ids and weights; the
engine multiplies by the inverse document frequency of what is stored. Okapi BM25 (Robertson and Zaragoza, 2009):
a document's term weighs ``tf (k1 + 1) / (tf + k1 (1 - b + b length / avg_len))``, a question's 1. The same vectors
serve the embedded engine and a server, so there is one BM25 for both.

Names are not prose, so the text is prepared first, alike on both sides:

- accents, widths and cases are folded ("Bjork" finds "Björk"), and decomposed letters composed (file names of macOS)
- a word with signs inside is also written without them: "AC/DC" is found by "ac dc" and "acdc", "don't" by "dont"
- Chinese, Japanese and Korean runs have no spaces, so they are cut into pairs of characters; documents keep single
  characters too, so that a question of one finds them
- function words stay in documents ("The The", "The Who"), and are left out of questions that say more ("songs about the
  sea"): fused by rank, a list of songs that have "and" in common would count as much as any other

Deterministic: the same text gives the same vector, on every machine.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import qdrant_edge as edge

from songkin.errors import ConfigError
from songkin.store.vectors import Sparse

LONGEST: Final = 20_000
"""Characters that are read of a text; a song's words are some 80."""

_CJK: Final = re.compile(
    "[\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_SPLIT_WORD: Final = re.compile(r"(?<!\w)\w++(?:[^\w\s]++\w++)++")
_SIGNS: Final = re.compile(r"[^\w\s]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")


class Words:
    """BM25 with its settings. ``language`` decides stemming and function words ("english", "german", …; "" for
    none). ``avg_len`` is the usual number of terms of a document: 15.6 over 1,329 songs of exported playlists, with
    title, artists, album, genres, year and decade. Raises ``ConfigError`` for settings that cannot be.
    """

    def __init__(self, language: str = "english", *, avg_len: float = 16.0, k1: float = 1.2, b: float = 0.75) -> None:
        self.fingerprint = f"words/1/{language or 'none'}/{avg_len:g}/{k1:g}/{b:g}"
        everything = edge.StopwordsSet(languages=set(), custom=set())
        try:
            self._all = edge.Bm25(_config(language, avg_len, k1, b, everything))
            self._content = edge.Bm25(_config(language, avg_len, k1, b, None if language else everything))
        except ValueError as error:
            raise ConfigError(f"Words cannot be weighed so: {error}.", remedy="Check the language's name.") from error

    def document(self, text: str) -> Sparse:
        """Terms of a stored text, sorted by id, and their weights; empty where the text has no word."""
        return _sparse(self._all.embed_document(prepared(text, stored=True)))

    def query(self, text: str) -> Sparse:
        """Terms of a question, sorted by id, each 1; function words count only where there are no others. Maybe empty."""
        text = prepared(text, stored=False)
        terms = sorted(self._content.embed_query(text).indices) or sorted(self._all.embed_query(text).indices)
        return Sparse(tuple(terms), (1.0,) * len(terms))


def _config(language: str, avg_len: float, k1: float, b: float, stopwords: edge.StopwordsSet | None) -> edge.Bm25Config:
    return edge.Bm25Config(
        k=k1,
        b=b,
        avg_len=avg_len,
        tokenizer=edge.TokenizerType.Word,
        language=language or "english",
        stemmer=None if language else edge.DisabledStemmer(),
        lowercase=True,
        ascii_folding=True,
        stopwords=stopwords,
    )


def prepared(text: str, *, stored: bool) -> str:
    """The text as the tokenizer gets it; see the head of this file."""
    text = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    text = _CONTROLS.sub(" ", unicodedata.normalize("NFKC", text))
    text = _SPLIT_WORD.sub(lambda match: f"{match[0]} {_SIGNS.sub('', match[0])}", text)
    return _CJK.sub(lambda match: f" {' '.join(_pairs(match[0], stored))} ", text)


def _pairs(run: str, stored: bool) -> list[str]:
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    return [*run, *pairs] if stored or not pairs else pairs


def _sparse(vector: edge.SparseVector) -> Sparse:
    terms = sorted(zip(vector.indices, vector.values, strict=True))
    return Sparse(tuple(term for term, _ in terms), tuple(weight for _, weight in terms))
