"""Each measurement runs to its end on next to nothing. Nothing is asserted about time."""

from __future__ import annotations

import io
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from songkin.benchmark import (
    MEASUREMENTS,
    asking,
    clustering,
    clustering_cpu,
    comparing,
    growing,
    hearing,
    importing,
    indexing,
    measure,
    memory,
    processes,
    scanning,
    searching,
    shelving,
    starting,
)
from songkin.benchmark.setup import Setup, seconds_of
from songkin.benchmark.songs import make_songs, repeated
from songkin.encoders import text_encoder
from songkin.encoders.weights import default_cache, installed
from songkin.errors import SongkinError
from songkin.search import bridge
from songkin.store.vectors import Match

WORDS = installed(text_encoder("minilm", default_cache()).spec, default_cache())


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return make_songs(tmp_path_factory.mktemp("music"), 4, 4.0)


@pytest.fixture
def setup(tmp_path: Path, music: list[str]) -> Setup:
    return Setup(tmp_path / "no weights", tmp_path / "scratch", tuple(music), tracks=150, quick=True)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()


def test_made_up_songs_last_as_long_as_they_should_in_every_format(music: list[str]) -> None:
    assert [Path(path).suffix for path in music] == [".mp3", ".ogg", ".flac", ".m4a"]
    assert [seconds_of(path) for path in music] == pytest.approx([4.0] * 4, abs=0.1)


def test_songs_are_taken_by_length_and_spread_over_all(setup: Setup, music: list[str]) -> None:
    assert setup.songs(10) == music
    assert setup.songs(2) == [music[0], music[2]]
    assert setup.songs(10, shortest=5) == []


def test_files_that_cannot_be_decoded_are_no_songs(tmp_path: Path, music: list[str]) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"nothing")
    assert Setup(tmp_path, tmp_path, (str(bad), music[0])).songs(5) == [music[0]]


def test_the_parts_of_a_song_are_told_apart(tmp_path: Path, music: list[str]) -> None:
    given = {"files": music[:1], "cache": str(tmp_path), "profiles": ["quick"], "how": "parts"}
    (song,) = hearing.heard(given)["songs"]
    assert set(song["cpu"]) >= {"decode", "resample", "descriptors"}
    assert "musicnn" not in song["cpu"]  # its weights are not in this folder
    assert song["seconds"] == pytest.approx(4.0, abs=0.1)


def test_a_whole_run_is_set_against_its_parts(setup: Setup) -> None:
    (figure,) = indexing.index(setup)
    assert figure.against == pytest.approx(sum(figure.details["parts"].values()) / 4)
    assert figure.details["songs"] == 4
    assert figure.ratio == pytest.approx(figure.ours / figure.against)  # type: ignore[operator]


def test_without_long_songs_the_cost_of_a_song_is_skipped(setup: Setup) -> None:
    (figure,) = indexing.song(setup)
    assert (figure.verdict, math.isnan(figure.ours)) == ("skipped", True)


def test_both_engines_give_the_same_answers_to_every_question(setup: Setup) -> None:
    figures = searching.search(setup)
    assert len(figures) == 12
    assert [figure.ours for figure in figures if figure.what.endswith("same answers")] == [1.0] * 6


def test_answers_are_alike_where_only_ties_differ() -> None:
    def answer(*pairs: tuple[str, float]) -> list[Match]:
        return [Match(name, score) for name, score in pairs]

    ours = answer(("a", 0.9), ("b", 0.5), ("c", 0.5))
    assert searching.alike(ours, answer(("a", 0.9), ("c", 0.5), ("b", 0.5)))
    assert searching.alike(ours, answer(("a", 0.9), ("b", 0.5), ("d", 0.5)))  # the last place is cut among ties
    assert not searching.alike(ours, answer(("x", 0.9), ("b", 0.5), ("c", 0.5)))
    assert not searching.alike(ours, answer(("a", 0.9), ("b", 0.6), ("c", 0.5)))
    assert not searching.alike(ours, ours[:2])


