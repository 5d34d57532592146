"""What only the embedded engine needs: locks, kills, damage, read-only folders, its own traps."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import qdrant_edge as edge

from songkin.errors import IndexDamaged, LibraryBusy, LibraryTooNew, StoreError
from songkin.models import track_id
from songkin.store import embedded, shard
from songkin.store.embedded import EmbeddedStore
from songkin.store.vectors import Ask, Condition, Layout, Point, Space, VectorStore
from vectorpoints import LAYOUT, some_points

TESTS = Path(__file__).parents[1]
SMALL = Layout("small", (Space("sound", 8), Space("words", 0)), {"genre": "keyword"})
CHILD = f"""
import sys; sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from songkin.store.embedded import EmbeddedStore
from songkin.models import track_id
from vectorpoints import LAYOUT, some_points
"""


def child(code: str, *args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD + code, *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def filled(folder: Path, n: int = 60) -> None:
    with EmbeddedStore(folder, LAYOUT) as store:
        store.write(some_points(n))


def test_it_is_a_vector_store(tmp_path: Path) -> None:
    store: VectorStore = EmbeddedStore(tmp_path / "deep" / "index", SMALL)
    with store as opened:
        assert opened.count() == 0
    assert sorted(p.name for p in (tmp_path / "deep" / "index" / "index").iterdir()) == [
        "layout.json",
        "shard",
        "state.json",
    ]


def test_the_embedded_store_wakes_without_the_client() -> None:
    code = "import songkin.store.embedded, sys; sys.exit('qdrant_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_index_is_only_made_where_that_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no search index") as caught:
        EmbeddedStore(tmp_path / "index", SMALL, create=False)
    assert caught.value.remedy
    EmbeddedStore(tmp_path / "index", SMALL).close()
    EmbeddedStore(tmp_path / "index", SMALL, create=False).close()


def test_an_interrupted_creation_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "index.new" / "shard").mkdir(parents=True)
    (tmp_path / "index.new" / "shard" / "edge_config.json").write_text("{")
    with EmbeddedStore(tmp_path, SMALL) as store:
        assert store.count() == 0


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be locked"):
        EmbeddedStore(tmp_path / "file" / "index", SMALL)


# One holder -----------------------------------------------------------------------------------------------------------


def test_a_second_process_is_told_who_holds_the_index(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, LAYOUT) as store:
        store.write(some_points(20))
        other = child("EmbeddedStore(Path(sys.argv[1]), LAYOUT, wait=0.1)", str(tmp_path))
        _, said = other.communicate()
        assert "LibraryBusy" in said
        assert f"id {os.getpid()}" in said
        store.write(some_points(40))  # the engine's own lock would have broken this flush
        store.flush()
        assert store.count() == 40
    with EmbeddedStore(tmp_path, LAYOUT) as store:
        assert store.count() == 40


def test_a_second_opening_in_one_process_is_refused_within_the_wait(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, SMALL):
        start = time.monotonic()
        with pytest.raises(LibraryBusy, match="this very process") as caught:
            EmbeddedStore(tmp_path, SMALL, wait=0.2)
        assert 0.15 < time.monotonic() - start < 5
        assert caught.value.remedy
    EmbeddedStore(tmp_path, SMALL, wait=0).close()


def test_waiting_ends_as_soon_as_the_holder_lets_go(tmp_path: Path) -> None:
    first = EmbeddedStore(tmp_path, SMALL)
    timer = threading.Timer(0.2, first.close)  # closed in another thread than it was opened in
    timer.start()
    EmbeddedStore(tmp_path, SMALL, wait=20).close()
    timer.join()


def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    EmbeddedStore(tmp_path, SMALL).close()
    (tmp_path / "index" / "layout.json").write_text("[]")
    for _ in range(2):
        with pytest.raises(IndexDamaged):
            EmbeddedStore(tmp_path, SMALL, wait=0)


# Killed ---------------------------------------------------------------------------------------------------------------


def test_a_killed_writer_keeps_every_point_that_it_was_told_of(tmp_path: Path) -> None:
    code = """
store = EmbeddedStore(Path(sys.argv[1]), LAYOUT)
points = some_points(4000)
for start in range(0, len(points), 50):
    store.write(points[start:start + 50])
    print(start + 50, flush=True)
"""
    writer = child(code, str(tmp_path))
    assert writer.stdout is not None
    told = 0
    for line in writer.stdout:
        told = int(line)
        if told == 300:
            os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    assert writer.returncode == -signal.SIGKILL
    assert 300 <= told < 4000
    with EmbeddedStore(tmp_path, LAYOUT, wait=0) as store:
        stored = set(store.ids())
        assert {track_id(f"song {n}") for n in range(told)} <= stored
        # A batch that was being written may be there in part: `ids` shows it, and writing it again mends it.
        store.delete([i for i in stored if i not in {track_id(f"song {n}") for n in range(told)}])
        assert store.count() == told
        assert store.facet("artist", limit=1)


def test_a_refused_batch_leaves_no_ghost_behind_even_if_killed(tmp_path: Path) -> None:
    code = """
