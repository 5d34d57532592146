"""One ``index`` run: walk, compare, hear what changed in worker processes, store as it comes, then refresh the index.

Every file's result is stored in one transaction soon after it is heard, so an interrupted or killed run loses only the
files in hand; the next run finds the rest unchanged. The search index is held only while it is written to, at the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from filelock import FileLock, Timeout

from songkin import encoders
from songkin.audio import Limits
from songkin.config import Config
from songkin.encoders import weights
from songkin.errors import LibraryBusy
from songkin.indexing import refresh
from songkin.indexing.scan import QUARANTINE_DEATHS, Plan, Wanted, compare
from songkin.indexing.supervisor import Died, Outcome, Supervisor
from songkin.indexing.worker import Heard, Job, Refused, Setup
from songkin.models import IndexReport, Profile, Refusal, Tags, Track, track_id
from songkin.sources import folder
from songkin.sources.folder import SoundFile
from songkin.store.catalog import Catalog
from songkin.store.rows import Recording, Stored

COMMIT_SECONDS: Final = 1.0
COMMIT_FILES: Final = 64
LEAST_PULSE: Final = 0.1
"""Confidence below which a tempo is not told: slow strings and drones score less."""


class Progress(Protocol):
    """Told how a run goes; a shell draws it."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins."""

    def step(self, done: int, note: str = "") -> None:
        """``done`` of the stage's total."""

    def note(self, line: str) -> None:
        """One line for people."""


class Quiet:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Nothing."""

    def step(self, done: int, note: str = "") -> None:
        """Nothing."""

    def note(self, line: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of a run beside the paths."""

    prune: bool = False
    retry: bool = False
    encoders: tuple[str, ...] = encoders.AUDIO
    profile: Profile = "default"
    profile_asked: bool = False


@dataclass(slots=True)
class _Tally:
    added: int = 0
    updated: int = 0
    refused: list[Refusal] | None = None