@pytest.mark.skipif(not WORDS, reason="MiniLM's weights are not on this machine")
def test_a_cold_start_is_timed_and_its_imports_told_apart(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "SMALL", 20)
    usual, first, large = starting.start(Setup(default_cache(), setup.scratch, quick=True))
    assert 0.05 < usual.details["import_share"] < 1
    assert first.ours > 0
    assert large.verdict == "skipped"


def test_a_measurement_that_cannot_be_made_says_why_and_the_others_go_on(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "SMALL", 20)
    monkeypatch.setattr(bridge, "_names", {})
    without, song = measure(["start", "song"], setup)
    assert without.verdict == "skipped"
    assert "songkin models pull" in without.note
    assert song.name == "song"


def test_imports_are_timed_until_their_songs_can_be_searched(
    setup: Setup,
) -> None:
    figures = {figure.what: figure for figure in importing._with_vectors(setup, 40)}
    searchable, ended = (
        figures[f"40 rows with 2048 numbers: {what}"]
        for what in ("until they can be searched", "to the end of the command")
    )
    assert 0 < searchable.ours <= ended.ours
    assert figures["similar of each of 40 songs: answers that are too short or hold the song itself"].ours == 0


@pytest.mark.parametrize("name", list(MEASUREMENTS))
def test_every_measurement_of_the_table_is_there(name: str) -> None:
    from importlib import import_module

    module, function, about = MEASUREMENTS[name]
    assert callable(getattr(import_module(f"songkin.benchmark.{module}"), function))
    assert about


def test_a_process_that_fails_is_told_with_its_last_line() -> None:
    with pytest.raises(SongkinError, match="no good"):
        processes.Started([sys.executable, "-c", "import sys; sys.exit('no good')"], {}).end()


def test_the_time_of_a_process_and_of_what_it_started_is_counted() -> None:
    inner = "import time\nwhile time.process_time() < 0.2: pass"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    ended = processes.Started([sys.executable, "-c", outer], {}).end()
    assert ended.cpu >= 0.2


def test_a_task_reads_and_prints_json(tmp_path: Path) -> None:
    given = {"files": [], "cache": str(tmp_path), "how": "worker"}
    assert json.dumps(processes.result(processes.task("hearing", given)))


def test_profiles_are_compared_song_by_song(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "SHORTEST", 1.0)
    cost, tags, timbre, descriptors = comparing.profile(setup)
    assert cost.ratio == pytest.approx(cost.against / cost.ours)  # type: ignore[operator]
    assert (tags.verdict, timbre.verdict) == ("skipped", "skipped")  # no weights here
    assert descriptors.ours == pytest.approx(1.0, abs=0.2)


def test_vectors_that_agree_have_a_cosine_of_one_and_others_less() -> None:
    rng = np.random.default_rng(0)
    full = rng.uniform(0.1, 0.9, (8, 100)).astype(np.float32)
    assert comparing.agreement("tags", full, full) == pytest.approx([1.0] * 8)
    other = rng.uniform(0.1, 0.9, (8, 100)).astype(np.float32)
    assert all(cosine < 0.999 for cosine in comparing.agreement("tags", other, full))


