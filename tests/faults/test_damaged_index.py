"""A search index that is gone, cut, changed or another's: noticed at the next question, made anew with one line, and
the answers are what they were. Each harm is asked about in a process of its own, for the engine might end it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from libraries import index, library_at
from songkin.errors import IndexDamaged
from songkin.store import index_folder, print_files, prints, shard
from soundfiles import RATE, sound_file, tune, wav

BOTH = ("descriptors", "fingerprint")
Harm = Callable[[Path, random.Random], None]

ASKING = """
import json, sys
from songkin.errors import SongkinError
from songkin.library import Library
for line in sys.stdin:
    folder, *clips = json.loads(line)
    try:
        with Library(folder) as library:
            told = [library.similar(clip) for clip in clips] or [library.similar("Song 1"), library.find("song 4 jazz")]
        hits = [[(hit.track.id, hit.score, hit.why) for hit in answer.hits] for answer in told]
        print(json.dumps({"hits": hits, "notes": [note for answer in told for note in answer.notes if "weights" not in note]}), flush=True)
    except SongkinError as error:
        print(json.dumps({"error": error.message, "remedy": error.remedy}), flush=True)
"""


def gone(path: Path, rng: random.Random) -> None:
    path.unlink()


def emptied(path: Path, rng: random.Random) -> None:
    os.truncate(path, 0)


def cut(path: Path, rng: random.Random) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flipped(path: Path, rng: random.Random) -> None:
    """One bit of what is not zero in the file: where the data are."""
    with path.open("r+b") as file:
        blocks = [(at + n, byte) for at, block in shard.content(file) for n, byte in enumerate(block[:4096]) if byte]
        at, byte = rng.choice(blocks or [(0, 0)])
        file.seek(at)
        file.write(bytes((byte ^ (1 << rng.randrange(8)),)))


def garbage(path: Path, rng: random.Random) -> None:
    size = min(path.stat().st_size, 4096)
    with path.open("r+b") as file:
        file.write(rng.randbytes(size))


def a_folder(path: Path, rng: random.Random) -> None:
    path.unlink()
    path.mkdir()


HARMS: dict[str, Harm] = {
    "gone": gone,
    "emptied": emptied,
    "cut in half": cut,
    "a bit flipped": flipped,
    "garbage": garbage,
    "a folder in its place": a_folder,
}


ANEW = "made anew, same answers"


class Asker:
    """Asks about libraries in a process that is started again when it dies."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def ask(self, folder: Path, *clips: Path) -> dict[str, Any]:
        """Hits and notes of questions by name and words (or with recordings), or an error; ``{"died": code}`` if the process did not survive."""
        if self.process is None:
            command = [sys.executable, "-c", ASKING]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([str(folder), *map(str, clips)]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if line:
            found: dict[str, Any] = json.loads(line)
            return found
        _, err = self.process.communicate()
        code, self.process = self.process.returncode, None
        return {"died": code, "err": err}

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    made = Asker()
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of nine songs; beside it ``older``, the search index that it had before the last three came."""
    folder = tmp_path_factory.mktemp("whole")
    genres = ("jazz", "rock", "folk")
    for n in range(9):
        sound_file(folder / "music" / f"{n}.flac", tune(5, seed=n), {"title": f"Song {n}", "genre": genres[n % 3]})
    with library_at(folder / "library", cache=str(folder / "none")) as library:
        late = folder / "late"
        shutil.copytree(folder / "music", late)
        for n in range(6, 9):
            os.remove(folder / "music" / f"{n}.flac")
        index(library, folder / "music", encoders=BOTH)
        shard.copy(folder / "library", folder / "older")
        for n in range(6, 9):
            shutil.copy2(late / f"{n}.flac", folder / "music")
        index(library, folder / "music", encoders=BOTH)
    for n in (1, 7):
        wav(folder / f"clip {n}.wav", tune(5, seed=n)[: RATE * 4])
    return folder


@pytest.fixture(scope="module")
def answers(whole: Path, asker: Asker, monkeypatch_module: pytest.MonkeyPatch) -> Any:
    """What the whole library answers."""
    found = asker.ask(whole / "library")
    assert found["notes"] == []
    return found["hits"]


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    """The cache of weights is empty for all processes of this module: the encoders that need none are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONGKIN_CACHE", "/nonexistent/models")
        yield patch


def outcome(found: dict[str, Any], expected: Any) -> str:
    """What came of it, in a few words; wrong answers and dead processes have their own."""
    if "died" in found:
        return f"the process died ({found['died']})"
    if "error" in found:
        return f"error: {found['error'][:60]}"
    if found["hits"] != expected:
        return "other answers"
    return (
        "made anew, same answers"
        if any("made anew" in note or "brought up" in note for note in found["notes"])
        else "not noticed, same answers"
    )


def test_every_file_of_the_index_may_be_harmed(
    whole: Path, answers: Any, asker: Asker, tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    rng = random.Random(3)
    files = sorted(
        path.relative_to(whole / "library")
        for path in index_folder(whole / "library").rglob("*")
        if path.is_file() and path.name not in {"lock", "holder"}
    )
    kinds = {
        (path.parts[-3].split("-")[-1], path.name) if len(path.parts) > 5 else ("", path.name): path for path in files
    }
    cases = [(path, name) for path in (files if long else sorted(kinds.values())) for name in HARMS]
    if not long:
        cases = rng.sample(cases, 16)
    outcomes: Counter[tuple[str, str]] = Counter()
    bad = []
    for path, name in cases:
        library = tmp_path / "harmed"
        shard.copy(whole / "library", library)
        HARMS[name](library / path, rng)
        found = asker.ask(library)
        came = outcome(found, answers)
        outcomes[(name, came)] += 1
        if came != ANEW:
            bad.append((str(path), name, came, found.get("err", "")[-300:]))
        shutil.rmtree(library)
    rows = "\n".join(f"| {name} | {came} | {times} |" for (name, came), times in sorted(outcomes.items()))
    report(
        f"{len(cases)} harms to the {len(files)} files of a search index\n\n| a file | outcome | times |\n|---|---|---|\n{rows}"
    )
    assert bad == []


def unclean(library: Path) -> Path:
    """The state of an index whose reader was killed."""
    path = index_folder(library) / "index" / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"clean": False}))
    return path


