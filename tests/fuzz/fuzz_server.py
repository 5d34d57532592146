"""What a Qdrant server, or something in its place, may answer."""

from __future__ import annotations

import itertools
import warnings
from functools import cache
from typing import Any

import httpx
import numpy as np
from qdrant_client import QdrantClient

from songkin.errors import SongkinError
from songkin.store.server import ServerStore
from songkin.store.vectors import Ask, Condition, Layout, Point, Space, Sparse
from wireserver import WireServer

ID = "12345678-1234-5234-9234-123456789abc"
LAYOUT = Layout("tracks", (Space("sound", 4), Space("words", 0)), {"artist": "keyword", "year": "integer"})
TURN = b"\n--\n"


def one(data: bytes) -> None:
    """Answers in turn: a byte that chooses the status, and a body. The last one is given again and again."""
    answers = iter(data.split(TURN))
    last = b""

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal last
        last = next(answers, last)
        status = (200, 200, 200, 200, 200, 404, 401, 500, 307, 204)[last[0] % 10] if last else 200
        return httpx.Response(status, content=last[1:], headers={"content-type": "application/json"})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = QdrantClient(
            url="http://qdrant.example", transport=httpx.MockTransport(answer), check_compatibility=False
        )
    try:
        _use(client)
    except SongkinError as error:
        assert error.message
        assert "\n" not in error.message
    finally:
        client.close()


def _use(client: QdrantClient) -> None:
    store = ServerStore(client, LAYOUT)
    row = np.ones(4, np.float32)
    store.write([Point(ID, {"sound": row}, {"words": Sparse((1,), (1.0,))}, {"artist": ["a"], "year": 1999})])
    ask = Ask("sound", row, 3, (Condition("match", "artist", values=("a",)),))
    store.get([ID], ["sound", "words"])
    store.ask([ask])
    store.facet("artist")
    store.count()
    list(itertools.islice(store.ids(), 10_000))


@cache
def seeds() -> list[bytes]:
    """What Qdrant's own local engine answers to these questions, and some answers alone."""
    server = WireServer()
    said: list[bytes] = []

    def noted(request: httpx.Request) -> httpx.Response:
        answered = server.answer(request)
        said.append(b"\0" + answered.content)
        return answered

    whole: list[bytes] = []
    for _ in range(2):  # once with an empty server, once with a collection
        said.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            transport: Any = httpx.MockTransport(noted)
            _use(QdrantClient(url="http://qdrant.example", transport=transport, check_compatibility=False))
        whole.append(TURN.join(said))
    endless = b'\0{"result": {"points": [], "next_page_offset": "' + ID.encode() + b'"}, "status": "ok", "time": 0}'
    whole.append(TURN.join([*whole[1].split(TURN)[:-1], endless]))
    errors = [b'\7{"status": {"error": "broken"}, "time": 0}', b"\5<html>", b"\6", b"\0null", b'\0{"result": null}']
    return [*whole, *errors, *(TURN.join([whole[1].split(TURN)[0], error]) for error in errors)]
