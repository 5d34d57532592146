"""One ``index`` run: walk, compare, hear what changed in worker processes, store as it comes, then refresh the index.

Every file's result is stored in one transaction soon after it is heard, so an interrupted or killed run loses only the
files in hand; the next run finds the rest unchanged. The search index is held only while it is written to, at the end.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from songkin import encoders
from songkin.audio import Limits
from songkin.config import Config
from songkin.encoders import weights
from songkin.errors import StoreError
from songkin.indexing import places, refresh
from songkin.indexing.scan import Plan, Wanted, compare
from songkin.indexing.storing import Storing, Tally
from songkin.indexing.supervisor import Died, Supervisor
from songkin.indexing.worker import Job, Setup
from songkin.models import IndexReport, Profile
from songkin.progress import Progress, Quiet
from songkin.sources.found import Unreadable
from songkin.store.catalog import Catalog
from songkin.store.lock import run_lock


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of a run beside the paths."""

    prune: bool = False
    force: bool = False
    retry: bool = False
    encoders: tuple[str, ...] = encoders.AUDIO
    profile: Profile = "default"
    profile_asked: bool = False


def index(
    catalog: Catalog, config: Config, paths: Sequence[str], options: Options, progress: Progress | None = None
) -> IndexReport:
    """Add or refresh files, folders, web addresses and buckets. Raises ``SourceError`` for a path that is not there, ``LibraryBusy`` if
    another run writes to this library, ``StoreError`` if it cannot be written."""
    told = progress or Quiet()
    began = time.monotonic()
    roots, wrong = places.check(paths), list(places.wrong(paths))
    with run_lock(config):
        run = catalog.journal.begin_run(
            "index", {"paths": [_shown(path) for path in paths], "profile": options.profile}
        )
        try:
            report = _Run(catalog, config, options, told, wrong).go(roots)
        except BaseException as error:
            with suppress(StoreError):  # a full disk: what ended the run is to be told, not this
                catalog.journal.end_run(run, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed", {})
            raise
        report = replace(report, seconds=time.monotonic() - began)
        catalog.journal.end_run(run, "interrupted" if report.interrupted else "done", _counts(report))
    return report


class _Run:
    def __init__(
        self, catalog: Catalog, config: Config, options: Options, told: Progress, wrong: Sequence[Unreadable]
    ) -> None:
        self.catalog = catalog
        self.config = config
        self.options = options
        self.told = told
        self.notes: list[str] = []
        self.interrupted = False
        self._limits = Limits(max_seconds=config.max_hours * 3600)
        self._rules = places.rules(config)
        self._wrong = wrong

    def go(self, roots: Sequence[str]) -> IndexReport:
        wanted = self._wanted()
        self.told.stage("Looking for music")
        found = chain(self._wrong, places.walk(roots, self._rules))
        plan = compare(found, [places.public(root) for root in roots], self.catalog, wanted, self.told.step)
        self._small_changes(plan)
        tally = Tally(updated=len(plan.moved), refused=[*plan.refused, *plan.unreadable])
        self._hear(plan, wanted, tally)
        removed = self._prune(plan)
        if not self.interrupted:  # else whoever asks next, or the next run, brings the search index up
            for line in refresh.refresh(self.catalog, self.config, self.told):
                self._note(line)
        refused = tuple(sorted(tally.refused or (), key=lambda refusal: refusal.path))
        handled = tally.added + tally.updated + plan.unchanged + len(refused)
        return IndexReport(
            found=handled if self.interrupted else plan.found,
            added=tally.added,
            updated=tally.updated,
            unchanged=plan.unchanged,
            removed=removed,
            missing=len(plan.missing) - removed,
            refused=refused,
            notes=tuple(self.notes),
            interrupted=self.interrupted,
        )

    def _wanted(self) -> Wanted:
        able, lacking = {}, []
        for name in self.options.encoders:
            spec = encoders.audio_encoder(name, self.config.cache).spec
            if weights.installed(spec, self.config.cache):
                able[name] = spec.fingerprint
            else:
                lacking.append(name)
        minilm = encoders.text_encoder("minilm", self.config.cache).spec
        if self.config.text_encoder == "minilm" and not weights.installed(minilm, self.config.cache):
            lacking.append("minilm")
        if lacking:
            self._note(
                f"The weights of {' and '.join(lacking)} are not here, so the rest carries on without; "
                "a later `songkin index` fills in what is missing (to fetch them: `songkin models pull`)."
            )
        return Wanted(able, self.options.profile, self.options.profile_asked, self.options.retry, self._limits)

    def _note(self, line: str) -> None:
        self.notes.append(line)
        self.told.note(line)

    def _prune(self, plan: Plan) -> int:
        if not self.options.prune or self.interrupted:
            return 0
        if plan.hollow and not self.options.force:
            self._note(
                f"There is nothing at all in {_shown(plan.hollow[0])}, where songs were: is its disk mounted? "
                "Nothing was forgotten; with --force it would be."
            )
            return 0
        return self.catalog.forget(plan.missing)

    def _small_changes(self, plan: Plan) -> None:
        for stored, item in plan.moved:
            self.catalog.moved(stored.id, item.path, item.size, item.mtime_ns)
        for stored, item in plan.touched:
            self.catalog.touched(stored.id, item.size, item.mtime_ns)
        self.catalog.mark_missing(plan.back, missing=False)
        self.catalog.mark_missing(plan.missing)
        self.catalog.journal.forget_refusals(plan.gone_refusals)
        for refusal in plan.unreadable:
            self.catalog.journal.refuse(refusal.path, refusal.reason, refusal.remedy)

    def _hear(self, plan: Plan, wanted: Wanted, tally: Tally) -> None:
        if not plan.jobs:
            return
        self.told.stage("Listening", len(plan.jobs))
        items = {job.path: (item, stored) for job, item, stored in plan.jobs}
        store = Storing(self.catalog, plan, tally, items)
        done = 0
        queue = [job for job, _, _ in plan.jobs]
        spool = self._spool(any(places.elsewhere(job.path) for job in queue))
        try:
            for attempt in (1, 2):
                again: list[Job] = []
                for job, outcome in self._supervisor(wanted, len(queue), spool).run(queue):
                    if isinstance(outcome, Died) and store.died(job, outcome) and attempt == 1:
                        again.append(job)
                        continue
                    store.take(job, outcome)
                    done += 1
                    self.told.step(done, os.path.basename(_shown(job.path)))
                queue = again
        except KeyboardInterrupt:
            self.interrupted = True
            self.told.note("Stopping; what was heard so far is kept.")
        finally:
            store.flush()
            shutil.rmtree(self._spool_folder, ignore_errors=True)

    @property
    def _spool_folder(self) -> Path:
        return self.config.library / "fetched"

    def _spool(self, needed: bool) -> str:
        """A folder for what is fetched while it is heard, empty. A killed run may have left something there."""
        shutil.rmtree(self._spool_folder, ignore_errors=True)
        if needed:
            self._spool_folder.mkdir()
        return str(self._spool_folder)

    def _supervisor(self, wanted: Wanted, jobs: int, spool: str) -> Supervisor:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        count = self.config.workers or max(1, cores - 1 if self.config.nice else cores)
        setup = Setup(
            cache=self.config.cache,
            limits=self._limits,
            memory_mb=self.config.worker_memory_mb,
            nice=self.config.nice,
            encoders=tuple(wanted.encoders),
            rules=self._rules,
            spool=spool,
        )
        return Supervisor(setup, min(count, jobs), self.config.file_seconds)


def _shown(path: str | Path) -> str:
    return os.fsencode(places.public(os.fspath(path))).decode("utf-8", "replace")


def _counts(report: IndexReport) -> dict[str, Any]:
    names = ("found", "added", "updated", "unchanged", "removed", "missing")
    return {**{name: getattr(report, name) for name in names}, "refused": len(report.refused)}
