"""Several processes at one library: nobody's work is lost, who has to wait waits or says so in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from libraries import index, library_at, make_numbered
from snapshots import check_catalog, snapshot
from songkin.store import shard

ENCODERS = ("--encoder", "descriptors", "--encoder", "fingerprint", "--no-pull", "--workers", "1")
CACHE = {"cache": "/nonexistent/models"}
FIND, SIMILAR = ("find", "song 2 jazz"), ("similar", "Song 1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``old``: a library of six songs; ``music``: those and four more."""
    folder = tmp_path_factory.mktemp("two")
    make_numbered(folder / "music", range(6))
    with library_at(folder / "old", **CACHE) as library:
        index(library, folder / "music", encoders=("descriptors", "fingerprint"))
    make_numbered(folder / "music", range(6, 10))
    return folder


def together(library: Path, commands: Sequence[Sequence[str]], patience: float) -> list[tuple[int, dict[str, Any]]]:
    """Run commands at once; the exit code of each, and the JSON that it printed."""
    env = {**os.environ, "SONGKIN_CACHE": CACHE["cache"], "SONGKIN_LOCK_SECONDS": str(patience)}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "songkin", *words, "-L", str(library), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        for words in commands
    ]
    said = [process.communicate(timeout=300) for process in running]
    assert not any("Traceback" in err for _, err in said), said
    return [(process.returncode, json.loads(out)) for process, (out, _) in zip(running, said, strict=True)]


def busy(told: dict[str, Any]) -> bool:
    """Whether it is the one line of who had to give up."""
    message = told.get("error", {}).get("message", "")
    return ("Another songkin" in message or "in use by" in message) and "Wait" in told["error"]["remedy"]


def hits(told: dict[str, Any]) -> list[Any]:
    return [(hit["track"]["id"], hit["score"]) for hit in told["hits"]]


def look(library: Path) -> dict[str, Any]:
    return snapshot(library, ("Song 1",), CACHE)


def commands_of(place: Path) -> dict[str, tuple[Sequence[str], ...]]:
    indexing = ("index", str(place / "music"), *ENCODERS)
    return {
        "index + index": (indexing, indexing),
        "index + find + similar": (indexing, FIND, SIMILAR),
        "index + forget": (indexing, ("forget", "Song 3")),
        "reindex + find + similar": (("reindex",), FIND, SIMILAR),
        "reindex --recreate + find + index": (("reindex", "--recreate"), FIND, indexing),
        "find + find + similar + similar": (FIND, FIND, SIMILAR, SIMILAR),
        "forget + forget": (("forget", "Song 3"), ("forget", "Song 4")),
    }


def in_turn(place: Path, folder: Path, commands: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """What the old library becomes where the commands run one after the other, for each order of them."""
    looks = []
    for order in permutations(commands):
        shard.copy(place / "old", folder)
        for words in order:
            assert together(folder, [words], 60)[0][0] == 0
        looks.append(look(folder))
        shutil.rmtree(folder)
    return looks


def assert_forgotten(library: Path, seen: dict[str, Any], done: Sequence[Sequence[str]]) -> None:
    """Catalog and search index hold exactly the songs that should be there: those that a command which came to its end
    took out are gone, those that one added have come. An index run after the forgetting finds the file again."""
    with library_at(library, **CACHE) as opened:
        titles = {track.id: track.title for track in opened.tracks(limit=None)}
    assert sorted(seen["points"]) == sorted(titles)
    gone = {words[1] for words in done if words[0] == "forget"}
    indexed = any(words[0] == "index" for words in done)
    there = {f"Song {n}" for n in range(10 if indexed else 6)}
    assert sorted(titles.values()) in ([sorted(there - gone), sorted(there)] if indexed else [sorted(there - gone)])


@pytest.mark.parametrize("patience", [0.2, 60])
def test_processes_at_one_library_do_each_other_no_harm(
    place: Path, tmp_path: Path, patience: float, long: bool, report: Callable[[str], None]
) -> None:
    indexing = ("index", str(place / "music"), *ENCODERS)
    outcomes: Counter[tuple[str, str]] = Counter()
    shard.copy(place / "old", tmp_path / "expected")
    assert together(tmp_path / "expected", [indexing], 60)[0][0] == 0
    expected = look(tmp_path / "expected")
    known: dict[tuple[Sequence[str], ...], list[dict[str, Any]]] = {}
    for turn in range(4 if long else 1):
        for number, (name, commands) in enumerate(commands_of(place).items()):
            if not long and number % 2 == (patience == 60):
                continue
            library = tmp_path / "library"
            shard.copy(place / "old", library)
            ended = together(library, commands, patience)
            for words, (code, told) in zip(commands, ended, strict=True):
                assert code == 0 or (code == 1 and busy(told)), (turn, name, words, told)
                outcomes[(name, f"{words[0]}: {'done' if code == 0 else 'gave up'}")] += 1
            if patience == 60:
                assert [code for code, _ in ended] == [0] * len(ended), (turn, name, ended)
            assert any(code == 0 for code, _ in ended), (turn, name, ended)
            check_catalog(library)
            if "forget" not in name:
                assert together(library, [indexing], 60)[0][0] == 0
                assert look(library) == expected, (turn, name)
            else:
                seen = look(library)
                done = tuple(words for words, (code, _) in zip(commands, ended, strict=True) if code == 0)
                assert_forgotten(library, seen, done)
                if done not in known:
                    known[done] = in_turn(place, tmp_path / "in turn", done)
                assert seen in known[done], (turn, name, done)
            shutil.rmtree(library)
    rows = "\n".join(f"| {name} | {what} | {times} |" for (name, what), times in sorted(outcomes.items()))
    report(f"waiting {patience:g} s at most\n\n| at once | who | times |\n|---|---|---|\n{rows}")


def test_questions_at_once_get_the_same_answers(place: Path, tmp_path: Path) -> None:
    shard.copy(place / "old", tmp_path / "library")
    ended = together(tmp_path / "library", [SIMILAR] * 5, 60)
    assert [code for code, _ in ended] == [0] * 5
    assert len({repr(hits(told)) for _, told in ended}) == 1
    assert hits(ended[0][1])


def test_a_question_on_a_lost_index_that_another_is_making_anew_says_so(place: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    shard.copy(place / "old", tmp_path / "library")
    shutil.rmtree(tmp_path / "library" / "index")
    with FileLock(tmp_path / "library" / "run.lock"):
        ((code, told),) = together(tmp_path / "library", [SIMILAR], 0.2)
        assert code == 1
        assert busy(told)
    ((code, told),) = together(tmp_path / "library", [SIMILAR], 0.2)
    assert code == 0
    assert hits(told)
