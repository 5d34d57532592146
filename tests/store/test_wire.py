"""What songkin sends to a Qdrant server, held against the types that Qdrant publishes for its API.

Qdrant generates the types of its npm package ``@qdrant/js-client-rest`` from its OpenAPI description. A JSON Schema is
made from them: unknown keys are errors, and ``Record<string, unknown> | null``, which stands in the published types
where something may be null and would let any object pass, is read as ``null``. So this proves that requests are
well formed, not what a server does with them; ``tests/contracts`` asks that of a server where there is one.

The types are installed by ``npm ci --prefix tests/wire --ignore-scripts``; without them the checks are skipped.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft7Validator
from qdrant_client import QdrantClient

from songkin.models import track_id
from songkin.store.server import ServerStore, erase
from songkin.store.vectors import Ask, Condition, Recommend, Space, Sparse, VectorStore
from vectorpoints import LAYOUT, assert_same, some_points, some_where, some_words
from wireserver import WireServer

MODULES = Path(__file__).parents[1] / "wire" / "node_modules"
TYPES = MODULES / "@qdrant" / "js-client-rest" / "dist" / "types" / "openapi" / "generated_schema.d.ts"
GENERATOR = MODULES / "ts-json-schema-generator" / "bin" / "ts-json-schema-generator.js"
NODE = shutil.which("node")

REQUESTS = {
    ("PUT", r"/collections/[^/]+"): "CreateCollection",
    ("PUT", r"/collections/[^/]+/index"): "CreateFieldIndex",
    ("PUT", r"/collections/[^/]+/vectors/[^/]+"): "VectorNameConfig",
    ("PUT", r"/collections/[^/]+/points"): "PointInsertOperations",
    ("POST", r"/collections/[^/]+/points"): "PointRequest",
    ("POST", r"/collections/[^/]+/points/delete"): "PointsSelector",
    ("POST", r"/collections/[^/]+/points/query"): "QueryRequest",
    ("POST", r"/collections/[^/]+/points/query/batch"): "QueryRequestBatch",
    ("POST", r"/collections/[^/]+/points/count"): "CountRequest",
    ("POST", r"/collections/[^/]+/points/scroll"): "ScrollRequest",
    ("POST", r"/collections/[^/]+/facet"): "FacetRequest",
}
BODILESS = {
    ("GET", r"/collections/[^/]+/exists"),
    ("GET", r"/collections/[^/]+"),
    ("DELETE", r"/collections/[^/]+"),
}


def typescript(types: str) -> str:
    """Qdrant's types as one flat TypeScript file: ``QName`` for ``components["schemas"]["Name"]``."""
    start = types.index("    schemas: {\n") + len("    schemas: {\n")
    body = types[start : types.index("\n    };\n", start)]
    body = re.sub(r'components\["schemas"\]\["(\w+)"\]', r"Q\1", body)
    body = body.replace("(Record<string, unknown> | null)", "null")
    body = re.sub(r"(?m)^ {8}(\w+): ", r"export type Q\1 = ", body)
    wanted = "; ".join(f"{name}: Q{name}" for name in sorted(set(REQUESTS.values())))
    return f"type OneOf<T extends unknown[]> = T[number];\n{body}\nexport interface Requests {{ {wanted} }}\n"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """JSON Schema of the requests, made once for each version of Qdrant's types."""
    if NODE is None or not TYPES.exists() or not GENERATOR.exists():
        pytest.skip("Qdrant's types are not installed: npm ci --prefix tests/wire --ignore-scripts")
    source = typescript(TYPES.read_text(encoding="utf-8"))
    made = MODULES / ".cache" / f"schema-{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"
    if not made.exists():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "qdrant.ts"
            path.write_text(source, encoding="utf-8")
            command = [
                NODE,
                str(GENERATOR),
                "--path",
                str(path),
                "--type",
                "Requests",
                "--expose",
                "all",
                "--jsDoc",
                "none",
            ]
            told = subprocess.run(command, capture_output=True, text=True)
            assert told.returncode == 0, told.stderr
        made.parent.mkdir(exist_ok=True)
        made.write_text(told.stdout, encoding="utf-8")
    found: dict[str, Any] = json.loads(made.read_text(encoding="utf-8"))
    return found


