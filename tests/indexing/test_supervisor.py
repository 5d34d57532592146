"""Workers that die or get stuck: the file is noted, the rest goes on."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from libraries import index, library_at
from songkin.audio import Limits
from songkin.indexing.supervisor import Died, Supervisor
from songkin.indexing.worker import Heard, Job, Refused, Setup
from soundfiles import sound_file, tune


def setup(tmp_path: Path, memory_mb: int = 2048) -> Setup:
    return Setup(tmp_path, Limits(), memory_mb, False, ("descriptors",))


def job(path: str) -> Job:
    return Job(path, os.path.dirname(path), ("descriptors",), "default")


def kill_holder_of(
    supervisor: Supervisor, name: str, times: int, how: signal.Signals = signal.SIGKILL
) -> threading.Thread:
    """End (or stop), with a signal that nothing can catch, whichever worker holds the file called ``name``."""

    def hunt() -> None:
        killed: set[int | None] = set()
        deadline = time.monotonic() + 60
        while len(killed) < times and time.monotonic() < deadline:
            for worker in list(supervisor._workers):
                held = worker.job
                pid = worker.process.pid
                if held is not None and held.path.endswith(name) and pid not in killed and pid is not None:
                    os.kill(pid, how)
                    killed.add(pid)
            time.sleep(0.0005)

    thread = threading.Thread(target=hunt, daemon=True)
    thread.start()
    return thread


def test_every_job_gets_its_outcome(tmp_path: Path) -> None:
    good = sound_file(tmp_path / "good.flac", tune(2))
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"not music" * 100)
    outcomes = dict(Supervisor(setup(tmp_path), 2, 60).run([job(good), job(str(bad))]))
    by_name = {os.path.basename(each.path): outcome for each, outcome in outcomes.items()}
    assert isinstance(by_name["good.flac"], Heard)
    refused = by_name["bad.mp3"]
    assert isinstance(refused, Refused)
    assert "Traceback" not in refused.reason


def test_a_worker_that_dies_costs_one_file_and_the_rest_goes_on(tmp_path: Path) -> None:
    paths = [sound_file(tmp_path / f"{number}.flac", tune(2, seed=number)) for number in range(3)]
    victim = sound_file(tmp_path / "victim.flac", tune(600, seed=9))
    supervisor = Supervisor(setup(tmp_path), 1, 60)
    hunter = kill_holder_of(supervisor, "victim.flac", 1)
    outcomes = {os.path.basename(each.path): got for each, got in supervisor.run([job(p) for p in (victim, *paths)])}
    hunter.join()
    died = outcomes.pop("victim.flac")
    assert isinstance(died, Died)
    assert "signal 9" in died.how
    assert all(isinstance(outcome, Heard) for outcome in outcomes.values())
    assert len(outcomes) == 3


def test_a_file_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = sound_file(tmp_path / "slow.flac", tune(100))
    supervisor = Supervisor(setup(tmp_path), 1, 0.5)
    hunter = kill_holder_of(supervisor, "slow.flac", 1, signal.SIGSTOP)
    ((_, outcome),) = supervisor.run([job(slow)])
    hunter.join()
    assert isinstance(outcome, Died)
    assert outcome.stuck


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.flac", tune(300))
    ((_, outcome),) = Supervisor(setup(tmp_path, memory_mb=8), 1, 60).run([job(path)])
    assert isinstance(outcome, Refused | Died)
    if isinstance(outcome, Refused):
        assert "memory" in outcome.reason


def test_a_file_that_kills_twice_is_quarantined_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = tmp_path / "music"
    sound_file(music / "good.flac", tune(2))
    sound_file(music / "killer.flac", tune(900, seed=5))
    hunters = []
    run = Supervisor.run

    def hunted(self: Supervisor, *arguments: object) -> object:
        hunters.append(kill_holder_of(self, "killer.flac", 1))
        return run(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Supervisor, "run", hunted)
    with library_at(tmp_path / "library") as library:
        report = index(library, music)
        assert (report.added, len(report.refused)) == (1, 1)
        assert len(hunters) == 2
        assert "quarantine" in report.refused[0].reason
        assert "--retry-refused" in report.refused[0].remedy
        again = index(library, music)
        assert (again.unchanged, len(again.refused)) == (1, 1)
        assert len(hunters) == 2
        monkeypatch.setattr(Supervisor, "run", run)
        assert index(library, music, retry_refused=True).added == 1
    for hunter in hunters:
        hunter.join()
