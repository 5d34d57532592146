"""What every vector store does, asked of all of them: the embedded engine, qdrant-client's ``:memory:``, and a real
server where SONGKIN_QDRANT_TEST_URL names one (never the server of a user's settings).

``:memory:`` is Qdrant's own second implementation in numpy: it is the oracle of the random comparison.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from songkin.errors import SpaceMismatch, StoreError
from songkin.models import track_id
from songkin.store.embedded import EmbeddedStore
from songkin.store.server import ServerStore, connect, erase
from songkin.store.vectors import Ask, Condition, Layout, Point, Recommend, Space, Sparse, VectorStore, unit
from vectorpoints import LAYOUT, assert_same, some_points, some_where, some_words

URL = os.environ.get("SONGKIN_QDRANT_TEST_URL", "")
KEY = os.environ.get("SONGKIN_QDRANT_API_KEY") or os.environ.get("QDRANT_API_KEY") or ""
BACKENDS = [
    "embedded",
    "memory",
    pytest.param(
        "server",
        marks=pytest.mark.skipif(not URL, reason="no server: SONGKIN_QDRANT_TEST_URL is not set"),
    ),
]
against_the_oracle = pytest.mark.parametrize("full", [BACKENDS[0], BACKENDS[2]], indirect=True)
Opener = Callable[[Layout], VectorStore]
POINTS = some_points(320)


def opener(backend: str, folder: Path) -> Iterator[Opener]:
    """Opens one index again and again, each time with the layout given."""
    if backend == "embedded":
        yield lambda layout: EmbeddedStore(folder, layout)
    elif backend == "memory":
        client = QdrantClient(":memory:")
        client.close = lambda *_, **__: None  # type: ignore[method-assign]  # what it holds dies with it
        yield lambda layout: ServerStore(client, layout)
    else:
        name = f"songkin_test_{uuid.uuid4().hex}"
        yield lambda layout: ServerStore(connect(URL, KEY), replace(layout, collection=name))
        erase(connect(URL, KEY), replace(LAYOUT, collection=name))


@pytest.fixture(params=BACKENDS)
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    yield from opener(request.param, tmp_path / "index")


@pytest.fixture
def store(opens: Opener) -> Iterator[VectorStore]:
    with opens(LAYOUT) as opened:
        yield opened


@pytest.fixture(params=BACKENDS, scope="module")
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    for opens in opener(request.param, tmp_path_factory.mktemp("full")):
        with opens(LAYOUT) as opened:
            opened.write(POINTS)
            yield opened


@pytest.fixture(params=BACKENDS, scope="module")
def spare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    """One store for all that is refused: it holds one point, and still does when each test ends."""
    for opens in opener(request.param, tmp_path_factory.mktemp("spare")):
        with opens(LAYOUT) as opened:
            opened.write([plain(0, 1.0)])
            yield opened


@pytest.fixture(scope="module")
def oracle() -> Iterator[VectorStore]:
    with ServerStore(QdrantClient(":memory:"), LAYOUT) as opened:
        opened.write(POINTS)
        yield opened


def song(n: int) -> str:
    return track_id(f"song {n}")


def plain(n: int, *sound: float, genre: str = "jazz") -> Point:
    row = np.zeros(8, dtype=np.float32)
    row[: len(sound)] = sound
    return Point(song(n), {"sound": row}, {}, {"genre": [genre]})


def expect(where: tuple[Condition, ...], point: Point) -> bool:
    """The meaning of conditions, written down a second time."""

    def holds(c: Condition) -> bool:
        value = point.payload.get(c.field)
        values = value if isinstance(value, list) else [] if value is None else [value]
        if c.kind == "match":
            return any(v in c.values for v in values)
        if c.kind == "range":
            return any((c.low is None or v >= c.low) and (c.high is None or v <= c.high) for v in values)
        if c.kind == "ids":
            return point.id in c.values
        return c.field in point.dense or c.field in point.sparse

    return all(holds(c) != c.negate for c in where)


# Writing and reading back ---------------------------------------------------------------------------------------------


def test_a_new_store_is_empty_and_answers_nothing(store: VectorStore) -> None:
    assert store.count() == 0
    assert list(store.ids()) == []
    assert store.ask([Ask("sound", np.ones(8, dtype=np.float32), 5)]) == [[]]
    assert store.facet("genre") == []
    assert store.get([song(1)]) == {}


def test_points_come_back_with_payload_and_the_vectors_asked_for(store: VectorStore) -> None:
    row, heard = np.arange(1, 9, dtype=np.float32), np.arange(6, dtype=np.float32)
    payload = {"genre": ["jazz", "dub"], "year": 1999, "bpm": 120.5, "duplicate": 0, "note": "naïve ☂ \x00"}
    store.write([Point(song(1), {"sound": row, "heard": heard}, {"words": Sparse((3, 9), (1.0, 0.5))}, payload)])
    back = store.get([song(1), song(2)], ["sound", "heard", "long"])
    assert list(back) == [song(1)]
    assert back[song(1)].payload == payload
    np.testing.assert_allclose(back[song(1)].dense["sound"], unit(row), rtol=1e-6)
    np.testing.assert_allclose(back[song(1)].dense["heard"], heard)
    assert back[song(1)].dense["sound"].dtype == np.float32
    assert "long" not in back[song(1)].dense
    assert store.get([song(1)])[song(1)].dense == {}
    assert store.get([song(1)], ["words"])[song(1)].sparse["words"] == Sparse((3, 9), (1.0, 0.5))


def test_writing_twice_changes_nothing(store: VectorStore) -> None:
    points = some_points(40)
    store.write(points)
    before = {i: p.payload for i, p in store.get([p.id for p in points]).items()}
    question = [Ask("sound", np.ones(8, dtype=np.float32), 40)]
    found = store.ask(question)
    store.write(points)
    assert store.count() == len(set(store.ids())) == 40
    assert {i: p.payload for i, p in store.get([p.id for p in points]).items()} == before
    assert_same(store.ask(question)[0], found[0])


def test_rewriting_a_point_replaces_all_of_it(store: VectorStore) -> None:
    store.write([Point(song(1), {"heard": np.ones(6, dtype=np.float32)}, {}, {"year": 1970, "genre": ["rock"]})])
    store.write([plain(1, 1.0)])
    back = store.get([song(1)], ["sound", "heard"])[song(1)]
    assert dict(back.payload) == {"genre": ["jazz"]}
    assert set(back.dense) == {"sound"}
    assert store.count((Condition("range", "year", low=1900),)) == 0


def test_the_last_of_two_points_with_one_id_stays(store: VectorStore) -> None:
    store.write([plain(1, 1.0, genre="jazz"), plain(1, 1.0, genre="dub")])
    assert store.facet("genre") == [("dub", 1)]


def test_deleted_points_are_gone_and_unknown_ones_no_error(store: VectorStore) -> None:
    store.write([plain(1, 1.0), plain(2, 1.0)])
    store.delete([song(1), song(99), "not an id"])
    store.delete([])
    assert list(store.ids()) == [song(2)]
    assert [m.id for m in store.ask([Ask("sound", np.ones(8, dtype=np.float32), 5)])[0]] == [song(2)]


def test_more_points_than_one_batch_or_page_holds_are_all_there(store: VectorStore) -> None:
    store.write([plain(n, 1.0, float(n)) for n in range(1203)])
    assert sorted(store.ids()) == sorted(song(n) for n in range(1203))
    assert len(store.get([song(n) for n in range(1203)])) == 1203


def test_a_point_without_vectors_counts_and_is_never_found(store: VectorStore) -> None:
    store.write([Point(song(1), {}, {"words": Sparse((), ())}, {"genre": ["jazz"]}), plain(2, 1.0)])
    assert store.count() == 2
    assert store.count((Condition("has", "words"),)) == 0
    assert store.facet("genre") == [("jazz", 2)]
    assert [m.id for m in store.ask([Ask("sound", np.ones(8, dtype=np.float32), 5)])[0]] == [song(2)]


def test_very_short_and_very_long_vectors_compare_by_direction(store: VectorStore) -> None:
    store.write([plain(1, 1e-12, 1e-12), plain(2, 1e30, 0.0), plain(3, 0.0, 1.0)])
    question = np.array([1e-20, 1e-20, 0, 0, 0, 0, 0, 0], dtype=np.float32)
    found = store.ask([Ask("sound", question, 3)])[0]
    assert found[0].id == song(1)
    assert [m.score for m in found] == pytest.approx([1, 0.5**0.5, 0.5**0.5], abs=1e-5)


def test_undecodable_names_can_be_stored_and_filtered_by(store: VectorStore) -> None:
    store.write([plain(1, 1.0, genre="caf\udce9")])
    assert store.count((Condition("match", "genre", ("caf\udce9",)),)) == 1


# What is refused ------------------------------------------------------------------------------------------------------

NAN = np.array([1, np.nan, 0, 0, 0, 0, 0, 0], dtype=np.float32)
INFINITE = np.array([1, np.inf, 0, 0, 0, 0, 0, 0], dtype=np.float32)
BAD = {
    "another length": Point(song(9), {"sound": np.ones(7, dtype=np.float32)}, {}, {}),
    "a matrix": Point(song(9), {"sound": np.ones((1, 8), dtype=np.float32)}, {}, {}),
    "not a number": Point(song(9), {"sound": NAN}, {}, {}),
    "infinity": Point(song(9), {"sound": INFINITE}, {}, {}),
    "all zero": Point(song(9), {"sound": np.zeros(8, dtype=np.float32)}, {}, {}),
    "an unknown space": Point(song(9), {"nope": np.ones(8, dtype=np.float32)}, {}, {}),
    "dense in a sparse space": Point(song(9), {"words": np.ones(8, dtype=np.float32)}, {}, {}),
    "sparse in a dense space": Point(song(9), {}, {"sound": Sparse((1,), (1.0,))}, {}),
    "a term twice": Point(song(9), {}, {"words": Sparse((1, 1), (1.0, 1.0))}, {}),
    "terms without weights": Point(song(9), {}, {"words": Sparse((1, 2), (1.0,))}, {}),
    "a weight that is no number": Point(song(9), {}, {"words": Sparse((1,), (float("nan"),))}, {}),
    "a boolean": Point(song(9), {}, {}, {"duplicate": True}),
    "a boolean of numpy": Point(song(9), {}, {}, {"duplicate": np.bool_(True)}),
    "nothing": Point(song(9), {}, {}, {"note": None}),
    "a payload that is no number": Point(song(9), {}, {}, {"bpm": float("nan")}),
    "text in an integer field": Point(song(9), {}, {}, {"year": "1999"}),
    "a number in a keyword field": Point(song(9), {}, {}, {"genre": 3}),
    "an integer beyond 64 bits": Point(song(9), {}, {}, {"year": 2**70}),
    "an id that is none": Point("song 9", {}, {}, {}),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_batch_with_a_bad_point_is_refused_whole(spare: VectorStore, bad: Point) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        spare.write([plain(1, 1.0), bad, plain(2, 1.0)])
    spare.write([plain(0, 1.0)])
    assert list(spare.ids()) == [song(0)]


ONES = np.ones(8, dtype=np.float32)


@pytest.mark.parametrize(
    "question",
    [
        Ask("nope", ONES, 5),
        Ask("sound", ONES[:3], 5),
        Ask("sound", NAN, 5),
        Ask("sound", ONES * 0, 5),
        Ask("sound", ONES, 0),
        Ask("words", ONES, 5),
        Ask("sound", Sparse((1,), (1.0,)), 5),
        Ask("sound", ONES, 5, (Condition("match", "number", (1,)),)),
        Ask("sound", ONES, 5, (Condition("match", "duplicate", (True,)),)),
        Ask("sound", ONES, 5, (Condition("match", "year", ("1999",)),)),
        Ask("sound", ONES, 5, (Condition("range", "genre", low=1),)),
        Ask("sound", ONES, 5, (Condition("range", "year"),)),
        Ask("sound", ONES, 5, (Condition("range", "year", low=float("nan")),)),
        Ask("sound", ONES, 5, (Condition("has", "nope"),)),
        Ask("sound", ONES, 5, floor=float("nan")),
    ],
)
def test_a_question_that_no_engine_could_answer_is_refused(spare: VectorStore, question: Ask) -> None:
    with pytest.raises(StoreError):
        spare.ask([question])


def test_facets_are_of_indexed_keywords_only(spare: VectorStore) -> None:
    for field in ("year", "number"):
        with pytest.raises(StoreError, match="cannot be counted"):
            spare.facet(field)


def test_a_closed_store_says_so_and_closes_again(opens: Opener) -> None:
    store = opens(LAYOUT)
    store.close()
    store.close()
    for use in (
        lambda: store.write([plain(1, 1.0)]),
        lambda: store.delete([song(1)]),
        lambda: store.get([song(1)]),
        lambda: store.ask([Ask("sound", ONES, 5)]),
        store.count,
        lambda: store.facet("genre"),
        lambda: list(store.ids()),
        store.flush,
    ):
        with pytest.raises(StoreError, match="closed"):
            use()


# Layouts --------------------------------------------------------------------------------------------------------------


def test_what_was_written_is_there_after_reopening(opens: Opener) -> None:
    with opens(LAYOUT) as store:
        store.write(POINTS[:50])
    with opens(LAYOUT) as store:
        assert store.count() == 50
        assert sum(count for _, count in store.facet("artist")) == sum("artist" in p.payload for p in POINTS[:50])


def test_a_layout_may_gain_a_space_and_a_field(opens: Opener) -> None:
    with opens(LAYOUT) as store:
        store.write([plain(1, 1.0)])
    new = (Space("later", 3), Space("lyrics", 0))
    wider = replace(LAYOUT, spaces=LAYOUT.spaces + new, fields={**LAYOUT.fields, "mood": "keyword"})
    for _ in range(2):
        with opens(wider) as store:
            row = np.array([1, 0, 0], dtype=np.float32)
            lyrics = Sparse((4,), (1.0,))
            store.write([Point(song(2), {"later": row}, {"lyrics": lyrics}, {"mood": "calm"})])
            assert [m.id for m in store.ask([Ask("later", row, 5)])[0]] == [song(2)]
            assert [m.id for m in store.ask([Ask("lyrics", lyrics, 5)])[0]] == [song(2)]
            assert store.facet("mood") == [("calm", 1)]
            assert store.count((Condition("has", "sound"),)) == 1
    with opens(LAYOUT) as store:  # an older layout still works on it
        store.write([plain(3, 1.0)])
        assert store.count() == 3


@pytest.mark.parametrize("changed", [Space("sound", 9), Space("sound", 8, "dot"), Space("sound", 0), Space("words", 4)])
def test_a_space_that_changed_is_a_mismatch_with_a_remedy(opens: Opener, changed: Space) -> None:
    with opens(LAYOUT) as store:
        store.write([plain(1, 1.0)])
    others = tuple(space for space in LAYOUT.spaces if space.name != changed.name)
    with pytest.raises(SpaceMismatch, match=changed.name) as caught:
        opens(replace(LAYOUT, spaces=(*others, changed)))
    assert "--recreate" in caught.value.remedy
    with opens(LAYOUT) as store:
        assert store.count() == 1


# Answers --------------------------------------------------------------------------------------------------------------


def test_random_filters_count_what_they_mean(full: VectorStore) -> None:
    rng = np.random.default_rng(1)
    for _ in range(150):
        where = some_where(rng)
        assert full.count(where) == sum(expect(where, p) for p in POINTS), where


def test_empty_lists_of_values_match_nothing(full: VectorStore) -> None:
    for condition in (Condition("match", "genre"), Condition("ids"), Condition("ids", values=("no id",))):
        assert full.count((condition,)) == 0
        assert full.count((replace(condition, negate=True),)) == len(POINTS)


@against_the_oracle
def test_random_questions_get_the_oracles_answers(full: VectorStore, oracle: VectorStore) -> None:
    rng = np.random.default_rng(2)
    asks = []
    for _ in range(60):
        space = LAYOUT.spaces[rng.integers(len(LAYOUT.spaces))]
        vector = some_words(rng) if space.sparse else rng.normal(size=space.dim).astype(np.float32)
        exact = bool(rng.random() < 0.5)
        ef = None if exact else 64
        floor = float(rng.uniform(-0.5, 0.5)) if rng.random() < 0.3 else None
        asks.append(Ask(space.name, vector, int(rng.integers(1, 60)), some_where(rng), exact, ef, floor))
    answers = full.ask(asks)
    for ask, found, wanted in zip(asks, answers, oracle.ask(asks), strict=True):
        assert_same(found, wanted)
        assert_same(found, full.ask([ask])[0])
    assert sum(map(len, answers)) > 500


@against_the_oracle
def test_questions_with_pairs_get_the_oracles_answers(full: VectorStore, oracle: VectorStore) -> None:
    rng = np.random.default_rng(8)
    asks = []
    for _ in range(30):
        space = LAYOUT.spaces[rng.integers(2)]
        rows = rng.normal(size=(5, space.dim)).astype(np.float32)
        pairs = tuple((rows[n], rows[n + 1]) for n in range(1, int(rng.choice([2, 4])), 2))
        asks.append(Ask(space.name, rows[0], int(rng.integers(1, 60)), some_where(rng), pairs=pairs))
    for found, wanted in zip(full.ask(asks), oracle.ask(asks), strict=True):
        assert_same(found, wanted)


def test_points_on_the_right_side_of_a_pair_come_first_and_then_the_nearest(full: VectorStore) -> None:
    rows = {p.id: unit(p.dense["sound"]) for p in POINTS if "sound" in p.dense}
    near, far = (np.random.default_rng(n).normal(size=8).astype(np.float32) for n in (1, 2))
    found = full.ask([Ask("sound", ONES, len(POINTS), pairs=((near, far),))])[0]

    def right(i: str) -> bool:
        return bool(rows[i] @ unit(near) > rows[i] @ unit(far))

    sides = [right(match.id) for match in found]
    assert sides == sorted(sides, reverse=True)
    assert 20 < sum(sides) < len(sides) - 20
    nearness = [float(rows[match.id] @ unit(ONES)) for match in found if right(match.id)]
    assert nearness == pytest.approx(sorted(nearness, reverse=True), abs=1e-5)
    assert all(match.score > 0 if side else match.score < 0 for match, side in zip(found, sides, strict=True))
    with pytest.raises(StoreError, match="sparse"):
        full.ask([Ask("words", Sparse((1,), (1.0,)), 5, pairs=((near, far),))])


def test_scores_below_the_floor_do_not_count(full: VectorStore) -> None:
    every = full.ask([Ask("sound", ONES, 400)])[0]
    middle = (every[100].score + every[101].score) / 2
    ask = Ask("sound", ONES, 400, floor=middle)
    assert [m.id for m in full.ask([ask])[0]] == [m.id for m in every[:101]]


def test_the_ids_of_a_filter_are_those_it_counts(full: VectorStore) -> None:
    rng = np.random.default_rng(7)
    for _ in range(10):
        where = some_where(rng)
        assert sorted(full.ids(where)) == sorted(p.id for p in POINTS if expect(where, p))


def test_dense_scores_are_cosines_and_dot_products(full: VectorStore) -> None:
    question = np.linspace(-1, 1, 8).astype(np.float32)
    rows = {p.id: p.dense["sound"] for p in POINTS if "sound" in p.dense}
    wanted = sorted((float(unit(row) @ unit(question)) for row in rows.values()), reverse=True)[:20]
    assert [m.score for m in full.ask([Ask("sound", question, 20)])[0]] == pytest.approx(wanted, abs=1e-5)
    wanted = sorted((float(p.dense["heard"] @ question[:6]) for p in POINTS if "heard" in p.dense), reverse=True)[:20]
    assert [m.score for m in full.ask([Ask("heard", question[:6], 20)])[0]] == pytest.approx(wanted, rel=1e-4)


def test_an_empty_sparse_question_gets_an_empty_answer_in_its_place(full: VectorStore) -> None:
    nothing, something = Ask("words", Sparse((), ()), 5), Ask("sound", ONES, 5)
    first, second, third = full.ask([nothing, something, nothing])
    assert (first, third) == ([], [])
    assert len(second) == 5
    assert full.ask([]) == []


@against_the_oracle
@pytest.mark.parametrize("strategy", ["average", "best", "sum"])
def test_recommendations_get_the_oracles_answers_without_the_examples(
    full: VectorStore, oracle: VectorStore, strategy: str
) -> None:
    rng = np.random.default_rng(5)
    for _ in range(12):
        picked = [song(int(n)) for n in rng.choice(len(POINTS), size=6, replace=False)]
        space = str(rng.choice(["sound", "heard", "long"]))
        plan = Recommend(space, tuple(picked[:4]), tuple(picked[4:]), 30, strategy, some_where(rng))  # type: ignore[arg-type]
        found = full.recommend(plan)
        assert_same(found, oracle.recommend(plan))
        assert not {m.id for m in found} & set(picked)


def test_the_average_strategy_asks_for_twice_the_liked_minus_the_disliked(store: VectorStore) -> None:
    store.write([plain(1, 1.0), plain(2, 0.0, 1.0), plain(3, 0.0, 0.0, 1.0), plain(4, 1.0, 1.0, -0.5), plain(5, 1, 1)])
    found = store.recommend(Recommend("sound", (song(1), song(2)), (song(3),), 5, "average"))
    target = unit(np.array([1, 1, -1, 0, 0, 0, 0, 0], dtype=np.float32))
    assert [m.id for m in found] == [song(4), song(5)]
    assert found[0].score == pytest.approx(float(target @ unit(plain(4, 1, 1, -0.5).dense["sound"])), abs=1e-5)


def test_examples_that_lack_the_space_are_passed_over(store: VectorStore) -> None:
    store.write([plain(1, 1.0), plain(2, 1.0, 0.1), Point(song(3), {}, {}, {})])
    assert [m.id for m in store.recommend(Recommend("sound", (song(1), song(3), song(77))))] == [song(2)]
    for strategy in ("average", "best", "sum"):
        assert store.recommend(Recommend("sound", (song(3), song(77), "nobody"), (), 5, strategy)) == []
    with pytest.raises(StoreError, match="sparse"):
        store.recommend(Recommend("words", (song(1),)))


def test_facets_are_exact_filtered_and_sorted(full: VectorStore, oracle: VectorStore) -> None:
    rng = np.random.default_rng(6)
    for _ in range(10):
        where = some_where(rng)
        counts: dict[str, int] = {}
        for point in POINTS:
            for genre in point.payload.get("genre", []) if expect(where, point) else []:
                counts[genre] = counts.get(genre, 0) + 1
        assert full.facet("genre", where) == sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    assert [n for _, n in full.facet("artist", limit=5)] == [n for _, n in oracle.facet("artist", limit=5)]
    assert len(full.facet("artist", limit=5)) == 5