def mistakes(schema: dict[str, Any], name: str, body: Any) -> list[str]:
    """What is wrong with ``body`` as a request of type ``name``."""
    wanted = {"$ref": f"#/definitions/Q{name}", "definitions": schema["definitions"]}
    return [error.message[:300] for error in Draft7Validator(wanted).iter_errors(body)]


def use_everything(store: VectorStore) -> list[Any]:
    """Every call of the protocol in all its forms; the answers."""
    rng = np.random.default_rng(0)
    store.write(some_points(120))
    songs = [track_id(f"song {n}") for n in range(8)]
    answers: list[Any] = [store.get([*songs, "none"], ["sound", "words"]).keys(), store.count(), sorted(store.ids())]
    for _ in range(12):
        where = some_where(rng)
        asks = tuple(
            Ask(
                s.name,
                some_words(rng) if s.sparse else rng.normal(size=s.dim).astype(np.float32),
                9,
                where,
                ef is None,
                ef,
            )
            for s, ef in zip(LAYOUT.spaces, (None, 64, 128, None), strict=True)
        )
        pairs = tuple((rng.normal(size=8).astype(np.float32), rng.normal(size=8).astype(np.float32)) for _ in range(2))
        answers += store.ask((*asks, Ask("sound", np.ones(8, np.float32), 9, where, pairs=pairs)))
        answers += [
            store.recommend(Recommend("sound", tuple(songs[:4]), tuple(songs[4:6]), 7, "average", where)),
            store.recommend(Recommend("sound", tuple(songs[:4]), tuple(songs[4:6]), 7, "best", where)),
            store.recommend(Recommend("heard", tuple(songs[:4]), (), 7, "sum", where)),
        ]
        answers += [
            store.facet("genre", where),
            store.facet("artist", limit=3)[0][1],
            store.count(where),
            sorted(store.ids(where)),
        ]
    answers.append(store.ask([Ask("words", Sparse((), ()), 3)]))
    store.delete(songs[:3])
    answers.append(store.count((Condition("has", "sound", negate=True),)))
    return answers


@pytest.fixture(scope="module")
def sent() -> WireServer:
    """A server that has seen everything."""
    server = WireServer()
    with ServerStore(server.client(), LAYOUT) as store:
        use_everything(store)
    wider = replace(LAYOUT, spaces=(*LAYOUT.spaces, Space("later", 200), Space("lyrics", 0)))
    ServerStore(server.client(), replace(wider, fields={**LAYOUT.fields, "mood": "keyword"})).close()
    erase(server.client(), LAYOUT)
    return server


def request_type(method: str, path: str) -> str | None:
    found = [name for (m, p), name in REQUESTS.items() if m == method and re.fullmatch(p, path)]
    if not found:
        assert any(m == method and re.fullmatch(p, path) for m, p in BODILESS), f"{method} {path} is not expected"
    return found[0] if found else None


def test_every_request_is_as_qdrant_publishes_it(sent: WireServer, schema: dict[str, Any]) -> None:
    checked = set()
    for method, path, body in sent.seen:
        if name := request_type(method, path):
            assert mistakes(schema, name, body) == [], (method, path, body)
            checked.add(name)
        else:
            assert body is None
    assert checked == set(REQUESTS.values())


def test_answers_over_the_wire_are_those_of_the_engine_behind_it() -> None:
    with ServerStore(WireServer().client(), LAYOUT) as far, ServerStore(QdrantClient(":memory:"), LAYOUT) as near:
        for one, two in zip(use_everything(far), use_everything(near), strict=True):
            if isinstance(one, list) and one and hasattr(one[0], "score"):
                assert_same(one, two)
            else:
                assert one == two


