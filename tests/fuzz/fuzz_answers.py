"""What a language model's server sends, and what is made of it."""

from __future__ import annotations

from contextlib import suppress

from songkin.errors import NoAnswer
from songkin.fetching import chat
from songkin.importing import describing
from songkin.search import rerank

MODEL = chat.Model("http://127.0.0.1:9/v1", "tiny", "k3y")
NAMES = {"c1": "a", "c2": "b"}


def one(data: bytes) -> None:
    """The first byte says whether the rest is an answer over HTTP, or what a model wrote."""
    if data[:1] == b"\0":
        with suppress(NoAnswer):
            chat._said(MODEL, data[1:])
        return
    found = chat.in_text(data.decode("utf-8", "surrogateescape"))
    if found is None:
        return
    with suppress(NoAnswer):
        order = rerank._checked(found, NAMES)
        assert 0 < len(order["ids"]) == len(set(order["ids"]) & set(NAMES))
        assert all(len(why) <= rerank.MOST_REASON and why.isprintable() for why in order["reasons"].values())
    with suppress(NoAnswer):
        assert len(rerank._checked_query(found)["query"]) <= rerank.MOST_QUERY
    with suppress(NoAnswer):
        assert describing._checked(found)["description"].isprintable()


def seeds() -> list[bytes]:
    """Good answers of each kind."""
    return [
        b'\0{"choices": [{"message": {"content": "{}"}}]}',
        b'\0{"choices": [{"message": {"content": [{"type": "text", "text": "{}"}]}}]}',
        b'{"ids": ["c2", "c1"], "reasons": {"c2": "slow"}}',
        b'```json\n{"ids": ["c2"], "reasons": {}}\n```',
        b'<think>{}</think>{"query": "slow piano"}',
        b'Sure: {"description": "Slow and \\u001b[1m quiet."}',
    ]