def test_descriptors_are_set_against_a_program_that_is_there(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    (without,) = comparing.descriptors(setup)
    assert (without.verdict, "--bliss" in without.note) == ("skipped", True)
    stand_in = "import json, sys; json.dump({path: 2.0 for path in json.load(sys.stdin)}, sys.stdout)"
    monkeypatch.setattr(comparing, "BLISS", stand_in)
    default, full = comparing.descriptors(replace(setup, bliss=sys.executable))
    assert (default.against, full.against) == (2.0, 2.0)
    assert default.ratio == pytest.approx(default.ours / 2)


def test_memory_is_measured_by_length(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SHORTEST_TWO", (1, 2))
    shortest, longer, beside = memory.memory(setup)
    assert beside.verdict == "skipped"  # no librosa was named
    assert shortest.ours > 20
    assert longer.against == shortest.ours


def test_a_file_may_be_repeated_to_any_length(tmp_path: Path, music: list[str]) -> None:
    repeated(Path(music[0]), tmp_path / "long.mp3", 5)
    assert seconds_of(str(tmp_path / "long.mp3")) == pytest.approx(5 * seconds_of(music[0]), abs=0.5)


def test_nothing_of_an_unchanged_library_is_read_again(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "QUICK", 60)
    figures = scanning.scan(setup)
    assert figures[-1].details["unchanged"] == 60
    assert figures[-1].details["seen"] == 60


def test_without_the_tracks_for_it_the_large_search_is_skipped(setup: Setup) -> None:
    (figure,) = searching.fused_large(setup)
    assert (figure.verdict, "--tracks" in figure.note) == ("skipped", True)


def test_the_large_search_runs_on_a_small_library_too(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "LARGE", 150)
    figures = searching.fused_large(setup)
    recalls = [figure for figure in figures if figure.what.startswith("recall")]
    assert [figure.ours for figure in recalls] == [1.0] * 6  # too small for a graph: both are exact


@pytest.mark.skipif(not WORDS, reason="MiniLM's weights are not on this machine")
def test_questions_and_growth_are_measured_and_drawn(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "QUICK", (30, 60))
    plot = io.StringIO()
    awake = replace(setup, cache=default_cache(), tracks=60, plot=plot)
    uncached, cached = asking.words(awake)
    assert min(uncached.ours, cached.ours, uncached.details["names"]) > 0
    assert len(growing.growth(awake)) == 6
    drawing = ElementTree.fromstring(plot.getvalue())
    assert len(drawing.findall(".//{http://www.w3.org/2000/svg}polyline")) == 3


def test_a_python_that_is_not_there_or_says_nothing_is_told_in_one_line(setup: Setup) -> None:
    (line,) = measure(["descriptors"], replace(setup, bliss="/nowhere/python"))
    assert (line.verdict, "cannot be started" in line.note) == ("skipped", True)
    with pytest.raises(SongkinError, match="printed no JSON"):
        processes.result(processes.Started(["true"], {}))


OTHER_KMEANS = """
import json, sys
import numpy as np
given = json.load(sys.stdin)
np.save(given["centres"], np.load(given["rows"])[: given["k"]])
json.dump({"cpu": 8.0}, sys.stdout)
"""


def test_clusters_are_set_against_another_k_means(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "SKLEARN", OTHER_KMEANS)
    cpu, squares = clustering.clusters(replace(setup, sklearn=sys.executable))
    assert cpu.against == 8.0
    assert cpu.ratio == pytest.approx(cpu.ours / 8.0)
    assert squares.ratio is not None
    assert squares.ratio < 0.8  # the first rows are poor centres
    (line,) = clustering.clusters(setup)
    assert (line.verdict, "--sklearn" in line.note) == ("skipped", True)


def test_the_centres_that_are_timed_are_written_down(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", clustering.made_up(2_000))
    given = {"rows": str(tmp_path / "rows.npy"), "k": 6, "centres": str(tmp_path / "centres.npy")}
    assert clustering_cpu.cpu(given)["cpu"] >= 0
    assert np.load(tmp_path / "centres.npy").shape == (6, clustering.NUMBERS)


@pytest.mark.skipif(not WORDS, reason="MiniLM's weights are not here: songkin models pull")
def test_an_index_of_albums_is_built_and_asked(setup: Setup) -> None:
    figures = shelving.albums(replace(setup, cache=default_cache()))
    assert [figure.what.partition(" among")[0] for figure in figures] == [
        "index of 240 reviews",
        "albums by words",
        "albums by words",
    ]
    assert all(figure.ours is not None and figure.ours > 0 for figure in figures)
