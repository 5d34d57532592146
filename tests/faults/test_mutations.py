"""Broken files, found and made: none ends the program, and what the ``ffmpeg`` tool takes is taken."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from mutations import (
    MORE,
    SUFFIXES,
    Case,
    Judged,
    agreement,
    cases,
    cases_of,
    disagreements,
    good_files,
    judged,
    less_heard,
    table,
)
from songkin.audio import EXTENSIONS
from songkin.indexing.supervisor import Died
from songkin.indexing.worker import Heard
from soundfiles import SHARED

FFMPEG: Final = shutil.which("ffmpeg")
BAD: Final = SHARED / "data" / "badaudio"
MUSIC: Final = SHARED / "data" / "audio"
LIGHT: Final = ("descriptors", "fingerprint")
AGREED: Final = 0.98
BATCH: Final = 400
LONGEST: Final = 3600.0
"""Seconds after which the long form begins no further batch, and fails: what it then has heard is not the whole."""


def assert_nobody_died(results: Sequence[Judged]) -> None:
    dead = [f"{each.case}: {each.said}" for each in results if isinstance(each.ours, Died)]
    assert not dead


def assert_told_for_people(results: Sequence[Judged]) -> None:
    """One sentence each, and none that nobody thought of."""
    for each in results:
        assert each.said == "accepted" or each.said.endswith(".")
        assert "\n" not in each.said
        assert "failed" not in each.said, each.case


def assert_numbers_are_numbers(results: Sequence[Judged]) -> None:
    for each in results:
        if isinstance(each.ours, Heard):
            for _, vector in each.ours.vectors.values():
                assert vector.dtype.kind != "f" or np.isfinite(vector).all(), each.case
            assert 0 < each.ours.duration < 6 * 3600
            assert all(np.isfinite(fact) for fact in each.ours.facts.values() if not isinstance(fact, str)), each.case


@pytest.fixture(scope="module")
def mutated(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    """One of each mutation of the commonest formats."""
    folder = tmp_path_factory.mktemp("mutated")
    goods = good_files(folder / "good", (".flac", ".mp3", ".ogg", ".m4a"), seconds=2)
    return judged(cases(goods, folder / "bad"), ("descriptors",), FFMPEG, workers=1)


def test_no_mutation_of_a_good_file_ends_a_worker_or_holds_it_up(mutated: list[Judged]) -> None:
    assert len(mutated) == 75
    assert_nobody_died(mutated)
    assert_told_for_people(mutated)
    assert_numbers_are_numbers(mutated)
    taken = Counter(each.accepted for each in mutated)
    assert min(taken[True], taken[False]) > 10  # both happen: the files are broken, and not all beyond hearing


@pytest.mark.skipif(not FFMPEG, reason="There is no ffmpeg tool to compare with.")
def test_what_ffmpeg_takes_of_the_mutations_is_taken(mutated: list[Judged]) -> None:
    assert agreement(mutated) >= AGREED, disagreements(mutated)
    assert len(less_heard(mutated)) <= (1 - AGREED) * len(mutated)


def test_a_good_file_is_taken_and_an_emptied_one_is_not(mutated: list[Judged]) -> None:
    assert all(each.accepted for each in mutated if each.case.mutation == "as it was")
    assert not any(each.accepted for each in mutated if each.case.path.stat().st_size == 0)


def bad_files() -> list[Case]:
    """Every file of other projects, whatever its name: named one by one they are heard, too."""
    paths = sorted(path for path in BAD.rglob("*") if path.is_file())
    return [Case(path.absolute(), "found", path.relative_to(BAD).parts[0]) for path in paths]


@pytest.mark.skipif(not BAD.exists(), reason="The collection of bad audio files is not beside the repository.")
def test_every_bad_file_of_other_projects_is_heard_or_refused_as_ffmpeg_would(long: bool) -> None:
    results = judged(bad_files(), LIGHT if long else (), FFMPEG, workers=1, share=1.0 if long else 0.5)
    assert len(results) >= 208
    assert any(each.accepted and each.case.path.suffix not in EXTENSIONS for each in results)
    assert_nobody_died(results)
    assert_told_for_people(results)
    assert_numbers_are_numbers(results)
    if FFMPEG:
        assert sum(each.theirs is not None for each in results) >= (208 if long else 104)
        assert sum(each.theirs == "out of time" for each in results) == 0
        assert agreement(results) >= AGREED, disagreements(results)
        assert less_heard(results) == []


def test_thousands_of_mutations_of_made_and_of_real_music(
    tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    if not long:
        pytest.skip("The long form: --long, and --long-report FILE for its tables.")
    began = time.monotonic()
    results: list[Judged] = []
    stopped = False
    for batch in batches(tmp_path):
        stopped = time.monotonic() - began > LONGEST
        if stopped:
            break
        results += judged(batch, LIGHT, FFMPEG)
    ended = f"**Stopped early**, after {LONGEST:.0f} seconds: not all was heard." if stopped else "All was heard."
    report(f"\n{ended}\n")
    told(report, results, time.monotonic() - began)
    assert_nobody_died(results)
    assert_told_for_people(results)
    assert_numbers_are_numbers(results)
    if FFMPEG:
        assert agreement(results) >= AGREED, disagreements(results)
        assert len(less_heard(results)) <= (1 - AGREED) * len(results)
    assert not stopped, ended


def batches(folder: Path) -> Iterator[list[Case]]:
    """The found files, the made ones with five rounds of chance, then a few songs and every clip of music with one."""
    if BAD.exists():
        yield bad_files()
    made = good_files(folder / "good", (*SUFFIXES, *MORE))
    clips = [path.absolute() for path in MUSIC.glob("clips/**/*") if path.suffix in EXTENSIONS]
    whole = sorted(path.absolute() for path in MUSIC.glob("full/**/*") if path.suffix in EXTENSIONS)
    real = [*whole[::4], *sorted(clips, key=lambda path: (path.name, path))]
    waiting: list[Case] = []
    for number, path in enumerate([*made, *real]):
        rounds = 5 if path in made else 1
        other = made[(number + 1) % len(made)]
        waiting += cases_of(path, other, folder / "bad" / str(number), number, rounds)
        if len(waiting) >= BATCH:
            yield waiting
            shutil.rmtree(folder / "bad")
            waiting = []
    if waiting:
        yield waiting


def told(report: Callable[[str], None], results: Sequence[Judged], seconds: float) -> None:
    report(f"\n{len(results):,} files heard, and judged by ffmpeg, in {seconds:.0f} s.\n")
    report(table(results, "mutation") + "\n")
    report(table(results, "origin") + "\n")
    report(disagreements(results) + "\n")
    less = less_heard(results)
    report(f"Heard to less than nine tenths of what ffmpeg decodes without a message: {len(less)} files.")
    for each in less[:20]:
        assert isinstance(each.ours, Heard)
        report(f"- {each.case.origin}, {each.case.mutation}: {each.ours.duration:.2f} of {each.seconds:.2f} s")