import dataclasses, os, signal
store = EmbeddedStore(Path(sys.argv[1]), LAYOUT)
good, bad = some_points(2)
bad = dataclasses.replace(bad, dense={"unknown": next(iter(good.dense.values()))})
try:
    store.write([good, bad])
except Exception as error:
    print(type(error).__name__, flush=True)
store.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert child(code, str(tmp_path)).communicate()[0] == "StoreError\n"
    with EmbeddedStore(tmp_path, LAYOUT) as store:
        assert list(store.ids()) == []


def test_strangers_can_be_told_by_their_ids_and_deleted(tmp_path: Path) -> None:
    filled(tmp_path, 5)
    engine = edge.EdgeShard.load(str(tmp_path / "index" / "shard"))
    stranger = track_id("stranger")
    engine.update(edge.UpdateOperation.upsert_points([edge.Point(stranger, {}, {})]))
    del engine  # not closed, as after a kill
    shard.write_state(tmp_path / "index", shard.State(False))
    with EmbeddedStore(tmp_path, LAYOUT) as store:
        known = {track_id(f"song {n}") for n in range(5)}
        assert set(store.ids()) - known == {stranger}
        store.delete([stranger])
        assert set(store.ids()) == known


# Damaged --------------------------------------------------------------------------------------------------------------


def engine_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "index").rglob("*") if path.is_file())


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("harm", [remove, cut])
def test_a_file_that_is_gone_or_cut_is_noticed_at_opening(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    filled(tmp_path)
    files = [path for path in engine_files(tmp_path) if path.stat().st_size > 1]
    assert len(files) > 40
    for path in files:
        kept = path.with_name(path.name + ".kept")
        path.rename(kept)
        shutil.copyfile(kept, path)
        harm(path)
        with pytest.raises(IndexDamaged) as caught:
            EmbeddedStore(tmp_path, LAYOUT)
        assert "reindex" in caught.value.remedy
        kept.replace(path)
    with EmbeddedStore(tmp_path, LAYOUT) as store:
        assert store.count() == 60


@pytest.mark.parametrize("name", ["shard/edge_config.json", "segment.json", "layout.json", "state.json"])
def test_garbage_in_a_settings_file_is_a_damaged_index(tmp_path: Path, name: str) -> None:
    filled(tmp_path)
    path = next(p for p in engine_files(tmp_path) if p.as_posix().endswith(name))
    path.write_bytes(b"\xff" * path.stat().st_size)
    for _ in range(2):
        with pytest.raises(IndexDamaged):
            EmbeddedStore(tmp_path, LAYOUT)


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"format": 1}', '{"clean": 1, "points": "x", "files": []}', "[" * 100_000]
)
def test_settings_files_of_another_shape_are_a_damaged_index(tmp_path: Path, content: str) -> None:
    EmbeddedStore(tmp_path, SMALL).close()
    for name in ("layout.json", "state.json"):
        path = tmp_path / "index" / name
        good = path.read_text()
        path.write_text(content)
        with pytest.raises(IndexDamaged):
            EmbeddedStore(tmp_path, SMALL)
        path.write_text(good)
    EmbeddedStore(tmp_path, SMALL).close()


def test_a_segment_that_is_gone_is_noticed_each_time(tmp_path: Path) -> None:
    filled(tmp_path)
    state = shard.read_state(tmp_path / "index")
    shutil.rmtree(tmp_path / "index" / "shard" / "segments")
    shard.write_state(tmp_path / "index", shard.State(True, state.points))  # as if its files had not been noted
    for _ in range(2):
        with pytest.raises(IndexDamaged):
            EmbeddedStore(tmp_path, LAYOUT)


def test_a_panic_of_the_engine_is_a_damaged_index(tmp_path: Path) -> None:
    filled(tmp_path)
    status = next(p for p in engine_files(tmp_path) if p.parent.name == "deleted" and p.name == "status.dat")
    os.truncate(status, 0)
    shard.write_state(tmp_path / "index", shard.State(False))  # the sizes are not compared after a kill
    with pytest.raises(IndexDamaged) as caught:
        EmbeddedStore(tmp_path, LAYOUT)
    assert not isinstance(caught.value.__cause__, Exception)


def test_a_damaged_index_can_be_erased_and_made_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "index" / "state.json").unlink()
    shard.erase(tmp_path)
    with EmbeddedStore(tmp_path, LAYOUT) as store:
        assert store.count() == 0
        with pytest.raises(LibraryBusy):
            shard.erase(tmp_path, wait=0)