def test_collections_are_made_with_every_space_and_index(sent: WireServer) -> None:
    body = next(b for m, p, b in sent.seen if m == "PUT" and p == "/collections/songkin_test")
    assert {name: v["size"] for name, v in body["vectors"].items()} == {"sound": 8, "heard": 6, "long": 128}
    assert body["vectors"]["heard"]["distance"] == "Dot"
    assert "quantization_config" in body["vectors"]["long"]
    assert body["vectors"]["sound"].get("quantization_config") is None
    assert body["sparse_vectors"]["words"]["modifier"] == "idf"
    indexed = {b["field_name"]: b["field_schema"] for _, p, b in sent.seen if p.endswith("/index")}
    assert indexed == {**LAYOUT.fields, "mood": "keyword"}
    added = [p.rsplit("/", 1)[1] for _, p, _ in sent.seen if "/vectors/" in p]
    assert added == ["later", "lyrics"]


def test_points_travel_in_batches_of_five_hundred() -> None:
    server = WireServer()
    with ServerStore(server.client(), LAYOUT) as store:
        store.write(some_points(1100))
    sizes = [len(b["points"]) for m, p, b in server.seen if m == "PUT" and p.endswith("/points")]
    assert sizes == [500, 500, 100]


def test_one_question_is_one_request() -> None:
    server = WireServer()
    with ServerStore(server.client(), LAYOUT) as store:
        before = len(server.seen)
        asks = (Ask("sound", np.ones(8, dtype=np.float32), 5), Ask("heard", np.ones(6, dtype=np.float32), 5))
        store.ask(asks)
        assert [path.rsplit("songkin_test", 1)[1] for _, path, _ in server.seen[before:]] == ["/points/query/batch"]


GOOD_FILTER = {"must": [{"key": "genre", "match": {"any": ["jazz"]}}]}
MUST_PASS = {
    "a vector": ("QueryRequest", {"query": [1.0, 2.0], "using": "sound", "limit": 3}),
    "a filter": ("QueryRequest", {"query": {"nearest": [1.0]}, "filter": GOOD_FILTER}),
    "weighted fusion": ("QueryRequest", {"query": {"rrf": {"k": 61, "weights": [1.0, 2.0]}}, "prefetch": []}),
}
MUST_FAIL = {
    "an unknown question": ("QueryRequest", {"query": {"bogus": 1}}),
    "an unknown key": ("QueryRequest", {"query": [1.0], "top": 3}),
    "a misspelt filter": ("QueryRequest", {"filter": {"most": []}}),
    "a misspelt match": ("CountRequest", {"filter": {"must": [{"key": "genre", "match": {"some": ["jazz"]}}]}}),
    "a misspelt range": ("CountRequest", {"filter": {"must": [{"key": "year", "range": {"ge": 3}}]}}),
    "a text question, which 1.19 lacks": ("QueryRequest", {"query": {"text": {"field": "title", "query": "sea"}}}),
    "params of another engine": ("QueryRequest", {"query": [1.0], "params": {"nprobe": 3}}),
    "a point without a vector": ("PointInsertOperations", {"points": [{"id": 1}]}),
    "a distance that is none": ("CreateCollection", {"vectors": {"a": {"size": 3, "distance": "cosine"}}}),
    "a facet without a key": ("FacetRequest", {"limit": 3}),
    "an index of an unknown kind": ("CreateFieldIndex", {"field_name": "a", "field_schema": "tag"}),
}


@pytest.mark.parametrize(("name", "body"), MUST_PASS.values(), ids=MUST_PASS)
def test_good_requests_pass_the_check(schema: dict[str, Any], name: str, body: Any) -> None:
    assert mistakes(schema, name, body) == []


@pytest.mark.parametrize(("name", "body"), MUST_FAIL.values(), ids=MUST_FAIL)
def test_bad_requests_fail_the_check(schema: dict[str, Any], name: str, body: Any) -> None:
    assert mistakes(schema, name, body) != []