def index(
    catalog: Catalog, config: Config, paths: Sequence[str], options: Options, progress: Progress | None = None
) -> IndexReport:
    """Add or refresh files and folders. Raises ``SourceError`` for a path that is not there, ``LibraryBusy`` if
    another run writes to this library, ``StoreError`` if it cannot be written."""
    told = progress or Quiet()
    began = time.monotonic()
    roots = [os.path.abspath(path) for path in paths]
    with run_lock(config):
        run = catalog.journal.begin_run(
            "index", {"paths": [_shown(root) for root in roots], "profile": options.profile}
        )
        try:
            report = _Run(catalog, config, options, told).go(roots)
        except BaseException as error:
            catalog.journal.end_run(run, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed", {})
            raise
        report = replace(report, seconds=time.monotonic() - began)
        catalog.journal.end_run(run, "interrupted" if report.interrupted else "done", _counts(report))
    return report


@contextmanager
def run_lock(config: Config, *, wait: float | None = None) -> Iterator[None]:
    """Only one run at a time writes to a library. Raises ``LibraryBusy``."""
    lock = FileLock(config.library / "run.lock")
    try:
        lock.acquire(timeout=config.lock_seconds if wait is None else wait)
    except Timeout:
        raise LibraryBusy(
            f"Another songkin is writing to the library at {config.library}.",
            remedy="Wait until it is done and try again; it keeps what it stored.",
        ) from None
    try:
        yield
    finally:
        lock.release()


class _Run:
    def __init__(self, catalog: Catalog, config: Config, options: Options, told: Progress) -> None:
        self.catalog = catalog
        self.config = config
        self.options = options
        self.told = told
        self.notes: list[str] = []
        self.interrupted = False

    def go(self, roots: Sequence[str]) -> IndexReport:
        wanted = self._wanted()
        self.told.stage("Looking for music")
        plan = compare(folder.walk(roots), roots, self.catalog, wanted, self.told.step)
        self._small_changes(plan)
        tally = _Tally(updated=len(plan.moved), refused=[*plan.refused, *plan.unreadable])
        self._hear(plan, wanted, tally)
        removed = self.catalog.forget(plan.missing) if self.options.prune and not self.interrupted else 0
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
            missing=0 if self.options.prune else len(plan.missing),
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
        if not weights.installed(encoders.text_encoder("minilm", self.config.cache).spec, self.config.cache):
            lacking.append("minilm")
        if lacking:
            self._note(
                f"The weights of {' and '.join(lacking)} are not here, so the rest carries on without; "
                "a later `songkin index` fills in what is missing (to fetch them: `songkin models pull`)."
            )
        return Wanted(able, self.options.profile, self.options.profile_asked, self.options.retry)

    def _note(self, line: str) -> None:
        self.notes.append(line)
        self.told.note(line)

    def _small_changes(self, plan: Plan) -> None:
        for stored, item in plan.moved:
            self.catalog.moved(stored.id, item.path, item.size, item.mtime_ns)
        for stored, item in plan.touched:
            self.catalog.touched(stored.id, item.size, item.mtime_ns)
        self.catalog.mark_missing(plan.back, missing=False)
        self.catalog.mark_missing(plan.missing)
        self.catalog.journal.forget_refusals(plan.gone_refusals)

    def _hear(self, plan: Plan, wanted: Wanted, tally: _Tally) -> None:
        if not plan.jobs:
            return
        self.told.stage("Listening", len(plan.jobs))
        items = {job.path: (item, stored) for job, item, stored in plan.jobs}
        store = _Storing(self.catalog, plan, tally, items)
        done = 0
        queue = [job for job, _, _ in plan.jobs]
        try:
            for attempt in (1, 2):
                again: list[Job] = []
                for job, outcome in self._supervisor(wanted, len(queue)).run(queue):
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

    def _supervisor(self, wanted: Wanted, jobs: int) -> Supervisor:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        count = self.config.workers or max(1, cores - 1 if self.config.nice else cores)
        setup = Setup(
            cache=self.config.cache,
            limits=Limits(max_seconds=self.config.max_hours * 3600),
            memory_mb=self.config.worker_memory_mb,
            nice=self.config.nice,
            encoders=tuple(wanted.encoders),
        )
        return Supervisor(setup, min(count, jobs), self.config.file_seconds)


class _Storing:
    """Puts outcomes into the catalog, many in one transaction, none later than a second."""

    def __init__(
        self,
        catalog: Catalog,
        plan: Plan,
        tally: _Tally,
        items: Mapping[str, tuple[SoundFile, Stored | None]],
    ) -> None:
        self.catalog = catalog
        self.tally = tally
        self.items = items
        self.gone = set(plan.missing)
        self.by_packets = {s.packets: s for s in catalog.stored() if s.packets and s.id in self.gone}
        self.plan = plan
        self.waiting: list[Recording] = []
        self.last = time.monotonic()

    def died(self, job: Job, outcome: Died) -> bool:
        """Note a death against the file; whether it may be tried again."""
        self.flush()
        item, _ = self.items[job.path]
        before = self.catalog.journal.refusals().get(job.path)
        deaths = QUARANTINE_DEATHS if outcome.stuck else (before[3] if before else 0) + 1
        reason = f"Hearing it ended its process twice ({outcome.how}); it is in quarantine."
        if outcome.stuck:
            reason = "Hearing it took too long; it is in quarantine."
        elif deaths < QUARANTINE_DEATHS:
            reason = f"Hearing it ended its process ({outcome.how})."
        self.catalog.journal.refuse(
            job.path, reason, "Try it again with --retry-refused.", item.size, item.mtime_ns, deaths
        )
        return deaths < QUARANTINE_DEATHS

    def take(self, job: Job, outcome: Outcome) -> None:
        """Store what a job gave."""
        item, stored = self.items[job.path]
        if isinstance(outcome, Heard):
            self._heard(job, outcome, stored)
        elif isinstance(outcome, Refused):
            self.catalog.journal.refuse(job.path, outcome.reason, outcome.remedy, item.size, item.mtime_ns)
            self._refused(Refusal(job.path, outcome.reason, outcome.remedy))
        else:
            self._refused(self.catalog.journal.refusals()[job.path][0])
        if len(self.waiting) >= COMMIT_FILES or time.monotonic() - self.last > COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit what is waiting."""
        self.catalog.put(self.waiting)
        self.waiting = []
        self.last = time.monotonic()

    def _refused(self, refusal: Refusal) -> None:
        if self.tally.refused is not None:
            self.tally.refused.append(refusal)

    def _heard(self, job: Job, heard: Heard, stored: Stored | None) -> None:
        if stored is None:
            stored = self._retagged(heard)
        if stored is None:
            key, identity = self._identity(job.path, heard)
            self.tally.added += 1
        else:
            key, identity = "", stored.id
            self.tally.updated += 1
        whole = stored is None or stored.file_hash != heard.file_hash or stored.profile != job.profile
        heard_by = heard.heard_by if whole or stored is None else (*stored.heard_by, *heard.heard_by)
        features = {name: value for name, value in heard.facts.items() if isinstance(value, float | int)}
        key_heard = str(heard.facts.get("key", ""))
        if not whole and stored is not None and (old := self.catalog.track(stored.id)) is not None:
            features = {**old.features, **features}
            key_heard = key_heard or old.key
        self.waiting.append(
            Recording(
                track=to_track(identity, job.path, heard, features, key_heard),
                key=key,
                guessed=heard.tags.guessed,
                size=heard.size,
                mtime_ns=heard.mtime_ns,
                file_hash=heard.file_hash,
                packets=heard.packets,
                profile=job.profile,
                heard_by=tuple(dict.fromkeys(heard_by)),
                silent=heard.silent,
                vectors=heard.vectors,
            )
        )

    def _retagged(self, heard: Heard) -> Stored | None:
        """A track that is gone and has the same audio packets: it was moved and retagged."""
        stored = self.by_packets.pop(heard.packets, None) if heard.packets else None
        if stored is not None:
            self.plan.missing = [each for each in self.plan.missing if each != stored.id]
        return stored

    def _identity(self, path: str, heard: Heard) -> tuple[str, str]:
        key = f"folder:{path}"
        taken = {recording.key for recording in self.waiting}
        if key in taken or self.catalog.has_key(_text(key)):
            key = f"{key}#{heard.file_hash}"
        return _text(key), track_id(key)


def to_track(identity: str, path: str, heard: Heard, features: Mapping[str, float], key_heard: str) -> Track:
    """The track that reading a file gave: tags first where a tag says it, else what was heard."""
    found: Tags = heard.tags
    return Track(
        id=identity,
        title=found.title,
        artists=found.artists,
        album=found.album,
        album_artist=found.album_artist,
        track_no=found.track_no,
        disc_no=found.disc_no,
        year=found.year,
        genres=found.genres,
        duration=heard.duration,
        path=path,
        bpm=found.bpm or _tempo(features),
        key=found.key or key_heard,
        loudness=_number(features.get("loudness")),
        brightness=_number(features.get("brightness")),
        isrc=found.isrc,
        musicbrainz_id=found.musicbrainz_id,
        comment=found.comment,
        has_cover=found.has_cover,
        features=features,
    )


def _tempo(features: Mapping[str, float]) -> float | None:
    """The tempo that was heard, unless there was hardly a pulse to hear."""
    sure = features.get("bpm_confidence", 0.0) >= LEAST_PULSE
    return _number(features.get("bpm")) if sure else None


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _text(key: str) -> str:
    return key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _shown(path: str | Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _counts(report: IndexReport) -> dict[str, Any]:
    names = ("found", "added", "updated", "unchanged", "removed", "missing")
    return {**{name: getattr(report, name) for name in names}, "refused": len(report.refused)}