def vectors_of(library: Path) -> Path:
    return next(index_folder(library).rglob("vector_storage-descriptors/vectors/chunk_0.mmap"))


def no_folder(library: Path, whole: Path) -> None:
    shutil.rmtree(index_folder(library))


def no_inner_folder(library: Path, whole: Path) -> None:
    shutil.rmtree(index_folder(library) / "index")


def an_empty_folder(library: Path, whole: Path) -> None:
    no_inner_folder(library, whole)
    (index_folder(library) / "index").mkdir()


def a_file_in_the_inner_place(library: Path, whole: Path) -> None:
    no_inner_folder(library, whole)
    (index_folder(library) / "index").write_text("no folder")


def no_segments(library: Path, whole: Path) -> None:
    shutil.rmtree(index_folder(library) / "index" / "shard" / "segments")


def an_older_one(library: Path, whole: Path) -> None:
    shutil.rmtree(index_folder(library))
    shard.copy(index_folder(whole / "older"), index_folder(library))


def one_of_another_library(library: Path, whole: Path) -> None:
    shutil.rmtree(index_folder(library))
    with library_at(library.parent / "another", cache=str(whole / "none")) as other:
        index(other, whole / "music")
    shard.copy(index_folder(library.parent / "another"), index_folder(library))


def half_copied(library: Path, whole: Path) -> None:
    for path in sorted(index_folder(library).rglob("*"))[::2]:
        if path.is_file():
            path.unlink()


def a_bit_after_a_killed_reader(library: Path, whole: Path) -> None:
    unclean(library)
    flipped(vectors_of(library), random.Random(1))


def cut_after_a_killed_reader(library: Path, whole: Path) -> None:
    unclean(library)
    cut(vectors_of(library), random.Random(1))


WHOLE_HARMS = (
    no_folder,
    no_inner_folder,
    an_empty_folder,
    a_file_in_the_inner_place,
    no_segments,
    an_older_one,
    one_of_another_library,
    half_copied,
    a_bit_after_a_killed_reader,
    cut_after_a_killed_reader,
)


@pytest.mark.parametrize("harm", WHOLE_HARMS)
def test_the_whole_index_may_be_lost_or_another(
    harm: Callable[[Path, Path], None], whole: Path, answers: Any, asker: Asker, tmp_path: Path
) -> None:
    shard.copy(whole / "library", tmp_path / "library")
    harm(tmp_path / "library", whole)
    assert outcome(asker.ask(tmp_path / "library"), answers) == ANEW
    after = asker.ask(tmp_path / "library")
    assert (after["hits"], after["notes"]) == (answers, [])