def test_an_index_of_a_newer_songkin_is_left_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    path = tmp_path / "index" / "layout.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": shard.FORMAT + 1}))
    with pytest.raises(LibraryTooNew):
        EmbeddedStore(tmp_path, LAYOUT)


# Read only ------------------------------------------------------------------------------------------------------------


def test_a_folder_that_may_only_be_read_is_searched_in_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "library")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(shard, "writable", lambda folder: False)  # root may write anywhere, so it is said here
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "library").rglob("*")}
    with EmbeddedStore(tmp_path / "library", LAYOUT) as one, EmbeddedStore(tmp_path / "library", LAYOUT) as two:
        question = [Ask("sound", np.ones(8, dtype=np.float32), 10)]
        assert one.count() == 60
        assert one.ask(question) == two.ask(question)
        copies = [path for path in (tmp_path / "temporary").rglob("*") if path.is_file()]
        assert sum(path.stat().st_blocks for path in copies) * 512 < 40e6
        attempts: list[Callable[[], None]] = [
            lambda: one.write(some_points(1)),
            lambda: one.delete([track_id("song 1")]),
        ]
        for refused in attempts:
            with pytest.raises(StoreError, match="may only be read") as caught:
                refused()
            assert "writable" in caught.value.remedy
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "library").rglob("*")} == before
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are another matter here")
def test_a_folder_without_permission_to_write_is_noticed() -> None:
    code = """
import os
if os.geteuid() == 0:
    os.setuid(65534)  # root may write anywhere
store = EmbeddedStore(Path(sys.argv[1]), LAYOUT)
print(store.count(), flush=True)
store.write(some_points(1))
"""
    with tempfile.TemporaryDirectory() as name:
        library = Path(name) / "library"
        filled(library)
        for path in (Path(name), library, *library.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            told, complained = child(code, str(library)).communicate()
        finally:
            for path in (Path(name), library, *library.rglob("*")):
                path.chmod(0o755)
    assert told == "60\n"
    assert "StoreError" in complained
    assert "may only be read" in complained


# The graph index ------------------------------------------------------------------------------------------------------


def test_the_graph_index_is_not_built_while_serving(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, SMALL) as store, pytest.raises(StoreError, match="served"):
        store.optimize()


def test_a_small_library_needs_no_graph_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedStore(tmp_path, LAYOUT, exclusive=True) as store:
        store.write(some_points(50))
        store.flush()
        before = shard.inventory(tmp_path / "index")
        store.optimize()
        assert shard.inventory(tmp_path / "index") == before


def test_the_graph_index_finds_what_the_exact_search_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "GRAPH_FROM", 5000)
    rng = np.random.default_rng(0)
    layout = Layout("graph", (Space("short", 4),), {"genre": "keyword"})
    wide = replace(layout, spaces=(*layout.spaces, Space("wide", 512)))
    EmbeddedStore(tmp_path, layout).close()
    rows = (rng.normal(size=(40, 512))[rng.integers(40, size=6000)] + rng.normal(size=(6000, 512))).astype(np.float32)
    points = [Point(track_id(f"{n}"), {"wide": row}, {}, {"genre": f"g{n % 10}"}) for n, row in enumerate(rows)]
    asks = [Ask("wide", row, 10) for row in rows[:40]]
    with EmbeddedStore(tmp_path, wide, exclusive=True) as store:
        store.write(points)
        exact = store.ask(asks)
        store.optimize()
        assert store.count() == 6000
    with EmbeddedStore(tmp_path, wide) as store:
        assert store.count() == 6000
        files = list(shard.inventory(tmp_path / "index"))
        assert any(name.endswith("vector_index-wide/graph.bin") for name in files)
        assert any(name.endswith("vector_storage-wide/quantized.data") for name in files)
        assert [[m.id for m in found] for found in store.ask([replace(a, exact=True) for a in asks])] == [
            [m.id for m in found] for found in exact
        ]
        near = store.ask([replace(a, ef=128) for a in asks])
        shared = [len({m.id for m in a} & {m.id for m in b}) for a, b in zip(near, exact, strict=True)]
        assert np.mean(shared) > 9
        assert store.ask([replace(asks[0], where=(Condition("match", "genre", ("g3",)),))])[0]
        store.write([replace(points[0], payload={"genre": "new"})])
        assert store.facet("genre", limit=20)[-1] == ("new", 1)


# Speed ----------------------------------------------------------------------------------------------------------------


def test_a_small_index_opens_at_once(tmp_path: Path) -> None:
    filled(tmp_path)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        EmbeddedStore(tmp_path, LAYOUT).close()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5  # some 0.1 s on a calm machine