def test_a_killed_reader_does_no_harm(whole: Path, answers: Any, asker: Asker, tmp_path: Path) -> None:
    shard.copy(whole / "library", tmp_path / "library")
    unclean(tmp_path / "library")
    found = asker.ask(tmp_path / "library")
    assert (found["hits"], found["notes"]) == (answers, [])


def test_an_older_catalog_is_not_answered_for_by_a_newer_index(whole: Path, asker: Asker, tmp_path: Path) -> None:
    shard.copy(whole / "library", tmp_path / "library")
    shard.copy(whole / "older", tmp_path / "older")
    expected = asker.ask(tmp_path / "older")["hits"]
    shutil.copy2(tmp_path / "older" / "catalog.db", tmp_path / "library" / "catalog.db")
    assert outcome(asker.ask(tmp_path / "library"), expected) == ANEW


def test_a_file_where_the_folder_should_be_is_left_alone_and_told(whole: Path, asker: Asker, tmp_path: Path) -> None:
    shard.copy(whole / "library", tmp_path / "library")
    shutil.rmtree(index_folder(tmp_path / "library"))
    index_folder(tmp_path / "library").write_text("somebody's own file")
    found = asker.ask(tmp_path / "library")
    assert "is a file" in found["error"]
    assert "-L DIR" in found["remedy"]
    assert index_folder(tmp_path / "library").read_text() == "somebody's own file"


# The sorted fingerprints, which lie beside the index --------------------------------------------------------------------


def tail_zeroed(path: Path, rng: random.Random) -> None:
    size = path.stat().st_size
    os.truncate(path, rng.randrange(size // 2, size - 4))
    os.truncate(path, size)


PRINT_HARMS: dict[str, Harm] = {
    "gone": gone,
    "emptied": emptied,
    "cut in half": cut,
    "a bit flipped": flipped,
    "garbage": garbage,
    "zeros at its end": tail_zeroed,
}
SORTED_ANEW = ["Fingerprints were sorted anew."]


def same_codes(one: Path, other: Path) -> bool:
    """Whether two files say the same: a flipped bit in the time that a header tells changes nothing."""
    a, b = prints.read(one), prints.read(other)
    return bool(a and b) and all(
        getattr(a, part).tobytes() == getattr(b, part).tobytes() for part in ("ids", "starts", "keys")
    )


def test_sorted_fingerprints_that_are_harmed_are_sorted_anew_and_recordings_known(
    whole: Path,
    asker: Asker,
    monkeypatch_module: pytest.MonkeyPatch,
    tmp_path: Path,
    long: bool,
    report: Callable[[str], None],
) -> None:
    library, rng = tmp_path / "library", random.Random(5)
    clips = [whole / f"clip {n}.wav" for n in (1, 7)]  # one song of the large file, one of the small
    shard.copy(whole / "library", library)
    expected = asker.ask(library, *clips)
    assert expected["notes"] == []
    assert ["this is the recording" in found[0][2][0] for found in expected["hits"]] == [True, True]
    outcomes: Counter[tuple[str, str]] = Counter()
    for place, good in zip(print_files(library), print_files(whole / "library"), strict=True):
        for name, harm in PRINT_HARMS.items():
            for _ in range(20 if long else 1):
                for harmed, kept in zip(print_files(library), print_files(whole / "library"), strict=True):
                    shutil.copy2(kept, harmed)
                harm(place, rng)
                unseen = name == "a bit flipped" and readable(place) and same_codes(place, good)
                found = asker.ask(library, *clips)
                assert found.get("hits") == expected["hits"], (place.name, name, found)
                assert found["notes"] == ([] if unseen else SORTED_ANEW), (place.name, name)
                assert asker.ask(library, *clips)["notes"] == []
                outcomes[name, "harmless" if unseen else "sorted anew, same answers"] += 1
    rows = "\n".join(f"| {name} | {came} | {times} |" for (name, came), times in sorted(outcomes.items()))
    report(f"Harms to the sorted fingerprints\n\n| a file | outcome | times |\n|---|---|---|\n{rows}")


def readable(path: Path) -> bool:
    try:
        return prints.read(path) is not None
    except IndexDamaged:
        return False
